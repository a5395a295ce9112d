# SPDX-License-Identifier: Apache-2.0
"""The inbox: what comes twice is kept once, what comes early waits, and what nobody understands reaches a person."""

import itertools
import json

import pytest
from sqlmodel import Session, select
from sync_signals import NOW, ORDER, came, take, won, write

from controlplane.database import Database
from sync import bank_poll, exceptions, inbox, inbox_rows, runs, store
from sync import deal as deals
from sync.connectors.netsuite import ClearedReceipt
from sync.connectors.salesforce import Opportunity
from sync.inbox_rows import Signal
from sync.tables import InboxRow, RunRow
from terms.instant import HOUR, SECOND, Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.problem import ProblemError

SIGNALS = [
    won(deals.from_opportunity(ORDER)),
    came("subscription_activated", "SUB-7", "SO-7"),
    came("invoice_generated", "INV-7", "SO-7"),
    came("payment_intent.succeeded", "pi_7", "INV-7"),
]
STAGES = ["order", "activation", "invoice", "payment"]


def stages(database: Database) -> list[tuple[str, str]]:
    return database.read(
        lambda s: [(row.stage, row.state) for row in s.exec(select(RunRow).order_by(RunRow.run_sequence))]
    )  # type: ignore[arg-type]


def finish(database: Database, stage: str, now: Instant = NOW) -> None:
    def end(session: Session) -> None:
        (name,) = session.exec(select(RunRow.run_id).where(RunRow.stage == stage)).all()
        run = runs.take_up(session, name, now)
        assert run is not None
        exceptions.succeed(session, run, [], now)

    write(database, end)


def test_a_delivery_is_kept_once(database: Database) -> None:
    """The second delivery of an event answers like the first and adds nothing."""
    signal = came("invoice_generated", "INV-7", "SO-7")
    first, second = (write(database, lambda s: inbox_rows.receive(s, signal, NOW)) for _ in range(2))
    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.inbox_id == second.inbox_id


@pytest.mark.parametrize("order", list(itertools.permutations(range(4)))[::5], ids=str)
def test_signals_in_any_order_start_the_stages_in_theirs(database: Database, order: tuple[int, ...]) -> None:
    """Each stage starts only when the one before it is done, whichever webhook overtakes which."""
    take(database, *(SIGNALS[index] for index in order))
    for number, stage in enumerate(STAGES):
        assert stages(database)[number:] == [(stage, "queued")]
        finish(database, stage)
        write(database, lambda s: inbox.dispatch(s, NOW))
    assert stages(database) == [(stage, "done") for stage in STAGES]


def test_the_bank_reconciles_a_payment_once_its_receipt_is_booked(database: Database) -> None:
    """A statement line that overtakes the end of the payment's stage waits for it; one of a stranger's receipt starts nothing."""
    line = ClearedReceipt("BSL-1", "JE-pi_7", Money(1000, "EUR"), Instant(NOW + SECOND))
    strange = ClearedReceipt("BSL-2", "JE-pi_8", Money(1000, "EUR"), NOW)
    other = ClearedReceipt("BSL-3", "CASH-8", Money(1000, "EUR"), NOW)
    take(database, *SIGNALS)
    for stage in STAGES[:3]:
        finish(database, stage)
        take(database)

    assert write(database, lambda s: bank_poll.keep(s, "netsuite", [line, strange, other], NOW)) == 2
    assert write(database, lambda s: bank_poll.keep(s, "netsuite", [line, strange, other], NOW)) == 0
    take(database)
    assert stages(database)[3:] == [("payment", "queued")]
    finish(database, "payment")
    take(database)

    assert stages(database)[4:] == [("reconciliation", "queued")]
    run = database.read(lambda s: runs.runs_of(s, ObjectKey("payment", "pi_7")))[-1]
    assert (run.flow, dict(run.arguments)) == (
        "lead-to-cash", {"line": "BSL-1", "minor": 1000, "currency": "EUR", "at": NOW + SECOND},
    )  # fmt: skip
    assert database.read(lambda s: store.position(s, "netsuite")) == NOW + SECOND
    assert database.read(store.exceptions).total == 0


def test_two_events_of_one_invoice_are_one_run(database: Database) -> None:
    """A webhook that was made twice, with two event ids, finds the run that is there."""
    take(database, *SIGNALS[:2])
    finish(database, "order")
    take(database)
    finish(database, "activation")
    take(
        database,
        came("invoice_generated", "INV-7", "SO-7", "ev-1"),
        came("invoice_generated", "INV-7", "SO-7", "ev-2"),
    )
    assert stages(database)[2:] == [("invoice", "queued")]


