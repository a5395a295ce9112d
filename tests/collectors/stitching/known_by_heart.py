# SPDX-License-Identifier: Apache-2.0
"""Holds what stitching knows by heart against what the database answers."""

from sqlmodel import Session

from collectors.bulk import Bulk
from collectors.decisions.ruling_store import RulingStore
from collectors.definitions import Definitions
from collectors.stitching.memory import Memory
from collectors.stitching.neighbourhood import Neighbourhood
from collectors.stitching.recording import stored_of
from collectors.stitching.records import Records
from collectors.stitching.restitch import stitching

EDGE = "parent_id, child_id, role, event_id, definition_label, version, rule_label, refused, edge_id"


def compare(session: Session, definitions: Definitions) -> int:
    """Asserts that all that is known by heart is so; how many objects something is known of."""
    bulk = Bulk(session)
    with stitching(bulk, by_heart=True) as numbers:
        memory = numbers.recall(Memory)
        asking = Records(bulk, dict(memory.ids), Memory())
        cold = Neighbourhood(asking, definitions.processes, RulingStore(bulk))
        for key, events in memory.events_of.items():
            named = bulk.select("event_id", "event_object", "object_id", [memory.ids[key]])
            assert sorted(row[0] for row in named) == sorted(event.event_id for event in events), key
            cold.load([key])
            assert all(cold.events[event.event_id] == event for event in events), key
        for object_id in memory.ids.values():
            known = memory.places_of(object_id)
            assert known is None or sorted(known, key=str) == sorted(
                asking.place_rows([object_id]), key=str
            ), object_id
        processes = {process.id for process in definitions.processes}
        there = stored_of(bulk, asking.memory, {}, processes, set(memory.txns))
        assert dict(there.gone.values()) == {txn_id: one.txn for txn_id, one in memory.txns.items()}
        for txn_id, one in memory.txns.items():
            assert one.events == there.events[txn_id]
            assert one.objects == there.objects[txn_id]
            assert one.milestones == there.milestones[txn_id]
        live = bulk.select(EDGE, "edge", "parent_id", memory.edges, also=" AND retracted_at IS NULL")
        told = {(row, edge_id) for edges in memory.edges.values() for row, edge_id in edges.items()}
        assert {(row[:-1], row[-1]) for row in live} == told
    return len(memory.events_of)
