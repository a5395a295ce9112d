# SPDX-License-Identifier: Apache-2.0
"""What an event says of its objects beside their keys: which is what to which, and what of the amount is whose.

It is kept with the event under words of our own, so that it outlives the span; which pairs of types join, a process says.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from collectors.extraction import value as values
from collectors.extraction.rule import Planned, RelationRole
from collectors.extraction.value import Getter, UnreadableError
from collectors.span import Span
from collectors.stitching.alias import object_type
from collectors.stitching.figures import ALLOCATED, ANNOTATE, PLANNED, RELATED

MOST = 1_000  # relations of one event; one that says more is split by its sender

Minor = Callable[[Span, str | None], int | None]
KeysAt = Callable[[Any, Span], list[str]]
Words = Mapping[str, Any]
NOTHING: Final[Words] = {}


class Other(NamedTuple):
    """What objects are to others: to all that the event names of type `kind`, or to those at the place `key`."""

    role: RelationRole
    kind: str
    key: Any


class Related(NamedTuple):
    """An entry of `objects` that says more than keys. `key` is the place of its keys, in every item of `each` if there is one."""

    key: Any
    each: Getter | None
    others: tuple[Other, ...]
    allocated: Minor | None
    is_beside: bool


def relate(
    span: Span, words: Sequence[Related], named: Sequence[str], keys_at: KeysAt, currency: str | None
) -> tuple[tuple[str, ...], Words]:
    """(all keys the span names, sorted, each once; what is kept with the event). `named` are those of all other entries.

    Raises UnreadableError for an amount that is none, and for more relations than one event may tell.
    """
    every, found = set(named), []
    allocated: dict[str, int] = {}
    for word in words:
        for one in _items(span, word.each):
            keys = keys_at(word.key, one)
            others = [(other, keys_at(other.key, one) if other.key else None) for other in word.others]
            every.update(keys, *(there for _, there in others if there))
            found.append((word, keys, others))
            _allocate(word, one, keys, currency, allocated)
    related = {f"{key} {ANNOTATE}": None for word, keys, _ in found if word.is_beside for key in keys}
    for _, keys, others in found:
        for other, there in others:
            _pair(
                keys,
                other,
                [k for k in every if object_type(k) == other.kind] if there is None else there,
                related,
            )
    kept = {RELATED: sorted(related), ALLOCATED: allocated}
    return tuple(sorted(every)), {name: what for name, what in kept.items() if what}


def planned(
    span: Span, words: Mapping[str, tuple[Getter | None, Minor | None]], currency: str | None
) -> Words:
    """How many objects of each type are to follow, as it is kept with the event. Raises UnreadableError."""
    found: dict[str, dict[str, int]] = {}
    for kind, (number, amount) in words.items():
        count = number(span) if number else None
        minor = amount(span, currency) if amount else None
        plan = {"count": None if count is None else values.whole_minor(count), "minor": minor}
        if told := {name: one for name, one in plan.items() if one is not None}:
            found[kind] = told
    return {PLANNED: found} if found else NOTHING


def compiled_plan(plan: Planned) -> tuple[Getter | None, Minor | None]:
    """The two functions that read what is planned of a type."""
    return (
        values.raw(plan.number) if plan.number else None,
        values.minor_units(plan.amount) if plan.amount else None,
    )


def _items(span: Span, each: Getter | None) -> Iterable[Span]:
    if each is None:
        return (span,)
    items = each(span)
    return [
        span._replace(attributes={**span.attributes, values.ITEM: item})
        for item in (items if isinstance(items, list) else [])
    ]


def _allocate(
    word: Related, span: Span, keys: Sequence[str], currency: str | None, allocated: dict[str, int]
) -> None:
    minor = word.allocated(span, currency) if word.allocated and keys else None
    if minor is None:
        return
    if not currency:
        raise UnreadableError("amount_without_currency", "its amount has no currency beside it")
    if len(keys) > 1:
        raise UnreadableError(
            "bad_amount", f"one amount stands for {len(keys)} objects, and it is not said whose it is"
        )
    allocated[keys[0]] = allocated.get(keys[0], 0) + minor


def _pair(keys: Sequence[str], other: Other, there: Sequence[str], related: dict[str, None]) -> None:
    role = "child_of" if other.role == "parent_of" else other.role
    for key in keys:
        for one in there:
            if key != one:
                child, parent = (one, key) if other.role == "parent_of" else (key, one)
                related[f"{child} {role} {parent}"] = None
    if len(related) > MOST:
        raise UnreadableError("too_many_objects", f"it relates {len(related)} pairs; {MOST} are allowed")
