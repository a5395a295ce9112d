# SPDX-License-Identifier: Apache-2.0
"""The nouns of stitching: an event as it is judged, what it asserts, and the places that follow from it."""

from typing import NamedTuple

from collectors.transactions.transaction import MemberRole, MembershipRole


class StitchEvent(NamedTuple):
    """What stitching needs of an event. Sorting puts events in the order they are judged. `keys[i]` is of type `kinds[i]`.

    `figures` is a text that figures.read reads.
    """

    at: int
    source: str
    source_event_id: str
    event_id: int
    type: str
    system: str
    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    amount_minor: int | None
    currency: str | None
    legal_entity: str | None
    region: str | None
    figures: str | None = None

    @property
    def states(self) -> bool:
        """Whether it says itself what some of its objects are to others."""
        return self.figures is not None and '"related":' in self.figures


class Assertion(NamedTuple):
    """One event says by one rule that two objects belong together. `refused` says why it takes no effect, if so."""

    child: str
    parent: str
    role: str
    rule: str
    event: StitchEvent
    refused: str = ""


class Outside(NamedTuple):
    """Where an object stands, as stored: the anchor above it, those it is linked to, the row of the transaction it anchors."""

    root: str | None
    attached: tuple[str, ...]
    txn_id: int | None = None


class Membership(NamedTuple):
    """One event in one transaction, through the object `via`, with its share in millionths.

    `part_minor` is the transaction's part of the event's amount where it is not all of it; else None.
    """

    event: StitchEvent
    role: MembershipRole
    via: str
    share_ppm: int
    part_minor: int | None = None

    @property
    def amount_minor(self) -> int | None:
        """What the transaction has of the event's amount; None when it carries none."""
        return self.event.amount_minor if self.part_minor is None else self.part_minor


class Member(NamedTuple):
    """One object in one transaction, and the event that made it so."""

    role: MemberRole
    parent: str | None
    rule: str | None
    event: StitchEvent
