# SPDX-License-Identifier: Apache-2.0
"""The rows of what happened. Spans and their attribute blocks, events and objects, and what stitching made of them.

Surrogate ids grow, so rows are appended; hashes stand in unique keys only. On SQLite the primary key is the table
(WITHOUT ROWID): a table that is always read by one column carries it right behind the tenant.
"""

from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from collectors.role import Role
from terms.tenant import TENANT

_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}


def _tenant() -> Any:
    return Field(default=TENANT, primary_key=True, sa_type=SmallInteger)


def _key() -> Any:
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


def _big(**more: Any) -> Any:
    return Field(sa_type=BigInteger, **more)


def _small(**more: Any) -> Any:
    return Field(sa_type=SmallInteger, **more)


def _text(**more: Any) -> Any:
    return Field(sa_type=Text, **more)


def _bytes(**more: Any) -> Any:
    return Field(sa_type=LargeBinary, **more)


def _role() -> Any:
    return Field(sa_type=Role)


class RowNumberRow(SQLModel, table=True):
    """The next number of a series of rows that are counted."""

    __tablename__ = "row_number"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    series: str = Field(primary_key=True, sa_type=Text)
    next_no: int = _big()


class LabelRow(SQLModel, table=True):
    """A text that rows repeat, and the number they bear in its place (columns `..._label`). Never changed, never removed."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("tenant", "digest", name="uq_label_digest"), _CLUSTERED)

    tenant: int = _tenant()
    label_no: int = _key()
    digest: bytes = _bytes()
    label: str = _text()


class ResourceRow(SQLModel, table=True):
    """Who sent spans: an OpenTelemetry resource with its instrumentation scope, once for each content."""

    __tablename__ = "resource"
    __table_args__ = (UniqueConstraint("tenant", "digest", name="uq_resource_digest"), _CLUSTERED)

    tenant: int = _tenant()
    resource_id: int = _key()
    digest: bytes = _bytes()
    service: str = _text()
    scope: str = _text()
    attributes: str = _text()


class OperationRow(SQLModel, table=True):
    """What spans of one resource are called. A runtime does a few dozen different things, over and over."""

    __tablename__ = "operation"
    __table_args__ = (
        UniqueConstraint("tenant", "name", "resource_id", name="uq_operation_name"),
        _CLUSTERED,
    )

    tenant: int = _tenant()
    operation_no: int = _key()
    resource_id: int = _big()
    name: str = _text()


class TraceRow(SQLModel, table=True):
    """A trace id, and the number its spans bear."""

    __tablename__ = "trace"
    __table_args__ = (UniqueConstraint("tenant", "trace_id", name="uq_trace_id"), _CLUSTERED)

    tenant: int = _tenant()
    trace_no: int = _key()
    trace_id: bytes = _bytes()


class SpanRow(SQLModel, table=True):
    """One span without its attributes, which stand in a block: where, `span_key` says (span_block.place)."""

    __tablename__ = "span"
    __table_args__ = (
        # An index with a name, because SQLite does not use a constraint's for its first two columns alone.
        Index("uq_span_identity", "tenant", "trace_no", "span_id", "kind", unique=True),
        _CLUSTERED,
    )

    tenant: int = _tenant()
    span_key: int = _key()
    trace_no: int = _big()
    span_id: bytes = _bytes()
    kind: int = _small()
    parent_span_id: bytes | None = _bytes(nullable=True)
    operation_no: int = _big()
    start_ns: int = _big()
    end_ns: int = _big()
    status: int = _small()
    status_message: str | None = _text(nullable=True)


class SpanBlockRow(SQLModel, table=True):
    """The attributes, span events and links of up to 512 spans of one intake: as span_block packs them."""

    __tablename__ = "span_block"  # not clustered: its rows are larger than a page

    tenant: int = _tenant()
    block_id: int = _key()
    arrived_at: int = _big()
    body: bytes = _bytes()


class SpanObjectRow(SQLModel, table=True):
    """A span that names an object without carrying the event that does (that one is found through its event)."""

    __tablename__ = "span_object"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    object_id: int = _key()
    span_key: int = _key()


class EventRow(SQLModel, table=True):
    """A business event. `objects` is a JSON list of object ids in the order of their key texts; its identity is source and
    source's id. What is kept beside it stands in the event_data row with number `data_no`.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("uq_event_identity", "tenant", "source_label", "source_event_id", unique=True),
        Index(
            "ix_event_contract",
            "tenant",
            "contract_subject",
            "contract_version",
            "occurred_at",
            sqlite_where=text("contract_subject IS NOT NULL"),
            postgresql_where=text("contract_subject IS NOT NULL"),
        ),
        _CLUSTERED,
    )

    tenant: int = _tenant()
    event_id: int = _key()
    source_label: int = _big()
    source_event_id: str = _text()
    content_hash: bytes = _bytes()
    type_label: int = _big()
    occurred_at: int = _big()
    recorded_at: int = _big()
    system_label: int = _big()
    objects: str = _text()
    amount_minor: int | None = _big(nullable=True)
    currency: str | None = _text(nullable=True)
    legal_entity: str | None = _text(nullable=True)
    region: str | None = _text(nullable=True)
    contract_subject: str | None = _text(nullable=True)
    contract_version: str | None = _text(nullable=True)
    message: str | None = _text(nullable=True)
    trace_id: bytes | None = _bytes(nullable=True)
    span_id: bytes | None = _bytes(nullable=True)
    data_no: int | None = _big(nullable=True)
    rule_no: int | None = Field(default=None, nullable=True, sa_type=SmallInteger)
    figures: str | None = _text(default=None, nullable=True)


