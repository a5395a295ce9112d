# SPDX-License-Identifier: Apache-2.0
"""The sandbox's memory: what each stand-in holds, in one SQLite file, so that the sandbox itself may be restarted."""

import fcntl
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from terms import canonical_json
from terms.instant import Instant
from terms.problem import ProblemError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deal (
  kind TEXT, number INTEGER, opportunity_id TEXT NOT NULL, customer_id TEXT NOT NULL, plan TEXT NOT NULL,
  PRIMARY KEY (kind, number));
CREATE INDEX IF NOT EXISTS ix_deal_customer ON deal (customer_id);
CREATE TABLE IF NOT EXISTS record (
  position INTEGER PRIMARY KEY AUTOINCREMENT, system TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
  external_id TEXT NOT NULL, business_key TEXT NOT NULL, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL,
  writes INTEGER NOT NULL, replays INTEGER NOT NULL, document TEXT NOT NULL, UNIQUE (system, type, id));
CREATE INDEX IF NOT EXISTS ix_record_external ON record (system, type, external_id);
CREATE INDEX IF NOT EXISTS ix_record_key ON record (system, type, business_key);
CREATE INDEX IF NOT EXISTS ix_record_modified ON record (system, type, modified_at);
CREATE TABLE IF NOT EXISTS answered (
  system TEXT, key TEXT, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
  answered_at INTEGER NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (system, key));
CREATE TABLE IF NOT EXISTS webhook (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, connection TEXT NOT NULL, event_id TEXT NOT NULL, chain TEXT NOT NULL,
  body BLOB NOT NULL, due_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, delivered_at INTEGER,
  again INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS ix_webhook_due ON webhook (delivered_at, due_at);
CREATE TABLE IF NOT EXISTS draw (
  system TEXT, key TEXT, operation TEXT, attempts INTEGER NOT NULL, PRIMARY KEY (system, key, operation));
CREATE TABLE IF NOT EXISTS closed_period (entity TEXT, month TEXT, PRIMARY KEY (entity, month));
CREATE TABLE IF NOT EXISTS unmapped (entity TEXT, code TEXT, PRIMARY KEY (entity, code));
CREATE TABLE IF NOT EXISTS reminder (
  id TEXT PRIMARY KEY, invoice TEXT NOT NULL, document TEXT NOT NULL, noted_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cursor (id TEXT PRIMARY KEY, soql TEXT NOT NULL, ids TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that one stand-in holds. `writes` counts what was sent, `replays` what its key recognised as a repeat."""

    system: str
    type: str
    id: str
    external_id: str
    business_key: str
    created_at: Instant
    modified_at: Instant
    writes: int
    replays: int
    document: dict[str, Any]


_COLUMNS = "system, type, id, external_id, business_key, created_at, modified_at, writes, replays, document"


class Ledger:
    """One open file. Used by one thread at a time; `transaction` makes what happens inside atomic and durable."""

    def __init__(self, file: Path) -> None:
        self._lock = _lock(file)
        try:
            self.sql = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
            self.sql.execute("PRAGMA journal_mode=WAL")
            self.sql.execute(
                "PRAGMA synchronous=NORMAL"
            )  # survives the end of the process, which is what is tried
            self.sql.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise ProblemError(f"cannot be used as the sandbox's file: {error}", str(file)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it is kept, or none."""
        self.sql.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.sql.execute("ROLLBACK")
            raise
        self.sql.execute("COMMIT")

    def close(self) -> None:
        self.sql.close()
        self._lock.close()

    def setting(self, name: str) -> Any:
        """A kept JSON value, or None."""
        row = self.sql.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, name: str, value: Any) -> None:
        self.sql.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def next(self, name: str) -> int:
        """The next number of a named sequence, from 1."""
        row = self.sql.execute(
            "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        ).fetchone()
        return int(row[0])

    def counted(self, name: str) -> int:
        row = self.sql.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def add(
        self,
        system: str,
        type_: str,
        id_: str,
        business_key: str,
        document: Mapping[str, Any],
        now: Instant,
        external_id: str = "",
    ) -> Record:
        """Stores a new record. The caller has made sure that the id is free."""
        self.sql.execute(
            f"INSERT INTO record ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, ?)",  # noqa: S608
            (system, type_, id_, external_id, business_key, now, now, canonical_json.text(document)),
        )
        return Record(system, type_, id_, external_id, business_key, now, now, 1, 0, dict(document))

    def change(
        self, record: Record, document: Mapping[str, Any], now: Instant, business_key: str | None = None
    ) -> None:
        """Overwrites a record and counts the write. Its business key stays, unless a new one is given."""
        self.sql.execute(
            "UPDATE record SET document = ?, business_key = ?, modified_at = ?, writes = writes + 1 "
            "WHERE system = ? AND type = ? AND id = ?",
            (
                canonical_json.text(document),
                record.business_key if business_key is None else business_key,
                now,
                record.system,
                record.type,
                record.id,
            ),
        )

    def replayed(self, system: str, type_: str, id_: str) -> None:
        """Counts that a repeated request for this record was recognised and had no effect."""
        self.sql.execute(
            "UPDATE record SET replays = replays + 1 WHERE system = ? AND type = ? AND id = ?",
            (system, type_, id_),
        )

    def get(self, system: str, type_: str, id_: str) -> Record | None:
        return next(self.find("system = ? AND type = ? AND id = ?", system, type_, id_), None)

    def by_external_id(self, system: str, type_: str, external_id: str) -> Record | None:
        found = self.find("system = ? AND type = ? AND external_id = ?", system, type_, external_id)
        return next(found, None)

    def find(self, condition: str, *values: Any) -> Iterator[Record]:
        """Records in the order in which they were created. `condition` is ours, never a caller's text."""
        rows = self.sql.execute(
            f"SELECT {_COLUMNS} FROM record WHERE {condition} ORDER BY position",  # noqa: S608
            values,
        )
        for row in rows.fetchall():
            system, type_, id_, external_id, key, created, modified, writes, replays, text = row
            document = json.loads(text, parse_float=Decimal)
            yield Record(system, type_, id_, external_id, key, created, modified, writes, replays, document)


def _lock(file: Path) -> IO[str]:
    """Two sandboxes over one file would each deliver every webhook."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = file.with_name(file.name + ".lock").open("w")
    except OSError as error:
        raise ProblemError(
            f"cannot be written: {error.strerror}", str(file), "name another --file"
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise ProblemError(
            "another sandbox uses this file", str(file), "stop it, or name another --file"
        ) from error
    return held
