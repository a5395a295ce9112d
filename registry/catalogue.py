# SPDX-License-Identifier: Apache-2.0
"""Which rules can a check name? All of them, found or not: those of the changes, of whole contracts, and of the check itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from registry.report.report import NOTICES
from registry.rules import Level, Rule, rules, schema_rules
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

_ORDER = (Level.SAFE, Level.WARNING, Level.UNDECIDED, Level.BREAKING)
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
    return (*_of_changes(rules().values()), *_beside())


@cache
def kinds() -> tuple[Entry, ...]:
    """Every rule once, wherever in an API it may stand: `max-length-added` for `request-body.max-length-added` too."""
    from registry.api import rules as api  # it reads the rows of schemas

    return (*_of_changes([*schema_rules().values(), *api.general()]), *_beside())


def kind(rule: str) -> str:
    """The id that `kinds` has for a rule.

    >>> kind("request-body.max-length-added"), kind("contract-removed")
    ('max-length-added', 'contract-removed')
    """
    return rule.rpartition(".")[2]


def _beside() -> Iterator[Entry]:
    """The rules about whole contracts and about the check itself."""
    for rule, (level, what, why, fix) in CONTRACTS.items():
        yield Entry(rule, level.value, what, why, fix)
    for rule, (what, do) in NOTICES.items():
        yield Entry(rule, Level.WARNING.value, what, do, do)


def _of_changes(rows: Iterable[Rule]) -> Iterator[Entry]:
    asked: dict[str, list[Rule]] = {}
    for row in rows:
        if row.policy == DEFAULT_POLICY:
            asked.setdefault(row.change, []).append(row)
    for change, directions in asked.items():
        worst = max(directions, key=lambda row: _ORDER.index(row.level))
        said = "; ".join(f"{row.direction}: {row.level.value}" for row in directions)
        what = _general(worst.what)
        why = _general(worst.why) or what
        yield Entry(change, worst.level.value, what, why, f"{_general(worst.fix) or why}. {said}.")


def _general(text: str) -> str:
    return _PLACEHOLDER.sub(lambda match: "what it was" if "before" in match[0] else "what it is", text)
