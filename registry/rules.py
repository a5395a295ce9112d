# SPDX-License-Identifier: Apache-2.0
"""Which changes matter? Walk (b), the judgement: rows of change x direction x policy -> level, reason and fix.

BACKWARD asks whether new readers take what was written under the old contract, FORWARD whether old readers take what will
be written under the new one. Under the policy `validation` a change breaks a direction exactly when it takes documents away
in it, so every row follows from the change's effect, and each rule has its mirror in the other direction. `lenient` forgives
what tolerant readers of open content live with; `codegen` adds what generated code does not survive.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from registry.change import BACKWARD as BACKWARD
from registry.change import EFFECTS, Change, Effect
from registry.change import FORWARD as FORWARD
from registry.rule_texts import TEXTS

POLICIES = ("validation", "lenient", "codegen")


class Level(StrEnum):
    """How much a change matters in one direction."""

    SAFE = "safe"
    WARNING = "warning"
    UNDECIDED = "undecided"
    BREAKING = "breaking"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `what` names the change in words; `why` and `fix` may hold {before} and {after}."""

    change: str
    direction: str
    policy: str
    level: Level
    what: str
    why: str
    fix: str


# What a tolerant reader lives with: it ignores fields it does not know, nobody gives a free name a meaning of his own, and
# it fills in defaults. Each row has its mirror in the other direction.
_TOLERATED = {
    BACKWARD: (
        "property-added-to-open",
        "property-removed-from-closed",
        "additional-properties-closed",
        "additional-properties-narrowed",
        "required-with-default-added",
    ),
    FORWARD: (
        "property-removed-from-open",
        "property-added-to-closed",
        "additional-properties-opened",
        "additional-properties-widened",
        "required-with-default-removed",
    ),
}
# What generated code does not survive although documents do: another type, another optionality, another set of names.
_REGENERATED = frozenset(
    [
        "alternatives-changed",
        "alternative-added",
        "alternative-removed",
        "content-changed",
        "enum-added",
        "enum-removed",
        "format-changed",
        "required-added",
        "required-removed",
        "required-with-default-added",
        "required-with-default-removed",
        "type-changed",
        "type-narrowed",
        "type-widened",
        "values-added",
        "values-removed",
    ]
)
_FIELD_LOST = {
    BACKWARD: ("property-removed", "property-removed-from-open", "property-removed-from-closed"),
    FORWARD: ("property-added", "property-added-to-open", "property-added-to-closed"),
}
# Facts about how a contract is written, of no consequence for what it accepts.
_UNNOTICED = frozenset(("property-added", "property-removed", "alternatives-changed"))

_WHY_TOLERATED = "tolerant readers ignore fields they do not know and fill in defaults"
_WHY_REGENERATED = "code generated from one contract does not fit the other"


@cache
def rules() -> dict[tuple[str, str, str], Rule]:
    """All rows, those of APIs too, by change, direction and policy."""
    from registry.api import rules as api  # it reads the rows below, and most runs judge no API

    return {**schema_rules(), **api.rules()}


def rule(change: str, direction: str, policy: str) -> Rule:
    """One row; the thousands for places in an API are made only when one of them is asked for."""
    row = schema_rules().get((change, direction, policy))
    return row if row is not None else rules()[change, direction, policy]


@cache
def schema_rules() -> dict[tuple[str, str, str], Rule]:
    """The rows of JSON Schema, by change, direction and policy."""
    return {
        (kind, direction, policy): _rule(kind, direction, policy)
        for kind in EFFECTS
        for direction in (BACKWARD, FORWARD)
        for policy in POLICIES
    }


def levels_in_words(kind: str, direction: str) -> str:
    """The level of a change under `validation`, and after it those of the policies that say otherwise.

    >>> levels_in_words("required-removed", BACKWARD)
    'safe; codegen: breaking'
    """
    levels = {policy: rule(kind, direction, policy).level.value for policy in POLICIES}
    usual = levels["validation"]
    return "; ".join([usual, *(f"{name}: {level}" for name, level in levels.items() if level != usual)])


def _rule(kind: str, direction: str, policy: str) -> Rule:
    what, why, fix = TEXTS[kind]
    level = _level(kind, direction)
    if policy == "lenient" and kind in _TOLERATED[direction]:
        level, why, fix = Level.SAFE, _WHY_TOLERATED, ""
    elif policy == "codegen" and (kind in _REGENERATED or kind in _FIELD_LOST[direction]):
        if level is not Level.BREAKING and EFFECTS[kind] is not Effect.NONE:
            why = _WHY_REGENERATED
        level = Level.BREAKING
    elif level is Level.SAFE:
        why, fix = EFFECTS[kind].value, ""
    return Rule(kind, direction, policy, level, what, why, fix)


def level_of(change: Change, direction: str, policy: str) -> Level:
    """The level of one change at its place: where nothing is lost there, only what generated code minds is left."""
    said = rule(change.id, direction, policy).level
    if direction not in change.harmless or said in (Level.SAFE, Level.WARNING):
        return said
    kind = change.id.rpartition(".")[2]
    minds = policy == "codegen" and (kind in _REGENERATED or kind in _FIELD_LOST[direction])
    return said if minds else Level.SAFE


def _level(kind: str, direction: str) -> Level:
    """What pure validation says."""
    effect = EFFECTS[kind]
    if effect is Effect.NONE:
        return Level.SAFE if kind in _UNNOTICED else Level.WARNING
    if effect.keeps_old if direction == BACKWARD else effect.keeps_new:
        return Level.SAFE
    return Level.UNDECIDED if effect.name.startswith("MAY_") else Level.BREAKING
