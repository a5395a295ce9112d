# SPDX-License-Identifier: Apache-2.0
"""Old spans go into files and out of the database; what was derived from them stays, and they can come back."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import func, select

from collectors import intake, tables
from collectors.definitions import load
from collectors.imports.batch import decode
from collectors.imports.file import batches
from collectors.retention import store
from collectors.retention.keep import Keep
from collectors.span import Decoded, Origin, Span
from collectors.spans.block import BLOCK
from collectors.spans.view import SpanView
from collectors.transactions.story_store import trace
from controlplane.database import Actor, Database
from controlplane.retention import Retention
from terms.instant import Instant, wall_clock
from terms.problem import ProblemError

DEFINITIONS = load()
MACHINE = Actor("machine", "test")
ORIGIN = Origin("flows", "throughline", {"service.name": "flows", "host.name": "h"})
DAY = 86_400_000_000
START = 1_790_000_000_000_000_000
TRACE = 7
WORDS: dict[str, Any] = {
    "throughline.object.order": "SO-1", "n": 1, "share": 0.5, "tags": ["a", "b"], "nested": {"deep": True},
    "span.events": [{"name": "retry", "time_unix_nano": START + 1, "attributes": {"attempt": 2}}],
    "span.links": [{"trace_id": "0b" * 16, "span_id": "0c" * 8, "attributes": {}}],
}  # fmt: skip


def a_span(number: int, **more: Any) -> Span:
    trace_id, span_id = TRACE.to_bytes(16, "big"), number.to_bytes(8, "big")
    parent = (1).to_bytes(8, "big") if number > 1 else None
    start = START + number * 1_000
    return Span(
        ORIGIN, trace_id, span_id, parent, "it's a step", 2, start, start + 5, 2, "refused", WORDS | more
    )


def take(database: Database, *spans: Span) -> None:
    request = Decoded(spans=list(spans))
    database.write(
        lambda session: intake.ingest(session, request, wall_clock(), DEFINITIONS),
        actor=MACHINE,
        reason="test",
    )


def count(database: Database, table: Any) -> int:
    return database.read(
        lambda session: session.execute(select(func.count()).select_from(table)).scalar_one()
    )


def later(days: float) -> Instant:
    return Instant(wall_clock() + round(days * DAY))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "it's an archive"


def test_spans_leave_when_they_are_old_and_their_file_can_be_read(database: Database, folder: Path) -> None:
    """Age counts from arrival: a span of years ago that came in today stays. The file is whole, and recorded."""
    take(database, *(a_span(number) for number in range(1, 4)))
    keep = Keep(days=30)
    assert Retention(database, lambda: later(29), keep, folder).step() is False
    assert count(database, tables.SpanRow) == 3

    Retention(database, lambda: later(31), keep, folder).step()
    assert count(database, tables.SpanRow) == count(database, tables.SpanBlockRow) == 0
    assert count(database, tables.SpanObjectRow) == 0
    (archived,) = database.read(lambda session: store.archives(session, 10))
    (file,) = folder.iterdir()
    assert (archived.path, archived.spans) == (str(file), 3)
    assert (archived.from_ns, archived.to_ns) == (START + 1_000, START + 3_000)
    quoted = str(file).replace("'", "''")
    rows = duckdb.sql(f"SELECT span_id, start_ns, service, attributes->>'n' FROM '{quoted}' ORDER BY start_ns").fetchall()  # fmt: skip
    assert rows[0] == ("0000000000000001", START + 1_000, "flows", "1")


def test_an_archive_comes_back_as_it_was(database: Database, folder: Path) -> None:
    """Attributes, events, links, status and the resource: nothing is lost on the way out and in. It came anew, and says when."""

    def told() -> list[SpanView]:
        found = database.read(lambda session: trace(session, f"{TRACE:032x}"))
        return [replace(span, arrived_at=None) for span in found]

    take(database, a_span(1), a_span(2))
    before = told()
    assert len(before) == 2
    Retention(database, lambda: later(31), Keep(days=30), folder).step()
    assert told() == []

    (file,) = folder.iterdir()
    for batch in batches(file):
        assert batch.items == 2
        decoded = decode(batch, DEFINITIONS.extractor, wall_clock())
        assert decoded.spans[0].origin.attributes == ORIGIN.attributes
        take(database, *decoded.spans)
    assert told() == before


def test_the_oldest_leave_when_there_are_too_many(database: Database, folder: Path) -> None:
    """By size: as many blocks go as bring it below the limit, the oldest first, and the rest stays."""
    noise = [{"noise": bytes(range(256)).hex()[number : number + 400]} for number in range(BLOCK)]
    for request in range(24):
        take(database, *(a_span(request * BLOCK + number + 1, **noise[number]) for number in range(BLOCK)))
    size = database.read(store.size)
    keep = Keep(mib=1)
    assert size > keep.mib << 20
    Retention(database, wall_clock, keep, folder).step()
    assert database.read(store.size) <= keep.mib << 20
    left = database.read(
        lambda session: session.execute(select(func.min(tables.SpanRow.start_ns))).scalar_one()
    )
    assert left > START + BLOCK * 1_000
    assert 0 < count(database, tables.SpanRow) < 24 * BLOCK
    assert Retention(database, wall_clock, keep, folder).step() is False


def test_a_kill_between_the_file_and_the_removal_costs_nothing(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spans are still stored, and the next step writes the very same file again."""
    take(database, a_span(1))
    retention = Retention(database, lambda: later(31), Keep(days=30), folder)
    with monkeypatch.context() as broken:
        broken.setattr(store, "remove", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError, match="killed"):
            retention.step()
    (file,) = folder.iterdir()
    before = file.read_bytes()
    assert count(database, tables.SpanRow) == 1
    retention.step()
    assert (count(database, tables.SpanRow), file.read_bytes()) == (0, before)
    assert len(database.read(lambda session: store.archives(session, 10))) == 1


def test_spans_may_leave_without_a_file(database: Database) -> None:
    """When that is what was asked for; that they went is recorded all the same."""
    take(database, a_span(1))
    Retention(database, lambda: later(31), Keep(days=30), None).step()
    (archived,) = database.read(lambda session: store.archives(session, 10))
    assert (archived.path, archived.spans, count(database, tables.SpanRow)) == ("", 1, 0)


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    """Only what retention wrote comes back in."""
    file = tmp_path / "other.parquet"
    duckdb.sql("SELECT 1 AS one").write_parquet(str(file))
    with pytest.raises(ProblemError, match="is no archive of spans"):
        list(batches(file))
