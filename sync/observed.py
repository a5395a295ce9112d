# SPDX-License-Identifier: Apache-2.0
"""Which payloads were really sent under a contract? The documents of the business events that runs have told."""

import json
from typing import Any

from sqlmodel import Session, col, select

from sync.tables import StepRow
from terms.tenant import TENANT


def payloads(session: Session, subject: str, limit: int) -> list[Any]:
    """The documents of the newest events of the subject, newest first, at most so many; empty for a subject nobody sends."""
    found = session.exec(
        select(StepRow.document)
        .where(StepRow.tenant == TENANT, StepRow.name == subject, StepRow.document != "")
        .order_by(col(StepRow.ended_at).desc(), col(StepRow.step_id).desc())
        .limit(limit)
    ).all()
    return [json.loads(document) for document in found]
