# SPDX-License-Identifier: Apache-2.0
"""The history through the real intake: its spans become the deals they were made of, in the states that were planted."""

from collections import Counter
from pathlib import Path

import migrated
import pytest
from sqlmodel import select

from collectors import definitions, intake
from collectors.decoding import otlp
from collectors.tables import TxnRow
from controlplane.database import Actor, Database
from controlplane.demo import history
from controlplane.demo.story import Story
from controlplane.demo.story_spans import spans
from terms.instant import Instant, parse

NOW = parse("2026-11-23T14:20:00Z")
MACHINE = Actor("machine", "test")


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    """Everything that was planted, and every twelfth of the other deals."""
    return [
        story
        for story in history.stories(7, NOW)
        if "posted" not in story.at or story.cancelled_at or story.refusal or story.number % 12 == 0
    ]


def _reached(story: Story, milestone: str) -> bool:
    return story.at.get(milestone, NOW + 1) <= NOW


def _expected(story: Story) -> str:
    last = "cash-applied" if story.kind == "new-business" else "posted"
    if story.cancelled_at:
        return "cancelled"
    return "completed" if _reached(story, "closed-in-crm") and _reached(story, last) else "open"


def test_each_deal_is_one_transaction(stories: list[Story], tmp_path: Path) -> None:
    """One transaction a deal, completed, open or cancelled as it was told; a refusal that was cleared leaves none failed."""
    database = Database(migrated.sqlite(tmp_path / "throughline.sqlite3"), lambda: NOW)
    loaded = definitions.load(())
    plan = [tuple(spans(story, "7")) for story in stories]
    for body in history.requests(plan, NOW):
        result = database.write(
            lambda session, body=body: intake.ingest(session, otlp.decode_protobuf(body), NOW, loaded),  # type: ignore[misc]
            actor=MACHINE,
            reason="history",
        )
        assert not result.rejected
    rows = database.read(lambda session: session.exec(select(TxnRow)).all())
    database.close()
    assert {(row.process, row.status) for row in rows} <= {
        (process, status)
        for process in ("lead-to-cash", "renewal-amendment")
        for status in ("completed", "open", "cancelled")
    }
    assert Counter(row.status for row in rows) == Counter(_expected(story) for story in stories)
    late = [
        row for row in rows if row.waiting_for == "posted" and row.due_at is not None and row.due_at < NOW
    ]
    assert len(late) == 14
    assert Counter(row.legal_entity for row in late)["DE"] == 10
    assert all(isinstance(row.started_at, int) and row.started_at <= Instant(NOW) for row in rows)
