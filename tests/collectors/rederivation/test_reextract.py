# SPDX-License-Identifier: Apache-2.0
"""A changed rule changes history where its spans are kept, ends where a server that had it from the start would, and says what is left."""

from pathlib import Path
from typing import Any

import migrated
import pytest
from sqlalchemy import delete, select

from collectors import tables
from collectors.definitions import Definitions, load
from collectors.intake import ingest
from collectors.labels import label_of
from collectors.rederivation import store as rederivation_store
from collectors.rederivation.from_spans import step
from collectors.rederivation.job import Rederivation
from collectors.span import BusinessEvent, Decoded, Origin, Span
from collectors.spans.rows import shown
from controlplane.database import Actor, Database
from terms.instant import DAY, parse

NOON = parse("2026-03-01T12:00:00Z")
MACHINE = Actor("machine", "test")


def rules(folder: Path, version: int, readings: str, example: str) -> Definitions:
    """Our definitions and a version of the shop's rule."""
    (folder / "shop.yaml").write_text(
        f"kind: extraction\nid: shop\nversion: {version}\ntitle: Shop\nspans: {{service: [shop]}}\nreadings:\n{readings}examples:\n{example}"
    )
    return load((folder,))


def first(folder: Path) -> Definitions:
    """Version 1 takes every payment for an order's event, under the wrong attribute."""
    return rules(
        folder, 1, "  - {id: paid, when: {name: pay}, event: order-paid, objects: [{type: order, from: cart}]}\n",
        "  - {name: a, span: {service: shop, name: pay, attributes: {cart: C-1}}, gives: {event: order-paid, objects: ['order:C-1']}}\n",
    )  # fmt: skip


def second(folder: Path) -> Definitions:
    """Version 2 reads the order, knows of placed orders too, and no longer of payments without one."""
    return rules(
        folder, 2,
        "  - {id: paid, when: {name: pay, has: [order]}, event: order-paid, objects: [{type: order, from: order}]}\n"
        "  - {id: placed, when: {name: order}, event: order-placed, objects: [{type: order, from: order}]}\n"
        "  - {id: seen, when: {name: look}, objects: [{type: order, from: order}]}\n",
        "  - {name: a, span: {service: shop, name: pay, attributes: {order: S-1}}, gives: {event: order-paid, objects: ['order:S-1']}}\n"
        "  - {name: b, span: {service: shop, name: order, attributes: {order: S-1}}, gives: {event: order-placed, objects: ['order:S-1']}}\n"
        "  - {name: c, span: {service: shop, name: look, attributes: {order: S-1}}, gives: {objects: ['order:S-1']}}\n",
    )  # fmt: skip


def a_span(number: int, name: str, at: int = NOON, **attributes: str) -> Span:
    ids = (number + 1).to_bytes(16, "big"), (number + 1).to_bytes(8, "big")
    return Span(Origin("shop", "", {}), *ids, None, name, 1, at * 1000, at * 1000 + 5, 0, None, attributes)


SPANS = (
    a_span(0, "order", order="S-1"),
    a_span(1, "pay", cart="C-1", order="S-1"),
    a_span(2, "pay", cart="C-2"),
    a_span(3, "look", order="S-1"),
    a_span(4, "order", at=NOON + DAY, order="S-2"),
)


def take(database: Database, definitions: Definitions, *items: Span | BusinessEvent) -> None:
    request = Decoded(
        spans=[one for one in items if isinstance(one, Span)],
        events=[one for one in items if isinstance(one, BusinessEvent)],
    )
    database.write(lambda session: ingest(session, request, NOON, definitions), actor=MACHINE, reason="test")


def run(database: Database, definitions: Definitions) -> Rederivation | None:
    """Every step until there is none; the job as it ended."""
    last = None
    for _ in range(100):
        job, goes_on = database.write(
            lambda session: step(session, definitions, NOON), actor=MACHINE, reason="test"
        )
        last = job or last
        if not goes_on:
            return last
    raise AssertionError("it never ends")


def digest(database: Database) -> dict[str, Any]:
    """What people see: events with what they name, transactions with their milestones, spans that name objects."""

    def rows(session: Any, *columns: Any) -> list[tuple[Any, ...]]:
        return sorted(tuple(str(value) for value in row) for row in session.execute(select(*columns)))

    def read(session: Any) -> dict[str, Any]:
        e, t, o = tables.EventRow, tables.TxnRow, tables.ObjectRow
        names = {
            row.object_id: f"{row.type}:{row.value}"
            for row in session.execute(select(o.object_id, o.type, o.value))
        }
        by_event = session.execute(
            select(tables.EventObjectRow.event_id, tables.EventObjectRow.object_id)
        ).all()
        named = sorted((str(event_id), names[object_id]) for event_id, object_id in by_event)
        sources = {
            str(row.event_id): row.source_event_id
            for row in session.execute(select(e.event_id, e.source_event_id))
        }
        spans = {row.span_key: row.name for row in session.execute(shown())}
        mentions = session.execute(
            select(tables.SpanObjectRow.object_id, tables.SpanObjectRow.span_key)
        ).all()
        return {
            "events": rows(session, e.source_event_id, label_of(e.type_label), e.occurred_at, e.rule_no),
            "named": sorted((sources[event_id], key) for event_id, key in named),
            "transactions": rows(session, t.process, t.anchor, t.status, t.started_at),
            "mentions": sorted((names[one], spans[key]) for one, key in mentions),
        }

    return dict(database.read(read))


