# SPDX-License-Identifier: Apache-2.0
"""The line end to end: deals through real stand-ins, a refusal that a person clears, faults, and deaths of the process."""

import json
from pathlib import Path
from typing import Any

import httpx2
import migrated
from sqlmodel import Session, col, select
from sync_line import Line
from sync_sandbox import Sandbox, deal, wait_until

from sync import exceptions, store
from sync.tables import EffectAttemptRow, EffectRow, InboxRow, RunRow, StepRow
from terms import instant
from terms.instant import DAY, Instant, wall_clock


def runs(line: Line) -> dict[str, str]:
    return line.database.read(lambda s: {row.run_id: row.state for row in s.exec(select(RunRow))})


def events(line: Line) -> list[dict[str, Any]]:
    def read(session: Session) -> list[dict[str, Any]]:
        rows = session.exec(select(StepRow).where(StepRow.step != "stage").order_by(col(StepRow.step_id)))
        return [json.loads(row.attributes) for row in rows]

    return line.database.read(read)


def last_month(now: Instant) -> str:
    """Noon of the last day of the month before, which the sandbox has closed for DE."""
    first = instant.to_datetime(now).replace(day=1, hour=12, minute=0, second=0, microsecond=0)
    return instant.text(Instant(instant.from_datetime(first) - DAY))


