# SPDX-License-Identifier: Apache-2.0
"""Views that people saved over the list of transactions: a name for a query and an order. Each is its owner's; all may open it."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, SmallInteger, Text, UniqueConstraint, delete, insert, select, update
from sqlmodel import Field, Session, SQLModel

from terms.instant import Instant
from terms.tenant import TENANT

LONGEST_NAME = 80
MOST_VIEWS = 100  # of one person


class SavedViewRow(SQLModel, table=True):
    """One view. `idempotency_key` is the key it was first saved with."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("tenant", "owner", "name", name="uq_saved_view_name"),
        UniqueConstraint("tenant", "owner", "idempotency_key", name="uq_saved_view_key"),
    )

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=SmallInteger)
    view_id: str = Field(primary_key=True, sa_type=Text)
    owner: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    query: str = Field(sa_type=Text)
    sort: str = Field(sa_type=Text)
    idempotency_key: str = Field(sa_type=Text)
    saved_at: int = Field(sa_type=BigInteger)


_view: Any = SavedViewRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view as it is kept. `sort` is an order's text, `-waited`."""

    view_id: str
    owner: str
    name: str
    query: str
    sort: str
    saved_at: Instant


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants kept under a name. `replace` writes over a view of theirs that has the name."""

    name: str
    query: str
    sort: str
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """The view as kept. `already_there`: this key had saved it before, and nothing was written."""

    view: SavedView
    already_there: bool = False


@dataclass(frozen=True, slots=True)
class NameTaken:
    """The owner has a view of that name, which was left as it is."""

    view: SavedView


@dataclass(frozen=True, slots=True)
class TooMany:
    """The owner has as many views as one person may keep."""


def save(session: Session, owner: str, key: str, wish: Wish, now: Instant) -> Saved | NameTaken | TooMany:
    """Keeps the view. The same key saves once: asked again, it answers with what it saved, as that stands now."""
    known = _one(session, _view.c.owner == owner, _view.c.idempotency_key == key)
    if known is not None:
        return Saved(known, already_there=True)
    named = _one(session, _view.c.owner == owner, _view.c.name == wish.name)
    values = {"query": wish.query, "sort": wish.sort, "idempotency_key": key, "saved_at": now}
    if named is not None and not wish.replace:
        return NameTaken(named)
    if named is not None:
        session.execute(
            update(_view).where(_view.c.tenant == TENANT, _view.c.view_id == named.view_id).values(values)
        )
        return Saved(SavedView(named.view_id, owner, wish.name, wish.query, wish.sort, now))
    if len(views(session, owner, MOST_VIEWS)) == MOST_VIEWS:
        return TooMany()
    view = SavedView(_identity(owner, key), owner, wish.name, wish.query, wish.sort, now)
    row = {"tenant": TENANT, "view_id": view.view_id, "owner": owner, "name": wish.name}
    session.execute(insert(_view), [row | values])
    return Saved(view)


def remove(session: Session, owner: str, view_id: str) -> bool:
    """Takes a view of this owner away; False when there is none of theirs. Doing it twice is the same as once."""
    gone = delete(_view).where(_view.c.tenant == TENANT, _view.c.owner == owner, _view.c.view_id == view_id)
    return bool(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def view(session: Session, view_id: str) -> SavedView | None:
    """The view of that id, whoever saved it."""
    return _one(session, _view.c.view_id == view_id)


def views(session: Session, owner: str, first: int, after: str | None = None) -> list[SavedView]:
    """At most `first` views of the owner by name, behind the name `after`."""
    query = select(_view).where(_view.c.tenant == TENANT, _view.c.owner == owner)
    if after is not None:
        query = query.where(_view.c.name > after)
    return [_of(row) for row in session.execute(query.order_by(_view.c.name).limit(first))]


def _one(session: Session, *conditions: Any) -> SavedView | None:
    row = session.execute(select(_view).where(_view.c.tenant == TENANT, *conditions)).first()
    return None if row is None else _of(row)


def _of(row: Any) -> SavedView:
    return SavedView(row.view_id, row.owner, row.name, row.query, row.sort, Instant(row.saved_at))


def _identity(owner: str, key: str) -> str:
    """The same for the same owner and key, so that an answer that was lost can be asked for again."""
    return blake2b(f"{owner}\0{key}".encode(), digest_size=8).hexdigest()
