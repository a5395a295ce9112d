# SPDX-License-Identifier: Apache-2.0
"""By what can a list of subjects be narrowed? Each combination of values is kept once, and a subject names its own.

There are few combinations however many subjects there are, so counting by one short column counts every facet at once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sql
from sqlmodel import Session, col

from registry.insertion import insert_new
from registry.tables import ContractFacetsRow, ContractSubjectRow
from terms import canonical_json
from terms.tenant import TENANT

FACETS = ("domain", "owner", "steward", "audience", "lifecycle", "type", "mode")
"""What a list can be narrowed by. `mode` is the one the document states; it has no value where none is stated."""
_COLUMNS = {"type": "artefact_type", "mode": "compatibility"}
NAMED = 500
"""More combinations than this are not named one by one in a statement; all are read."""

Facets = dict[str, tuple[tuple[str, int], ...]]
"""For each facet its values and how many subjects have each: most first, then by value."""


def keep(session: Session, rows: Sequence[ContractSubjectRow]) -> list[str]:
    """The id of each subject's combination of values, which is kept when it is new. A statement for each 500 of them.

    The same values have the same id for ever, and none is ever taken away: who read an id finds its values later too.
    """
    combinations = [tuple(getattr(row, _COLUMNS.get(name, name)) for name in FACETS) for row in rows]
    ids = {values: canonical_json.sha256_hex(values)[:32] for values in dict.fromkeys(combinations)}
    made = [
        {"tenant": TENANT, "facets_id": facets_id, **dict(zip(FACETS, values, strict=True))}
        for values, facets_id in ids.items()
    ]
    for start in range(0, len(made), NAMED):
        insert_new(session, ContractFacetsRow, made[start : start + NAMED])
    return [ids[values] for values in combinations]


def counted(session: Session, counts: Mapping[str, int], names: Sequence[str] = FACETS) -> Facets:
    """The facets of that name, of subjects counted by the id of their combination. One statement."""
    if not names:
        return {}
    columns = [col(getattr(ContractFacetsRow, name)) for name in names]
    query = sql.select(col(ContractFacetsRow.facets_id), *columns).where(
        col(ContractFacetsRow.tenant) == TENANT
    )
    if len(counts) <= NAMED:
        query = query.where(col(ContractFacetsRow.facets_id).in_(list(counts)))
    found: list[Counter[str]] = [Counter() for _ in names]
    for facets_id, *values in session.execute(query):
        count = counts.get(facets_id, 0)
        for counter, value in zip(found, values, strict=True):
            counter[value] += count
    return {name: _most_first(counter) for name, counter in zip(names, found, strict=True)}


def _most_first(counter: Counter[str]) -> tuple[tuple[str, int], ...]:
    told = ((value, count) for value, count in counter.items() if value and count)
    return tuple(sorted(told, key=lambda one: (-one[1], one[0])))
