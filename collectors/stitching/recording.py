# SPDX-License-Identifier: Apache-2.0
"""Derived transactions against stored ones: only differences are written, and every change goes on the list to look at.

Edges and milestones are append-only: what no longer holds is retracted at `now`, what holds is recorded at `now`.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from collectors import tables
from collectors.bulk import Bulk
from collectors.decisions.decision import SOURCE
from collectors.keys import finding_store as key_finding_store
from collectors.keys.tables import KeyFindingRow
from collectors.labels import label_numbers
from collectors.numbers import Numbers
from collectors.processes.outcome import Outcome
from collectors.processes.process import Process
from collectors.role import ROLE_CODES
from collectors.stitching import contradiction
from collectors.stitching.memory import Memory, Row, StoredTxn
from collectors.stitching.neighbourhood import Neighbourhood
from collectors.stitching.stitch import Stitched
from collectors.transactions.transaction import transaction_digest
from terms.instant import Instant
from terms.row_id import row_ids

_TXN_COLUMNS = (
    "digest, process, definition_version, anchor, status, started_at, ended_at, last_event_at, amount_minor, currency, "
    "customer, legal_entity, region, waiting_for, waiting_since, due_at, not_planned"
)
_EDGE_COLUMNS = "parent_id, edge_id, child_id, role, event_id, definition_label, version, rule_label, refused, recorded_at"
_TREE = tuple(ROLE_CODES[role] for role in ("anchor", "same_as", "child_of"))


class Derived(NamedTuple):
    """What one process makes of the objects in `centre`; `outcomes` and the stitched parts are by anchor key."""

    process: Process
    stitched: Stitched
    outcomes: dict[str, Outcome]
    centre: set[str]


class Target(NamedTuple):
    """One transaction as it should be stored. Rows follow the columns of their tables, without tenant and txn_id.

    `milestones` are by the number of their name.
    """

    digest: bytes
    process: Process
    anchor: str
    txn: Row
    events: dict[int, Row]
    objects: dict[int, Row]
    milestones: dict[int, Row]


def record(
    bulk: Bulk,
    numbers: Numbers,
    near: Neighbourhood,
    derived: list[Derived],
    anchored: set[int],
    told: set[int],
    now: Instant,
) -> tuple[str, ...]:
    """Writes what differs and returns the ids of the transactions that changed, sorted.

    `anchored` are the stored transactions whose anchor was judged again. `told` are the events that are new or have another
    content: a transaction that has one of them changed, though it may have it in the same way as before.
    """
    labels = label_numbers(bulk, numbers, {SOURCE}.union(*(one.process.words for one in derived)))
    found = sorted(
        (target for one in derived for target in _targets(one, near.ids, labels)),
        key=lambda one: one.digest,
    )
    targets = {target.digest: target for target in found}
    memory = near.records.memory
    memory.named(near.ids[key] for key in near.fresh)
    memory.labels.update((number, text) for text, number in labels.items())
    stored = stored_of(bulk, memory, targets, {one.process.id for one in derived}, anchored)
    changed = {digest for digest, target in targets.items() if not told.isdisjoint(target.events)}
    _write_txns(bulk, numbers, targets, stored, changed)
    _write_parts(bulk, targets, stored, changed)
    milestones = _write_milestones(bulk, numbers, targets, stored, labels, changed, now)
    _remember(memory, targets, stored, milestones)
    _write_edges(bulk, numbers, near, derived, labels, now)
    _hold_findings(bulk, near, derived)
    _remove_gone(bulk, near, targets, stored, changed, now)
    ordered = sorted(changed)
    rows = list(zip(row_ids(len(ordered)), ordered, strict=True)) if ordered else []
    bulk.insert(tables.ChangedTxnRow, "sequence, digest", rows)
    return tuple(digest.hex() for digest in ordered)


def _targets(derived: Derived, ids: Mapping[str, int], labels: Mapping[str, int]) -> Iterable[Target]:
    process, stitched = derived.process, derived.stitched
    for anchor, outcome in derived.outcomes.items():
        digest = transaction_digest(process.id, anchor)
        yield Target(
            digest,
            process,
            anchor,
            (digest, process.id, process.version, anchor, *outcome[:-1]),
            {
                m.event.event_id: (ROLE_CODES[m.role], ids[m.via], m.share_ppm, m.part_minor)
                for m in stitched.memberships[anchor]
            },
            {
                ids[key]: (
                    ROLE_CODES[m.role],
                    ids[m.parent] if m.parent else None,
                    labels[m.rule] if m.rule else None,
                    m.event.event_id,
                )
                for key, m in stitched.members[anchor].items()
            },
            {
                labels[name]: (reached.at, reached.event_id, process.version)
                for name, reached in outcome.milestones.items()
            },
        )


class Stored(NamedTuple):
    """What is stored of the transactions in question: by digest, then by transaction id."""

    txns: dict[bytes, tuple[int, Row]]
    gone: dict[bytes, tuple[int, Row]]
    events: dict[int, dict[int, Row]]
    objects: dict[int, dict[int, Row]]
    milestones: dict[int, dict[int, tuple[int, Row]]]


def stored_of(
    bulk: Bulk, memory: Memory, targets: dict[bytes, Target], processes: set[str], anchored: set[int]
) -> Stored:
    """The stored transactions that are targets, or that stand on an anchor judged again and no longer should."""
    txns: dict[bytes, tuple[int, Row]] = {}
    gone: dict[bytes, tuple[int, Row]] = {}
    known = {txn_id: memory.txns[txn_id] for txn_id in anchored if txn_id in memory.txns}
    rows = {txn_id: one.txn for txn_id, one in known.items()}
    for row in bulk.select(f"txn_id, {_TXN_COLUMNS}", "txn", "txn_id", anchored.difference(known)):
        rows[row[0]] = (bytes(row[1]), *row[2:])
    for txn_id, txn in rows.items():
        if txn[1] in processes:
            (txns if txn[0] in targets else gone)[txn[0]] = (txn_id, txn)
    of_txn = [txn_id for txn_id, _ in (*txns.values(), *gone.values()) if txn_id not in known]
    stored = Stored(txns, gone, {t: {} for t in of_txn}, {t: {} for t in of_txn}, {t: {} for t in of_txn})
    for txn_id, one in known.items():
        stored.events[txn_id], stored.objects[txn_id], stored.milestones[txn_id] = one[1:]
    for row in bulk.select(
        "txn_id, event_id, role, via_id, share_ppm, part_minor", "txn_event", "txn_id", of_txn
    ):
        stored.events[row[0]][row[1]] = row[2:]
    for row in bulk.select(
        "txn_id, object_id, role, parent_id, rule_label, event_id", "txn_object", "txn_id", of_txn
    ):
        stored.objects[row[0]][row[1]] = row[2:]
    for row in bulk.select(
        "txn_id, name_label, milestone_id, reached_at, event_id, version",
        "milestone",
        "txn_id",
        of_txn,
        also=" AND retracted_at IS NULL",
    ):
        stored.milestones[row[0]][row[1]] = (row[2], row[3:])
    return stored


def _write_txns(
    bulk: Bulk, numbers: Numbers, targets: dict[bytes, Target], stored: Stored, changed: set[bytes]
) -> None:
    """Inserts and updates; `stored.txns` gets the ids of the new ones."""
    new = [target for digest, target in targets.items() if digest not in stored.txns]
    inserted = []
    for txn_id, target in zip(numbers.take("txn", len(new)), new, strict=True):
        stored.txns[target.digest] = (txn_id, target.txn)
        inserted.append((txn_id, *target.txn))
    updated = []
    for digest, target in targets.items():
        txn_id, row = stored.txns[digest]
        if row != target.txn:
            updated.append((*target.txn, txn_id))
            changed.add(digest)
    changed.update(target.digest for target in new)
    if new and bulk.any_in(tables.TxnRedirectRow)[0]:
        # One that was joined with another and stands by itself again is found under its own id again.
        bulk.delete(tables.TxnRedirectRow, "old_digest", [(target.digest,) for target in new])
    bulk.insert(tables.TxnRow, f"txn_id, {_TXN_COLUMNS}", inserted)
    bulk.update(tables.TxnRow, _TXN_COLUMNS, "txn_id", updated)


def _write_parts(bulk: Bulk, targets: dict[bytes, Target], stored: Stored, changed: set[bytes]) -> None:
    """Memberships of events and places of objects."""
    for table, key, columns, want, have in (
        (tables.TxnEventRow, "event_id", "role, via_id, share_ppm, part_minor", "events", stored.events),
        (
            tables.TxnObjectRow,
            "object_id",
            "role, parent_id, rule_label, event_id",
            "objects",
            stored.objects,
        ),
    ):
        inserted: list[Row] = []
        updated: list[Row] = []
        deleted: list[Row] = []
        for digest, target in targets.items():
            txn_id = stored.txns[digest][0]
            wanted: dict[int, Row] = getattr(target, want)
            known: dict[int, Row] = have.get(txn_id, {})
            if wanted == known:
                continue
            changed.add(digest)
            inserted += [(txn_id, one, *row) for one, row in wanted.items() if one not in known]
            updated += [(*row, txn_id, one) for one, row in wanted.items() if known.get(one, row) != row]
            deleted += [(txn_id, one) for one in known if one not in wanted]
        bulk.delete(table, f"txn_id, {key}", deleted)
        bulk.insert(table, f"txn_id, {key}, {columns}", inserted)
        bulk.update(table, columns, f"txn_id, {key}", updated)


def _write_milestones(
    bulk: Bulk,
    numbers: Numbers,
    targets: dict[bytes, Target],
    stored: Stored,
    labels: Mapping[str, int],
    changed: set[bytes],
    now: Instant,
) -> dict[int, dict[int, tuple[int, Row]]]:
    """The milestones of each target as they are stored now, as in Stored."""
    retracted: list[Row] = []
    recorded: list[Row] = []
    there: dict[int, dict[int, tuple[int, Row]]] = {}
    for digest, target in targets.items():
        txn_id = stored.txns[digest][0]
        known = stored.milestones.get(txn_id, {})
        there[txn_id] = dict(known)
        for name, (milestone_id, row) in known.items():
            if target.milestones.get(name) != row:
                retracted.append((now, txn_id, milestone_id))
                del there[txn_id][name]
                changed.add(digest)
        for name, row in target.milestones.items():
            if name not in known or known[name][1] != row:
                at, event_id, version = row
                recorded.append((txn_id, name, at, event_id, labels[target.process.id], version, now))
                changed.add(digest)
    bulk.update(tables.MilestoneRow, "retracted_at", "txn_id, milestone_id", retracted)
    ids = numbers.take("milestone", len(recorded))
    bulk.insert(
        tables.MilestoneRow,
        "milestone_id, txn_id, name_label, reached_at, event_id, definition_label, version, recorded_at",
        [(milestone_id, *row) for milestone_id, row in zip(ids, recorded, strict=True)],
    )
    for milestone_id, (txn_id, name, at, event_id, _, version, _) in zip(ids, recorded, strict=True):
        there[txn_id][name] = (milestone_id, (at, event_id, version))
    return there


def _remember(
    memory: Memory,
    targets: dict[bytes, Target],
    stored: Stored,
    milestones: Mapping[int, dict[int, tuple[int, Row]]],
) -> None:
    """Keeps by heart how the targets stand now, and that those that are gone are."""
    for txn_id, _ in stored.gone.values():
        memory.wrote(txn_id, stored.objects[txn_id], None)
    for digest, target in targets.items():
        txn_id = stored.txns[digest][0]
        now = StoredTxn(target.txn, target.events, target.objects, milestones[txn_id])
        memory.wrote(txn_id, stored.objects.get(txn_id, ()), now)


def _write_edges(
    bulk: Bulk,
    numbers: Numbers,
    near: Neighbourhood,
    derived: list[Derived],
    labels: Mapping[str, int],
    now: Instant,
) -> None:
    ids = near.ids
    wanted: dict[Row, None] = {}
    parents: set[int] = set()
    for one in derived:
        definition, version = labels[one.process.id], one.process.version
        parents.update(near.ids[key] for key in one.centre if key not in near.fresh)
        for a in one.stitched.edges:
            # Whatever can change an edge brings its parent to the centre; its child may be a customer with many.
            if a.parent in one.centre:
                row = (
                    ids[a.parent], ids[a.child], ROLE_CODES[a.role], a.event.event_id, definition, version,
                    labels[a.rule], a.refused,
                )  # fmt: skip
                wanted[row] = None
    definitions = {labels[one.process.id] for one in derived}
    edges = near.records.memory.edges
    asked = parents.difference(edges)
    edges.update((parent, {}) for parent in asked)
    for stored in bulk.select(
        "parent_id, child_id, role, event_id, definition_label, version, rule_label, refused, edge_id",
        "edge",
        "parent_id",
        asked,
        also=" AND retracted_at IS NULL",
    ):
        edges[stored[0]][stored[:-1]] = stored[-1]
    known = {
        row: edge_id for parent in parents for row, edge_id in edges[parent].items() if row[4] in definitions
    }
    retracted = [(now, row[0], edge_id) for row, edge_id in known.items() if row not in wanted]
    bulk.update(tables.EdgeRow, "retracted_at", "parent_id, edge_id", retracted)
    for row in known.keys() - wanted.keys():
        del edges[row[0]][row]
    new = [row for row in wanted if row not in known]
    given = list(zip(numbers.take("edge", len(new)), new, strict=True))
    bulk.insert(tables.EdgeRow, _EDGE_COLUMNS, [(row[0], edge_id, *row[1:], now) for edge_id, row in given])
    for edge_id, row in given:
        edges[row[0]][row] = edge_id


def _hold_findings(bulk: Bulk, near: Neighbourhood, derived: list[Derived]) -> None:
    judged = {key for one in derived for key in one.centre}
    found = [c for one in derived for c in one.stitched.contradictions if c.subject in one.centre]
    asked = judged if found else judged - near.fresh
    if found or (asked and bulk.any_in(KeyFindingRow)[0]):
        key_finding_store.hold(bulk, asked, contradiction.REASONS, contradiction.findings(found))


def _remove_gone(
    bulk: Bulk,
    near: Neighbourhood,
    targets: dict[bytes, Target],
    stored: Stored,
    changed: set[bytes],
    now: Instant,
) -> None:
    """Takes away transactions whose anchor stands under another one now, and leaves a redirect to it."""
    heirs = {
        (target.process.id, object_id): digest
        for digest, target in targets.items()
        for object_id, row in target.objects.items()
        if row[0] in _TREE
    }
    for digest, (txn_id, row) in sorted(stored.gone.items()):
        heir = heirs.get((row[1], near.ids[row[3]]))
        bulk.delete(tables.TxnRow, "txn_id", [(txn_id,)])
        bulk.delete(tables.TxnEventRow, "txn_id", [(txn_id,)])
        bulk.delete(tables.TxnObjectRow, "txn_id", [(txn_id,)])
        milestones = [(now, txn_id, milestone_id) for milestone_id, _ in stored.milestones[txn_id].values()]
        bulk.update(tables.MilestoneRow, "retracted_at", "txn_id, milestone_id", milestones)
        changed.add(digest)
        if heir is not None:
            cause = f"{row[3]} is the same as {targets[heir].anchor}"
            # What was redirected to the one that goes away follows it, so that a redirect is never a chain.
            bulk.update(tables.TxnRedirectRow, "new_digest", "new_digest", [(heir, digest)])
            bulk.delete(tables.TxnRedirectRow, "old_digest", [(digest,)])
            bulk.insert(
                tables.TxnRedirectRow,
                "old_digest, new_digest, recorded_at, cause",
                [(digest, heir, now, cause)],
            )
