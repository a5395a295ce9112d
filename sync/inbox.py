# SPDX-License-Identifier: Apache-2.0
"""Which stage does a signal start, and may it start yet? Whatever comes early waits here, never inside a flow.

Signals come twice and in any order. A run is named by its business object, so that the second finds the first; a signal
whose stage needs another one to be done first waits until that one ends, and the one that ends wakes it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from sync import deal as deals
from sync import exceptions, inbox_rows, runs
from sync.failure import Failure
from sync.inbox_rows import Receipt, Signal
from sync.runs import Run
from terms.instant import HOUR, MINUTE, Instant
from terms.object_key import ObjectKey

LEAD_TO_CASH = "lead-to-cash"
RENEWAL_AMENDMENT = "renewal-amendment"
CLOSED_WON = "closed_won"  # the kind of what the CRM poll brings
CLEARED = "receipt_cleared"  # the kind of what the poll of the ERP's bank brings
UNREADABLE = "unreadable"

PATIENCE = HOUR  # how long a signal may wait for something we have never heard of
LOOK_AGAIN = 2 * MINUTE  # being woken is the rule; looking again is for what a wake-up missed


@dataclass(frozen=True, slots=True)
class Start:
    """Its stage can begin."""

    flow: str
    stage: str
    deal: ObjectKey
    what: ObjectKey
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """`token` is the run id or object key whose run must be done first; `known` when that run exists."""

    token: str
    known: bool
    noun: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """No stage is started by it."""

    reason: str


Decision = Start | Wait | Ignore
Route = Callable[[Session, Signal], Decision]


def dispatch(session: Session, now: Instant, limit: int = 100) -> int:
    """Decides on every signal that is due; queued runs are rows like any other. Returns how many it looked at."""
    found = inbox_rows.due(session, now, limit)
    for signal in found:
        try:
            decision = _route(signal)(session, signal)
        except (ValueError, LookupError, TypeError) as error:
            _reject(
                session,
                signal,
                Failure("read", _system(signal), "parse", "", repr(error), _noun(signal)),
                now,
            )
            continue
        _act(session, signal, decision, now)
    return len(found)


def reject_unreadable(
    session: Session, connection: str, system: str, body: bytes, event_id: str, why: str, now: Instant
) -> Receipt:
    """Keeps a proven sender's unreadable message, with an exception, so that it is neither lost nor sent for ever."""
    signal = Signal(connection, event_id, UNREADABLE, "", "", body.decode("utf-8", "replace"), now)
    receipt = inbox_rows.receive(session, signal, now)
    if not receipt.duplicate:
        failure = Failure("read", system, "parse", "", why, f"message {event_id[:24]}")
        exceptions.reject_inbox_row(session, receipt.inbox_id, event_id, system, "read", failure, now)
    return receipt


def _act(session: Session, signal: Signal, decision: Decision, now: Instant) -> None:
    match decision:
        case Start():
            run = runs.queue(
                session, decision.flow, decision.stage, decision.deal, decision.what, signal.inbox_id,
                decision.arguments, now,
            )  # fmt: skip
            inbox_rows.take(session, signal.inbox_id, run.run_id)
            exceptions.resolve_inbox_row(session, signal.inbox_id, now)
        case Ignore():
            inbox_rows.ignore(session, signal.inbox_id, decision.reason)
        case Wait():
            inbox_rows.park(session, signal.inbox_id, decision.token, Instant(now + LOOK_AGAIN))
            if not decision.known and now - (signal.received_at or now) > PATIENCE:
                told = f"{decision.noun} never came"
                failure = Failure("wait", _system(signal), "missing", "", told, _noun(signal))
                _reject(session, signal, failure, now)


def _reject(session: Session, signal: Signal, failure: Failure, now: Instant) -> None:
    exceptions.reject_inbox_row(
        session, signal.inbox_id, signal.event_id, _system(signal), signal.kind, failure, now
    )


def _route(signal: Signal) -> Route:
    return _ROUTES.get(signal.kind, lambda _session, found: Ignore(f"{found.kind} starts nothing"))


def _closed_won(_session: Session, signal: Signal) -> Decision:
    deal = deals.from_json(json.loads(signal.payload))
    arguments = {"deal": deals.to_json(deal)}
    if deal.kind == "amendment":
        return Start(RENEWAL_AMENDMENT, "amendment", deal.key, deal.key, arguments)
    return Start(LEAD_TO_CASH, "order", deal.key, deal.key, arguments)