def test_the_payment_of_an_amendment_waits_for_its_recalculation(database: Database) -> None:
    """While the journal of the invoice meets a closed period, its payment waits in the inbox, and no flow waits."""
    amended = deals.from_opportunity(
        Opportunity(
            **{
                **as_dict(ORDER),
                "kind": "Renewal Amendment",
                "amendment_id": "AMD-9",
                "subscription_id": "SUB-3",
            }
        )
    )
    take(
        database,
        won(amended),
        came("invoice_generated", "INV-9", "AMD-9"),
        came("payment_intent.succeeded", "pi_9", "INV-9"),
    )
    finish(database, "amendment")
    take(database)
    assert stages(database) == [("amendment", "done"), ("recalculation", "queued")]
    finish(database, "recalculation")
    take(database)
    assert stages(database)[2] == ("payment", "queued")


def as_dict(opportunity: Opportunity) -> dict[str, object]:
    return {name: getattr(opportunity, name) for name in Opportunity.__dataclass_fields__}


def test_what_belongs_to_nothing_we_know_reaches_a_person_after_an_hour(database: Database) -> None:
    """And when its order comes after all, it goes on by itself and the exception is resolved."""
    take(database, SIGNALS[1])
    assert database.read(store.exceptions).total == 0
    later = Instant(NOW + HOUR + 200 * SECOND)
    write(database, lambda s: inbox.dispatch(s, later))
    (item,) = database.read(lambda s: store.exceptions(s, "open")).items
    assert item.sentence == "Chargebee refused subscription activated SUB-7: order SO-7 never came"
    take(database, SIGNALS[0], now=later)
    finish(database, "order", later)
    write(database, lambda s: inbox.dispatch(s, later))
    assert stages(database)[1] == ("activation", "queued")
    assert database.read(lambda s: store.exceptions(s, "open")).total == 0


def test_an_event_that_starts_nothing_is_set_aside(database: Database) -> None:
    """Systems send more kinds of events than there are stages."""
    take(database, came("subscription_changed", "SUB-7", "SO-7"))
    assert database.read(lambda s: s.exec(select(InboxRow.state)).all()) == ["ignored"]


def test_a_payload_that_cannot_be_read_does_not_stop_the_others(database: Database) -> None:
    """The poison becomes an exception at once; what came with it is started."""
    poison = Signal("salesforce", "006X", inbox.CLOSED_WON, "SO-1", "SO-1", '{"kind": "order"}', NOW)
    take(database, poison, SIGNALS[0])
    assert stages(database) == [("order", "queued")]
    (item,) = database.read(lambda s: store.exceptions(s, "open")).items
    assert item.error_class == "parse"
    asked = write(database, lambda s: exceptions.request_replay(s, item.exception_id, "k", "Kim", NOW))
    assert asked.status == "asked"
    take(database)
    again = database.read(lambda s: store.exception(s, item.exception_id))
    assert again is not None
    assert (again.state, again.occurrences, again.replays) == ("open", 2, 1)


def test_a_deal_without_its_customer_names_every_empty_field() -> None:
    """The person in the CRM learns all of it at once."""
    empty = Opportunity(**{**as_dict(ORDER), "customer_id": "", "region": ""})
    with pytest.raises(ProblemError) as refused:
        deals.from_opportunity(empty)
    assert [problem.where for problem in refused.value.problems] == [
        "Opportunity 006A/Account.External_Id__c", "Opportunity 006A/Region__c",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("minor", "quantity", "lot"),
    [(1200, 10, (10, 120)), (1000, 3, (1, 1000)), (-900, 3, (3, 300)), (0, 1, (1, 0))],
    ids=["divides", "does not divide", "a downgrade's price is positive", "free"],
)
def test_quantity_times_price_is_the_amount(minor: int, quantity: int, lot: tuple[int, int]) -> None:
    """Billing multiplies again; not a cent may appear or vanish."""
    deal = deals.from_opportunity(
        Opportunity(**{**as_dict(ORDER), "amount": Money(minor, "EUR"), "quantity": quantity})
    )
    count, price = deal.lot
    assert (count, price.minor) == lot
    assert count * price.minor == abs(minor)
    assert deals.from_json(json.loads(json.dumps(deals.to_json(deal)))) == deal
    assert deal.key == ObjectKey("order", "SO-7")
