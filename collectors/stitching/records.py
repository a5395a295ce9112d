# SPDX-License-Identifier: Apache-2.0
"""What is stored about objects: the events that name them, and where they stand. What is known by heart is not asked for."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson

from collectors.bulk import Bulk
from collectors.labels import labels_of
from collectors.processes.process import Process
from collectors.role import ROLE_CODES
from collectors.stitching.event_intake import keys_of
from collectors.stitching.memory import Memory, Row
from collectors.stitching.stitch_event import Outside, StitchEvent
from collectors.stitching.tree import object_type

EVENT_COLUMNS = (
    "occurred_at, source_label, source_event_id, event_id, type_label, system_label, objects, amount_minor, currency, legal_entity, region, "
    "figures"
)
_ANCHOR = ROLE_CODES["anchor"]
_TREE = tuple(ROLE_CODES[role] for role in ("anchor", "same_as", "child_of"))


class Records:
    """What one transaction sees. `ids` maps key texts to object ids and grows with what is read."""

    def __init__(self, bulk: Bulk, ids: dict[str, int], memory: Memory) -> None:
        self._bulk = bulk
        self.ids = ids
        self.memory = memory
        self._keys = {object_id: key for key, object_id in ids.items()}
        self._labels: dict[int, str] = {}

    def events_about(self, keys: Iterable[str], but: Collection[int]) -> list[StitchEvent]:
        """The events that name any of these objects, without those whose ids are in `but`; one may be there twice."""
        events, asked = self._by_heart(keys, but)
        rows = self._bulk.select("event_id", "event_object", "object_id", [self.ids[key] for key in asked])
        unread = {row[0] for row in rows if row[0] not in but}
        return events + self._read(self._bulk.select(EVENT_COLUMNS, "event", "event_id", unread))

    def places(
        self, processes: tuple[Process, ...], object_ids: Collection[int]
    ) -> dict[str, dict[int, Outside]]:
        """Where objects stand as stored: for each process id, by object id. Objects that stand nowhere are absent."""
        carrying = {(p.id, rule.id) for p in processes for rule in p.edges if rule.carries_events}
        found: dict[str, dict[int, Outside]] = {process.id: {} for process in processes}
        for object_id, process_id, anchor, role, rule, txn_id, role_of_parent in self.place_rows(object_ids):
            if process_id not in found:
                continue
            known = found[process_id].get(object_id, Outside(None, ()))
            if role in _TREE:
                known = known._replace(root=anchor, txn_id=txn_id if role == _ANCHOR else None)
            # What is linked to something that is itself only linked is shown, and brings nothing.
            elif (process_id, rule) in carrying and role_of_parent in _TREE:
                known = known._replace(attached=tuple(sorted({*known.attached, anchor})))
            found[process_id][object_id] = known
        return found

    def place_rows(self, object_ids: Iterable[int]) -> list[Row]:
        """The places of these objects, as Memory.places_of gives them."""
        found: list[Row] = []
        asked: list[int] = []
        for object_id in object_ids:
            known = self.memory.places_of(object_id)
            if known is None:
                asked.append(object_id)
            else:
                found += known
        rows = self._bulk.select(
            "o.object_id, t.process, t.anchor, o.role, l.label, o.txn_id, p.role",
            "txn_object o",
            "o.object_id",
            asked,
            also=f" AND o.role <> {ROLE_CODES['annotate']:d}",
            join=" JOIN txn t ON t.tenant = o.tenant AND t.txn_id = o.txn_id"
            " LEFT JOIN txn_object p ON p.tenant = o.tenant AND p.txn_id = o.txn_id AND p.object_id = o.parent_id"
            " LEFT JOIN label l ON l.tenant = o.tenant AND l.label_no = o.rule_label",
            index="ix_txn_object_object",
            tenant="o.tenant",
        )
        self.memory.found_places(asked, rows)
        return found + rows

    def _read(self, rows: Sequence[Any]) -> list[StitchEvent]:
        """The events of these rows, whose numbers of objects and of labels become texts again."""
        named = [orjson.loads(row[6]) for row in rows]
        unknown = {one for ids in named for one in ids}.difference(self._keys)
        found = keys_of(self._bulk, unknown)
        self._keys |= found
        self.ids.update((key, object_id) for object_id, key in found.items())
        unknown = {row[place] for row in rows for place in (1, 4, 5)}.difference(self._labels)
        self._labels |= labels_of(self._bulk, unknown)
        return [self._event(row, ids) for row, ids in zip(rows, named, strict=True)]

    def _event(self, row: Any, object_ids: list[int]) -> StitchEvent:
        at, source, source_event_id, event_id, kind, system, _, *more = row
        labels, known = self._labels, self._keys
        keys = tuple([known[object_id] for object_id in object_ids])
        kinds = tuple([object_type(key) for key in keys])
        return StitchEvent(
            at, labels[source], source_event_id, event_id, labels[kind], labels[system], kinds, keys, *more
        )

    def _by_heart(self, keys: Iterable[str], but: Collection[int]) -> tuple[list[StitchEvent], list[str]]:
        """(events that are known by heart, those of the keys of which it is not known which events name them)."""
        memory = self.memory
        found: dict[int, StitchEvent] = {}
        asked: list[str] = []
        for key in keys:
            events = memory.events_of.get(key)
            if events is None:
                asked.append(key)
            else:
                found.update((event.event_id, event) for event in events)
        new = [event for event_id, event in found.items() if event_id not in but]
        for event in new:
            for key in event.keys:
                if key not in self.ids:
                    self.ids[key] = memory.ids[key]
                    self._keys[memory.ids[key]] = key
        return new, asked
