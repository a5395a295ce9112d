# SPDX-License-Identifier: Apache-2.0
"""How is a transaction told in one row?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import NONE, duration, money, short_instant


@dataclass(frozen=True, slots=True)
class TransactionRow:
    """One row of the list. `waiting` names what it waits for and how long; `` when nothing is awaited.

    `mark` differs when it has changed; what only waits longer has not.
    """

    address: str
    key: str
    process: str
    customer: str
    legal_entity: str
    amount: str
    badge: status.Badge
    waiting: str
    waiting_system: status.System | None
    waiting_for: str
    started: str
    started_at: str
    took: str
    sentence: str
    mark: str


def row(transaction: Mapping[str, Any]) -> TransactionRow:
    """The row of one transaction."""
    waits = transaction["waitingForTitle"] if transaction["status"] in ("OPEN", "FAILED") else None
    return TransactionRow(
        address=f"/transactions/{transaction['id']}",
        key=transaction["anchor"]["value"],
        process=transaction["processTitle"],
        customer=transaction["customer"] or NONE,
        legal_entity=transaction["legalEntity"] or NONE,
        amount=money(transaction["amount"]),
        badge=status.transaction(transaction["status"], transaction["overdue"], transaction["sourceLagging"]),
        waiting=waits or "",
        waiting_system=status.system(transaction["waitingSystem"])
        if waits and transaction["waitingSystem"]
        else None,
        waiting_for=duration(transaction["waitingSeconds"]) if waits else "",
        started=short_instant(transaction["startedAt"]),
        started_at=transaction["startedAt"],
        took=duration(transaction["durationSeconds"]),
        sentence=transaction["sentence"],
        mark=f"{transaction['status']} {transaction['overdue']} {waits or ''} {transaction['lastEventAt']}",
    )
