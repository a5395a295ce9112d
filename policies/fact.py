# SPDX-License-Identifier: Apache-2.0
"""What a rule may look at: one fact is one target with its context, and a shape says which fields a target has.

The roof builds facts from the news of other rooms; this room knows only what is written here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from terms.instant import Instant
from terms.money import Money

TargetKind = Literal["transaction", "contract", "source"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A declared field: a `leaf`, a `record` of named fields, a `map` of any names, or a `list`; `item` is the
    element; nothing is known of `any`."""

    kind: Literal["leaf", "record", "map", "list", "any"]
    fields: Mapping[str, "Shape"] | None = None
    item: "Shape | None" = None


_LEAF = Shape("leaf")


def _record(*names: str, **nested: Shape) -> Shape:
    return Shape("record", {**dict.fromkeys(names, _LEAF), **nested})


# The CEL variable a target is bound to, and what it holds. A field a rule names and that is not here is a typo.
VARIABLES: dict[TargetKind, str] = {"transaction": "tx", "contract": "contract", "source": "source"}
SHAPES: dict[TargetKind, Shape] = {
    "transaction": _record(
        "id",
        "process",
        "status",
        "legal_entity",
        "currency",
        "amount_minor",
        "started_at",
        "anchor",
        milestones=Shape("map", item=_LEAF),
        effects=Shape("list", item=_record("system", "type", "key", "count")),
    ),
    "contract": _record(
        "subject",
        "owner",
        "steward",
        "lifecycle",
        "latest_version",
        uses=Shape(
            "list", item=_record("application", "version", "lifecycle", "declared", "count", "last_seen")
        ),
    ),
    # Durations are whole seconds. `max_silence_s` None: nobody waits for it.
    "source": _record(
        "name",
        "kind",
        "enabled",
        "behind_s",
        "max_silence_s",
        "watermark",
        "truncated",
        "failures",
        "error",
    ),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One target as it is now. `key` is stable for the life of the target: the transaction id, the contract subject.

    `context` holds the fields of SHAPES[target_kind]: instants as RFC 3339 text, money as whole minor units beside
    its currency, unknown values as None. A milestone that was not reached is absent. `known_until` gives the instant up
    to which a milestone would be known, where that is before now: whoever tells of it is behind.
    """

    target_kind: TargetKind
    key: str
    context: Mapping[str, Any]
    known_until: Mapping[str, Instant] = field(default_factory=dict)

    @property
    def money(self) -> Money | None:
        """What is at risk when a rule fails for this target; None when no amount is known."""
        minor, currency = self.context.get("amount_minor"), self.context.get("currency")
        if isinstance(minor, int) and isinstance(currency, str) and currency:
            return Money(minor, currency)
        return None
