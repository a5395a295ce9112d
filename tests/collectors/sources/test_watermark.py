# SPDX-License-Identifier: Apache-2.0
"""Overdue, or is only the source behind? A stage is overdue when the source of its system has told past its limit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.definitions import load
from collectors.intake import ingest
from collectors.processes.milestone_state import milestone_states
from collectors.query.vocabulary import Vocabulary
from collectors.sources.watermark import NOTHING_HELD, Reach, Watermarks, watermarks
from collectors.span import BusinessEvent, Decoded
from collectors.transactions import facets as transaction_facets
from collectors.transactions import line_store
from collectors.transactions import listing as transaction_list
from collectors.transactions.condition import Wanted
from collectors.transactions.query import Condition
from collectors.transactions.transaction import TransactionView
from controlplane.database import Actor, Database
from terms.instant import HOUR, MINUTE, Instant
from terms.object_key import ObjectKey

DEFINITIONS = load()
LEAD = DEFINITIONS.process("lead-to-cash")
assert LEAD is not None
NOW = Instant(100 * HOUR)
POSTED = ("lead-to-cash", "posted")
ERP = Reach("erp-jaeger", frozenset({"netsuite"}), NOW, HOUR)


def held_at(watermark: int, **more: object) -> Watermarks:
    return watermarks([replace(ERP, watermark=Instant(watermark), **more)], DEFINITIONS.processes, NOW)


@pytest.mark.parametrize(
    ("behind", "max_silence", "until", "lagging"),
    [
        (0, HOUR, NOW, None),
        (30 * MINUTE, HOUR, NOW - 30 * MINUTE, None),
        (90 * MINUTE, HOUR, NOW - 90 * MINUTE, None),
        (2 * HOUR, HOUR, NOW - 2 * HOUR, None),
        (2 * HOUR + 1, HOUR, NOW, "erp-jaeger"),
        (50 * HOUR, None, NOW, None),
    ],
    ids=["up to date", "behind", "silent", "silent twice as long", "lagging", "nobody waits for it"],
)
def test_a_limit_is_judged_by_what_the_source_has_told(
    behind: int, max_silence: int | None, until: int, lagging: str | None
) -> None:
    """Waiting for a source ends at twice its silence: then the clock judges, and says that the source lags."""
    found = held_at(NOW - behind, max_silence=max_silence)
    assert found.until(*POSTED, NOW) == until
    assert found.lagging_source(*POSTED) == lagging
    assert found.until("lead-to-cash", "paid", NOW) == NOW, "the stage of another system"


def test_silence_is_a_matter_of_its_own_limit() -> None:
    """Behind for longer than it may be it is silent, for twice as long it lags."""
    late = replace(ERP, watermark=Instant(NOW - 90 * MINUTE))
    assert (late.is_silent(NOW), late.is_lagging(NOW)) == (True, False)
    assert replace(late, max_silence=None).is_silent(NOW) is False
    assert late.behind(Instant(0)) == 0, "a clock that was set back is no lead"


def test_of_two_sources_of_one_system_the_one_behind_decides() -> None:
    """A system that two tracers tell of is known up to where both have told."""
    other = Reach("second", frozenset({"netsuite", "stripe"}), Instant(NOW - 10 * MINUTE), HOUR)
    late = replace(ERP, watermark=Instant(NOW - 20 * MINUTE))
    for order in ((other, late), (late, other)):
        found = watermarks(order, DEFINITIONS.processes, NOW)
        assert found.until(*POSTED, NOW) == NOW - 20 * MINUTE
        assert found.until("lead-to-cash", "paid", NOW) == NOW - 10 * MINUTE


def told(number: int, at: int, kind: str) -> BusinessEvent:
    key = (
        (f"order:SO-{number}", f"invoice:INV-{number}")
        if kind == "invoice-issued"
        else (f"order:SO-{number}",)
    )
    return BusinessEvent(
        "test", f"{kind}-{number}", kind, Instant(at), "chargebee", tuple(sorted(key)), 100, "EUR"
    )


def invoiced(database: Database, *times: int) -> None:
    """Orders whose invoice came at these times; each waits for its posting, four hours at most."""
    events = [
        told(number, at, kind)
        for number, at in enumerate(times)
        for kind in ("order-placed", "customer-created", "subscription-activated", "invoice-issued")
    ]
    request = Decoded(events=events)
    database.write(
        lambda session: ingest(session, request, NOW, DEFINITIONS), actor=Actor("machine", "t"), reason="t"
    )


def of_status(word: str, known: Watermarks) -> Wanted:
    return Wanted((Condition("status", ":", (word,)),), NOW, known)


def overdue(database: Database, known: Watermarks) -> list[TransactionView]:
    names, wanted = DEFINITIONS.milestone_names, of_status("overdue", known)
    page = database.read(
        lambda s: transaction_list.page(
            s, names, wanted, transaction_list.Sort(), transaction_list.Stretch(50)
        )
    )
    return list(page.items)


def test_a_posting_is_not_overdue_while_the_tracer_of_the_ledger_is_behind(database: Database) -> None:
    """Due an hour ago, but the ledger's tracer has told only up to two hours ago: nobody can say yet that it is missing."""
    assert LEAD is not None
    invoiced(database, NOW - 5 * HOUR, NOW - 40 * HOUR)
    behind = held_at(NOW - 2 * HOUR)
    recent, old = sorted(overdue(database, NOTHING_HELD), key=lambda view: -view.started_at)
    assert [view.anchor.value for view in overdue(database, behind)] == ["SO-1"]
    assert (recent.is_overdue(NOW), recent.is_overdue(NOW, behind), old.is_overdue(NOW, behind)) == (
        True,
        False,
        True,
    )
    state = {one.name: one.state for one in milestone_states(LEAD, recent, NOW, behind)}
    assert state["posted"] == "waiting"
    assert database.read(lambda s: transaction_list.count(s, of_status("stuck", behind))) == 1
    facets = database.read(
        lambda s: transaction_facets.facets(
            s, Wanted((), NOW, behind), Vocabulary(DEFINITIONS.processes, {}), ("status",)
        )
    )
    assert {one.value: one.count for one in facets["status"]} == {"open": 2, "overdue": 1, "stuck": 1}
    totals = database.read(lambda s: line_store.totals(s, Instant(0), NOW, behind))
    (posted,) = [
        s
        for s in database.read(lambda s: line_store.stages(s, (), Instant(0), NOW, behind))
        if s.milestone == "posted"
    ]
    assert (totals.overdue, totals.stuck, posted.overdue) == (1, 1, 1)


def test_once_the_source_lags_the_clock_judges_again(database: Database) -> None:
    """A source that was silent for twice as long as it may be keeps no one from seeing what is overdue."""
    invoiced(database, NOW - 5 * HOUR)
    lagging = held_at(NOW - 3 * HOUR)
    (view,) = overdue(database, lagging)
    assert lagging.lagging_source(view.process, view.waiting_for) == "erp-jaeger"


@given(due=st.integers(-5, 5), until=st.integers(-5, 5))
def test_the_value_and_the_limit_agree(due: int, until: int) -> None:
    """Overdue means: due before the instant that is judged by, and that is never later than now."""
    known = Watermarks({POSTED: Instant(NOW + until)})
    view = a_waiting(NOW + due)
    assert view.is_overdue(NOW, known) is (due < min(until, 0))


def a_waiting(due_at: int) -> TransactionView:
    return TransactionView(
        "0" * 32, "lead-to-cash", 1, ObjectKey("order", "SO-1"), "open", Instant(0), None, Instant(0), None, None, None,
        None, "posted", Instant(0), Instant(due_at), (),
    )  # fmt: skip