@pytest.fixture
def fresh(tmp_path: Path) -> Any:
    """Another database, on which version 2 was there from the start."""
    database = Database(migrated.sqlite(tmp_path / "fresh.sqlite3"), lambda: NOON)
    yield database
    database.close()


def without_rules(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"events": [row[:3] for row in found["events"]]}


def test_history_ends_as_if_the_new_rule_had_been_there_from_the_start(
    database: Database, fresh: Database, tmp_path: Path
) -> None:
    """Changed, removed and new events, the transactions of all of them, and the spans that only name objects."""
    old, new = first(tmp_path), None
    run(database, old)
    take(database, old, *SPANS)
    assert [row[1] for row in digest(database)["events"]] == ["order-paid", "order-paid"]
    new = second(tmp_path)
    job = run(database, new)
    take(fresh, new, *SPANS)
    assert without_rules(digest(database)) == without_rules(digest(fresh))
    assert job is not None
    assert (job.names, job.state, job.changed, job.removed, job.added) == (("shop@2",), "done", 1, 1, 2)
    assert (job.done >= 7, job.days_left) == (True, {})
    numbers = {row[3] for row in digest(database)["events"]}
    assert len(numbers) == 1


def test_what_is_through_is_not_done_again(database: Database, tmp_path: Path) -> None:
    """A server that starts again with the same rules finds nothing to do."""
    old = first(tmp_path)
    take(database, old, *SPANS)
    new = second(tmp_path)
    run(database, new)
    before = digest(database)
    assert run(database, new) is None
    assert digest(database) == before


def test_days_whose_spans_are_gone_are_told_and_their_events_stay(database: Database, tmp_path: Path) -> None:
    """Retention took the spans of a payment, and an event came without a span: both days are named."""
    old = first(tmp_path)
    run(database, old)
    take(database, old, *SPANS)
    paying = select(tables.OperationRow.operation_no).where(tables.OperationRow.name == "pay")  # type: ignore[arg-type,call-overload]
    database.write(
        lambda session: session.execute(
            delete(tables.SpanRow).where(tables.SpanRow.operation_no.in_(paying))  # type: ignore[attr-defined]
        ),
        actor=MACHINE,
        reason="test",
    )
    job = run(database, second(tmp_path))
    assert job is not None
    assert dict(job.days_left) == {"2026-03-01": 2}
    assert (job.changed, job.removed, job.added) == (0, 0, 2)
    assert sorted(row[1] for row in digest(database)["events"]) == [
        "order-paid",
        "order-paid",
        "order-placed",
        "order-placed",
    ]


def test_spans_that_come_back_are_read_by_the_rule_in_force(database: Database, tmp_path: Path) -> None:
    """What an earlier version made gives way to the newer one, whichever content is the greater."""
    old = first(tmp_path)
    take(database, old, SPANS[1])
    new = second(tmp_path)
    take(database, new, SPANS[1])
    assert [key for _, key in digest(database)["named"]] == ["order:S-1"]
    take(database, new, SPANS[1])
    assert len(digest(database)["events"]) == 1


def test_a_version_that_comes_in_between_overtakes_the_job(database: Database, tmp_path: Path) -> None:
    """The older version's job ends where it is; the newer one's does all of it."""
    old = first(tmp_path)
    run(database, old)
    take(database, old, *SPANS)
    newer = second(tmp_path)
    database.write(lambda session: step(session, newer, NOON), actor=MACHINE, reason="test")
    (tmp_path / "shop.yaml").write_text(
        (tmp_path / "shop.yaml").read_text().replace("version: 2", "version: 3")
    )
    job = run(database, load((tmp_path,)))
    assert job is not None
    assert (job.names, job.state) == (("shop@3",), "done")
    states = [one.state for one in database.read(lambda session: rederivation_store.jobs(session))]
    assert states[:2] == ["done", "overtaken"]
    assert sorted({row[1] for row in digest(database)["events"]}) == ["order-paid", "order-placed"]


def test_a_rule_that_is_no_longer_loaded_leaves_its_events_alone(database: Database, tmp_path: Path) -> None:
    """A server started without its folder of definitions takes nothing away."""
    old = first(tmp_path)
    run(database, old)
    take(database, old, *SPANS)
    before = digest(database)
    run(database, load())
    assert digest(database) == before
