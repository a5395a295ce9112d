# SPDX-License-Identifier: Apache-2.0
"""A sample: what one transaction says about one KPI. Pure, from the transaction as it stands."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collectors.kpis.definition import KpiDefinition
from collectors.transactions.transaction import TransactionView
from terms.instant import Instant


class Sample(NamedTuple):
    """One transaction's part in one KPI. `cohort_at` is the start, which decides the day it belongs to.

    `end_at` may lie before `cohort_at` when two systems' clocks disagree; the measure leaves such a sample out and
    counts it. `failed_at` is set while the transaction stands failed.
    """

    kpi: str
    version: int
    transaction_id: str
    process: str
    cohort_at: Instant
    end_at: Instant | None
    cancelled_at: Instant | None
    failed_at: Instant | None
    legal_entity: str | None
    region: str | None
    currency: str | None


def samples_of(definitions: Iterable[KpiDefinition], view: TransactionView) -> Iterator[Sample]:
    """The transaction's samples. A KPI has none while its start is not reached, when its end is not planned, or of another process."""
    moments = _moments(view)
    for definition in definitions:
        if view.process not in definition.processes or definition.end in view.not_planned:
            continue
        cohort_at = moments.get(definition.start)
        if cohort_at is None:
            continue
        end_at = moments.get(definition.end)
        cancelled_at = moments.get(definition.cancel) if definition.cancel else None
        yield Sample(
            kpi=definition.id,
            version=definition.version,
            transaction_id=view.transaction_id,
            process=view.process,
            cohort_at=cohort_at,
            end_at=end_at,
            # What ended first decides: a cancellation after the end changes nothing.
            cancelled_at=cancelled_at if end_at is None or (cancelled_at or end_at) < end_at else None,
            failed_at=moments["failed"],
            legal_entity=view.legal_entity,
            region=view.region,
            currency=view.amount.currency if view.amount else None,
        )


def _moments(view: TransactionView) -> dict[str, Instant | None]:
    """When it reached what a KPI may begin or end with: its milestones, and how it stands."""
    ended = view.ended_at or view.last_event_at
    return {one.name: one.reached_at for one in view.milestones} | {
        "started": view.started_at,
        "completed": ended if view.status == "completed" else None,
        "cancelled": ended if view.status == "cancelled" else None,
        "failed": view.last_event_at if view.status == "failed" else None,
    }
