# SPDX-License-Identifier: Apache-2.0
"""What judging promises: how often and in which state a deal was looked at on its way decides nothing of what is said of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text
from sqlmodel import Session

from collectors import definitions
from collectors.bulk import Bulk
from collectors.decisions import store as decisions
from collectors.intake import ingest
from collectors.kpis import definition as kpi
from collectors.kpis.tables import KpiSampleRow
from collectors.numbers import numbering
from collectors.sources.watermark import Watermarks
from collectors.span import BusinessEvent, Decoded
from controlplane.criteria import Criteria
from controlplane.database import Actor, Database
from controlplane.governance import Governance
from policies import rule as policy_rule
from policies.cel import compile_expression
from policies.definition import Message, Rule
from policies.tables import PolicyDeadlineRow, RuleErrorRow, ViolationEventRow, ViolationRow
from terms import object_key
from terms.instant import SECOND, Instant
from tests.collectors.stitching.test_stitching_order import TABLES as STITCHED

TABLES = (*STITCHED, KpiSampleRow, ViolationRow, ViolationEventRow, PolicyDeadlineRow, RuleErrorRow)
# Where a rule gives no answer, what stood before stays: that alone depends on when it was asked.
SAID = {
    "samples": "SELECT * FROM kpi_sample",
    "violations": "SELECT rule_id, rule_version, target_key, path, severity, title, message, remediation, amount_minor, "
    "currency FROM violation v WHERE state = 'open' AND NOT EXISTS (SELECT 1 FROM rule_error e "
    "WHERE e.rule_id = v.rule_id AND e.target_key = v.target_key)",
    "deadlines": "SELECT rule_id, target_kind, target_key, due_at FROM policy_deadline",
    "errors": "SELECT rule_id, rule_version, target_key, message FROM rule_error",
}


def rules() -> tuple[Rule, ...]:
    """The shipped ones, with a limit of two seconds, and one that has no answer where no amount is known."""
    shipped = {one.id: one for one in policy_rule.load()}
    late = shipped["tx.posted.within"]
    assert late.time_limit is not None
    shipped[late.id] = late = replace(
        late, params={**late.params, "limit": "2s"}, time_limit=replace(late.time_limit, after=2 * SECOND)
    )
    enough = compile_expression("tx.amount_minor > 150", "tx", must_be_bool=True)
    small = replace(late, id="tx.small", when=None, holds=enough, message=Message(("small",), ()), time_limit=None)  # fmt: skip
    return (*shipped.values(), small)


CRITERIA = Criteria(kpi.load(), rules())
DEFINITIONS = definitions.load()
STAGES = (
    ("order-placed", ("order:SO-{}",)),
    ("subscription-activated", ("order:SO-{}", "subscription:SUB-{}")),
    ("invoice-issued", ("invoice:INV-{}", "order:SO-{}")),
    ("journal-posted", ("invoice:INV-{}", "journal:JE-{}")),
    ("journal-posted", ("invoice:INV-{}", "journal:JE-{}0")),
    ("order-cancelled", ("order:SO-{}",)),
)


class Ruling(NamedTuple):
    """That two things are one, or are not."""

    kind: Literal["same", "apart"]
    one: str
    other: str


def take(session: Session, step: BusinessEvent | Ruling, number: int) -> None:
    if isinstance(step, BusinessEvent):
        ingest(session, Decoded(events=[step]), Instant(1), DEFINITIONS)
        return
    one, other = object_key.parse(step.one), object_key.parse(step.other)
    wanted = decisions.Wanted(step.kind, one, other, "so it is", "ann", f"k{number}")
    decisions.decide(session, DEFINITIONS.processes, wanted, Instant(2))


def said(
    session: Session,
    governance: Governance,
    arriving: Sequence[BusinessEvent | Ruling],
    now: Instant,
    on_the_way: bool,
) -> dict[str, list[Any]]:
    """What stands at the end of it all, when it was judged on the way too, or not."""
    with numbering(Bulk(session)) as numbers:
        for table in TABLES:
            session.execute(delete(table))
        numbers.forget()
    for number, step in enumerate(arriving, 1):
        take(session, step, number)
        if on_the_way or number == len(arriving):
            while governance.drain(session, now):
                pass
    return {
        name: sorted((tuple(row) for row in session.execute(text(query))), key=repr)
        for name, query in SAID.items()
    }


@st.composite
def arrivals(draw: st.DrawFn) -> list[BusinessEvent | Ruling]:
    """What happens to two deals, in any order of arrival, with decisions whether they are one.

    An event may come without its amount or a second time telling something else, of which one takes the other's place.
    """
    told: list[BusinessEvent | Ruling] = []
    for number in (1, 2):
        for place, (kind, objects) in enumerate(STAGES):
            for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
                about = tuple(
                    sorted(one.format(draw(st.sampled_from((number, number, 3)))) for one in objects)
                )
                at, minor = draw(st.integers(0, 4)) * SECOND, draw(st.sampled_from((None, 100, 200)))
                told.append(BusinessEvent("test", f"{kind}-{place}-{number}", kind, Instant(at), "test", about, minor, "EUR"))  # fmt: skip
    pairs = (("order:SO-1", "order:SO-2"), ("invoice:INV-1", "invoice:INV-2"), ("invoice:INV-1", "order:SO-2"))  # fmt: skip
    for pair in draw(st.lists(st.sampled_from(pairs), max_size=2)):
        told.append(Ruling(draw(st.sampled_from(("same", "apart"))), *pair))
    return draw(st.permutations(told))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arriving=arrivals(), now=st.integers(0, 7), held=st.integers(0, 7))
def test_judged_once_is_judged_as_after_every_change(
    database: Database, arriving: list[BusinessEvent | Ruling], now: int, held: int
) -> None:
    """Whatever the order of a deal's events, and though it merges on its way: the same samples, open violations, deadlines
    and rules without an answer. `held` is how far the source of postings has told."""
    known = Watermarks({("lead-to-cash", "posted"): Instant(held * SECOND)})
    governance = Governance(DEFINITIONS, CRITERIA, lambda _session, _now: known)

    def work(session: Session) -> tuple[dict[str, list[Any]], ...]:
        return tuple(
            said(session, governance, arriving, Instant(now * SECOND), on_the_way)
            for on_the_way in (False, True)
        )

    once, after_every_change = database.write(work, actor=Actor("machine", "test"), reason="test")
    assert once == after_every_change
