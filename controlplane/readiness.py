# SPDX-License-Identifier: Apache-2.0
"""May this process be sent requests? It may while its database answers, and stores what it is given."""

import asyncio
import contextlib
import secrets

from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from collectors.spans.block import pack
from collectors.tables import SpanBlockRow
from controlplane.database import Actor, BusyError, Database
from controlplane.security import store
from terms.problem import Problem
from terms.tenant import TENANT

PATIENCE_S = 2.0
ROOM = 256 * 1024
"""Bytes there must be room for, after a write could not be stored, before others are taken."""

_MACHINE = Actor("machine", "readiness")
_PROBE_ID = 0  # of no other block: ids that are made are greater


async def ready(database: Database) -> Problem | None:
    """What is missing, or None. After a write that could not be stored it tries one of its own before it says so again."""
    await database.read_async(store.tokens)
    if not database.trouble:
        return None
    with contextlib.suppress(OperationalError, TimeoutError, BusyError):
        await asyncio.wait_for(run_in_threadpool(_probe, database), PATIENCE_S)
    if not database.trouble:
        return None
    return Problem(f"the database cannot store: {database.trouble}", do="see to its disk and its locks")


def _probe(database: Database) -> None:
    """Stores a block of nothing and removes it: then there is no trouble any more. Raises what keeps it from that."""
    database.write(_fill, actor=_MACHINE, reason="probe")
    database.write(_empty, actor=_MACHINE, reason="probe")
    database.trouble = ""


def _fill(session: Session) -> None:
    if session.get(SpanBlockRow, (TENANT, _PROBE_ID)) is None:
        body = pack([{"probe": secrets.token_hex(ROOM)}])
        session.add(SpanBlockRow(block_id=_PROBE_ID, arrived_at=0, body=body))
        session.flush()


def _empty(session: Session) -> None:
    if row := session.get(SpanBlockRow, (TENANT, _PROBE_ID)):
        session.delete(row)
        session.flush()
