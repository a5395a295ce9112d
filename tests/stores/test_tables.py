# SPDX-License-Identifier: Apache-2.0
"""What every table keeps to: the tenant leads each key, and no column type loses money or time."""

import zlib
from pathlib import Path

import alembic.command
import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, UniqueConstraint, create_engine, inspect, text
from sqlalchemy.types import (
    BigInteger,
    Boolean,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
)
from sqlmodel.sql.sqltypes import AutoString

from collectors import intake
from collectors.definitions import load
from collectors.span import BusinessEvent, Decoded, Origin, Span
from collectors.stitching.event_data import data_of
from collectors.stitching.event_intake import content_hash
from collectors.transactions import story_store
from collectors.transactions.store import transactions_by_id
from collectors.transactions.transaction import transaction_id
from controlplane.database import Actor, Database
from controlplane.migrations import schema
from controlplane.migrations.tables import metadata
from registry import canonical, listing, store, subjects
from registry.content import by_schema_id, content_id
from registry.listing import Wanted
from terms.instant import SECOND, Clock, Instant, wall_clock
from terms.row_id import row_ids

TABLES = sorted(metadata.tables.values(), key=lambda table: table.name)
EXACT = (BigInteger, SmallInteger, Integer, Boolean, String, Text, LargeBinary, AutoString)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_tenant_leads_every_key(table: Table) -> None:
    """One tenant's rows can be moved to a machine of their own without a new key."""
    assert next(iter(table.primary_key.columns)).name == "tenant"
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            assert next(iter(constraint.columns)).name == "tenant", constraint.name
    for index in table.indexes:
        assert next(iter(index.columns)).name == "tenant", index.name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_column_can_lose_money_or_time(table: Table) -> None:
    """SQLite keeps decimals as doubles and drops a time's zone: amounts and instants are whole numbers, 64 bits wide."""
    for column in table.columns:
        stored = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
        assert isinstance(stored, EXACT), f"{table.name}.{column.name}"
        if column.name.endswith(("_at", "_ns", "_minor", "_key", "_id")) and isinstance(column.type, Integer):
            assert isinstance(column.type, BigInteger), f"{table.name}.{column.name} is too narrow"


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_migrations_make_the_tables_of_this_version(kind: str, request: pytest.FixtureRequest) -> None:
    """An upgraded database has what the code expects, and upgrading again does nothing."""
    url: str = request.getfixturevalue(f"{kind}_url")
    before, head = schema.upgrade(url)
    assert before is None
    assert schema.upgrade(url) == (head, head)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "throughline_version"})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_an_upgrade_leaves_other_tables_alone(tmp_path: Path) -> None:
    """The engine's tables may stand in the same database; they are none of ours to drop."""
    url = f"sqlite:///{tmp_path / 'shared.sqlite3'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE workflow_status (id INTEGER)")
    schema.upgrade(url)
    assert "workflow_status" in inspect(engine).get_table_names()
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_contracts_of_the_first_version_are_kept(
    kind: str, request: pytest.FixtureRequest, clock: Clock
) -> None:
    """An upgrade takes every registered version along under its id, with its bytes; registering it again finds it, and so does a search."""
    url: str = request.getfixturevalue(f"{kind}_url")
    alembic.command.upgrade(schema._config(url), "0002")
    engine = create_engine(url)
    first = next(one for one in canonical.load() if one.subject == "invoice-issued")
    document = first.document.text
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO contract_subject VALUES (1, 'invoice-issued', 'FULL', 5)"),
        )
        connection.execute(
            text(
                "INSERT INTO contract_version (tenant, subject, number, semver, content_id, artefact_type, syntax, document,"
                " title, description, owner, steward, domain, audience, lifecycle, verdict, registered_at) VALUES (1,"
                " 'invoice-issued', 1, '1.0.0', :content, 'json-schema', 'json', :document, 'Invoice', '', 'o', 's', 'd', 'a',"
                " 'active', NULL, 5)"
            ),
            {"content": content_id(first), "document": document},
        )
    engine.dispose()
    schema.upgrade(url)
    database = Database(url, clock)
    actor = Actor("machine", "test")
    database.write(lambda s: subjects.refresh_missing(s, clock()), actor=actor, reason="start")
    info = database.write(lambda s: store.register(s, first, clock()), actor=actor, reason="start")
    assert (info.already_there, info.number, info.schema_id) == (True, 1, 1)
    found = database.read(lambda s: listing.page(s, Wanted(search="invoice_number")))
    assert [head.owner for head in found.heads] == [first.owner]
    held = database.read(lambda s: by_schema_id(s, 1))
    assert held is not None
    assert held.body == document.encode()
    database.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_spans_stored_before_they_were_numbered_are_kept(
    kind: str, request: pytest.FixtureRequest, clock: Clock
) -> None:
    """An upgrade takes spans, attributes and mentions along; what comes after takes numbers behind theirs, and knows them."""
    url: str = request.getfixturevalue(f"{kind}_url")
    alembic.command.upgrade(schema._config(url), "0019")
    trace_id, made = b"\7" * 16, row_ids(4)
    said = [{"n": 0}, {"n": 1}, {"n": 2}]
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement, rows in (
            ("INSERT INTO resource VALUES (1, 9, :id, 'orders', 'flows', '{}')", [{"id": b"r"}]),
            (
                "INSERT INTO span_block VALUES (1, :id, :body)",
                [{"id": made[0], "body": zlib.compress(orjson.dumps(said))}],
            ),
            (
                "INSERT INTO span VALUES (1, :key, :trace, :id, 2, NULL, 9, :name, 1000, 2000, 0, NULL, :block, :ix)",
                [
                    {"key": made[n + 1], "trace": trace_id, "id": bytes([n + 1]) * 8, "name": f"step {n % 2}", "block": made[0], "ix": n}
                    for n in range(3)
                ],
            ),
            ("INSERT INTO span_object VALUES (1, 5, :key)", [{"key": made[2]}, {"key": 77}]),
            (
                "INSERT INTO span_zone VALUES (1, :block, 9, :first, :last, 1000, 1000, 1000, 3, 0)",
                [{"block": made[0], "first": made[1], "last": made[3]}],
            ),
            ("INSERT INTO span_attribute VALUES (1, 1, 'x', 1000, :key)", [{"key": made[3]}]),
            (
                "INSERT INTO object VALUES (1, 7000, 'order', 'SO-1', '', '')",
                [{}],
            ),
            (
                "INSERT INTO promoted_attribute VALUES (1, 1, 'n', 5, :until, :done, 1, 1, NULL)",
                [{"until": made[3], "done": made[0]}],
            ),
        ):  # fmt: skip
            connection.execute(text(statement), rows)
    engine.dispose()
    schema.upgrade(url)
    database = Database(url, clock)
    more = [
        Span(Origin("orders", "flows", {}), trace_id, bytes([n + 1]) * 8, None, f"step {n % 2}", 2, 1000, 2000, 0, None, {"n": n})
        for n in range(4)
    ]  # fmt: skip
    more[3] = more[3]._replace(attributes={"n": 3, "throughline.object.order": ["SO-1", "SO-2"]})
    result = database.write(
        lambda session: intake.ingest(session, Decoded(spans=more), clock(), load()),
        actor=Actor("machine", "test"),
        reason="test",
    )
    assert (result.accepted, result.duplicates) == (1, 3)
    assert [one.reason for one in result.flagged] == ["clock_off"], "it began in 1970"
    told = database.read(lambda session: story_store.trace(session, trace_id.hex()))
    assert [(span.name, span.service, span.attributes["n"]) for span in told] == [
        ("step 0", "orders", 0), ("step 1", "orders", 1), ("step 0", "orders", 2), ("step 1", "orders", 3),
    ]  # fmt: skip
    with database.engine.connect() as connection:
        mentions = connection.execute(
            text("SELECT object_id, span_key FROM span_object ORDER BY object_id")
        ).all()
        blocks = connection.execute(
            text("SELECT block_id, arrived_at FROM span_block ORDER BY block_id")
        ).all()
        searched = [
            tuple(connection.execute(text(f"SELECT {columns} FROM {table}")).all()[0])
            for columns, table in (
                ("block_id, first_key, last_key", "span_zone ORDER BY block_id"),
                ("span_key", "span_attribute"),
                ("done_block, until_block", "promoted_attribute"),
            )
        ]
    assert searched == [(1, 512, 1023), (512 + 2,), (1, 2)]
    assert [tuple(one) for one in mentions] == [(5, 512 + 1), (7000, 1024 + 3), (7002, 1024 + 3)], (
        "one of the two was there, and left its number unused"
    )
    assert [block_id for block_id, _ in blocks] == [1, 2]
    assert 0 <= wall_clock() - blocks[0].arrived_at < 600 * SECOND
    database.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_events_stored_before_their_texts_were_labels_are_kept(
    kind: str, request: pytest.FixtureRequest, clock: Clock
) -> None:
    """An upgrade takes events, edges, milestones and memberships along: the story reads as it did, and what comes after knows them."""
    url: str = request.getfixturevalue(f"{kind}_url")
    alembic.command.upgrade(schema._config(url), "0022")
    said = [
        BusinessEvent("crm", f"e{n}", "order-placed", Instant(n), "salesforce", ("customer:C", f"order:SO-{n}"), data=data)
        for n, data in ((1, '{"throughline.run":"r1"}'), (2, None))
    ]  # fmt: skip
    digest = bytes.fromhex(transaction_id("lead-to-cash", "order:SO-1"))
    whole_hash = [content_hash(event) + b"\0" * 8 for event in said]
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement, rows in (
            (
                "INSERT INTO object VALUES (1, :id, :type, :value, '', '')",
                [{"id": n, "type": kind, "value": value} for n, kind, value in ((1, "order", "SO-1"), (2, "customer", "C"), (3, "order", "SO-2"))],
            ),
            ("INSERT INTO event_object VALUES (1, :object, :event)", [{"object": o, "event": e} for o, e in ((1, 11), (2, 11), (2, 12), (3, 12))]),
            (
                "INSERT INTO event (tenant, event_id, source, source_event_id, content_hash, type, occurred_at, recorded_at, system, objects, data) "
                "VALUES (1, :id, 'crm', :own, :hash, 'order-placed', :at, 5, 'salesforce', :objects, :data)",
                [
                    {"id": 10 + n, "own": f"e{n}", "hash": whole_hash[n - 1], "at": n, "data": event.data, "objects": f'[[2,"customer:C"],[{2 * n - 1},"order:SO-{n}"]]'}
                    for n, event in enumerate(said, 1)
                ],
            ),
            (
                "INSERT INTO edge VALUES (1, 2, 1, 1, 'annotate', 11, 'lead-to-cash', 1, 'order-of-customer', '', 5, NULL)",
                [{}],
            ),
            (
                "INSERT INTO txn (tenant, txn_id, digest, process, definition_version, anchor, status, started_at, last_event_at) "
                "VALUES (1, 9, :digest, 'lead-to-cash', 1, 'order:SO-1', 'open', 1, 1)",
                [{"digest": digest}],
            ),
            ("INSERT INTO txn_event VALUES (1, 9, 11, 'member', 1, 1000000, NULL)", [{}]),
            ("INSERT INTO txn_object VALUES (1, 9, :id, :role, NULL, :rule, 11)", [{"id": 1, "role": "anchor", "rule": None}, {"id": 2, "role": "annotate", "rule": "r"}]),
            ("INSERT INTO milestone VALUES (1, 9, 1, 'order-placed', 1, 11, 'lead-to-cash', 1, 5, NULL)", [{}]),
            ("INSERT INTO row_number VALUES (1, :series, 100)", [{"series": one} for one in ("event", "object", "txn", "edge", "milestone")]),
        ):  # fmt: skip
            connection.execute(text(statement), rows)
    engine.dispose()
    schema.upgrade(url)
    database = Database(url, clock)
    one = digest.hex()
    events = database.read(lambda s: story_store.events(s, (one,)))[one]
    assert [(e.source, e.type, e.system, e.role, [str(key) for key in e.objects]) for e in events] == [
        ("crm", "order-placed", "salesforce", "member", ["customer:C", "order:SO-1"])
    ]
    members = database.read(lambda s: story_store.members(s, (one,)))[one]
    assert [(str(m.object), m.role, m.rule) for m in members] == [("order:SO-1", "anchor", None), ("customer:C", "annotate", "r")]  # fmt: skip
    view = database.read(lambda s: transactions_by_id(s, {}, (one,)))[one]
    assert [(m.name, m.reached_at) for m in view.milestones] == [("order-placed", 1)]
    assert database.read(lambda s: [data_of(s, 11), data_of(s, 12)]) == ['{"throughline.run":"r1"}', None]
    with database.engine.connect() as connection:
        edges = connection.execute(
            text(
                "SELECT d.label, r.label FROM edge e JOIN label d ON d.label_no = e.definition_label JOIN label r ON r.label_no = e.rule_label"
            )
        ).all()
    assert [tuple(row) for row in edges] == [("lead-to-cash", "order-of-customer")]
    again = database.write(
        lambda s: intake.ingest(s, Decoded(events=[*said, said[0]._replace(source_event_id="e3")]), clock(), load()),
        actor=Actor("machine", "test"),
        reason="test",
    )  # fmt: skip
    assert (again.accepted, again.duplicates) == (1, 2)
    events = database.read(lambda s: story_store.events(s, (one,)))[one]
    assert sorted(e.source_event_id for e in events) == ["e1", "e3"]
    assert database.read(lambda s: data_of(s, int(next(e.event_key for e in events if e.source_event_id == "e3")))) == said[0].data  # fmt: skip
    database.close()
