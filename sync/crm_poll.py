# SPDX-License-Identifier: Apache-2.0
"""What becomes of the deals a poll of the CRM found? New ones are kept; corrected ones replace what a failed stage had."""

import json
from collections.abc import Sequence

from sqlmodel import Session

from sync import deal as deals
from sync import inbox, inbox_rows, runs, store
from sync.connectors.salesforce import Opportunity
from sync.inbox_rows import Signal
from terms.instant import Instant
from terms.problem import ProblemError


def keep(session: Session, name: str, found: Sequence[Opportunity], now: Instant) -> int:
    """Stores deals and how far the CRM was read, together. Returns how many are new."""
    taken = 0
    for opportunity in found:
        try:
            deal = deals.from_opportunity(opportunity)
        except ProblemError as error:
            inbox.reject_unreadable(session, name, "salesforce", b"", opportunity.id, str(error), now)
            continue
        payload = json.dumps(deals.to_json(deal))
        signal = Signal(
            name, opportunity.id, inbox.CLOSED_WON, deal.number, deal.number, payload, deal.closed_at
        )
        receipt = inbox_rows.receive(session, signal, now)
        taken += not receipt.duplicate
        if receipt.duplicate:
            _correct(session, receipt.inbox_id, payload, now)
    if found:
        store.set_position(session, name, max(opportunity.modified_at for opportunity in found))
    return taken


def _correct(session: Session, inbox_id: int, payload: str, now: Instant) -> None:
    """A deal corrected in the CRM after its stage failed is replayed with what it says now."""
    known = inbox_rows.signal(session, inbox_id)
    if known.payload == payload:
        return
    if known.kind != inbox.CLOSED_WON:  # it could not be read before
        inbox_rows.replace(session, inbox_id, inbox.CLOSED_WON, payload, now)
        return
    document = json.loads(payload)
    run = runs.run_of_inbox(session, inbox_id)
    if run is not None and run.state == "failed":
        inbox_rows.replace_payload(session, inbox_id, payload)
        runs.replace_arguments(session, run.run_id, {"deal": document})
