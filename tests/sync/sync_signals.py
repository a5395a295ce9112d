# SPDX-License-Identifier: Apache-2.0
"""One deal as the systems tell of it: signals for the inbox, without a system behind them."""

import json
from collections.abc import Callable
from typing import TypeVar

from sqlmodel import Session

from controlplane.database import Actor, Database
from sync import deal as deals
from sync import inbox, inbox_rows
from sync.connectors.salesforce import Opportunity
from sync.deal import Deal
from sync.inbox_rows import Signal
from terms.instant import Instant, parse
from terms.money import Money

T = TypeVar("T")
NOW = parse("2026-11-20T12:00:00Z")

ORDER = Opportunity(
    id="006A", kind="New Business", order_number="SO-7", account_id="001A", customer_id="CUST-7", customer_name="Acme",
    legal_entity="DE", region="EMEA", currency="EUR", amount=Money(1000, "EUR"), closed_at=NOW, quoted_at=None,
    subscription_id="", amendment_id="", effective_on="", item="PLATFORM", quantity=3, modified_at=NOW,
)  # fmt: skip


def write(database: Database, fn: Callable[[Session], T]) -> T:
    return database.write(fn, actor=Actor("machine", "sync"), reason="test")


def came(kind: str, object_id: str, reference: str, event_id: str = "", payload: str = "{}") -> Signal:
    return Signal("chargebee", event_id or f"ev-{kind}-{object_id}", kind, object_id, reference, payload, NOW)


def won(deal: Deal) -> Signal:
    payload = json.dumps(deals.to_json(deal))
    return Signal("salesforce", deal.opportunity_id, inbox.CLOSED_WON, deal.number, deal.number, payload, NOW)


def take(database: Database, *signals: Signal, now: Instant = NOW) -> None:
    for signal in signals:
        write(database, lambda s, signal=signal: inbox_rows.receive(s, signal, now))
    write(database, lambda s: inbox.dispatch(s, now))
