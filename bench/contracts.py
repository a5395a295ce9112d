# SPDX-License-Identifier: Apache-2.0
"""Does the diff keep its promise, how often can it not say, and how fast is it? Pairs of contracts are made up and judged.

    make bench ARGS=contracts          (or python bench/contracts.py --pairs 10000 --seed 1 --documents 200)

For every pair, documents that the old contract accepts are put to the new one by another implementation (jsonschema-rs), and
the other way round: a `compatible` that one of them refutes is the worst there is. Prints how many were refuted, are undecided,
or are called breaking without a witness, how often each keyword was in the focus, and the time of one verdict under all three
policies for an event of 30 properties. Writes bench/results/contracts.json; exit code 1 when anything was refuted.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs

from bench.payloads.json_documents import Author
from bench.payloads.schema_pairs import Pair, pairs
from registry.check import check_documents
from registry.document import Document, parse
from registry.example import examples
from registry.sources import Versions
from registry.verdict import BREAKING, COMPATIBLE, UNDECIDED
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
    documents: int = 0
    without_example: int = 0
    verdict_ms: float = 0.0
    slowest_ms: float = 0.0
    focus: dict[str, int] = field(default_factory=dict)


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
                if not any(f.witness for f in verdict.findings):
                    figures.breaking_without_witness += 1
                    show(
                        f"no witness, {mode}, {[f.rule for f in verdict.of_level(BREAKING)]}: {_shown(pair)}"
                    )
            case _:
                figures.undecided += 1
                show(f"undecided, {mode}, {[f.rule for f in verdict.of_level(UNDECIDED)]}: {_shown(pair)}")


def _refute(
    pair: Pair,
    mode: str,
    first: Document,
    second: Document,
    figures: Figures,
    documents: int,
    show: Callable[[str], None],
) -> None:
    validator = next(v for name, v in _VALIDATORS.items() if name in pair.dialect.uri)
    was, now = (json.loads(each.text) for each in (first, second))
    takes_old, takes_new = (validator(_bare(each), validate_formats=False) for each in (was, now))
    author = Author(Random(0), was, now)
    seeds = [*examples(first.schema, count=5), *examples(first.schema, full=True, count=5)]
    if not seeds:
        figures.without_example += 1
    count = 0
    for made in author.valid(documents, takes_old.is_valid, documents * 10, seeds):
        count += 1
        if not takes_new.is_valid(made):
            figures.refuted += 1
            show(f"REFUTED, {mode}, by {json.dumps(made)}: {_shown(pair)}")
            break
    figures.documents += count
    figures.with_fewer_documents += count < documents


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
        if asked.show or text.startswith("REFUTED"):
            print(text)

    for pair in pairs(asked.seed, asked.pairs):
        focus[pair.focus] += 1
        judged(pair, figures, asked.documents, show)
    figures.focus = dict(sorted(focus.items()))
    figures.verdict_ms = round(verdict_ms(), 3)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(asdict(figures), indent=2) + "\n")
    print(
        f"{figures.pairs} pairs ({figures.unreadable} unreadable), {figures.verdicts} verdicts: "
        f"{figures.compatible} {COMPATIBLE}, {figures.breaking} {BREAKING}, {figures.undecided} {UNDECIDED}"
    )
    print(
        f"refuted                     {figures.refuted}   (by {figures.documents} documents; "
        f"{figures.with_fewer_documents} verdicts on fewer than {asked.documents} each, "
        f"{figures.without_example} of them on a contract without any that is known)"
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
    sys.exit(1 if figures.refuted else 0)


if __name__ == "__main__":
    main()
