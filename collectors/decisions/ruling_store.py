# SPDX-License-Identifier: Apache-2.0
"""Rulings as stored, read for the objects that are being judged: nothing is asked where nobody ever ruled anything."""

from collections.abc import Collection, Iterable

from collectors.bulk import Bulk
from collectors.decisions.decision import Decision
from collectors.decisions.tables import DecisionRow, HubRow
from terms.instant import Instant
from terms.object_key import ObjectKey

_STANDING = " AND revoked_at IS NULL"


class RulingStore:
    """The rulings of one transaction."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        self._has_decisions, self.has_hubs = bulk.any_in(DecisionRow, HubRow)

    def decisions(self, ids: dict[str, int], keys: Iterable[str]) -> list[Decision]:
        """The standing decisions about these keys, whose ids are in `ids`, which gets those of the other keys they name."""
        if not self._has_decisions:
            return []
        wanted = [ids[key] for key in keys]
        columns = "decision_id, kind, one_id, other_id, decided_at"
        rows = {
            row[0]: row
            for by in ("one_id", "other_id")
            for row in self._bulk.select(columns, "decision", by, wanted, also=_STANDING)
        }
        names = self._names({object_id for row in rows.values() for object_id in row[2:4]})
        ids.update({key: object_id for object_id, key in names.items()})
        return [
            Decision(decision_id, kind, names[one], names[other], Instant(at))
            for decision_id, kind, one, other, at in rows.values()
        ]

    def hubs(self, ids: dict[str, int], keys: Iterable[str]) -> set[str]:
        """Those of the keys that are hubs. Keys without an id were never named before."""
        by_id = {ids[key]: key for key in keys if key in ids}
        return {by_id[row[0]] for row in self._bulk.select("object_id", "hub", "object_id", by_id)}

    def write_hubs(
        self, ids: dict[str, int], new: Collection[str], gone: Collection[str], now: Instant
    ) -> None:
        """Keeps what is a hub from now on, and forgets what is none any more."""
        self._bulk.insert(HubRow, "object_id, recorded_at", sorted((ids[key], now) for key in new))
        self._bulk.delete(HubRow, "object_id", sorted((ids[key],) for key in gone))

    def _names(self, object_ids: set[int]) -> dict[int, str]:
        rows = self._bulk.select(
            "object_id, type, value, namespace, scope", "object", "object_id", object_ids
        )
        return {
            object_id: str(ObjectKey(kind, value, namespace, scope))
            for object_id, kind, value, namespace, scope in rows
        }
