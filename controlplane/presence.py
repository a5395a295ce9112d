# SPDX-License-Identifier: Apache-2.0
"""Several processes over one database: does each work with the same definitions? While they do not, none judges history anew.

Each would undo what the other made of it. What comes in and what comes due goes on; only what is stored waits.
"""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import BigInteger, SmallInteger, Text, delete, insert, select
from sqlmodel import Field, Session, SQLModel

from controlplane.criteria import RULE
from controlplane.database import Actor, Database
from terms.instant import SECOND, Clock, Instant
from terms.problem import Problem
from terms.tenant import TENANT

LOG = logging.getLogger("throughline")
GONE_AFTER = 30 * SECOND
"""A process that was not heard from for so long is no more; one that ends in order says so."""
_MACHINE = Actor("machine", "throughline")
_NAMED = 5


class PlaneRow(SQLModel, table=True):
    """One process over the database. `contents` is a JSON object: what each definition it works with decides, as a digest by name."""

    __tablename__ = "plane"

    tenant: int = Field(primary_key=True, default=TENANT, sa_type=SmallInteger)
    plane_id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    contents: str = Field(sa_type=Text)
    seen_at: int = Field(sa_type=BigInteger)


_plane: Any = PlaneRow.__table__  # type: ignore[attr-defined]


def name_of(role: str) -> str:
    """What people call this process: `worker on host-b, process 4711`."""
    return f"{role} on {socket.gethostname()}, process {os.getpid()}"


@dataclass(slots=True)
class Presence:
    """This process among those over its database. `differences` are those of the last two looks: in the seconds in which files
    spread they are no news."""

    database: Database
    clock: Clock
    plane_id: str
    name: str
    contents: Callable[[], Mapping[str, str]]
    differences: tuple[Problem, ...] = ()
    _seen: tuple[Problem, ...] = field(default=(), repr=False)

    def look(self) -> bool:
        """Says that it is here and with what, and tells once who works with something else. Always False: nothing waits."""
        found = self.database.write(self._announced, actor=_MACHINE, reason="presence")
        before, self._seen = self._seen, found
        told = found if found == before else self.differences
        if told != self.differences:
            for problem in told:
                LOG.error("history is not judged anew: %s", problem)
            if not told:
                LOG.info("all processes over this database work with the same definitions again")
            self.differences = told
        return False

    def stands_aside(self, session: Session) -> bool:
        """Whether another process works with other definitions right now."""
        return bool(self._differing(session))

    def leave(self) -> None:
        """Says that this process is no more."""
        self.database.write(
            lambda session: session.execute(_of(self.plane_id)), actor=_MACHINE, reason="presence"
        )

    def _announced(self, session: Session) -> tuple[Problem, ...]:
        now = self.clock()
        session.execute(_of(self.plane_id))
        session.execute(delete(_plane).where(_plane.c.tenant == TENANT, _plane.c.seen_at < now - GONE_AFTER))
        session.execute(
            insert(_plane).values(
                tenant=TENANT, plane_id=self.plane_id, name=self.name, seen_at=now,
                contents=orjson.dumps(_digests(self.contents()), option=orjson.OPT_SORT_KEYS).decode(),
            )
        )  # fmt: skip
        return self._differing(session)

    def _differing(self, session: Session) -> tuple[Problem, ...]:
        since = Instant(self.clock() - GONE_AFTER)
        others = session.execute(
            select(_plane.c.name, _plane.c.contents)
            .where(_plane.c.tenant == TENANT, _plane.c.plane_id != self.plane_id, _plane.c.seen_at >= since)
            .order_by(_plane.c.name, _plane.c.plane_id)
        )
        mine = _digests(self.contents())
        return tuple(
            Problem(
                f"works with other definitions: {differs}",
                row.name,
                "give all processes over this database the same files, the same THROUGHLINE_PROCESSES and the same version of Throughline",
            )
            for row in others
            if (differs := difference(mine, orjson.loads(row.contents)))
        )


def difference(mine: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """In words what of two processes' definitions differs; empty where nothing does. Rules count between two that have some:
    an ingest process reads none.

    >>> difference({"lead-to-cash@1": "a", "ours@1": "b"}, {"lead-to-cash@1": "c", "KPI x@2": "d"})
    'only there KPI x@2; only here ours@1; not the same lead-to-cash@1'
    """
    if not (_has_rules(mine) and _has_rules(theirs)):
        mine, theirs = _without_rules(mine), _without_rules(theirs)
    parts = {
        "only there": sorted(theirs.keys() - mine.keys()),
        "only here": sorted(mine.keys() - theirs.keys()),
        "not the same": sorted(name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]),
    }
    return "; ".join(f"{word} {_listed(names)}" for word, names in parts.items() if names)


def _has_rules(contents: Mapping[str, str]) -> bool:
    return any(name.startswith(RULE) for name in contents)


def _without_rules(contents: Mapping[str, str]) -> dict[str, str]:
    return {name: digest for name, digest in contents.items() if not name.startswith(RULE)}


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _digests(contents: Mapping[str, str]) -> dict[str, str]:
    return {name: blake2b(said.encode(), digest_size=8).hexdigest() for name, said in contents.items()}


def _of(plane_id: str) -> Any:
    return delete(_plane).where(_plane.c.tenant == TENANT, _plane.c.plane_id == plane_id)
