# SPDX-License-Identifier: Apache-2.0
"""What becomes of the statement lines that the ERP matched with our receipts? Each is kept once, and starts a reconciliation."""

import json
from collections.abc import Sequence

from sqlmodel import Session

from sync import inbox, inbox_rows, journal, store
from sync.connectors.netsuite import ClearedReceipt
from sync.inbox_rows import Signal
from terms.instant import Instant


def keep(session: Session, name: str, found: Sequence[ClearedReceipt], now: Instant) -> int:
    """Stores the lines and how far the ERP was read, together. Returns how many are new."""
    taken = 0
    for line in found:
        payment = journal.value_of(line.receipt)
        if payment is None:
            continue  # a receipt that was not booked by us
        payload = json.dumps(
            {
                "line": line.line_id,
                "minor": line.amount.minor,
                "currency": line.amount.currency,
                "at": line.at,
            }
        )
        signal = Signal(
            name, f"cleared {line.line_id}", inbox.CLEARED, payment, line.receipt, payload, line.at
        )
        taken += not inbox_rows.receive(session, signal, now).duplicate
    if found:
        store.set_position(session, name, max(line.at for line in found))
    return taken
