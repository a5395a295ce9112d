# SPDX-License-Identifier: Apache-2.0
"""How a transaction stands: reached, waited for, failed, cancelled, completed, and when it is due."""

import pytest

from collectors.definitions import load
from collectors.processes.milestone_state import milestone_states
from collectors.processes.outcome import Outcome, outcome
from collectors.stitching.stitch_event import Membership, StitchEvent
from collectors.stitching.tree import object_type
from collectors.transactions.transaction import MilestoneView, TransactionView
from terms.instant import DAY, HOUR, Instant
from terms.object_key import ObjectKey

LEAD = load().process("lead-to-cash")
assert LEAD is not None
PATH = (
    (0 * HOUR, "order-placed", "order:SO-1"),
    (1 * HOUR, "customer-created", "order:SO-1"),
    (2 * HOUR, "subscription-activated", "order:SO-1"),
    (3 * HOUR, "invoice-issued", "invoice:INV-1"),
    (4 * HOUR, "journal-posted", "invoice:INV-1"),
    (5 * HOUR, "payment-settled", "invoice:INV-1"),
    (6 * HOUR, "journal-posted", "payment:P-1"),
    (7 * HOUR, "crm-updated", "order:SO-1"),
)
OPENED, RESOLVED = "throughline.exception-opened", "throughline.exception-resolved"


def of(*events: tuple[int, str, str]) -> Outcome:
    """The outcome of events that belong to one order."""
    joined = []
    for number, (at, kind, key) in enumerate(sorted(events)):
        kinds, keys = (object_type(key), "customer"), (key, "customer:C-1")
        event = StitchEvent(
            at, "test", str(number), number, kind, "test", kinds, keys, at + 1, "EUR", "DE", "EMEA"
        )
        joined.append(Membership(event, "member", key, 1_000_000))
    assert LEAD is not None
    return outcome(LEAD, joined)


def test_an_order_waits_for_the_first_milestone_it_has_not_reached() -> None:
    """After the invoice it waits for the posting, since the invoice, for four hours."""
    waiting = of(*PATH[:4])
    assert (waiting.status, waiting.waiting_for) == ("open", "posted")
    assert (waiting.waiting_since, waiting.due_at) == (3 * HOUR, 7 * HOUR)
    assert (waiting.started_at, waiting.last_event_at, waiting.ended_at) == (0, 3 * HOUR, None)
    assert (waiting.amount_minor, waiting.currency, waiting.customer, waiting.legal_entity) == (
        1,
        "EUR",
        "C-1",
        "DE",
    )


def test_an_order_is_completed_when_all_that_it_needs_is_reached() -> None:
    """Posted, cash applied and closed in CRM: it ends at the last of the three and waits for nothing."""
    done = of(*PATH)
    assert (done.status, done.ended_at, done.waiting_for, done.due_at) == ("completed", 7 * HOUR, None, None)
    assert list(done.milestones) == [m.name for m in LEAD.milestones] if LEAD else False


def test_a_limit_does_not_run_before_its_start() -> None:
    """Cash is due a day after the payment; before the payment there is no such date."""
    assert of(*PATH[:3], PATH[4]).waiting_for == "invoiced"
    assert of(PATH[0], PATH[1], PATH[2], PATH[3], PATH[4]).due_at == 3 * HOUR + 30 * DAY
    assert of(PATH[3]).due_at is None


@pytest.mark.parametrize(
    ("events", "status"),
    [
        pytest.param([(5, OPENED, "exception:E-1")], "failed", id="opened"),
        pytest.param([(5, OPENED, "exception:E-1"), (6, RESOLVED, "exception:E-1")], "open", id="resolved"),
        pytest.param(
            [(5, OPENED, "exception:E-1"), (6, RESOLVED, "exception:E-1"), (7, OPENED, "exception:E-1")],
            "failed",
            id="opened again",
        ),
        pytest.param(
            [(5, OPENED, "exception:E-1"), (6, RESOLVED, "exception:E-2")], "failed", id="another resolved"
        ),
        pytest.param(
            [(5, OPENED, "exception:E-1"), (9, "order-cancelled", "order:SO-1")], "cancelled", id="cancelled"
        ),
    ],
)
def test_a_transaction_has_failed_while_an_exception_is_open(
    events: list[tuple[int, str, str]], status: str
) -> None:
    """The last word on each exception counts, by business time; a cancelled order has not failed."""
    assert of(PATH[0], *events).status == status


def test_a_completed_transaction_has_not_failed() -> None:
    """Once all is reached, an exception that nobody cleared is the exception list's business."""
    assert of(*PATH, (5, OPENED, "exception:E-1")).status == "completed"


def a_view(done: int, status: str = "open") -> TransactionView:
    result = of(*PATH[:done])
    assert LEAD is not None
    milestones = tuple(
        MilestoneView(m.name, Instant(r.at) if (r := result.milestones.get(m.name)) else None, None)
        for m in LEAD.milestones
    )
    return TransactionView(
        "0" * 32, LEAD.id, 1, ObjectKey("order", "SO-1"), status, Instant(0), None, Instant(0), None, None, None, None,  # type: ignore[arg-type]
        result.waiting_for, None, None, milestones,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "now", "states"),
    [
        (
            "open",
            4 * HOUR,
            ["reached", "reached", "reached", "reached", "waiting", "waiting", "pending", "pending"],
        ),
        (
            "open",
            8 * HOUR,
            ["reached", "reached", "reached", "reached", "overdue", "waiting", "pending", "pending"],
        ),
        (
            "failed",
            4 * HOUR,
            ["reached", "reached", "reached", "reached", "failed", "waiting", "pending", "pending"],
        ),
    ],
    ids=["in time", "too late", "failed"],
)
def test_each_stage_says_how_it_stands(status: str, now: int, states: list[str]) -> None:
    """Posting and payment both wait for the invoice; what comes after them is not their turn yet."""
    assert LEAD is not None
    found = milestone_states(LEAD, a_view(4, status), Instant(now))
    assert [one.state for one in found] == states
    assert (found[4].due_at, found[4].elapsed) == (7 * HOUR, now - 3 * HOUR)
