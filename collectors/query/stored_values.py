# SPDX-License-Identifier: Apache-2.0
"""Stored values that begin alike, for the completion of queries: business keys by their index, the rest among transactions."""

from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from collectors import tables
from collectors.transactions.condition import begins
from collectors.transactions.query import KEY
from terms.object_key import ObjectKey
from terms.tenant import TENANT

MOST = 10
_COLUMNS = {"entity": "legal_entity", "region": "region", "currency": "currency", "customer": "customer"}

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]


def values_beginning(session: Session, field: str, prefix: str) -> tuple[tuple[str, str], ...]:
    """At most 10 values of a field with what each is, in order; capitals count for business keys only."""
    if field == KEY:
        return _keys(session, prefix)
    column = _txn.c[_COLUMNS[field]]
    query = select(column).distinct().where(_txn.c.tenant == TENANT, column.is_not(None)).order_by(column)
    if prefix:
        query = query.where(func.lower(column).startswith(prefix.lower(), autoescape=True))
    return tuple((value, "") for value in session.execute(query.limit(MOST)).scalars())


def _keys(session: Session, prefix: str) -> tuple[tuple[str, str], ...]:
    """Object keys whose value begins so, or for `type:value` those of the type."""
    kind, colon, value = prefix.partition(":")
    query = select(_object).where(_object.c.tenant == TENANT, begins(session, value if colon else prefix))
    if colon:
        query = query.where(_object.c.type == kind)
    # Not ordered by the database: the index gives the first ones by itself, and a sort would read all that begin so.
    rows = session.execute(query.limit(MOST)).all()
    keys = sorted(ObjectKey(row.type, row.value, row.namespace, row.scope) for row in rows)
    return tuple((str(key), f"Business key ({key.type})") for key in keys)
