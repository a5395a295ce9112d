# SPDX-License-Identifier: Apache-2.0
"""The nouns of stitching: an event as it is judged, what it asserts, and the places that follow from it."""

from typing import NamedTuple

from collectors.transaction import MemberRole, MembershipRole


class StitchEvent(NamedTuple):
    """What stitching needs of an event. Sorting puts events in the order they are judged. `keys[i]` is of type `kinds[i]`."""

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
    """One event in one transaction, through the object `via`, with its share in millionths."""

    event: StitchEvent
    role: MembershipRole
    via: str
    share_ppm: int


class Member(NamedTuple):
    """One object in one transaction, and the event that made it so."""

    role: MemberRole
    parent: str | None
    rule: str | None
    event: StitchEvent
