# SPDX-License-Identifier: Apache-2.0
"""Does the diff keep its promise, how often can it not say, and how fast is it? Pairs of contracts are made up and judged.

    make bench ARGS=contracts          (or python bench/contracts.py --pairs 10000 --seed 1 --documents 200)

For every pair, documents that the old contract accepts are put to the new one by another implementation (jsonschema-rs), and
the other way round: a `compatible` that one of them refutes is the worst there is. Every witness is put to it too, and every
document that one part less of the witness is. Prints how many verdicts were refuted, are undecided, or are called breaking
without a witness, how often each keyword was in the focus, and the time of one verdict under all three policies for an event of
30 properties. Writes bench/results/contracts.json; exit code 1 when anything was refuted or a witness is not what it should be.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs

from bench.payloads.all_documents import all_documents
from bench.payloads.json_documents import Author, parts_dropped
from bench.payloads.schema_pairs import Pair, drawn
from registry.check import check_documents
from registry.document import Document, parse
from registry.example import examples
from registry.finding import Finding
from registry.rules import BACKWARD
from registry.sources import Versions
from registry.verdict import BREAKING, COMPATIBLE, UNDECIDED
from registry.witness.refusal import refusal
from terms.problem import ProblemError

RESULTS = Path(__file__).parent / "results" / "contracts.json"
_VALIDATORS = {
    "2020-12": jsonschema_rs.Draft202012Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
    "draft-07": jsonschema_rs.Draft7Validator,
    "draft-06": jsonschema_rs.Draft6Validator,
    "draft-04": jsonschema_rs.Draft4Validator,
}


@dataclass(slots=True)
class Figures:
    """What was counted over both directions of all pairs, and the time of one verdict in milliseconds."""

    pairs: int = 0
    unreadable: int = 0
    verdicts: int = 0
    compatible: int = 0
    breaking: int = 0
    undecided: int = 0
    undecided_without_search: int = 0
    breaking_without_witness: int = 0
    refuted: int = 0
    with_fewer_documents: int = 0
    drawn_anew: int = 0
    enumerated: int = 0
    witnesses: int = 0
    false_witnesses: int = 0
    large_witnesses: int = 0
    documents: int = 0
    verdict_ms: float = 0.0
    slowest_ms: float = 0.0
    focus: dict[str, int] = field(default_factory=dict)


COUNTS = tuple(each.name for each in fields(Figures) if each.type == "int" or each.type is int)
_MOST_DRAWS = 6


def judged(pair: Pair, figures: Figures, documents: int, show: Callable[[str], None]) -> None:
    """Counts one pair in."""
    try:
        old, new = (
            parse(json.dumps(each).encode(), name) for each, name in ((pair.old, "old"), (pair.new, "new"))
        )
    except ProblemError:  # an edit made a reference without end, say, or a list of no names
        figures.unreadable += 1
        return
    figures.pairs += 1
    for mode, first, second in (("BACKWARD", old, new), ("FORWARD", new, old)):
        start = time.perf_counter()
        quick = check_documents(new, Versions((old,), complete=True), mode)
        figures.slowest_ms = max(figures.slowest_ms, (time.perf_counter() - start) * 1000)
        verdict = check_documents(new, Versions((old,), complete=True), mode, witnesses=True)
        figures.verdicts += 1
        figures.undecided_without_search += quick.status == UNDECIDED
        match verdict.status:
            case "compatible":
                figures.compatible += 1
                _refute(pair, mode, first, second, figures, documents, show)
            case "breaking":
                figures.breaking += 1
                for finding in verdict.findings:
                    if finding.witness is not None:
                        _check_witness(pair, finding, {"old": old, "new": new}, figures, show)
                if not any(f.witness for f in verdict.findings):
                    figures.breaking_without_witness += 1
                    show(
                        f"no witness, {mode}, {[f.rule for f in verdict.of_level(BREAKING)]}: {_shown(pair)}"
                    )
            case _:
                figures.undecided += 1
                show(f"undecided, {mode}, {[f.rule for f in verdict.of_level(UNDECIDED)]}: {_shown(pair)}")


def counted(seed: int, number: int, figures: Figures, documents: int, show: Callable[[str], None]) -> Pair:
    """Counts in the pair of that number; another in its place where one that is called compatible is short of documents."""
    for again in range(_MOST_DRAWS):
        pair, own = drawn(seed, number, again), Figures()
        judged(pair, own, documents, show)
        if not own.with_fewer_documents or own.refuted or again == _MOST_DRAWS - 1:
            break
        figures.drawn_anew += 1
    for name in COUNTS:
        setattr(figures, name, getattr(figures, name) + getattr(own, name))
    figures.slowest_ms = max(figures.slowest_ms, own.slowest_ms)
    return pair


def _refute(
    pair: Pair,
    mode: str,
    first: Document,
    second: Document,
    figures: Figures,
    documents: int,
    show: Callable[[str], None],
) -> None:
    """Puts so many different documents of the first contract to the second, or all there are."""
    takes_old, takes_new = _takes(pair, first), _takes(pair, second)
    author = Author(Random(0), *(json.loads(each.text) for each in (first, second)))
    seeds = [*examples(first.schema, count=5), *examples(first.schema, full=True, count=5)]
    made = list(author.valid(documents, takes_old, documents * 100, seeds))
    if len(made) < documents:
        every = all_documents(first.schema)
        if every is None:
            figures.with_fewer_documents += 1
            show(f"only {len(made)} documents, {mode}: {_shown(pair)}")
        else:
            figures.enumerated += 1
            made = [each for each in every if takes_old(each)]
    figures.documents += len(made)
    refuting = next((each for each in made if not takes_new(each)), None)
    if refuting is not None:
        figures.refuted += 1
        show(f"REFUTED, {mode}, by {json.dumps(refuting)}: {_shown(pair)}")


def _check_witness(
    pair: Pair, finding: Finding, sides: dict[str, Document], figures: Figures, show: Callable[[str], None]
) -> None:
    """Holds a witness to its promise with the other implementation: it proves the break, and without any part it does not."""
    witness = finding.witness
    assert witness is not None
    accepts, refuses = _takes(pair, sides[witness.accepted_by]), _takes(pair, sides[witness.refused_by])

    def proves(value: Any) -> bool:
        return accepts(value) and not refuses(value)

    document = json.loads(witness.document)
    figures.witnesses += 1
    if not proves(document):
        figures.false_witnesses += 1
        show(f"FALSE WITNESS {witness.document}, {finding.rule}: {_shown(pair)}")
    # A witness that is refused at the place of its finding may leave one that is refused elsewhere.
    refusing = sides[witness.refused_by]
    place = finding.pointer_new if finding.direction == BACKWARD else finding.pointer_old
    here = partial(refusal, refusing.schema, refusing.schema.root, place)
    wanted = here(document) is not None
    if any(proves(less) and (not wanted or here(less) is not None) for less in parts_dropped(document)):
        figures.large_witnesses += 1
        show(f"LARGE WITNESS {witness.document}, {finding.rule} {place}: {_shown(pair)}")


def _takes(pair: Pair, document: Document) -> Callable[[Any], bool]:
    validator = next(v for name, v in _VALIDATORS.items() if name in pair.dialect.uri)
    made: Callable[[Any], bool] = validator(_bare(json.loads(document.text)), validate_formats=False).is_valid
    return made


def _bare(schema: Any) -> Any:
    """The schema without what this validator enforces in older dialects and we hold for a note."""
    if isinstance(schema, dict):
        return {k: _bare(v) for k, v in schema.items() if k not in ("contentEncoding", "contentMediaType")}
    return [_bare(item) for item in schema] if isinstance(schema, list) else schema


def _shown(pair: Pair) -> str:
    return f"{pair.edits}\n  old {json.dumps(pair.old)}\n  new {json.dumps(pair.new)}"


def event(changed: bool) -> Document:
    """An event of 30 properties; `changed`: with a few of the changes people make."""
    properties: dict[str, Any] = {
        f"field_{n:02}": (
            {"type": "string", "minLength": 1, "maxLength": 40 + n, "description": f"Field {n}."},
            {"type": "integer", "minimum": 0, "maximum": 10_000},
            {"type": "string", "enum": ["draft", "open", "paid", "void"]},
            {"type": "array", "items": {"$ref": "#/$defs/money"}, "minItems": 1},
            {"$ref": "#/$defs/money"},
            {"type": ["string", "null"], "format": "date-time"},
        )[n % 6]
        for n in range(30)
    }
    if changed:
        properties["field_30"] = {"type": "string"}
        properties["field_02"] = {"type": "string", "enum": ["draft", "open", "paid", "void", "lost"]}
        properties["field_06"] = {"type": "string", "minLength": 1, "maxLength": 20}
    money = {
        "type": "object",
        "properties": {
            "amount": {"type": "integer"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": [f"field_{n:02}" for n in range(0, 30, 2)],
        "additionalProperties": False,
        "$defs": {"money": money},
    }
    return parse(json.dumps(schema, indent=2).encode(), "event.json")


def verdict_ms(runs: int = 200) -> float:
    """CPU milliseconds of one verdict, all policies, no witness, both documents parsed anew for each run; the middle of the runs."""
    took = []
    for _ in range(runs):
        old, new = event(changed=False), event(changed=True)
        versions = Versions((old,), complete=True)
        start = time.process_time_ns()
        check_documents(new, versions, "BACKWARD")
        took.append((time.process_time_ns() - start) / 1e6)
    return sorted(took)[runs // 2]


def main() -> None:
    """Runs it and prints the figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--pairs", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--documents", type=int, default=200)
    options.add_argument(
        "--show", action="store_true", help="print the pairs that are undecided or without a witness"
    )
    asked = options.parse_args()
    figures, focus = Figures(), Counter[str]()

    def show(text: str) -> None:
        if asked.show or text.split()[0].isupper():
            print(text)

    for number in range(asked.pairs):
        focus[counted(asked.seed, number, figures, asked.documents, show).focus] += 1
    figures.focus = dict(sorted(focus.items()))
    figures.verdict_ms = round(verdict_ms(), 3)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(asdict(figures), indent=2) + "\n")
    print(
        f"{figures.pairs} pairs ({figures.unreadable} unreadable), {figures.verdicts} verdicts: "
        f"{figures.compatible} {COMPATIBLE}, {figures.breaking} {BREAKING}, {figures.undecided} {UNDECIDED}"
    )
    print(
        f"refuted                     {figures.refuted}   (by {figures.documents} documents, {asked.documents} different ones "
        f"for each compatible verdict; {figures.enumerated} contracts have fewer, and all of theirs were tried; "
        f"{figures.drawn_anew} pairs were drawn anew because the author found fewer, {figures.with_fewer_documents} verdicts "
        f"were left with fewer)"
    )
    print(
        f"witnesses                   {figures.witnesses}   ({figures.false_witnesses} prove nothing to the other "
        f"implementation, {figures.large_witnesses} could do without a part)"
    )
    print(
        f"undecided                   {100 * figures.undecided / figures.verdicts:.2f} %"
        f"   (without the search for witnesses {100 * figures.undecided_without_search / figures.verdicts:.2f} %)"
    )
    print(
        f"breaking without a witness  {100 * figures.breaking_without_witness / max(figures.breaking, 1):.2f} %"
    )
    print(f"keyword in focus, least     {min(focus.values())} times ({min(focus, key=lambda k: focus[k])})")
    print(
        f"one verdict, 30 properties  {figures.verdict_ms} ms; the slowest of all pairs {figures.slowest_ms:.0f} ms"
    )
    sys.exit(1 if figures.refuted or figures.false_witnesses or figures.large_witnesses else 0)


if __name__ == "__main__":
    main()
