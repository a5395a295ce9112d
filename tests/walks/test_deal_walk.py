# SPDX-License-Identifier: Apache-2.0
"""Walk (c): a deal closes, four systems are told, and a renewal that fails is put right by a person."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from served_plane import ControlPlane
from sync_sandbox import Sandbox, deal, wait_until

DEALS = """{ transactions(first: 20) { totalCount nodes { id status overdue process anchor { value } sentence
  milestones { name state } spans { spanId traceId parentSpanId attempt durationSeconds startedAt name } exceptions { state } } } }"""
EXCEPTIONS = """query E($state: ExceptionState) { exceptions(state: $state) { totalCount nodes {
  id state sentence advice amount { amount currency } replays transaction { id } } } }"""
REPLAY = """mutation R($input: ReplayExceptionInput!) { replayException(input: $input) {
  __typename ... on ReplayStarted { alreadyAsked } ... on ExceptionNotOpen { message } } }"""


def _last_month() -> str:
    first = datetime.now(UTC).replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")


def _renewal(number: int, **more: Any) -> dict[str, Any]:
    """A large German renewal whose change took effect in the month that finance has closed."""
    return deal(
        number, "Renewal Amendment", entity="DE", subscription_id=f"SUB-{number}", amount_minor=4_800_000,
        quantity=40, effective_on=f"{_last_month()}-15", **more,
    )  # fmt: skip


def _statuses(plane: ControlPlane) -> dict[str, str]:
    return {node["anchor"]["value"]: node["status"] for node in plane.ask(DEALS)["transactions"]["nodes"]}


def _has_records(sandbox: Sandbox, wanted: int) -> bool:
    return (
        len(sandbox.records("netsuite", "journalEntry")) + len(sandbox.records("chargebee", "subscription"))
        >= wanted
    )


def _duplicates(sandbox: Sandbox) -> list[Any]:
    found: list[Any] = sandbox.summary()["duplicates"]
    return found


def test_a_deal_reaches_the_ledger(connected: ControlPlane, sandbox: Sandbox) -> None:
    """Won in the CRM, it is billed, paid, posted and closed without a hand, and each system holds one of everything."""
    sandbox.deals(deal(1))
    wait_until(lambda: _statuses(connected) == {"SO-1": "COMPLETED"})
    assert len(sandbox.records("netsuite", "journalEntry")) == 1
    assert len(sandbox.records("netsuite", "customerPayment")) == 1
    assert _duplicates(sandbox) == []
    (found,) = connected.ask(DEALS)["transactions"]["nodes"]
    assert {m["state"] for m in found["milestones"]} == {"REACHED"}
    spans = found["spans"]
    assert len(set(zip(spans["traceId"], spans["spanId"], strict=True))) == len(spans["spanId"])


def test_a_failed_renewal_is_put_right_by_a_person(connected: ControlPlane, sandbox: Sandbox) -> None:
    """The ERP refuses, a person reads why and what to do, opens the period, replays, and the ledger shows one journal."""
    sandbox.deals(_renewal(7))
    wait_until(lambda: _statuses(connected).get("AMD-7") == "FAILED")
    (item,) = connected.ask(EXCEPTIONS, state="OPEN")["exceptions"]["nodes"]
    month = _last_month()
    assert item["sentence"] == f"NetSuite refused journal JE-INV-7: period {month} is closed for DE"
    assert item["advice"] == f"Open period {month} for DE in NetSuite, then replay."
    assert item["amount"] == {"amount": "48000.00", "currency": "EUR"}
    (found,) = connected.ask(DEALS)["transactions"]["nodes"]
    assert item["transaction"]["id"] == found["id"]
    assert month in found["sentence"]

    sandbox.period("DE", month, "open")
    asked = {"id": item["id"], "idempotencyKey": "steward-1"}
    assert connected.ask(REPLAY, input=asked)["replayException"] == {
        "__typename": "ReplayStarted",
        "alreadyAsked": False,
    }
    assert connected.ask(REPLAY, input=asked)["replayException"]["__typename"] in (
        "ReplayStarted",
        "ExceptionNotOpen",
    )
    wait_until(lambda: _statuses(connected).get("AMD-7") == "COMPLETED")
    assert len(sandbox.records("netsuite", "journalEntry")) == 1
    assert connected.ask(EXCEPTIONS, state="OPEN")["exceptions"]["totalCount"] == 0
    assert _duplicates(sandbox) == []


def test_kills_lose_and_double_nothing(connected: ControlPlane, sandbox: Sandbox) -> None:
    """Killed three times among faults and duplicate webhooks, every deal is accounted for, once, and so is every span."""
    sandbox.faults(unavailable=0.05, timeout_after_effect=0.05, duplicate_webhook=0.2, hold_s=1.2)
    began = datetime.now(UTC)
    numbers = range(20, 26)
    sandbox.deals(*(deal(number) for number in numbers), _renewal(7))
    for wanted in (1, 4, 8):
        wait_until(partial(_has_records, sandbox, wanted))
        connected.kill()
        connected.start()
    everything = {f"SO-{number}": "COMPLETED" for number in numbers} | {"AMD-7": "FAILED"}
    wait_until(lambda: _statuses(connected) == everything, 120)
    assert _duplicates(sandbox) == []
    ended = datetime.now(UTC)
    for node in connected.ask(DEALS)["transactions"]["nodes"]:
        spans = node["spans"]
        assert len(set(zip(spans["traceId"], spans["spanId"], strict=True))) == len(spans["spanId"])
        for at in spans["startedAt"]:
            assert began - timedelta(seconds=1) <= datetime.fromisoformat(at) <= ended, (
                "a span bears the time of its work"
            )
