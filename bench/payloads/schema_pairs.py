# SPDX-License-Identifier: Apache-2.0
"""Pairs of contracts as people change them: an event's schema in one of five dialects, and the same with one to three edits.

Each pair has a keyword in its focus, in turn, that the old schema holds or the first edit brings in, takes out or changes.
One Random gives equal pairs.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.payloads.schema_edits import edit, edit_focus
from bench.payloads.schema_writer import NAMES, NOTES, USUAL, Made, Writer
from registry.dialect import DIALECTS, DRAFT_04, DRAFT_2020_12, Dialect
from registry.document import parse
from registry.example import examples
from terms.problem import ProblemError

_MOST_DRAWS = 20
_KINDS = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), "integer"),
    "multipleOf": "number",
    **dict.fromkeys(
        ("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "additionalItems", "contains",
         "minContains", "maxContains", "unevaluatedItems"), "array"),
    **dict.fromkeys(
        ("minProperties", "maxProperties", "required", "properties", "patternProperties", "additionalProperties",
         "propertyNames", "dependencies", "dependentRequired", "dependentSchemas", "unevaluatedProperties",
         "if", "then", "else"), "object"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """Two documents, what was done, and the keyword in the focus."""

    old: Made
    new: Made
    dialect: Dialect
    focus: str
    edits: tuple[str, ...]


def pairs(seed: int, count: int) -> Iterator[Pair]:
    """So many pairs; dialects and keywords in the focus take turns."""
    return (drawn(seed, number) for number in range(count))


def drawn(seed: int, number: int, again: int = 0) -> Pair:
    """The pair of that number, or another one in its place: the same dialect and the same keyword in the focus."""
    random = Random(f"{seed}/{number}/{again}" if again else f"{seed}/{number}")
    dialect = DIALECTS[number % len(DIALECTS)]
    writer = Writer(random, dialect)
    # A keyword that one dialect alone knows comes twice in its turn.
    turns = [k for k in writer.known() for _ in range(2 if _knowing(k) == 1 else 1)]
    focus = turns[(number // len(DIALECTS)) % len(turns)]
    made = (_pair(writer, focus) for _ in range(_MOST_DRAWS))
    return next(filter(_has_documents, made), None) or _pair(writer, focus)


def _has_documents(pair: Pair) -> bool:
    """Whether both contracts can be read and accept something: what accepts nothing is compatible with everything."""
    try:
        return all(
            examples(parse(json.dumps(each).encode(), "made-up").schema) for each in (pair.old, pair.new)
        )
    except ProblemError:  # an edit made a reference without end, say
        return False


def _knowing(keyword: str) -> int:
    """How many dialects know the keyword; notes are known to all."""
    return len(DIALECTS) if keyword in NOTES else sum(keyword in d.asserting for d in DIALECTS)


def _pair(writer: Writer, focus: str) -> Pair:
    random = writer.random
    old = _document(writer)
    holder, place = _place_for(writer, old, focus)
    if random.random() < 0.7:
        writer.put(place, focus, 1)
    new = copy.deepcopy(old)
    said = [edit_focus(writer, _at(new, holder), focus)]
    for _ in range(random.choice((0, 0, 1, 2))):
        said.append(edit(writer, new))
    _tidy(writer, new)
    return Pair(old, new, writer.dialect, focus, tuple(said))


def _tidy(writer: Writer, value: Any) -> None:
    """Takes out what an edit left that draft-04 does not allow: a flag without its bound."""
    if isinstance(value, dict) and writer.dialect is DRAFT_04:
        for bound in ("minimum", "maximum"):
            if bound not in value:
                value.pop(f"exclusive{bound.capitalize()}", None)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _tidy(writer, item)


def _document(writer: Writer) -> Made:
    made: Made = {"$schema": writer.dialect.uri, "type": "object", **writer.object(2)}
    node: Made = {
        "type": "object",
        "properties": {"next": {"$ref": "#/definitions/node"}, "id": writer.of("integer", 0)},
    }
    made["definitions"] = {"party": writer.of("object", 1), "node": node}
    if writer.dialect is DRAFT_2020_12:
        made["definitions"]["party"]["$dynamicAnchor"] = "party"
    if writer.random.random() < 0.3:
        made["properties"]["customer"] = {"$ref": "#/definitions/party"}
    if writer.random.random() < 0.4:
        _share(writer, made)
    return made


def _share(writer: Writer, document: Made) -> None:
    """One definition in two places, in one of them beside more that is asked."""
    kind = writer.random.choice(("string", "integer", "object"))
    document["definitions"]["shared"] = writer.of(kind, 1)
    more = {"type": kind}
    for keyword in writer.random.sample(USUAL[kind][:2], 1):
        if keyword in writer.known():
            writer.put(more, keyword, 0)
    ref = {"$ref": "#/definitions/shared"}
    one, other = writer.random.sample(NAMES, 2)
    document["properties"] |= {one: ref, other: {"allOf": [dict(ref), more]}}


def _place_for(writer: Writer, document: Made, focus: str) -> tuple[tuple[str, ...], Made]:
    """A place where the keyword matters, made if need be."""
    kind = _KINDS.get(focus)
    if kind == "object" and writer.random.random() < 0.5:
        return (), document
    if focus in (
        "type",
        "not",
        "anyOf",
        "oneOf",
        "allOf",
        "enum",
        "const",
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
    ):
        kind = None
    name = writer.random.choice(NAMES)
    made = (
        writer.of(kind, 1) if kind else {} if writer.random.random() < 0.5 or "$" in focus else writer.any(1)
    )
    document["properties"][name] = made
    return ("properties", name), made


def _at(document: Made, steps: tuple[str, ...]) -> Made:
    for step in steps:
        document = document[step]
    return document
