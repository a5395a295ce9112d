# SPDX-License-Identifier: Apache-2.0
"""New events -> the transactions they change, judged again from events, and only the differences written."""

from collections.abc import Iterable, Sequence

from collectors.bulk import Bulk
from collectors.neighbourhood import Neighbourhood, places
from collectors.outcome import outcome
from collectors.process import Process
from collectors.recording import Derived, record
from collectors.stitch import stitch
from collectors.stitch_event import Outside, StitchEvent
from collectors.tree import object_type
from terms.instant import Instant


def restitch(
    bulk: Bulk,
    processes: tuple[Process, ...],
    events: Sequence[StitchEvent],
    ids: dict[str, int],
    new_objects: Iterable[str],
    left_objects: Iterable[str],
    now: Instant,
) -> tuple[str, ...]:
    """The ids of the transactions that changed, after `events` were stored; the changes are written.

    `ids` maps the key texts in the events to object ids; `new_objects` are those never named before, `left_objects`
    those that an event named until its content was replaced.
    """
    near = Neighbourhood(bulk, processes, ids)
    near.new(new_objects)
    for event in events:
        near.add(event)
    touched = {key for event in events for key in event.keys} | set(left_objects)
    near.fetch_ahead(touched)
    tree = near.closure(touched)
    # Only objects of the tree: those that are never followed (customers ...) must not be asked for their events.
    stored = _stored_places(bulk, near, tree)
    changed = _moved(near, tree, stored) | near.carriers(tree & touched) | tree.intersection(left_objects)
    centre = near.closure(tree | near.reached(changed))
    further = _stored_places(bulk, near, centre - tree)
    # A process with no anchor in the centre, and none that its objects are tied to, has nothing that could change.
    kinds = {object_type(key) for key in centre}
    concerned = [p for p in processes if p.anchor in kinds or stored[p.id] or further[p.id]]
    derived = [_derive(bulk, near, process, centre) for process in concerned]
    anchored = {
        place.txn_id
        for found in (stored, further)
        for one in found.values()
        for place in one.values()
        if place.txn_id is not None
    }
    return record(bulk, near, derived, anchored, now)


def _stored_places(bulk: Bulk, near: Neighbourhood, keys: set[str]) -> dict[str, dict[int, Outside]]:
    return places(bulk, near.processes, [near.ids[key] for key in keys if key not in near.fresh])


def _moved(near: Neighbourhood, keys: set[str], stored: dict[str, dict[int, Outside]]) -> set[str]:
    """Those of `keys` that stand under another anchor than is stored."""
    moved = set()
    for process in near.processes:
        mine = [key for key in keys if object_type(key) in process.tree_types]
        if not stored[process.id] and not any(object_type(key) == process.anchor for key in mine):
            continue
        trees = near.trees(process, mine)
        for key in mine:
            known = stored[process.id].get(near.ids[key])
            if trees.root(key) != (known.root if known else None):
                moved.add(key)
    return moved


def _derive(bulk: Bulk, near: Neighbourhood, process: Process, centre: set[str]) -> Derived:
    """What one process makes of the centre's objects. Objects beyond it are taken to stand where they are stored."""
    mine = {key for key in centre if object_type(key) in process.active_types}
    events, beyond = near.around(process, mine)
    stored = places(bulk, (process,), [near.ids[key] for key in beyond])[process.id] if beyond else {}
    outside = {key: stored.get(near.ids[key], Outside(None, ())) for key in beyond}
    stitched = stitch(process, events, outside, near.said(process))
    return Derived(
        process,
        stitched,
        {anchor: outcome(process, joined) for anchor, joined in stitched.memberships.items()},
        mine,
    )
