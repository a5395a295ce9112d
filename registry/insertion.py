# SPDX-License-Identifier: Apache-2.0
"""How is a row added that another writer may be adding too? The key decides; whoever comes second changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_new(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds the rows whose keys are not there yet; leaves the others as they are."""
    if rows:
        session.execute(_insert(session, table).values(list(rows)).on_conflict_do_nothing())


def upsert(session: Session, table: type[SQLModel], values: Mapping[str, Any]) -> None:
    """Adds the row, or overwrites all but the key of the one that is there."""
    made = _insert(session, table).values(dict(values))
    keys = [column.name for column in table.__table__.primary_key.columns]  # type: ignore[attr-defined]
    others = {name: made.excluded[name] for name in values if name not in keys}
    session.execute(made.on_conflict_do_update(index_elements=keys, set_=others))


def _insert(session: Session, table: type[SQLModel]) -> Any:
    return (sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert)(table)
