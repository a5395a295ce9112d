# SPDX-License-Identifier: Apache-2.0
"""What is different between two contracts? One change is one fact; whether it matters is for the rules to say."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from registry.json_value import key

BACKWARD, FORWARD = "BACKWARD", "FORWARD"
"""The directions: do new readers take old documents, do old readers take new ones?"""


class Effect(Enum):
    """What a change does to the set of documents the contract accepts, as far as it is proven."""

    NONE = "accepts the same documents"
    NARROWS = "some documents are no longer accepted"
    WIDENS = "more documents are accepted"
    CHANGES = "some documents are no longer accepted, others are accepted now"
    MAY_NARROW = "it is not proven that all documents are still accepted"
    MAY_WIDEN = "it is not proven that no more documents are accepted"
    MAY_CHANGE = "nothing is proven about the documents it accepts"

    @property
    def in_doubt(self) -> bool:
        """Nothing is proven to be lost or gained; it is only not proven that nothing is."""
        return self.name.startswith("MAY_")

    @property
    def keeps_old(self) -> bool:
        """Every document the old contract accepts is proven to be accepted by the new one."""
        return self in (Effect.NONE, Effect.WIDENS, Effect.MAY_WIDEN)

    @property
    def keeps_new(self) -> bool:
        """Every document the new contract accepts is proven to be accepted by the old one."""
        return self in (Effect.NONE, Effect.NARROWS, Effect.MAY_NARROW)


_BOUNDS = ("max-length", "max-items", "max-properties", "maximum")
GROUPS = (
    "not",
    "condition",
    "contains",
    "property-names",
    "pattern-properties",
    "dependencies",
    "unevaluated-properties",
    "unevaluated-items",
    "reference",
    "combination",
)
"""Keywords that are judged as a whole: what they do to documents is proven, or it is not known."""

_FLOORS = ("min-length", "min-items", "min-properties", "minimum")

EFFECTS: dict[str, Effect] = {
    **{f"{bound}-{how}": Effect.NARROWS for bound in _BOUNDS for how in ("added", "lowered")},
    **{f"{bound}-{how}": Effect.WIDENS for bound in _BOUNDS for how in ("removed", "raised")},
    **{f"{floor}-{how}": Effect.NARROWS for floor in _FLOORS for how in ("added", "raised")},
    **{f"{floor}-{how}": Effect.WIDENS for floor in _FLOORS for how in ("removed", "lowered")},
    "type-narrowed": Effect.NARROWS,
    "type-widened": Effect.WIDENS,
    "type-changed": Effect.CHANGES,
    "schema-closed": Effect.NARROWS,
    "schema-opened": Effect.WIDENS,
    "enum-added": Effect.NARROWS,
    "enum-removed": Effect.WIDENS,
    "values-removed": Effect.NARROWS,
    "values-added": Effect.WIDENS,
    "pattern-added": Effect.NARROWS,
    "pattern-removed": Effect.WIDENS,
    "pattern-narrowed": Effect.NARROWS,
    "pattern-widened": Effect.WIDENS,
    "pattern-changed": Effect.CHANGES,
    "multiple-of-added": Effect.NARROWS,
    "multiple-of-narrowed": Effect.NARROWS,
    "multiple-of-removed": Effect.WIDENS,
    "multiple-of-widened": Effect.WIDENS,
    "multiple-of-changed": Effect.CHANGES,
    "unique-items-added": Effect.NARROWS,
    "unique-items-removed": Effect.WIDENS,
    "required-added": Effect.NARROWS,
    "required-with-default-added": Effect.NARROWS,
    "required-removed": Effect.WIDENS,
    "required-with-default-removed": Effect.WIDENS,
    "property-added": Effect.NONE,
    "property-removed": Effect.NONE,
    "property-added-to-open": Effect.NARROWS,
    "property-added-to-closed": Effect.WIDENS,
    "property-removed-from-closed": Effect.NARROWS,
    "property-removed-from-open": Effect.WIDENS,
    "additional-properties-closed": Effect.NARROWS,
    "additional-properties-opened": Effect.WIDENS,
    "additional-properties-narrowed": Effect.NARROWS,
    "additional-properties-widened": Effect.WIDENS,
    "alternative-removed": Effect.NARROWS,
    "alternative-added": Effect.WIDENS,
    "alternatives-changed": Effect.NONE,
    **{f"{group}-narrowed": Effect.MAY_NARROW for group in GROUPS},
    **{f"{group}-widened": Effect.MAY_WIDEN for group in GROUPS},
    **{f"{group}-changed": Effect.MAY_CHANGE for group in GROUPS},
    "keyword-not-covered": Effect.MAY_CHANGE,
    "budget-spent": Effect.MAY_CHANGE,
    "format-changed": Effect.NONE,
    "content-changed": Effect.NONE,
    "default-changed": Effect.NONE,
    "unknown-keyword-changed": Effect.NONE,
    "dialect-changed": Effect.NONE,
    "artefact-type-changed": Effect.CHANGES,
}
"""Every kind of change there is, with its effect."""


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Any = _Absent()
"""Stands for `no such keyword`, which is not the same as null."""


@dataclass(frozen=True, slots=True)
class Change:
    """`id` names the kind of change (a key of EFFECTS and of the rules); pointers say where it stands in each document.

    `before` and `after` are the parsed values, ABSENT where there is none. `harmless` are the directions (BACKWARD,
    FORWARD) in which it is proven that what stands around it keeps every document valid.
    """

    id: str
    pointer_old: str
    pointer_new: str
    before: Any = ABSENT
    after: Any = ABSENT
    harmless: frozenset[str] = frozenset()

    @property
    def effect(self) -> Effect:
        """What the change does to the documents the contract accepts."""
        return EFFECTS[self.id]

    @property
    def keeps_old(self) -> bool:
        """Every document the old contract accepts is proven to be accepted by the new one, as far as this change goes."""
        return self.effect.keeps_old or BACKWARD in self.harmless

    @property
    def keeps_new(self) -> bool:
        """Every document the new contract accepts is proven to be accepted by the old one, as far as this change goes."""
        return self.effect.keeps_new or FORWARD in self.harmless

    def identity(self) -> tuple[Any, ...]:
        """Equal for the same fact met twice on different ways through the documents."""
        return (self.id, self.pointer_old, self.pointer_new, _key(self.before), _key(self.after))


def distinct(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Each fact once, where it was first told; harmless only in the directions it is harmless in wherever it was met."""
    found: dict[tuple[Any, ...], Change] = {}
    for change in changes:
        known = found.setdefault(change.identity(), change)
        if known.harmless - change.harmless:
            found[change.identity()] = replace(known, harmless=known.harmless & change.harmless)
    return tuple(found.values())


def _key(value: Any) -> Any:
    return None if value is ABSENT else key(value)
