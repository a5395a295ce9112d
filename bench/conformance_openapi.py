# SPDX-License-Identifier: Apache-2.0
"""Do our verdicts on OpenAPI changes agree with the published cases of another tool?

    python bench/conformance_openapi.py FOLDER

FOLDER holds expected.json and the pairs it names (oasdiff's, under Apache-2.0). A case is breaking for us when the pair of
documents has a finding that is breaking or a warning. The table below says which of our ids mean the same as theirs; cases
whose label a document contradicts are listed in docs/conformance.md with the reason. Exit code 1 when a promise is missed.
"""

import json
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from registry.check import check_documents
from registry.document import read
from registry.rules import BACKWARD, Level
from registry.sources import Versions

TODAY = date(2026, 1, 1)
SILENT = (5, 14)
SAME_ID = 0.9

# Their id -> ours. What they tell apart by where a property stands, we tell by the finding's pointer.
SAME = {
    "request-parameter-became-enum": ("request-parameter.enum-added",),
    "request-property-became-not-nullable": ("request-body.type-narrowed",),
    "response-media-type-removed": ("response-media-type-removed",),
    "request-parameter-pattern-changed": ("request-parameter.pattern-changed", "request-parameter.pattern-narrowed"),
    "request-body-one-of-removed": ("request-body.named-alternative-removed", "request-body.alternative-removed"),
    "request-property-one-of-removed": ("request-body.named-alternative-removed", "request-body.alternative-removed"),
    "request-body-removed": ("request-body-removed", "required-request-body-removed"),
    "request-parameter-enum-value-removed": ("request-parameter.values-removed",),
    "request-parameter-default-value-changed": ("request-parameter.default-changed",),
    "request-parameter-max-decreased": ("request-parameter.maximum-lowered",),
    "request-parameter-min-length-increased": ("request-parameter.min-length-raised",),
    "request-body-all-of-added": ("request-body.named-part-added",),
    "request-body-any-of-removed": ("request-body.named-alternative-removed", "request-body.alternative-removed"),
    "request-property-any-of-removed": ("request-body.named-alternative-removed", "request-body.alternative-removed"),
    "response-property-became-nullable": ("response-body.type-widened",),
    "request-body-min-contains-increased": ("request-body.constraint-tightened", "request-body.contains-narrowed", "request-body.contains-changed"),
    "request-body-max-contains-decreased": ("request-body.constraint-tightened", "request-body.contains-narrowed", "request-body.contains-changed"),
    "request-property-min-contains-increased": ("request-body.constraint-tightened", "request-body.contains-narrowed", "request-body.contains-changed"),
    "request-property-max-contains-decreased": ("request-body.constraint-tightened", "request-body.contains-narrowed", "request-body.contains-changed"),
    "request-property-dependent-required-added": ("request-body.constraint-added", "request-body.dependencies-narrowed"),
    "request-body-max-length-set": ("request-body.max-length-added",),
    "request-property-max-set": ("request-body.maximum-added",),
    "request-property-min-increased": ("request-body.minimum-raised",),
    "request-body-type-changed": ("request-body.type-changed",),
    "request-property-type-changed": ("request-body.type-changed",),
    "new-required-request-property": ("request-body.required-added",),
    "request-body-wrapped-in-one-of": ("request-body.wrapped-in-one-of",),
    "response-optional-property-removed": ("response-body.property-removed-from-open",),
    "response-body-contains-removed": ("response-body.constraint-removed", "response-body.contains-widened"),
    "response-body-max-contains-increased": ("response-body.constraint-loosened", "response-body.contains-widened", "response-body.contains-changed"),
    "response-property-contains-removed": ("response-body.constraint-removed", "response-body.contains-widened"),
    "response-property-max-contains-increased": ("response-body.constraint-loosened", "response-body.contains-widened", "response-body.contains-changed"),
    "response-property-dependent-required-changed": ("response-body.constraint-tightened", "response-body.dependencies-narrowed"),
    "response-body-one-of-added": ("response-body.named-alternative-added", "response-body.alternative-added"),
    "response-property-one-of-added": ("response-body.named-alternative-added", "response-body.alternative-added"),
    "response-body-type-changed": ("response-body.type-changed",),
    "response-property-type-changed": ("response-body.type-changed", "response-body.type-widened"),
    "response-body-unevaluated-properties-removed": ("response-body.constraint-removed", "response-body.unevaluated-properties-widened"),
    "response-body-unevaluated-items-removed": ("response-body.constraint-removed", "response-body.unevaluated-items-widened"),
    "webhook-added": ("callback-operation-added",),
    "webhook-removed": ("callback-operation-removed",),
}  # fmt: skip

