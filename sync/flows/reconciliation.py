# SPDX-License-Identifier: Apache-2.0
"""The last stage of both flows: the bank's statement shows the payment, and the ERP has matched the two."""

from sync import canonical_event
from sync.stage import Stage
from terms.instant import Instant
from terms.money import Money
from terms.object_key import ObjectKey


def reconciliation(stage: Stage) -> None:
    """It is told. Nothing is written: the ERP matched what was booked before."""
    line = stage.run.arguments
    stage.amount = Money(line["minor"], line["currency"])
    stage.tell(
        canonical_event.payment_reconciled(
            stage.deal,
            stage.run.object,
            ObjectKey("bank-line", line["line"]),
            stage.amount,
            Instant(line["at"]),
            stage.now(),
        )
    )
