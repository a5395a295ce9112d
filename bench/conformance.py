# SPDX-License-Identifier: Apache-2.0
"""Do our verdicts agree with those that others published? Two collections of pairs of JSON Schemas with a label for each.

    python bench/conformance.py FOLDER          (the folder that holds json-schema-compat/ and apicurio-json-compat/)

Verdicts are those of the policy `validation`, with the search for witnesses. A label is left out where docs/conformance.md holds
a document that contradicts it, which is checked here with plain jsonschema, or a short proof. Prints the agreement of the rest,
identical pairs apart, every label that is missed, and what was found of witnesses: each is put to plain jsonschema, and so is each
document that is one part less. Exit code 1 when a label is missed, or a document proves nothing.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.payloads.json_documents import parts_dropped
from registry.check import check_documents
from registry.document import parse
from registry.sources import Versions
from registry.verdict import BREAKING, COMPATIBLE, Verdict

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"
_ROW = re.compile(r"^\| (\S+) \| (\d+) (BACKWARD|FORWARD) \| (compatible|breaking) \| (.*) \|$", re.MULTILINE)
_DOCUMENT = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Label:
    """What a collection says of a pair: `number` is its place there, `direction` the question, `said` the answer."""

    corpus: str
    number: int
    direction: str
    said: str
    old: Any
    new: Any

    @property
    def key(self) -> tuple[str, int, str]:
        """What the page names it by."""
        return (self.corpus, self.number, self.direction)

    @property
    def identical(self) -> bool:
        """Whether both schemas are the same text."""
        return json.dumps(self.old, sort_keys=True) == json.dumps(self.new, sort_keys=True)

    def verdict(self) -> Verdict:
        """Ours."""
        old, new = (
            parse(json.dumps(each).encode(), name) for each, name in ((self.old, "old"), (self.new, "new"))
        )
        return check_documents(new, Versions((old,), complete=True), self.direction, witnesses=True)


def labels(folder: Path) -> Iterator[Label]:
    """All labels of both collections."""
    cases = json.loads((folder / "json-schema-compat" / "pairs.json").read_text())["cases"]
    for number, case in enumerate(cases, start=1):
        said = COMPATIBLE if case["compatible"] else BREAKING
        yield Label("json-schema-compat", number, case["mode"], said, case["older"], case["newer"])
    tests = json.loads((folder / "apicurio-json-compat" / "compatibility-test-data.json").read_text())[
        "tests"
    ]
    for number, case in enumerate(tests, start=1):
        for direction, yes in (("BACKWARD", ("backward", "both")), ("FORWARD", ("both",))):
            said = COMPATIBLE if case["compatibility"] in yes else BREAKING
            yield Label("apicurio-json-compat", number, direction, said, case["original"], case["updated"])


def left_out() -> dict[tuple[str, int, str], tuple[str, str]]:
    """The labels that the page contradicts: what they say, and the document or proof."""
    text = PAGE.read_text() if PAGE.exists() else ""
    return {(row[0], int(row[1]), row[2]): (row[3], row[4]) for row in _ROW.findall(text)}


def contradicts(label: Label, reason: str) -> bool:
    """Whether the reason holds: a document is valid where the label says so and not on the other side; a proof is ours alone."""
    found = _DOCUMENT.fullmatch(reason)
    if found is None:
        return label.said == BREAKING and label.verdict().status == COMPATIBLE
    accepts, refuses = (label.old, label.new) if label.direction == "BACKWARD" else (label.new, label.old)
    document = json.loads(found.group(1))
    return label.said == COMPATIBLE and _takes(accepts, document) and not _takes(refuses, document)


def _takes(schema: Any, document: Any) -> bool:
    from jsonschema import Draft7Validator
    from jsonschema.validators import validator_for

    return bool(validator_for(schema, default=Draft7Validator)(schema).is_valid(document))


def proves(label: Label, verdict: Verdict) -> bool:
    """Whether a document of the verdict is valid on one side of the label only, and no longer so without any of its parts."""
    accepts, refuses = (label.old, label.new) if label.direction == "BACKWARD" else (label.new, label.old)

    def shows(document: Any) -> bool:
        return _takes(accepts, document) and not _takes(refuses, document)

    documents = [json.loads(each.witness.document) for each in verdict.findings if each.witness is not None]
    return any(shows(each) and not any(map(shows, parts_dropped(each))) for each in documents)


def main() -> None:
    """Prints the agreement."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("folder", type=Path)
    options.add_argument(
        "--rows", action="store_true", help="print a row for the page for every label that is missed"
    )
    asked = options.parse_args()
    known, failed, slowest = left_out(), False, 0.0
    counts: dict[str, Counter[str]] = {}
    for label in labels(asked.folder):
        count = counts.setdefault(label.corpus, Counter())
        if label.key in known:
            count["left out"] += 1
            if known[label.key][0] != label.said or not contradicts(label, known[label.key][1]):
                failed = True
                print(f"{label.key}: the page does not contradict the label")
            continue
        start = time.process_time()
        verdict = label.verdict()
        took = 1000 * (time.process_time() - start)
        if label.said == verdict.status == BREAKING:
            count["breaking"] += 1
            count["proven"] += proves(label, verdict)
            slowest = max(slowest, took)
        kind = "identical" if label.identical else "other"
        count[f"{kind} {'agree' if verdict.status == label.said else 'miss'}"] += 1
        if verdict.status != label.said:
            failed = True
            witness = next((f.witness for f in verdict.of_level(BREAKING) if f.witness), None)
            reason = f"`{witness.document}`" if witness else "proof"
            if asked.rows:
                print(f"| {label.corpus} | {label.number} {label.direction} | {label.said} | {reason} |")
            else:
                rules = sorted({f.rule for f in verdict.of_level(BREAKING, "undecided")})
                print(f"{label.key}: said {label.said}, ours {verdict.status} {rules}")
                print(f"  old {json.dumps(label.old)}\n  new {json.dumps(label.new)}")
    for corpus, count in counts.items():
        agree, miss = (count[f"identical {w}"] + count[f"other {w}"] for w in ("agree", "miss"))
        print(
            f"{corpus}: {100 * agree / (agree + miss):.1f} % of {agree + miss} labels agree "
            f"({count['identical agree'] + count['identical miss']} of identical pairs), {miss} missed, {count['left out']} left out; "
            f"{count['proven']} of {count['breaking']} breaking ones have a smallest document that proves it"
        )
        failed = failed or count["proven"] < count["breaking"]
    print(f"the slowest of the breaking ones took {slowest:.0f} ms of CPU, reading and witness included")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    if len(sys.argv) == 1:  # `make bench` runs what needs nothing
        sys.exit(print("conformance: skipped, it takes the folder of the collections as its argument"))
    main()
