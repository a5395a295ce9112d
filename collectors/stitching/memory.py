# SPDX-License-Identifier: Apache-2.0
"""What stitching knows by heart of the deals of late, so that the next request about them need not ask for it.

It is what the database would answer, kept up by whoever writes it: the events about an object, the transactions in which it
has a place, a transaction with its parts, the live edges below an object. What is not here has to be asked for.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from collectors.role import ROLE_CODES
from collectors.stitching.stitch_event import StitchEvent

Row = tuple[Any, ...]
MOST_OBJECTS = 8_000  # some 12 MB with all that hangs on them
MOST_EVENTS = 200  # about one object; one that more are about is asked for
_ANNOTATE = ROLE_CODES["annotate"]


class StoredTxn(NamedTuple):
    """A transaction as it is stored: its row from the digest on, and its parts by event, object and number of a milestone's name."""

    txn: Row
    events: dict[int, Row]
    objects: dict[int, Row]
    milestones: dict[int, tuple[int, Row]]


class Memory:
    """Empty at first. What is said of one object or transaction is all there is to say of it.

    `events_of` are by key, and `ids` has all that they name; `edges` are by parent, each with its id; `labels` by number.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Begins anew, knowing nothing."""
        self.ids: dict[str, int] = {}
        self.events_of: dict[str, list[StitchEvent]] = {}
        self.txns: dict[int, StoredTxn] = {}
        self.edges: dict[int, dict[Row, int]] = {}
        self.labels: dict[int, str] = {}
        self._homes: dict[int, set[int]] = {}

    def places_of(self, object_id: int) -> list[Row] | None:
        """(object id, process, anchor, role, rule, transaction id, role of its parent there) for each place of the object but
        those beside; None when not all are known."""
        homes = self._homes.get(object_id)
        if homes is None:
            return None
        found: list[Row] = []
        for txn_id in homes:
            stored = self.txns.get(txn_id)
            if stored is None:
                return None
            role, parent_id, rule_label, _ = stored.objects[object_id]
            parent = stored.objects.get(parent_id) if parent_id is not None else None
            rule = None if rule_label is None else self.labels[rule_label]
            above = parent[0] if parent else None
            found.append((object_id, stored.txn[1], stored.txn[3], role, rule, txn_id, above))
        return found

    def found_places(self, asked: Iterable[int], rows: Iterable[Row]) -> None:
        """Notes in which transactions these objects have places; `rows` begin and end as those of places_of and are all of them."""
        self._homes.update((object_id, set()) for object_id in asked)
        for row in rows:
            self._homes[row[0]].add(row[5])

    def named(self, object_ids: Iterable[int]) -> None:
        """Notes that these objects are new: they have no place yet, and nothing stands below them."""
        for object_id in object_ids:
            self._homes[object_id] = set()
            self.edges[object_id] = {}

    def wrote(self, txn_id: int, before: Iterable[int], stored: StoredTxn | None) -> None:
        """Notes how a transaction stands now, None: it is gone. `before` are the objects that had a place in it."""
        self.txns.pop(txn_id, None)
        for object_id in before:
            if object_id in self._homes:
                self._homes[object_id].discard(txn_id)
        if stored is None:
            return
        self.txns[txn_id] = stored
        for object_id, row in stored.objects.items():
            if row[0] != _ANNOTATE and object_id in self._homes:
                self._homes[object_id].add(txn_id)

    @property
    def is_full(self) -> bool:
        """Whether it holds as much as it may: then it is to begin anew."""
        return len(self.ids) > MOST_OBJECTS
