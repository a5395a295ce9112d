# SPDX-License-Identifier: Apache-2.0
"""Which stored events must be judged again when new ones come: those that can change, and no more.

There is no component to keep up or to split: what belongs together is followed through the events themselves, up and
down along the rules that merge, and one link further where a place changed. Objects of no rule that merges or carries
(customers, subscriptions) are never followed, so that a hub cannot draw thousands of transactions into one commit.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import orjson

from collectors.bulk import Bulk
from collectors.process import Process
from collectors.stitch import assertions
from collectors.stitch_event import Assertion, Outside, StitchEvent
from collectors.tree import Trees, object_type

EVENT_COLUMNS = "occurred_at, source, source_event_id, event_id, type, system, objects, amount_minor, currency, legal_entity, region"
# From a changed place: to what is named beside it, to what carriers among that name, and to their own company.
_LINK_STEPS = 3
# An event that names more objects is a batch, and not all of them are needed because one is.
_SMALL = 8
_TREE = ("anchor", "same_as", "child_of")


class Neighbourhood:
    """The events around new ones. `ids` maps key texts to object ids and grows with what is loaded; `fresh` are new keys."""

    def __init__(self, bulk: Bulk, processes: tuple[Process, ...], ids: dict[str, int]) -> None:
        self._bulk = bulk
        self.processes = processes
        self.ids = ids
        self.events: dict[int, StitchEvent] = {}
        self._active = frozenset(kind for process in processes for kind in process.active_types)
        self._nearby: set[str] = set()
        self._links_of: dict[str, dict[str, set[str]]] = {p.id: defaultdict(set) for p in processes}
        self._linked: set[str] = set()
        self._events_of: dict[str, list[StitchEvent]] = defaultdict(list)
        self._said: dict[str, dict[int, list[Assertion]]] = {process.id: {} for process in processes}
        self._merging: dict[str, set[str]] = defaultdict(set)
        self._complete: set[str] = set()
        self.fresh: set[str] = set()

    def add(self, event: StitchEvent) -> None:
        """Takes an event in. An event taken in twice is there once."""
        if event.event_id in self.events:
            return
        event_id = event.event_id
        self.events[event_id] = event
        active = [key for kind, key in zip(event.kinds, event.keys, strict=True) if kind in self._active]
        for key in active:
            self._events_of[key].append(event)
        if len(event.keys) <= _SMALL:
            self._nearby.update(active)
        for process in self.processes:
            said = assertions(process, event)
            if not said:
                continue
            self._said[process.id][event_id] = said
            for child, parent, role, _, _, _ in said:
                if role == "link":
                    self._linked.add(child)
                    self._links_of[process.id][parent].add(child)
                else:
                    self._merging[child].add(parent)
                    self._merging[parent].add(child)

    def new(self, keys: Iterable[str]) -> None:
        """Says that these objects were never named before, so that nothing is stored about them."""
        self.fresh.update(keys)
        self._complete.update(self.fresh)

    def load(self, keys: Iterable[str]) -> None:
        """Makes sure that every stored event that names one of these objects is here."""
        missing = [key for key in keys if key not in self._complete]
        if not missing:
            return
        self._complete.update(missing)
        rows = self._bulk.select("event_id", "event_object", "object_id", [self.ids[key] for key in missing])
        unread = {row[0] for row in rows}.difference(self.events)
        for row in self._bulk.select(EVENT_COLUMNS, "event", "event_id", unread):
            self.add(self._event(row))

    def fetch_ahead(self, keys: Iterable[str]) -> None:
        """Loads in few round trips what the steps to come will probably ask for, one after the other."""
        self.load({key for key in keys if object_type(key) in self._active})
        for _ in range(_LINK_STEPS):
            self.load(self._nearby - self._complete)

    def closure(self, keys: Iterable[str]) -> set[str]:
        """The active objects that `keys` hang together with by rules that merge, refused or not, all loaded."""
        closed: set[str] = set()
        frontier = {key for key in keys if object_type(key) in self._active}
        while frontier:
            self.load(frontier)
            closed |= frontier
            frontier = {other for key in frontier for other in self._merging.get(key, ())} - closed
        return closed

    def company(self, keys: Iterable[str]) -> set[str]:
        """The active objects named beside `keys` in any event, which is loaded."""
        asked = list(keys)
        self.load(asked)
        return {
            key
            for one in asked
            for event in self._events_of.get(one, ())
            for kind, key in zip(event.kinds, event.keys, strict=True)
            if kind in self._active
        }

    def carriers(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that some event links to another object, and so may bring events of their own there."""
        asked = list(keys)
        self.load(asked)
        return self._linked.intersection(asked)

    def reached(self, changed: Collection[str]) -> set[str]:
        """The objects whose membership or edges may change when the place of `changed` objects did."""
        reached: set[str] = set()
        frontier = set(changed)
        for _ in range(_LINK_STEPS):
            company = self.company(frontier)
            frontier = self.carriers(company) - reached
            reached |= company
        return reached

    def said(self, process: Process) -> dict[int, list[Assertion]]:
        """What each event here asserts by the process's rules, by event id."""
        return self._said[process.id]

    def trees(self, process: Process, keys: Collection[str]) -> Trees:
        """The process's trees over `keys`, whose events are all loaded."""
        said = self._said[process.id]
        events = {event.event_id: event for key in keys for event in self._events_of.get(key, ())}
        return Trees(
            process, [a for event in sorted(events.values()) for a in said.get(event.event_id, ())], {}
        )

    def around(self, process: Process, keys: Collection[str]) -> tuple[list[StitchEvent], set[str]]:
        """(events that name `keys` or carriers linked to them, active objects of those events beyond `keys`).

        `keys` are of the process's active types.
        """
        links = self._links_of[process.id]
        named = {child for key in keys if key in links for child in links[key]} - set(keys)
        linked = {key for key in named if object_type(key) in process.active_types}
        self.load(linked)
        events = {
            event.event_id: event
            for group in (keys, linked)
            for key in group
            for event in self._events_of.get(key, ())
        }
        beyond = {
            key
            for event in events.values()
            for kind, key in zip(event.kinds, event.keys, strict=True)
            if kind in process.active_types and key not in keys
        }
        return list(events.values()), beyond

    def _event(self, row: Any) -> StitchEvent:
        at, source, source_event_id, event_id, kind, system, packed, amount, currency, entity, region = row
        keys = []
        for object_id, key in orjson.loads(packed):
            self.ids[key] = object_id
            keys.append(key)
        return StitchEvent(
            at,
            source,
            source_event_id,
            event_id,
            kind,
            system,
            tuple([object_type(key) for key in keys]),
            tuple(keys),
            amount,
            currency,
            entity,
            region,
        )