class EventDataRow(SQLModel, table=True):
    """What is kept beside the events of one intake: event_data packs it."""

    __tablename__ = "event_data"  # not clustered: its rows are larger than a page

    tenant: int = _tenant()
    data_no: int = _key()
    body: bytes = _bytes()


class ExtractionRuleRow(SQLModel, table=True):
    """A version of an extraction rule that made events, under the number they bear. `digest` is over what it says."""

    __tablename__ = "extraction_rule"
    __table_args__ = (UniqueConstraint("tenant", "id", "version", name="uq_extraction_rule"), _CLUSTERED)

    tenant: int = _tenant()
    rule_no: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    id: str = _text()
    version: int = _small()
    digest: str = _text()
    first_used_at: int = _big()


class EventObjectRow(SQLModel, table=True):
    """Which events name an object."""

    __tablename__ = "event_object"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    object_id: int = _key()
    event_id: int = _key()


class ObjectRow(SQLModel, table=True):
    """A business key that something named. Its unique key begins with the value, by which people ask as well."""

    __tablename__ = "object"
    __table_args__ = (
        # An index with a name, because SQLite does not use a constraint's for its first two columns alone. On PostgreSQL
        # by bytes, so that the beginning of a value is a range of it in every collation.
        Index(
            "uq_object_key",
            "tenant",
            "value",
            "type",
            "namespace",
            "scope",
            unique=True,
            postgresql_ops={"value": "text_pattern_ops"},
        ),
        _CLUSTERED,
    )

    tenant: int = _tenant()
    object_id: int = _key()
    type: str = _text()
    value: str = _text()
    namespace: str = _text(default="")
    scope: str = _text(default="")


class EdgeRow(SQLModel, table=True):
    """One support of an edge: this event says, by this rule of this definition, that child and parent belong together.

    Append-only. An edge lives while one of its rows is not retracted; the earliest event among them is its reason.
    `refused` says why a row takes no effect (a second parent ...) and is empty for a live one.
    """

    __tablename__ = "edge"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    parent_id: int = _key()
    edge_id: int = _key()
    child_id: int = _big()
    role: str = _role()
    event_id: int = _big()
    definition_label: int = _big()
    version: int = _small()
    rule_label: int = _big()
    refused: str = _text(default="")
    recorded_at: int = _big()
    retracted_at: int | None = _big(nullable=True)


class TxnRow(SQLModel, table=True):
    """A transaction as last derived."""

    __tablename__ = "txn"
    __table_args__ = (
        UniqueConstraint("tenant", "digest", name="uq_txn_digest"),
        Index("ix_txn_started", "tenant", "started_at", "txn_id"),
        Index("ix_txn_status_due", "tenant", "status", "due_at"),
        _CLUSTERED,
    )

    tenant: int = _tenant()
    txn_id: int = _key()
    digest: bytes = _bytes()
    process: str = _text()
    definition_version: int = _small()
    anchor: str = _text()
    status: str = _text()
    started_at: int = _big()
    ended_at: int | None = _big(nullable=True)
    last_event_at: int = _big()
    amount_minor: int | None = _big(nullable=True)
    currency: str | None = _text(nullable=True)
    customer: str | None = _text(nullable=True)
    legal_entity: str | None = _text(nullable=True)
    region: str | None = _text(nullable=True)
    waiting_for: str | None = _text(nullable=True)
    waiting_since: int | None = _big(nullable=True)
    due_at: int | None = _big(nullable=True)
    not_planned: str | None = _text(default=None, nullable=True)


class TxnEventRow(SQLModel, table=True):
    """An event's membership in a transaction, through which object, and with which share of it and of its amount."""

    __tablename__ = "txn_event"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    txn_id: int = _key()
    event_id: int = _key()
    role: str = _role()
    via_id: int = _big()
    share_ppm: int = Field()
    part_minor: int | None = _big(default=None, nullable=True)


class TxnObjectRow(SQLModel, table=True):
    """An object's place in a transaction: anchor, same_as, child_of, link or annotate. `event_id` is the reason."""

    __tablename__ = "txn_object"
    __table_args__ = (Index("ix_txn_object_object", "tenant", "object_id"), _CLUSTERED)

    tenant: int = _tenant()
    txn_id: int = _key()
    object_id: int = _key()
    role: str = _role()
    parent_id: int | None = _big(nullable=True)
    rule_label: int | None = _big(nullable=True)
    event_id: int = _big()


class MilestoneRow(SQLModel, table=True):
    """A milestone reached. Append-only: a better event retracts the row and records another."""

    __tablename__ = "milestone"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    txn_id: int = _key()
    milestone_id: int = _key()
    name_label: int = _big()
    reached_at: int = _big()
    event_id: int = _big()
    definition_label: int = _big()
    version: int = _small()
    recorded_at: int = _big()
    retracted_at: int | None = _big(nullable=True)


class TxnRedirectRow(SQLModel, table=True):
    """The id a transaction had before its anchor turned out to be another one's alias."""

    __tablename__ = "txn_redirect"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    old_digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    new_digest: bytes = _bytes()
    recorded_at: int = _big()
    cause: str = _text()


class ChangedTxnRow(SQLModel, table=True):
    """A transaction whose KPIs and policies are still to look at it. Written with the change, drained by a worker."""

    __tablename__ = "changed_txn"
    __table_args__ = (_CLUSTERED,)

    tenant: int = _tenant()
    sequence: int = _key()
    digest: bytes = _bytes()
