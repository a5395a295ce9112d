# SPDX-License-Identifier: Apache-2.0
"""How is one exception told? One shape for the first screen, the queue and the transaction it holds up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import NONE, age, counted, instant, money
from dashboards.replay import replay_key


@dataclass(frozen=True, slots=True)
class ExceptionItem:
    """`story` is the address of the transaction it holds up, `` when it belongs to none; `open` when replay makes sense.

    `mark` differs when it has changed; what only grows older is no change.
    """

    id: str
    badge: status.Badge
    open: bool
    sentence: str
    message: str
    advice: str
    business_key: str
    title: str
    system: status.System
    stage: str
    error_class: str
    fingerprint: str
    amount: str
    legal_entity: str
    opened: str
    opened_at: str
    age: str
    attempts: str
    story: str
    replay_key: str
    mark: str


def item(exception: Mapping[str, Any], now: str) -> ExceptionItem:
    """One exception as seen at `now`."""
    transaction = exception["transaction"]
    attempts = counted(exception["attempts"], "attempt")
    if exception["replays"]:
        attempts += f", {counted(exception['replays'], 'replay')}"
    title = exception["businessKey"]
    if transaction:
        title = f"{transaction['processTitle']} {transaction['anchor']['value']}"
        if transaction["customer"]:
            title += f" · {transaction['customer']}"
    return ExceptionItem(
        id=exception["id"],
        badge=status.exception(exception["state"]),
        open=exception["state"] == "OPEN",
        sentence=exception["sentence"],
        message=exception["message"],
        advice=exception["advice"],
        business_key=exception["businessKey"],
        title=title,
        system=status.system(exception["system"]),
        stage=f"{exception['flow']} / {exception['stage']} / {exception['step']}",
        error_class=exception["errorClass"].replace("_", " "),
        fingerprint=exception["fingerprint"],
        amount=money(exception["amount"]),
        legal_entity=exception["legalEntity"] or NONE,
        opened=instant(exception["openedAt"]),
        opened_at=exception["openedAt"],
        age=age(exception["openedAt"], now),
        attempts=attempts,
        story=f"/transactions/{transaction['id']}" if transaction else "",
        replay_key=replay_key(exception["id"], exception["replays"]),
        mark=f"{exception['state']} {exception['attempts']} {exception['replays']}",
    )