# Their check -> how the ids of ours begin that ask the same. "" is every id.
CHECKS: dict[str, tuple[str, ...]] = {
    "all": ("",),
    "APISecurityUpdatedCheck": ("security-added", "security-removed", "security-scope", "security-alternative"),
    "APIComponentsSecurityUpdatedCheck": ("security-scheme", "security-flow", "security-address", "defined-scope"),
    "RequestDiscriminatorUpdatedCheck": ("request-body.discriminator",),
    "RequestParameterEnumValueUpdatedCheck": ("request-parameter.values", "request-parameter.enum"),
    "RequestParameterPatternAddedOrChangedCheck": ("request-parameter.pattern",),
    "RequestParameterMaxItemsUpdatedCheck": ("request-parameter.max-items",),
    "RequestParameterMaxLengthUpdatedCheck": ("request-parameter.max-length",),
    "RequestParameterMinUpdatedCheck": ("request-parameter.minimum",),
    "RequestParameterTypeChangedCheck": ("request-parameter.type",),
    "RequestPropertyAllOfUpdatedCheck": ("request-body.named-part", "request-body.combination"),
    "RequestPropertyBecameNotNullableCheck": ("request-body.type",),
    "RequestPropertyOneOfUpdatedCheck": ("request-body.named-alternative", "request-body.alternative", "request-body.combination"),
    "RequestPropertyPatternUpdatedCheck": ("request-body.pattern",),
    "RequestPropertyUnevaluatedUpdatedCheck": ("request-body.unevaluated", "request-body.keyword-not-covered"),
    "ResponseDiscriminatorUpdatedCheck": ("response-body.discriminator",),
    "ResponseMediaTypeNameUpdatedCheck": ("response-media-type",),
    "ResponsePropertyAllOfUpdatedCheck": ("response-body.named-part", "response-body.combination"),
    "ResponsePropertyAnyOfUpdatedCheck": ("response-body.named-alternative", "response-body.alternative", "response-body.combination"),
    "ResponsePropertyBecameRequiredCheck": ("response-body.required",),
    "ResponsePropertyDependentRequiredChangedCheck": ("response-body.dependent-required", "response-body.keyword-not-covered"),
    "ResponseRequiredPropertyUpdatedCheck": ("response-body.required", "response-body.property"),
    "ResponseNonSuccessStatusUpdatedCheck": ("error-response-status",),
}  # fmt: skip

# Cases whose label says "not breaking" and is contradicted; docs/conformance.md gives the reason of each.
JUDGED_WRONG = (0, 1, 2, 8, 28, 42, 50)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What we say of one case: the ids by level, those that break, and what kept us from saying anything."""

    found: dict[str, str]
    crash: str = ""

    @property
    def breaking(self) -> set[str]:
        return {each for each, level in self.found.items() if level in (Level.BREAKING, Level.WARNING)}


def main(folder: Path) -> int:
    """Prints the cases that do not agree and the counts; 0 when all that was promised holds."""
    cases = json.loads((folder / "expected.json").read_text())["cases"]
    outcomes = [outcome(folder, case) for case in cases]
    crashes = [number for number, each in enumerate(outcomes) if each.crash]
    positives = [number for number, case in enumerate(cases) if case["expected_breaking"]]
    found = [number for number in positives if outcomes[number].breaking]
    same = [number for number in found if has_same_id(cases[number], outcomes[number])]
    negatives = [n for n, case in enumerate(cases) if not case["expected_breaking"] and n not in SILENT]
    said = {n: above_safe(cases[n], outcomes[n]) for n in negatives}
    loud = [n for n in SILENT if set(outcomes[n].found.values()) - {Level.SAFE}]
    wrong = [n for n, ids in said.items() if ids and n not in JUDGED_WRONG]
    idle = [n for n in JUDGED_WRONG if not said[n]]
    report(cases, outcomes, sorted({*crashes, *(set(positives) - set(same)), *loud, *wrong}))
    print(f"cases {len(cases)}, crashes {len(crashes)}")
    print(f"positives {len(positives)}: found {len(found)}, with an id of the same meaning {len(same)}")
    print(f"silent cases {list(SILENT)}: with a finding {loud}")
    print(f"negatives {len(negatives)}: agree {sum(not ids for ids in said.values())}, label judged wrong {sorted(n for n in JUDGED_WRONG if said[n])}, disagree {wrong}")  # fmt: skip
    if idle:
        print(f"judged wrong without need: {idle}")
    kept = (
        not crashes
        and found == positives
        and len(same) >= SAME_ID * len(positives)
        and not loud
        and not wrong
    )
    return 0 if kept and not idle else 1


def outcome(folder: Path, case: dict[str, Any]) -> Outcome:
    """What the gate says of a pair, witnesses included, with the level of each for consumers of the old document."""
    try:
        old, new = (read(folder / case[side]) for side in ("base", "revision"))
        said = check_documents(new, Versions((old,), complete=False), BACKWARD, on=TODAY, witnesses=True)
    except Exception as error:  # noqa: BLE001 -- a crash is what is counted here
        return Outcome({}, f"{type(error).__name__}: {error}")
    worst = sorted(said.findings, key=lambda each: each.level == Level.BREAKING)
    return Outcome({each.rule: each.level for each in worst})


def has_same_id(case: dict[str, Any], said: Outcome) -> bool:
    """Whether every id they expect has one of ours with its meaning; of those they break by, ours must break too."""
    wanted = [set(SAME[each]) for each in case["expected_ids"]]
    return all(ids & said.found.keys() for ids in wanted) and any(ids & said.breaking for ids in wanted)


def above_safe(case: dict[str, Any], said: Outcome) -> set[str]:
    """Our ids of the named check that are more than safe."""
    starts = CHECKS[case["checks"]]
    return {each for each, level in said.found.items() if level != Level.SAFE and each.startswith(starts)}


def report(cases: list[dict[str, Any]], outcomes: list[Outcome], numbers: list[int]) -> None:
    """Prints what was expected and what we say, for the cases that do not agree."""
    for number in numbers:
        case, said = cases[number], outcomes[number]
        label = "breaking" if case["expected_breaking"] else "not breaking"
        print(
            f"#{number} {label} {case['checks']} {case['expected_ids']}\n    ours: {said.crash or said.found}"
        )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(print("conformance_openapi: skipped, it takes the folder of the cases as its argument"))
    sys.exit(main(Path(sys.argv[1])))
