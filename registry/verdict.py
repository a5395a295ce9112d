# SPDX-License-Identifier: Apache-2.0
"""Is the new contract compatible with the old one? Walk (b): facts and rules become findings, findings a verdict."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from registry import finding
from registry.api.reach import Reach
from registry.change import ABSENT, Change
from registry.document import API_TYPES, Document
from registry.finding import Finding
from registry.rules import BACKWARD, FORWARD, POLICIES, Level, level_of, rule
from terms import canonical_json
from terms.problem import ProblemError, did_you_mean

COMPATIBLE, BREAKING, UNDECIDED = "compatible", "breaking", "undecided"
MODES = {
    "BACKWARD": (BACKWARD,),
    "FORWARD": (FORWARD,),
    "FULL": (BACKWARD, FORWARD),
    "BACKWARD_TRANSITIVE": (BACKWARD,),
    "FORWARD_TRANSITIVE": (FORWARD,),
    "FULL_TRANSITIVE": (BACKWARD, FORWARD),
}
DEFAULT_MODE, DEFAULT_POLICY = "BACKWARD", "validation"
_ORDER = {
    level: place for place, level in enumerate((Level.BREAKING, Level.UNDECIDED, Level.WARNING, Level.SAFE))
}
_SHOWN = 120
_USERS = 5
_SPARED = "what else the contract says makes up for it: no document is lost here"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one new contract: `status` is compatible, breaking or undecided. Findings: worst first, then by pointer.

    Undecided means that something could not be proven; it is never a yes. `policies` is the status under every policy;
    `policy` is the one that decides.
    """

    status: str
    mode: str
    policy: str
    new: str
    against: tuple[str, ...]
    findings: tuple[Finding, ...]
    policies: Mapping[str, str] = field(default_factory=dict)

    def of_level(self, *levels: str) -> tuple[Finding, ...]:
        """The findings of the given levels."""
        return tuple(each for each in self.findings if each.level in levels)

    @property
    def difference(self) -> str:
        """One line that says where the policies differ; empty when they agree."""
        if len(set(self.policies.values())) < 2:
            return ""
        return ", ".join(f"{status} under {policy}" for policy, status in self.policies.items())

    def as_json(self) -> dict[str, Any]:
        """The verdict as plain values; `from_json` makes it again."""
        findings = [
            {**asdict(f), "patch": list(f.patch), "fingerprint": f.fingerprint} for f in self.findings
        ]
        return {**asdict(self), "against": list(self.against), "findings": findings}


def from_json(data: dict[str, Any]) -> Verdict:
    """The verdict that `as_json` wrote."""
    findings = tuple(finding.from_json(each) for each in data["findings"])
    return Verdict(**{**data, "against": tuple(data["against"]), "findings": findings})


def checked(mode: str, policy: str) -> tuple[str, str]:
    """Mode and policy as they are known. Raises ProblemError for a mode or policy there is no rule set for."""
    if mode.upper() not in MODES:
        raise ProblemError(
            f"'{mode}' is not a compatibility mode", "--mode", did_you_mean(mode.upper(), list(MODES))
        )
    if policy not in POLICIES:
        raise ProblemError(
            f"there are no rules for the policy '{policy}' yet", "--policy", f"use {' or '.join(POLICIES)}"
        )
    return mode.upper(), policy


def judge(
    pairs: Iterable[tuple[Document, tuple[Change, ...]]],
    new: Document,
    mode: str = DEFAULT_MODE,
    policy: str = DEFAULT_POLICY,
    *,
    all_versions: bool = False,
) -> Verdict:
    """The verdict over the changes from each old document to the new one.

    A transitive mode asks about every earlier version: unless `all_versions` says that all were given, what would be
    compatible is undecided. No old document at all is undecided too: nothing was checked.
    """
    mode, policy = checked(mode, policy)
    olds: list[str] = []
    findings: list[Finding] = []
    for old, changes in pairs:
        olds.append(old.name)
        findings += _findings(old, new, changes, mode, policy)
    if not olds or (mode.endswith("_TRANSITIVE") and not all_versions):
        findings.append(_versions_not_known(olds, mode))
    return with_findings(Verdict(UNDECIDED, mode, policy, new.name, tuple(olds), ()), findings)