def _subscription_activated(session: Session, signal: Signal) -> Decision:
    order = ObjectKey("order", signal.reference)
    before = runs.run_id(LEAD_TO_CASH, "order", order)
    return _after(
        session, runs.run(session, before), before, f"order {order.value}",
        Start(LEAD_TO_CASH, "activation", order, ObjectKey("subscription", signal.object_id)),
    )  # fmt: skip


def _invoice_generated(session: Session, signal: Signal) -> Decision:
    invoice = ObjectKey("invoice", signal.object_id)
    amendment = _amended(session, signal, invoice)
    if amendment is not None:
        return amendment
    order = ObjectKey("order", signal.reference)
    first = runs.run(session, runs.run_id(LEAD_TO_CASH, "order", order))
    deal = None if first is None else runs.deal_of(session, first)
    if deal is None:
        return Wait(runs.run_id(LEAD_TO_CASH, "order", order), False, f"order {order.value}")
    before = runs.run_id(LEAD_TO_CASH, "activation", deal.subscription)
    start = Start(LEAD_TO_CASH, "invoice", order, invoice)
    found = runs.run(session, before)
    return _after(session, found, before, f"activation of {deal.subscription_id}", start, known=True)


def _credit_note_created(session: Session, signal: Signal) -> Decision:
    memo = ObjectKey("credit-memo", signal.object_id)
    amendment = ObjectKey("amendment", signal.reference)
    unheard = Wait(
        runs.run_id(RENEWAL_AMENDMENT, "amendment", amendment), False, f"amendment {amendment.value}"
    )
    return _amended(session, signal, memo) or unheard


def _payment_succeeded(session: Session, signal: Signal) -> Decision:
    invoice = ObjectKey("invoice", signal.reference)
    found = runs.runs_of(session, invoice)
    if not found:
        return Wait(str(invoice), False, f"invoice {invoice.value}")
    payment = ObjectKey("payment", signal.object_id)
    return _after(
        session, found[0], str(invoice), "", Start(found[0].flow, "payment", found[0].deal, payment)
    )


def _cleared(session: Session, signal: Signal) -> Decision:
    payment = ObjectKey("payment", signal.object_id)
    found = runs.runs_of(session, payment)
    if not found:
        return Ignore(f"no run of ours booked {signal.reference}")
    line = json.loads(signal.payload)
    start = Start(found[0].flow, "reconciliation", found[0].deal, payment, line)
    return _after(session, found[0], found[0].run_id, "", start)


def _unreadable(_session: Session, _signal: Signal) -> Decision:
    raise ValueError("it still cannot be read")


def _amended(session: Session, signal: Signal, document: ObjectKey) -> Decision | None:
    """The recalculation that an amendment's document starts; None when no amendment bears its number."""
    amendment = ObjectKey("amendment", signal.reference)
    before = runs.run(session, runs.run_id(RENEWAL_AMENDMENT, "amendment", amendment))
    if before is None:
        return None
    start = Start(RENEWAL_AMENDMENT, "recalculation", amendment, document)
    return _after(session, before, before.run_id, "", start)


def _after(
    session: Session, before: Run | None, token: str, noun: str, start: Start, known: bool = False
) -> Decision:
    if before is not None and before.state != "done":
        before = runs.held(session, before.run_id)
    if before is not None and before.state == "done":
        return start
    return Wait(token, known or before is not None, noun)


_ROUTES: Mapping[str, Route] = {
    CLOSED_WON: _closed_won,
    "subscription_activated": _subscription_activated,
    "invoice_generated": _invoice_generated,
    "credit_note_created": _credit_note_created,
    "payment_intent.succeeded": _payment_succeeded,
    CLEARED: _cleared,
    UNREADABLE: _unreadable,
}
_SYSTEMS = {CLOSED_WON: "salesforce", "payment_intent.succeeded": "stripe", CLEARED: "netsuite"}


def _system(signal: Signal) -> str:
    return _SYSTEMS.get(signal.kind, "chargebee")


def _noun(signal: Signal) -> str:
    return f"{signal.kind.replace('_', ' ')} {signal.object_id or signal.event_id}"
