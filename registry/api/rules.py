# SPDX-License-Identifier: Apache-2.0
"""Which changes of an API matter? The rows for facts about APIs, and for schemas in every place of one.

BACKWARD asks whether consumers made for the old document keep working against a provider of the new one, FORWARD the mirror:
consumers of the new document against a provider of the old one. So a row's FORWARD level is the BACKWARD level of the opposite
fact, and a schema that the consumer reads is judged like one that the provider reads, with the direction turned.

BREAKING: they stop working. WARNING: the documents do not decide it. SAFE: they keep working. UNDECIDED is only what could not
be compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from registry.api import facts
from registry.api.place import PLACES, Place, Reader
from registry.change import EFFECTS
from registry.rules import BACKWARD, FORWARD, POLICIES, Level, Rule, schema_rules

_MIRROR = {BACKWARD: FORWARD, FORWARD: BACKWARD}


@dataclass(frozen=True, slots=True)
class _Levels:
    """How a schema's change is judged in an API when the provider reads it, where that is not as for a schema alone."""

    backward: Level
    forward: Level
    exceptions: dict[str, tuple[Level, Level]] = field(default_factory=dict)

    def of(self, direction: str, policy: str) -> Level:
        backward, forward = self.exceptions.get(policy, (self.backward, self.forward))
        return backward if direction == BACKWARD else forward


_OTHER_SIDE = "the other side knows the old document only"
_FIRST = "let the provider change first, and consumers when it has"
S, W, B = Level.SAFE, Level.WARNING, Level.BREAKING
_AS_DECLARED = {
    "values-added": _Levels(S, B, {"lenient": (S, S), "codegen": (B, B)}),
}
# An API is read as what it declares: nobody sends, or relies on, a property that the document does not name. So whoever reads,
# it is the one who does not know a property yet, or no longer, that the document leaves undecided.
_ADDED = _Levels(S, W, {"lenient": (S, S), "codegen": (S, B)})
_REMOVED = _Levels(W, S, {"lenient": (S, S), "codegen": (B, S)})
_BY_NAME = {
    "property-added": _ADDED,
    "property-added-to-open": _ADDED,
    "property-removed": _REMOVED,
    "property-removed-from-open": _REMOVED,
}
_COMPOSED = {
    "discriminator-added": _Levels(S, S),
    "discriminator-removed": _Levels(S, S, {"codegen": (B, B)}),
    "discriminator-property-changed": _Levels(S, S, {"codegen": (B, B)}),
    "discriminator-mapping-added": _Levels(S, S, {"codegen": (S, B)}),
    "discriminator-mapping-removed": _Levels(S, S, {"codegen": (B, S)}),
    "discriminator-mapping-changed": _Levels(S, S, {"codegen": (B, B)}),
    "named-alternative-added": _Levels(S, W, {"codegen": (B, B)}),
    "named-alternative-removed": _Levels(W, S, {"codegen": (B, B)}),
    "named-part-added": _Levels(W, S),
    "named-part-removed": _Levels(S, W),
    "wrapped-in-one-of": _Levels(W, W, {"codegen": (B, B)}),
    "unwrapped-from-one-of": _Levels(W, W, {"codegen": (B, B)}),
    "idle-keyword-changed": _Levels(W, W),
    "constraint-added": _Levels(W, S),
    "constraint-removed": _Levels(S, W),
    "constraint-tightened": _Levels(W, S),
    "constraint-loosened": _Levels(S, W),
    "constraint-changed": _Levels(W, W),
    "extensible-values-added": _Levels(S, S),
    "extensible-values-removed": _Levels(B, S),
}
PLACED = (*EFFECTS, *_COMPOSED)
"""Every kind of change that a place's name can stand before."""


@cache
def rules() -> dict[tuple[str, str, str], Rule]:
    """All rows of APIs, by change, direction and policy."""
    return {(row.change, row.direction, row.policy): row for row in (*_of_facts(), *_of_places())}


def general() -> Iterator[Rule]:
    """The rows of facts, and those of the changes that only schemas of an API know, without a place and as a provider reads them."""
    yield from _of_facts()
    for kind, levels in _COMPOSED.items():
        for direction in (BACKWARD, FORWARD):
            for policy in POLICIES:
                level = levels.of(direction, policy)
                yield Rule(kind, direction, policy, level, *_texts(level, *facts.COMPOSED[kind]))


def _of_facts() -> Iterator[Rule]:
    for fact in facts.FACTS.values():
        for direction in (BACKWARD, FORWARD):
            for policy in POLICIES:
                asked = fact if direction == BACKWARD else facts.FACTS[fact.opposite]
                level = asked.exceptions.get(policy, asked.level)
                yield Rule(fact.name, direction, policy, level, *_texts(level, fact.what, fact.why, fact.fix))


def _of_places() -> Iterator[Rule]:
    for place in PLACES:
        for kind in PLACED:
            for direction in (BACKWARD, FORWARD):
                for policy in POLICIES:
                    yield _placed(place, kind, direction, policy)


def _placed(place: Place, kind: str, direction: str, policy: str) -> Rule:
    asked = direction if place.reader is Reader.PROVIDER else _MIRROR[direction]
    if kind in _BY_NAME:
        asked = direction
    own = _AS_DECLARED.get(kind) or _BY_NAME.get(kind) or _COMPOSED.get(kind)
    row = schema_rules().get((kind, asked, policy))
    level = own.of(asked, policy) if own else row.level if row else Level.UNDECIDED
    what, why, fix = (
        facts.COMPOSED[kind] if row is None else facts.DECLARED.get(kind, (row.what, row.why, row.fix))
    )
    return Rule(
        f"{place.name}.{kind}", direction, policy, level, *_texts(level, f"{place.words}: {what}", why, fix)
    )


def _texts(level: Level, what: str, why: str, fix: str) -> tuple[str, str, str]:
    """What is safe needs no fix, and its reason is that."""
    if level is Level.SAFE:
        return what, "nobody who works today stops working", ""
    return what, why or _OTHER_SIDE, fix or _FIRST