def with_findings(verdict: Verdict, findings: Iterable[Finding]) -> Verdict:
    """The verdict these findings give, for the same question; they are put in order. An approved one does not count."""
    ordered = sorted(
        findings,
        key=lambda f: (_ORDER[Level(f.level)], f.against, f.pointer_new, f.pointer_old, f.rule, f.direction),
    )
    standing = [f for f in ordered if not f.approval]
    policies = {name: status_of(f.levels.get(name, f.level) for f in standing) for name in POLICIES}
    return replace(verdict, status=policies[verdict.policy], findings=tuple(ordered), policies=policies)


def status_of(levels: Iterable[str]) -> str:
    """The status that findings of these levels give."""
    met = set(levels)
    return BREAKING if Level.BREAKING in met else UNDECIDED if Level.UNDECIDED in met else COMPATIBLE


def _findings(
    old: Document, new: Document, changes: tuple[Change, ...], mode: str, policy: str
) -> Iterable[Finding]:
    in_old = old.places([change.pointer_old for change in changes]) if changes else {}
    in_new = new.places([change.pointer_new for change in changes]) if changes else {}
    reaches = (Reach(new.schema), Reach(old.schema)) if new.type in API_TYPES else ()
    for change in changes:
        rows = [rule(change.id, direction, policy) for direction in MODES[mode]]
        levels = {row.direction: _levels(change, row.direction) for row in rows}
        worst = min(rows, key=lambda row: _ORDER[Level(levels[row.direction][policy])])
        # A change that breaks both directions is told twice, one that breaks none under any policy once.
        told = [row for row in rows if _matters(levels[row.direction])] or [worst]
        before, after = shown(change.before), shown(change.after)
        users = next(filter(None, _users(change, reaches)), ())
        words = {"before": before or "what it was", "after": after or "what it is now"}
        for row in told:
            level = levels[row.direction][policy]
            spared = level == Level.SAFE and row.level is not Level.SAFE
            why, fix = (_SPARED, "") if spared else (row.why.format(**words), row.fix.format(**words))
            yield Finding(
                row.change, level, row.direction, change.pointer_old, change.pointer_new,
                in_old[change.pointer_old], in_new[change.pointer_new],
                row.what.format(**words), before, after, why, fix, old.name,
                levels[row.direction], used_by=users[:_USERS], used_by_count=len(users),
            )  # fmt: skip


def _users(change: Change, reaches: tuple[Reach, ...]) -> Iterator[tuple[str, ...]]:
    """Who comes to the place of the change in the new document, and in the old one."""
    for reach, pointer in zip(reaches, (change.pointer_new, change.pointer_old), strict=False):
        yield reach.operations(pointer)


def _levels(change: Change, direction: str) -> dict[str, str]:
    return {policy: level_of(change, direction, policy).value for policy in POLICIES}


def _matters(levels: Mapping[str, str]) -> bool:
    return any(level in (Level.BREAKING, Level.UNDECIDED) for level in levels.values())


def _versions_not_known(olds: list[str], mode: str) -> Finding:
    given = f"only {', '.join(olds)} was given" if olds else "no old version was given"
    return Finding(
        "versions-not-known", Level.UNDECIDED.value, MODES[mode][0], "", "", "", "",
        "not all earlier versions were compared", "", "", f"{mode} asks about every earlier version; {given}",
        "name the contract's subject, so that all its versions are known, or use the mode without _TRANSITIVE", "",
    )  # fmt: skip


def shown(value: Any) -> str:
    """A value as short JSON text for people; empty for ABSENT."""
    if value is ABSENT:
        return ""
    if isinstance(value, list) and len(value) == 1 and not isinstance(value[0], dict | list):
        return shown(value[0])
    text = _plain(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _plain(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_plain(k)}: {_plain(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(_plain(item) for item in value) + "]"
        case Decimal():
            return str(value)
        case _:
            return canonical_json.text(value)
