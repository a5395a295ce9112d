# SPDX-License-Identifier: Apache-2.0
"""What is looked at again, and how often: at a start, and when much has changed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlmodel import Session

from collectors import definitions
from collectors.intake import ingest
from collectors.kpis import definition as kpi
from collectors.span import BusinessEvent, Decoded
from collectors.transactions.store import changed_transactions
from controlplane.criteria import Criteria
from controlplane.database import Actor, Database
from controlplane.governance import Governance
from policies import rule
from terms.instant import Clock

KPIS = tuple(one for one in kpi.load() if one.id in ("invoice-latency", "renewal-completion-rate"))
NEWER = tuple(replace(one, version=2) if one.id == "invoice-latency" else one for one in KPIS)


@pytest.mark.parametrize(
    ("kpis", "looked_at"),
    [
        pytest.param(KPIS, 0, id="no renewal was ever told of, so its KPI has no sample to come"),
        pytest.param(NEWER, 1, id="orders are measured anew by a new version of their KPI"),
    ],
)
def test_a_start_looks_again_at_what_is_not_measured_yet(
    database: Database, clock: Clock, kpis: tuple[kpi.KpiDefinition, ...], looked_at: int
) -> None:
    """A business without renewals does not have all its orders judged again whenever the server starts."""

    def write(work: Callable[[Session], object]) -> object:
        return database.write(work, actor=Actor("machine", "test"), reason="test")

    known = definitions.load()
    stages = ("order-placed", "subscription-activated", "invoice-issued", "journal-posted")
    events = [
        BusinessEvent("crm", stage, stage, clock(), "crm", ("invoice:INV-1", "order:SO-1"))
        for stage in stages
    ]
    write(lambda session: ingest(session, Decoded(events=events), clock(), known))
    before = Governance(known, Criteria(KPIS, rule.load()))
    while write(lambda session: before.drain(session, clock())):
        pass
    write(lambda session: Governance(known, Criteria(kpis, rule.load())).take_over(session, clock()))
    assert len(database.read(lambda session: changed_transactions(session, 10))) == looked_at


def test_a_deal_that_changed_five_times_is_judged_once(database: Database, clock: Clock) -> None:
    """Its changes leave the list together, though others stand between them; a change that is told meanwhile stays."""

    def write(work: Callable[[Session], object]) -> object:
        return database.write(work, actor=Actor("machine", "test"), reason="test")

    known = definitions.load()
    governance = Governance(known, Criteria(KPIS, rule.load()))
    for stage in (
        "order-placed",
        "subscription-activated",
        "invoice-issued",
        "journal-posted",
        "crm-updated",
    ):
        events = [
            BusinessEvent("crm", f"{stage}-{n}", stage, clock(), "crm", (f"invoice:INV-{n}", f"order:SO-{n}"))
            for n in (1, 2)
        ]
        write(lambda session, events=events: ingest(session, Decoded(events=events), clock(), known))  # type: ignore[misc]
    listed = len(database.read(lambda session: changed_transactions(session, 100)))
    assert listed > 2
    assert write(lambda session: governance.drain(session, clock())) == listed
    assert write(lambda session: governance.drain(session, clock())) == 0
