# SPDX-License-Identifier: Apache-2.0
"""The bank of the ERP stand-in: what was received stands on the statement a little later, and is matched with its receipt.

A statement line carries the receipt's amount and number, so that it matches by itself; the demo's bank works around the clock.
"""

from typing import Any

from sync.sandbox.exchange import World
from terms.instant import SECOND, Instant, text

CLEARS_AFTER = 20 * SECOND


def cleared(world: World, since: Instant, now: Instant, limit: int) -> list[dict[str, Any]]:
    """Statement lines matched with receipts from `since` until now, oldest first, as a query answers them: names in small letters."""
    receipts = world.ledger.find(
        "system = 'netsuite' AND type = 'customerPayment' AND created_at BETWEEN ? AND ?",
        since - CLEARS_AFTER,
        now - CLEARS_AFTER,
    )
    return [
        {
            "id": f"BSL-{receipt.id}",
            "receipt": receipt.external_id,
            "amount": str(receipt.document["payment"]),
            "currency": receipt.document["currency"]["externalId"],
            "clearedat": text(Instant(receipt.created_at + CLEARS_AFTER)),
        }
        for receipt in list(receipts)[:limit]
        if receipt.external_id
    ]
