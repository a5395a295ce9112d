# SPDX-License-Identifier: Apache-2.0
"""Which rules can a check name? All of them, found or not: those of the changes, of whole contracts, and of the check itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from registry.report.report import NOTICES
from registry.rules import BACKWARD, FORWARD, Level, rules
from registry.verdict import DEFAULT_POLICY

REMOVED = "contract-removed"
VERSIONS = "versions-not-known"

CONTRACTS: Mapping[str, tuple[Level, str, str, str]] = {
    REMOVED: (
        Level.BREAKING,
        "the contract was removed",
        "whoever reads or writes under it is left without a promise",
        "restore the file, or say in the manifest why the contract is retired: retired: <reason>",
    ),
    VERSIONS: (
        Level.UNDECIDED,
        "not all earlier versions were compared",
        "a transitive mode asks about every earlier version",
        "name all earlier versions, or use the mode without _TRANSITIVE",
    ),
}
"""Rules about whole contracts: rule -> level, what, why and fix."""

_PLACEHOLDER = re.compile(r"\{(?:before|after)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule. `level` is the worst it can have under the policy `validation`; `what` and `why` are sentences."""

    id: str
    level: str
    what: str
    why: str
    help: str


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every rule, in the order of the tables."""
    changes = [_of_change(kind) for kind in dict.fromkeys(kind for kind, _, _ in rules())]
    contracts = [
        Entry(rule, level.value, what, why, fix) for rule, (level, what, why, fix) in CONTRACTS.items()
    ]
    notices = [Entry(rule, Level.WARNING.value, what, do, do) for rule, (what, do) in NOTICES.items()]
    return (*changes, *contracts, *notices)


def _of_change(kind: str) -> Entry:
    order = (Level.SAFE, Level.WARNING, Level.UNDECIDED, Level.BREAKING)
    found = rules()
    rows = [found[kind, direction, DEFAULT_POLICY] for direction in (BACKWARD, FORWARD)]
    worst = max(rows, key=lambda row: order.index(row.level))
    said = "; ".join(f"{row.direction}: {row.level.value}" for row in rows)
    what = _general(worst.what)
    why = _general(worst.why) or what
    return Entry(kind, worst.level.value, what, why, f"{_general(worst.fix) or why}. {said}.")


def _general(text: str) -> str:
    return _PLACEHOLDER.sub(lambda match: "what it was" if "before" in match[0] else "what it is", text)
