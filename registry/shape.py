# SPDX-License-Identifier: Apache-2.0
"""Is every keyword written as its dialect wants it? What follows may rely on it: a count is a count, a schema a schema.

It says the same as the dialect's meta-schema, which a test holds it to, but in the keyword's own words and fast enough for
a contract of megabytes.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Any

from registry.dialect import DIALECTS, DRAFT_06, DRAFT_07, DRAFT_2019_09, DRAFT_2020_12, Dialect
from registry.json_lines import escape
from registry.json_value import is_whole, key
from registry.schema import MANY, NAMED, ONE, Node, Schema, walk
from terms.problem import Problem, did_you_mean

TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
_MOST = 10


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool | str | list | dict) and value is not None


def _is_count(value: Any) -> bool:
    return is_whole(value) and value >= 0


def _is_step(value: Any) -> bool:
    return _is_number(value) and value > 0


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_names(value: Any) -> bool:
    return (
        isinstance(value, list) and all(isinstance(n, str) for n in value) and len(set(value)) == len(value)
    )


def _is_map_of_names(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_names(names) for names in value.values())


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return (
        bool(names)
        and all(_is_text(name) and name in TYPES for name in names)
        and len(set(names)) == len(names)
    )


def _is_schema(value: Any) -> bool:
    return isinstance(value, dict | bool)


def _is_schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_schema(item) for item in value)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_schema(item) for item in value.values())


def _is_dependencies(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_schema(item) or _is_names(item) for item in value.values())


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _is_map_of_objects(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, dict) for item in value.values())


def _is_full(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and len({key(item) for item in value}) == len(value)


def _is_full_names(value: Any) -> bool:
    return bool(value) and _is_names(value)


def _is_full_dependencies(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, dict) or _is_full_names(v) for v in value.values())


_COUNTS = "minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains"
_NUMBERS = "minimum maximum exclusiveMinimum exclusiveMaximum"
_TEXTS = (
    "pattern format title description $comment $ref $dynamicRef $recursiveRef $id $schema $anchor $dynamicAnchor "
    "contentEncoding contentMediaType"
)
_FLAGS = "uniqueItems deprecated readOnly writeOnly"

_SHAPES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(_COUNTS.split(" "), (_is_count, "a whole number, 0 or more")),
    **dict.fromkeys(_NUMBERS.split(" "), (_is_number, "a number")),
    **dict.fromkeys(_TEXTS.split(" "), (_is_text, "a text")),
    **dict.fromkeys(_FLAGS.split(" "), (_is_flag, "true or false")),
    **dict.fromkeys(ONE, (_is_schema, "a schema: an object, true or false")),
    **dict.fromkeys(MANY - {"items"}, (_is_schemas, "a list of at least one schema")),
    **dict.fromkeys(NAMED - {"dependencies"}, (_is_map, "an object of schemas by name")),
    "dependencies": (_is_dependencies, "an object of schemas or lists of names"),
    "dependentRequired": (_is_map_of_names, "an object of lists of names"),
    "required": (_is_names, "a list of different names"),
    "enum": (_is_list, "a list of values"),
    "examples": (_is_list, "a list of values"),
    "multipleOf": (_is_step, "a number above 0"),
    "type": (_is_type, f"one of {', '.join(TYPES)}, or a list of different ones"),
}


# What draft-04 wants otherwise: no schema is true or false but that of what is left over, and lists are not empty.
_ITEM = (_is_object, "a schema: an object")
_DRAFT_04: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), (_is_flag, "true or false")),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), (_is_objects, "a list of at least one schema")),
    **dict.fromkeys(
        ("properties", "patternProperties", "definitions"),
        (_is_map_of_objects, "an object of schemas by name"),
    ),
    "not": _ITEM,
    "items": _ITEM,
    "dependencies": (_is_full_dependencies, "an object of schemas or lists of names"),
    "required": (_is_full_names, "a list of at least one name, each once"),
    "enum": (_is_full, "a list of at least one value, each once"),
    "type": (_is_type, f"one of {', '.join(TYPES)}, or a list of different ones"),
    "id": (_is_text, "a text"),
}
_NEW = (DRAFT_2020_12, DRAFT_2019_09)
_SINCE: dict[str, tuple[Dialect, ...]] = {
    "$anchor": _NEW,
    "$dynamicAnchor": (DRAFT_2020_12,),
    "$defs": _NEW,
    "deprecated": _NEW,
    "contentSchema": _NEW,
    "readOnly": (*_NEW, DRAFT_07),
    "writeOnly": (*_NEW, DRAFT_07),
    "$comment": (*_NEW, DRAFT_07),
    "contentEncoding": (*_NEW, DRAFT_07),
    "contentMediaType": (*_NEW, DRAFT_07),
    "examples": (*_NEW, DRAFT_07, DRAFT_06),
    "$id": (*_NEW, DRAFT_07, DRAFT_06),
}


@cache
def _shapes(dialect: Dialect) -> dict[str, tuple[Callable[[Any], bool], str]]:
    """The shapes of the keywords that the dialect knows."""
    own = {keyword: shape for keyword, shape in _SHAPES.items() if _known(keyword, dialect)}
    return {**own, **_DRAFT_04} if dialect.flag_bounds else own


def _known(keyword: str, dialect: Dialect) -> bool:
    if any(keyword in other.asserting for other in DIALECTS):
        return keyword in dialect.asserting or (keyword == "dependencies" and not dialect.lonely_ref)
    return dialect in _SINCE.get(keyword, DIALECTS)


def problems(schema: Schema, roots: Iterable[Node] | None = None) -> tuple[Problem, ...]:
    """The first keywords that are not as the dialect wants them; empty when all are. `where` is a JSON pointer.

    `roots` are the schemas to look at where the document itself is no schema.
    """
    found: list[Problem] = []
    shapes = _shapes(schema.dialect)
    for node in chain.from_iterable(map(walk, [schema.root] if roots is None else roots)):
        found += _of_node(schema, shapes, node)
        if len(found) >= _MOST:
            break
    return tuple(sorted(found[:_MOST], key=lambda problem: problem.where))


def _of_node(
    schema: Schema, shapes: dict[str, tuple[Callable[[Any], bool], str]], node: Node
) -> Iterator[Problem]:
    if not isinstance(node.raw, dict):
        return
    for keyword, value in node.raw.items():
        fits, wanted = shapes.get(keyword, (None, ""))
        if fits is None or fits(value):
            continue
        if (
            keyword == "items"
            and schema.dialect.tuple_items
            and _is_list(value)
            and all(map(_is_object if schema.dialect.flag_bounds else _is_schema, value))
            and value
        ):
            continue
        advice = did_you_mean(value, TYPES) if keyword == "type" and isinstance(value, str) else ""
        what = f"{keyword} must be {wanted}"
        yield Problem(
            what, f"{node.pointer}/{escape(keyword)}", advice or "correct it, or remove the keyword"
        )
