# SPDX-License-Identifier: Apache-2.0
"""How is a verdict told? The answer under every policy, then each finding with its reason, its proof and its fix."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import counted

MOST = 100
_DIRECTIONS = {
    "BACKWARD": "for readers of the new version",
    "FORWARD": "for readers of the old version",
}
_ANSWERS = {
    "COMPATIBLE": "Nothing that is accepted today is lost.",
    "BREAKING": "Do not publish it as it is: each finding says how to keep what works today.",
    "UNDECIDED": "It was not proven safe, so it does not pass. Each finding says what could not be decided.",
}


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """What one policy says; `decides` marks the one that was asked."""

    policy: str
    badge: status.Badge
    decides: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A document that one side takes and the other refuses. `document` is JSON text."""

    document: str
    accepted_by: str
    refused_by: str
    refusal: str
    pointer: str


@dataclass(frozen=True, slots=True)
class FindingCard:
    """One finding. Lines are 0 where there is none; `patch` is JSON text or empty; `unproven` marks a break without a proof."""

    id: str
    badge: status.Badge
    rule: str
    what: str
    direction: str
    levels: tuple[PolicyAnswer, ...]
    pointer_old: str
    pointer_new: str
    line_old: int
    line_new: int
    before: str
    after: str
    why: str
    fix: str
    against: str
    unproven: bool
    proof: Proof | None
    patch: str
    approval: str
    fingerprint: str
    used_by: tuple[str, ...]
    used_by_more: int

    @property
    def may_be_accepted(self) -> bool:
        """Whether somebody may accept it: it stops a release under some policy, and nobody has yet."""
        stops = any(one.badge.word in ("breaking", "undecided") for one in self.levels)
        return bool(self.fingerprint) and stops and not self.approval


@dataclass(frozen=True, slots=True)
class VerdictView:
    """The whole answer. `matters` are findings that stop a release under any policy or warn, `safe` the rest; both are cut at 100."""

    badge: status.Badge
    answer: str
    mode: str
    policy: str
    policies: tuple[PolicyAnswer, ...]
    difference: str
    count: str
    matters: tuple[FindingCard, ...]
    safe: tuple[FindingCard, ...]
    left_out: int

    @property
    def passes(self) -> bool:
        """Whether the policy that decides lets it pass."""
        return self.badge.tone == "good"


def verdict(view: Mapping[str, Any]) -> VerdictView:
    """A verdict as the page tells it."""
    cards = [card(found, view["policy"]) for found in view["findings"]]
    matters = [
        one
        for one in cards
        if any(level.badge.tone != "good" for level in one.levels) or one.badge.tone != "good"
    ]
    told = {one.id for one in matters}
    safe = [one for one in cards if one.id not in told]
    return VerdictView(
        badge=status.verdict(view["status"]),
        answer=_ANSWERS[view["status"]],
        mode=view["mode"],
        policy=view["policy"],
        policies=policy_answers(view),
        difference=view["difference"] or "",
        count=counted(len(cards), "finding"),
        matters=tuple(matters[:MOST]),
        safe=tuple(safe[:MOST]),
        left_out=max(0, len(matters) - MOST) + max(0, len(safe) - MOST),
    )


def policy_answers(view: Mapping[str, Any]) -> tuple[PolicyAnswer, ...]:
    """What each policy says of a verdict."""
    return _answers(
        ((one["policy"], status.verdict(one["status"])) for one in view["policies"]), view["policy"]
    )


def card(found: Mapping[str, Any], policy: str) -> FindingCard:
    """One finding as the page tells it."""
    witness = found["witness"]
    proof = witness and Proof(
        witness["document"],
        witness["acceptedBy"],
        witness["refusedBy"],
        witness["refusal"],
        witness["pointer"],
    )
    return FindingCard(
        id=f"finding-{found['fingerprint']}",
        badge=status.finding(found["level"]),
        rule=found["rule"],
        what=found["what"],
        direction=_DIRECTIONS.get(found["direction"], found["direction"].lower()),
        levels=_answers(((one["policy"], status.finding(one["level"])) for one in found["levels"]), policy),
        pointer_old=found["pointerOld"] or "/",
        pointer_new=found["pointerNew"] or "/",
        line_old=line_of(found["whereOld"]),
        line_new=line_of(found["whereNew"]),
        before=found["before"],
        after=found["after"],
        why=found["why"],
        fix=found["fix"],
        against=found["against"],
        unproven=found["level"] == "breaking" and not found["confirmed"] and witness is None,
        proof=proof or None,
        patch=found["patch"] or "",
        approval=found["approval"] or "",
        fingerprint=found["fingerprint"],
        used_by=tuple(found["usedBy"]),
        used_by_more=found["usedByCount"] - len(found["usedBy"]),
    )


def line_of(where: str) -> int:
    """The line of `name:line`; 0 when there is none."""
    line = where.rpartition(":")[2]
    return int(line) if line.isdecimal() else 0


def lines_of(view: VerdictView) -> tuple[set[int], set[int]]:
    """The lines of both texts that findings point to."""
    told = (*view.matters, *view.safe)
    return {one.line_old for one in told}, {one.line_new for one in told}


def _answers(levels: Iterable[tuple[str, status.Badge]], policy: str) -> tuple[PolicyAnswer, ...]:
    return tuple(PolicyAnswer(name, badge, name == policy) for name, badge in levels)