def amendment(number: int, **more: Any) -> dict[str, Any]:
    """A DE renewal whose invoice bears the month that is closed."""
    now = wall_clock()
    at = last_month(now)
    return deal(
        number, "Renewal Amendment", entity="DE", closed_at=at, quoted_at=at, activated_at=at, invoiced_at=at,
        paid_at=instant.text(Instant(now - DAY // 100)), effective_on=at[:10], **more,
    )  # fmt: skip


def test_one_deal_reaches_every_system_once(line: Line, sandbox: Sandbox) -> None:
    """Won in the CRM, billed, paid, posted twice and closed in the CRM, told in eight events in that order."""
    sandbox.deals(deal(7))
    wait_until(lambda: runs(line).get(f"lead-to-cash/payment/{payment_id(sandbox)}") == "done")
    told = events(line)
    assert [event["cloudevents.event_id"] for event in told] == [
        "order-placed/SO-7", "customer-created/CUST-7/SO-7", "subscription-activated/SUB-7", "invoice-issued/INV-7",
        "journal-posted/JE-INV-7", f"payment-settled/{payment_id(sandbox)}", f"journal-posted/JE-{payment_id(sandbox)}",
        "crm-updated/SO-7",
    ]  # fmt: skip
    assert told[3]["throughline.object.order"] == "SO-7"
    assert told[3]["throughline.amount_minor"] == 1_200_000
    now = wall_clock()
    assert all(instant.parse(event["throughline.event_time"]) <= now for event in told)
    (journal,) = sandbox.records("netsuite", "journalEntry")
    assert journal["business_key"] == "INV-7"
    assert len(sandbox.records("netsuite", "customerPayment")) == 1
    (opportunity,) = sandbox.records("salesforce", "Opportunity")
    assert opportunity["document"]["Payment_Status__c"] == "Paid"
    assert sandbox.summary()["duplicates"] == []
    assert line.database.read(store.exceptions).total == 0


def payment_id(sandbox: Sandbox) -> str:
    found = sandbox.records("stripe", "payment_intent")
    return str(found[0]["id"]) if found else ""


def test_a_renewal_that_meets_a_closed_period_is_put_right_by_a_person(line: Line, sandbox: Sandbox) -> None:
    """It fails with a sentence and advice; replayed too early it fails again, replayed after the period it ends, once."""
    sandbox.deals(amendment(88))
    wait_until(lambda: line.database.read(lambda s: store.exceptions(s, "open")).total == 1)
    (item,) = line.database.read(lambda s: store.exceptions(s, "open")).items
    month = last_month(wall_clock())[:7]
    assert item.sentence == f"NetSuite refused journal JE-INV-88: period {month} is closed for DE"
    assert item.advice == f"Open period {month} for DE in NetSuite, then replay."
    assert str(item.amount) == "EUR 12,000.00"
    assert {str(key) for key in item.objects} >= {"amendment:AMD-88", "invoice:INV-88", "customer:CUST-88"}
    assert item.fingerprint.startswith("journal|netsuite|period_closed|PERIOD_CLOSED|")
    assert "AMD-88" not in item.fingerprint

    ask(line, item.exception_id, "too early")
    wait_until(lambda: state_of(line, item.exception_id) == ("open", 2))
    sandbox.period("DE", month, "open")
    first, second = ask(line, item.exception_id, "now"), ask(line, item.exception_id, "now")
    assert (first.already_asked, second.already_asked) == (False, True)
    wait_until(lambda: state_of(line, item.exception_id) == ("resolved", 2))
    wait_until(lambda: "renewal-amendment/payment/" + payment_id(sandbox) in runs(line))
    wait_until(lambda: set(runs(line).values()) == {"done"})

    assert len(sandbox.records("netsuite", "journalEntry")) == 1
    assert sandbox.summary()["duplicates"] == []
    kinds = [event["cloudevents.event_type"].rpartition(".")[2] for event in events(line)]
    assert kinds == [
        "renewal-amended", "invoice-issued", "exception-opened", "exception-opened", "journal-posted", "crm-updated",
        "exception-resolved", "payment-settled", "journal-posted",
    ]  # fmt: skip
    assert ask(line, item.exception_id, "once more").status == "not_open"
    assert ask(line, "EX-NONE", "another").status == "not_found"


def ask(line: Line, exception_id: str, key: str) -> exceptions.ReplayAsked:
    answer = line.write(
        lambda s: exceptions.request_replay(s, exception_id, key, "Kim", wall_clock()), "replay"
    )
    line.runtime.wake()
    return answer


def state_of(line: Line, exception_id: str) -> tuple[str, int]:
    found = line.database.read(lambda s: store.exception(s, exception_id))
    assert found is not None
    return found.state, found.occurrences


def test_a_downgrade_is_credited(line: Line, sandbox: Sandbox) -> None:
    """A lower renewal becomes a credit memo, its reversed journal, and the status in the CRM."""
    sandbox.deals(deal(9, "Renewal Amendment", entity="UK", credit=True, amount_minor=-300_000, quantity=1))
    wait_until(lambda: runs(line).get("renewal-amendment/recalculation/CM-9") == "done")
    (journal,) = sandbox.records("netsuite", "journalEntry")
    lines = [
        (row["account"]["externalId"], row.get("debit"), row.get("credit"))
        for row in journal["document"]["line"]["items"]
    ]
    assert lines == [("2400", 3000, None), ("1200", None, 3000)]
    assert [event["cloudevents.event_type"] for event in events(line)] == [
        "renewal-amended", "credit-memo-posted", "journal-posted", "crm-updated",
    ]  # fmt: skip


def test_a_webhook_without_proof_leaves_nothing(line: Line, sandbox: Sandbox) -> None:
    """Wrong credentials or an unknown connection store no row; a proven but unreadable one leaves an exception."""
    url = line.webhooks
    assert httpx2.post(f"{url}/chargebee", content=b"{}", auth=("x", "y")).status_code == 401
    assert httpx2.post(f"{url}/nobody", content=b"{}").status_code == 401
    assert line.database.read(lambda s: s.exec(select(InboxRow)).all()) == []
    rows = json.loads(sandbox.connections.read_text())["connections"]
    known = next(row["credentials"] for row in rows if row["system"] == "chargebee")
    proof = (known["webhook_user"], known["webhook_password"])
    assert httpx2.post(f"{url}/chargebee", content=b"no event", auth=proof).status_code == 200
    (item,) = line.database.read(lambda s: store.exceptions(s, "open")).items
    assert (item.error_class, item.system) == ("parse", "chargebee")


def test_faults_of_every_kind_leave_one_record_each(line: Line, sandbox: Sandbox) -> None:
    """503s, answers lost after the effect and webhooks sent twice: all deals end, nothing is there twice."""
    sandbox.faults(unavailable=0.15, timeout_after_effect=0.15, duplicate_webhook=0.5, hold_s=1.5)
    sandbox.deals(*(deal(number) for number in range(20, 26)))
    wait_until(
        lambda: (
            sum(
                run.startswith("lead-to-cash/payment") and state == "done"
                for run, state in runs(line).items()
            )
            == 6
        ),
        90,
        lambda: (runs(line), line.database.read(lambda s: store.exceptions(s, "open")), line.errors),
    )
    assert sandbox.summary()["duplicates"] == []
    assert set(line.database.read(lambda s: [row.state for row in s.exec(select(EffectRow))])) == {
        "CONFIRMED"
    }
    assert set(runs(line).values()) == {"done"}


def test_an_order_that_breaks_its_contract_touches_no_system(line: Line, sandbox: Sandbox) -> None:
    """The contract is checked before the first effect; the exception says which field."""
    sandbox.deals(deal(5, item="X" * 120))
    wait_until(lambda: line.database.read(lambda s: store.exceptions(s, "open")).total == 1)
    (item,) = line.database.read(lambda s: store.exceptions(s, "open")).items
    assert (item.error_class, item.step) == ("contract", "check order-placed")
    assert "item" in item.sentence
    assert sandbox.records("chargebee", "customer") == []
    assert line.database.read(lambda s: s.exec(select(EffectRow)).all()) == []


def test_a_missing_product_mapping_is_added_and_replayed(line: Line, sandbox: Sandbox) -> None:
    """The ERP refuses revenue of a product it does not know; once it does, the replay posts it."""
    sandbox.http.delete("/sandbox/mappings/US/PLATFORM").raise_for_status()
    sandbox.deals(deal(6))
    wait_until(lambda: line.database.read(lambda s: store.exceptions(s, "open")).total == 1)
    (item,) = line.database.read(lambda s: store.exceptions(s, "open")).items
    assert (item.error_class, item.system, item.attempts) == ("missing", "netsuite", 1)
    sandbox.http.post("/sandbox/mappings/US/PLATFORM").raise_for_status()
    ask(line, item.exception_id, "mapped")
    wait_until(lambda: runs(line).get(f"lead-to-cash/payment/{payment_id(sandbox)}") == "done")
    assert len(sandbox.records("netsuite", "journalEntry")) == 1


def test_stopping_in_a_back_off_is_no_failure(sandbox: Sandbox, tmp_path: Path) -> None:
    """The server is stopped while every system is away: nothing is reported, and the next start goes on."""
    urls = migrated.sqlite(tmp_path / "t.sqlite3"), f"sqlite:///{tmp_path / 'e.sqlite3'}"
    sandbox.faults(unavailable=1.0)
    first = Line(*urls, sandbox.connections)
    first.start()
    sandbox.faults(unavailable=0.0)
    sandbox.deals(deal(4))
    wait_until(lambda: "lead-to-cash/order/SO-4" in runs(first))
    sandbox.faults(unavailable=1.0)
    wait_until(lambda: bool(first.database.read(lambda s: s.exec(select(EffectAttemptRow)).all())))
    first.stop()
    sandbox.faults(unavailable=0.0)
    second = Line(*urls, sandbox.connections)
    second.start()
    sandbox.send_webhooks_to(second.webhooks)
    try:
        wait_until(lambda: runs(second).get(f"lead-to-cash/payment/{payment_id(sandbox)}") == "done")
        assert second.database.read(store.exceptions).total == 0
        assert sandbox.summary()["duplicates"] == []
    finally:
        second.stop()
