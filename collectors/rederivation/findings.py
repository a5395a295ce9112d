# SPDX-License-Identifier: Apache-2.0
"""What stitching found wrong with keys, judged again by the processes there are: what only another one found is taken away.

What is still so by another one is told in its words.

What reading spans found stays: it is of the rules that read, not of a process.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from collectors.bulk import Bulk
from collectors.decisions.ruling_store import RulingStore
from collectors.decisions.tables import HubRow
from collectors.keys.finding import DEMOTED
from collectors.keys.tables import KeyFindingRow
from collectors.numbers import Numbers
from collectors.processes.process import Process
from collectors.stitching.event_intake import store_objects
from collectors.stitching.memory import Memory
from collectors.stitching.neighbourhood import Neighbourhood
from collectors.stitching.records import Records
from collectors.stitching.restitch import restitch
from terms.instant import Instant
from terms.tenant import TENANT

_row: Any = KeyFindingRow.__table__  # type: ignore[attr-defined]


def judge_findings(
    session: Session,
    bulk: Bulk,
    numbers: Numbers,
    processes: tuple[Process, ...],
    above: int,
    size: int,
    now: Instant,
) -> int:
    """Judges the next `size` findings, newest first; the lowest id among them, 0 when there were none.

    `above` is the lowest of the step before, 0 in the first: what judging finds anew has a higher id, and is not met again.
    """
    rows = _before(session, above, size)
    if not rows:
        return 0
    active = {kind for process in processes for kind in process.active_types}
    ids, _ = store_objects(bulk, numbers, {row[1] for row in rows})
    # Whether a key is still a hub is told by what it joins; where no process follows its type, it joins nothing.
    kept = [row for row in rows if row[3] == "hub" and row[2] in active]
    gone = [row for row in rows if row not in kept]
    bulk.delete(KeyFindingRow, "finding_id", [(row[0],) for row in gone])
    bulk.delete(HubRow, "object_id", sorted((ids[row[1]],) for row in gone if row[3] == "hub"))
    again = {key: ids[key] for _, key, kind, _ in rows if kind in active}
    if again:
        keys = tuple(again)
        restitch(bulk, numbers, processes, (), again, (), keys, now)
        tell_hubs(bulk, processes, again, keys)
    return rows[-1][0]


def tell_hubs(bulk: Bulk, processes: tuple[Process, ...], ids: dict[str, int], keys: Collection[str]) -> None:
    """Has the findings about those of `keys` that are hubs name a limit of the processes there are.

    Stitching tells what a hub would join when it becomes one, and not again while it stays one.
    """
    near = Neighbourhood(Records(bulk, ids, Memory()), processes, RulingStore(bulk))
    near.find_hubs(keys)
    hubs = sorted(near.hubs.intersection(keys))
    near.load(hubs)
    words = {key: near.hub_finding(key).what for key in hubs}
    held = bulk.select("finding_id, key, what", "key_finding", "key", hubs, same={"reason": "hub"})
    stale = [(words[key], finding_id) for finding_id, key, what in held if what != words[key]]
    bulk.update(KeyFindingRow, "what", "finding_id", stale)


def _before(session: Session, above: int, size: int) -> list[tuple[int, str, str, str]]:
    query = select(_row.c.finding_id, _row.c.key, _row.c.type, _row.c.reason).where(
        _row.c.tenant == TENANT, _row.c.reason.in_(sorted(DEMOTED))
    )
    if above:
        query = query.where(_row.c.finding_id < above)
    found = session.execute(query.order_by(_row.c.finding_id.desc()).limit(size))
    return [(row.finding_id, row.key, row.type, row.reason) for row in found]
