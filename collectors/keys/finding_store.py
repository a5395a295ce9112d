# SPDX-License-Identifier: Apache-2.0
"""Findings about keys -> rows, in the transaction of the intake that made them. An intake without findings pays nothing."""

from collections import Counter
from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any

import orjson

from collectors.bulk import Bulk
from collectors.keys import tables as key_tables
from collectors.keys.finding import REJECTED, KeyFinding, Reason
from terms.row_id import row_ids

KEPT = (
    50  # rejected keys of one type, source and reason that are kept by name; the others are counted together
)
_LONGEST = 120  # characters of a key that is none
_COLUMNS = "finding_id, digest, type, source, reason, key, what, event_id, uses, first_seen, last_seen"
Row = tuple[Any, ...]


def note(bulk: Bulk, findings: Iterable[KeyFinding]) -> None:
    """Adds the uses of each finding. Only findings of what was not stored before may be handed in: uses add up."""
    found: dict[bytes, list[KeyFinding]] = {}
    for finding in findings:
        short = finding._replace(key=finding.key[:_LONGEST]) if finding.reason in REJECTED else finding
        found.setdefault(_digest(short), []).append(short)
    if not found:
        return
    known = _known(bulk, found)
    new = _by_name(bulk, {digest: told[0] for digest, told in found.items() if digest not in known})
    for digest in [digest for digest in found if digest not in known and digest not in new]:
        told = [one._replace(key="", what="", event_id=None) for one in found.pop(digest)]
        found.setdefault(_digest(told[0]), []).extend(told)
    known |= _known(bulk, [digest for digest in found if digest not in known])
    rows = [_counted(told, known.get(digest)) for digest, told in found.items()]
    _write(bulk, dict(zip(found, rows, strict=True)), known)


def hold(
    bulk: Bulk, keys: Collection[str], reasons: Collection[Reason], findings: Iterable[KeyFinding]
) -> None:
    """Makes `findings` all that holds of these keys for these reasons: what held before and is not among them is taken away.

    Says the same however often and in whatever order it is told, as long as the keys were judged by the same events.
    """
    wanted: dict[bytes, list[KeyFinding]] = {}
    for finding in findings:
        wanted.setdefault(_digest(finding), []).append(finding)
    known = {
        bytes(row[1]): row
        for row in bulk.select(_COLUMNS, "key_finding", "key", sorted(set(keys)))
        if row[4] in reasons
    }
    bulk.delete(
        key_tables.KeyFindingRow,
        "finding_id",
        [(row[0],) for digest, row in known.items() if digest not in wanted],
    )
    rows = {digest: _counted(told, None) for digest, told in wanted.items()}
    changed = {digest: row for digest, row in rows.items() if known.get(digest, ())[2:] != row}
    _write(bulk, changed, known)


def _digest(finding: KeyFinding) -> bytes:
    return blake2b(orjson.dumps(finding[:4]), digest_size=16).digest()


def _known(bulk: Bulk, digests: Iterable[bytes]) -> dict[bytes, Row]:
    return {bytes(row[1]): row for row in bulk.select(_COLUMNS, "key_finding", "digest", digests)}


def _by_name(bulk: Bulk, new: dict[bytes, KeyFinding]) -> set[bytes]:
    """Those of the new findings that are kept by name. A demoted key always is; of rejected ones each group keeps some."""
    groups = {(one.type, one.source, one.reason) for one in new.values() if one.reason in REJECTED}
    full: Counter[tuple[str, str, str]] = Counter()
    for kind, source, reason in sorted(groups):
        same = {"type": kind, "source": source}
        counted = bulk.select("count(*)", "key_finding", "reason", [reason], same=same)
        full[kind, source, reason] = counted[0][0] if counted else 0
    kept = set()
    for digest, one in new.items():
        group = (one.type, one.source, one.reason)
        if one.reason not in REJECTED or full[group] < KEPT:
            kept.add(digest)
            full[group] += 1
    return kept


def _counted(told: list[KeyFinding], known: Row | None) -> Row:
    """The values of a row from `type` on: uses added up, and what the latest event tells."""
    newest = max(told, key=lambda one: (one.at, one.what, one.event_id or 0))
    first = min(one.at if one.since is None else one.since for one in told)
    added = sum(one.uses for one in told)
    head = (newest.type, newest.source, newest.reason, newest.key)
    if known is None:
        return (*head, newest.what, newest.event_id, added, first, newest.at)
    what, event_id, uses, known_first, known_last = known[6:]
    if newest.at >= known_last:
        what, event_id = newest.what, newest.event_id
    return (*head, what, event_id, uses + added, min(known_first, first), max(known_last, newest.at))


def _write(bulk: Bulk, rows: dict[bytes, Row], known: dict[bytes, Row]) -> None:
    new = [digest for digest in rows if digest not in known]
    ids = row_ids(len(new)) if new else ()
    bulk.insert(
        key_tables.KeyFindingRow,
        _COLUMNS,
        [(finding_id, digest, *rows[digest]) for finding_id, digest in zip(ids, new, strict=True)],
    )
    updated = [(*row[4:], known[digest][0]) for digest, row in rows.items() if digest in known]
    bulk.update(
        key_tables.KeyFindingRow,
        "what, event_id, uses, first_seen, last_seen",
        "finding_id",
        updated,
    )
