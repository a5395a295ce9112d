# SPDX-License-Identifier: Apache-2.0
"""The rows of sources: what each is, how far each was pulled, what came of it, and what could not be taken."""

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


def _tenant() -> int:
    field: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    return field


class SourceRow(SQLModel, table=True):
    """A source as an admin set it up. `credentials` are headers, sealed by the roof; `header_names` say which."""

    __tablename__ = "source"

    tenant: int = _tenant()
    name: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    address: str = Field(sa_type=Text)
    services: str = Field(sa_type=Text)  # JSON list
    systems: str = Field(sa_type=Text)  # JSON list
    begin_at: int = Field(sa_type=BigInteger)
    every: int = Field(sa_type=BigInteger)
    settle: int = Field(sa_type=BigInteger)
    overlap: int = Field(sa_type=BigInteger)
    quiet_after: int = Field(sa_type=BigInteger)
    most: int = Field(sa_type=BigInteger)
    max_silence: int | None = Field(default=None, sa_type=BigInteger)
    allow_private: bool
    span_url: str = Field(sa_type=Text)
    enabled: bool
    header_names: str = Field(sa_type=Text)  # JSON list
    credentials: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: int = Field(sa_type=BigInteger)
    created_by: str = Field(sa_type=Text)


class SourcePullRow(SQLModel, table=True):
    """How pulling a source goes: who does it until when, the pass under way or the last one, the last error, when next.

    `api` remembers which of its APIs the source speaks. `failures` counts passes that failed since the last good one.
    """

    __tablename__ = "source_pull"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    api: str = Field(default="", sa_type=Text)
    holder: str = Field(default="", sa_type=Text)
    held_until: int = Field(default=0, sa_type=BigInteger)
    next_at: int = Field(default=0, sa_type=BigInteger)
    started_at: int | None = Field(default=None, sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)
    ok_at: int | None = Field(default=None, sa_type=BigInteger)
    windows: int = Field(default=0, sa_type=BigInteger)
    traces: int = Field(default=0, sa_type=BigInteger)
    spans: int = Field(default=0, sa_type=BigInteger)
    service: str = Field(default="", sa_type=Text)
    failures: int = Field(default=0, sa_type=BigInteger)
    error_at: int | None = Field(default=None, sa_type=BigInteger)
    error_kind: str = Field(default="", sa_type=Text)
    error_what: str = Field(default="", sa_type=Text)
    error_where: str = Field(default="", sa_type=Text)
    error_next: str = Field(default="", sa_type=Text)


class SourceCursorRow(SQLModel, table=True):
    """Everything of one service of a source in [begin, `watermark`) is stored. `width`: how long a window it bears."""

    __tablename__ = "source_cursor"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    service: str = Field(primary_key=True, sa_type=Text)
    watermark: int = Field(sa_type=BigInteger)
    width: int = Field(sa_type=BigInteger)


class SourceTraceRow(SQLModel, table=True):
    """A trace fetched of late, as its source summed it up then: fetched again while it is young, or when the sum differs."""

    __tablename__ = "source_trace"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    trace_id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    end_at: int = Field(sa_type=BigInteger)
    spans: int = Field(sa_type=BigInteger)
    changed_at: int = Field(sa_type=BigInteger)
    fetched_at: int = Field(sa_type=BigInteger)


class SourceFileRow(SQLModel, table=True):
    """A file taken, up to `offset` bytes, as it was then: `stamp` and `head` tell a changed one. `problem`: why it cannot be."""

    __tablename__ = "source_file"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    path: str = Field(primary_key=True, sa_type=Text)
    stamp: str = Field(sa_type=Text)
    head: str = Field(sa_type=Text)
    offset: int = Field(sa_type=BigInteger)
    problem: str = Field(default="", sa_type=Text)
    taken_at: int = Field(sa_type=BigInteger)


class SourceTruncationRow(SQLModel, table=True):
    """A second that holds more traces than the limit allows to ask for: some of [from, to) may be missing."""

    __tablename__ = "source_truncation"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    service: str = Field(primary_key=True, sa_type=Text)
    from_at: int = Field(primary_key=True, sa_type=BigInteger)
    to_at: int = Field(sa_type=BigInteger)
    most: int = Field(sa_type=BigInteger)
    recorded_at: int = Field(sa_type=BigInteger)


class SourceTrafficRow(SQLModel, table=True):
    """What came from a source in five minutes, by when it came. `last_at` is the last contact, empty ones included."""

    __tablename__ = "source_traffic"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    at: int = Field(primary_key=True, sa_type=BigInteger)
    accepted: int = Field(sa_type=BigInteger)
    duplicates: int = Field(sa_type=BigInteger)
    rejected: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)


class SourceRejectionRow(SQLModel, table=True):
    """How much of a source was not taken, or taken and flagged, for one reason, and the last of it in a sentence."""

    __tablename__ = "source_rejection"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    reason: str = Field(primary_key=True, sa_type=Text)
    total: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    last_what: str = Field(sa_type=Text)


class SourceCountedRow(SQLModel, table=True):
    """Something rejected or flagged that was counted: a digest over source, reason and what it was. Kept for a week."""

    __tablename__ = "source_counted"
    __table_args__ = (Index("ix_source_counted_at", "tenant", "at"), {"sqlite_with_rowid": False})

    tenant: int = _tenant()
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    at: int = Field(sa_type=BigInteger)


class SourceSystemRow(SQLModel, table=True):
    """A system that events of a source named."""

    __tablename__ = "source_system"

    tenant: int = _tenant()
    source: str = Field(primary_key=True, sa_type=Text)
    system: str = Field(primary_key=True, sa_type=Text)