def places(
    bulk: Bulk, processes: tuple[Process, ...], object_ids: Collection[int]
) -> dict[str, dict[int, Outside]]:
    """Where objects stand as stored: for each process id, by object id. Objects that stand nowhere are absent."""
    carrying = {(p.id, rule.id) for p in processes for rule in p.edges if rule.carries_events}
    rows = bulk.select(
        "o.object_id, t.process, t.anchor, o.role, o.rule, o.txn_id, p.role",
        "txn_object o",
        "o.object_id",
        object_ids,
        also=" AND o.role <> 'annotate'",
        join=" JOIN txn t ON t.tenant = o.tenant AND t.txn_id = o.txn_id"
        " LEFT JOIN txn_object p ON p.tenant = o.tenant AND p.txn_id = o.txn_id AND p.object_id = o.parent_id",
        index="ix_txn_object_object",
        tenant="o.tenant",
    )
    found: dict[str, dict[int, Outside]] = {process.id: {} for process in processes}
    for object_id, process_id, anchor, role, rule, txn_id, role_of_parent in rows:
        if process_id not in found:
            continue
        known = found[process_id].get(object_id, Outside(None, ()))
        if role != "link":
            known = known._replace(root=anchor, txn_id=txn_id if role == "anchor" else None)
        # What is linked to something that is itself only linked is shown, and brings nothing.
        elif (process_id, rule) in carrying and role_of_parent in _TREE:
            known = known._replace(attached=tuple(sorted({*known.attached, anchor})))
        found[process_id][object_id] = known
    return found
