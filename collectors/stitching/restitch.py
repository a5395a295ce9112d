# SPDX-License-Identifier: Apache-2.0
"""New events -> the transactions they change, judged again from events, and only the differences written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from collectors.bulk import Bulk
from collectors.decisions.ruling_store import RulingStore
from collectors.keys import finding_store as key_finding_store
from collectors.keys.finding import Demotion
from collectors.numbers import Numbers, numbering
from collectors.processes.outcome import outcome
from collectors.processes.process import Process
from collectors.stitching.memory import Memory
from collectors.stitching.neighbourhood import Neighbourhood
from collectors.stitching.recording import Derived, record
from collectors.stitching.records import Records
from collectors.stitching.stitch import stitch
from collectors.stitching.stitch_event import Member, Outside, StitchEvent
from collectors.stitching.tree import object_type
from terms.instant import Instant
from terms.tenant import TENANT

_HUB: tuple[Demotion, ...] = ("hub",)
_LOCK = 0x7468726F  # a lock number of our own among those of the database


@contextmanager
def stitching(bulk: Bulk, by_heart: bool = False) -> Iterator[Numbers]:
    """Waits until no other transaction stitches: two at once would each miss what the other is about to join.

    Gives the numbers for what is stored inside. `by_heart`: nothing that is stored is changed but by `restitch`, which keeps
    up what is known by heart of it.
    """
    bulk.lock(_LOCK + TENANT)
    with numbering(bulk) as numbers:
        if not by_heart:
            numbers.forget()
        yield numbers


def restitch(
    bulk: Bulk,
    numbers: Numbers,
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
    rulings = RulingStore(bulk)
    memory = numbers.recall(Memory)
    near = Neighbourhood(Records(bulk, ids, memory), processes, rulings)
    near.new(new_objects)
    touched = {key for event in events for key in event.keys}.union(left_objects)
    near.find_hubs(touched)
    for event in events:
        near.add(event)
    near.fetch_ahead(touched)
    left = set(left_objects)
    # A hub leads nowhere by itself: what it is linked to, or will be, is named.
    asked = near.hubs & left
    near, tree, left, turned = _judge_hubs(near, touched, left | near.company(asked))
    _hold_hubs(bulk, rulings, near, turned, now)
    # Only objects of the tree: those that are never followed (customers ...) must not be asked for their events.
    stored = _stored_places(near, tree)
    changed = _moved(near, tree, stored) | near.carriers(tree) | tree.intersection(left)
    centre = near.closure(tree | near.reached(changed))
    further = _stored_places(near, centre - tree)
    # A process with no anchor in the centre, and none that its objects are tied to, has nothing that could change.
    kinds = {object_type(key) for key in centre}
    concerned = [p for p in processes if p.anchor in kinds or stored[p.id] or further[p.id]]
    derived = [_derive(near, process, centre, turned | asked) for process in concerned]
    anchored = {
        place.txn_id
        for found in (stored, further)
        for one in found.values()
        for place in one.values()
        if place.txn_id is not None
    }
    told = {event.event_id for event in events}
    changes = record(bulk, numbers, near, derived, anchored, told, now)
    near.remember()
    if memory.is_full:
        memory.clear()
    return changes


def _judge_hubs(
    near: Neighbourhood, touched: set[str], left: set[str]
) -> tuple[Neighbourhood, set[str], set[str], set[str]]:
    """(the neighbourhood with the hubs there are, what `touched` and `left` hang together with, `left`, turned keys).

    Turned keys became hubs, or ceased to be. What they joined before, or join from now on, is added to `left`.
    """
    turned: set[str] = set()
    tree = near.closure(touched | left)
    hubs = near.hubs - near.falling(left) | near.crossing(tree)
    while hubs != near.hubs:
        turning = set(hubs ^ near.hubs)
        turned |= turning
        left = left | tree | near.company(turning) | turning
        near = near.again(hubs)
        tree = near.closure(touched | left)
        hubs |= near.crossing(tree)
    return near, tree, left, turned


def _hold_hubs(bulk: Bulk, rulings: RulingStore, near: Neighbourhood, turned: set[str], now: Instant) -> None:
    if turned:
        new = sorted(near.hubs & turned)
        rulings.write_hubs(near.ids, new, turned - near.hubs, now)
        found = [near.hub_finding(key) for key in new]
        key_finding_store.hold(bulk, turned, _HUB, found)


def _stored_places(near: Neighbourhood, keys: set[str]) -> dict[str, dict[int, Outside]]:
    return near.records.places(near.processes, [near.ids[key] for key in keys if key not in near.fresh])


def _moved(near: Neighbourhood, keys: set[str], stored: dict[str, dict[int, Outside]]) -> set[str]:
    """Those of `keys` that stand under another anchor than is stored, and those never named before, wherever they stand."""
    known = near.closure(keys - near.fresh)
    moved = keys & near.fresh
    for process in near.processes:
        mine = [key for key in known if object_type(key) in process.tree_types]
        if not stored[process.id] and not any(object_type(key) == process.anchor for key in mine):
            continue
        trees = near.trees(process, mine)
        for key in mine:
            place = stored[process.id].get(near.ids[key])
            if trees.root(key) != (place.root if place else None):
                moved.add(key)
    return moved


def _derive(near: Neighbourhood, process: Process, centre: set[str], turned: set[str]) -> Derived:
    """What one process makes of the centre's objects. Objects beyond it are taken to stand where they are stored."""
    active = {key for key in centre if object_type(key) in process.active_types}
    mine = {key for key in active if near.stands(process, key)}
    events, beyond, linked = near.around(process, mine)
    stored = near.records.places((process,), [near.ids[key] for key in beyond])[process.id] if beyond else {}
    outside = {key: stored.get(near.ids[key], Outside(None, ())) for key in beyond}
    stitched = stitch(process, events, outside, near.said(process, events), near.rulings(mine | linked))
    return Derived(
        process,
        stitched,
        {
            anchor: outcome(
                process, joined, _belonging(stitched.members[anchor]) if process.has_policies else ()
            )
            for anchor, joined in stitched.memberships.items()
        },
        mine | turned,
    )


def _belonging(members: Mapping[str, Member]) -> set[str]:
    return {key for key, member in members.items() if member.role != "annotate"}
