# SPDX-License-Identifier: Apache-2.0
"""The first screen's question: is money moving? The line in one sentence, as totals and as stages of each process."""

from collections.abc import Sequence
from typing import NamedTuple

import strawberry
from sqlmodel import Session

from collectors.processes.process import Process
from collectors.transactions import line_store
from collectors.transactions import store as transaction_store
from collectors.transactions.line_store import StageFigures, Totals
from collectors.transactions.transaction import TransactionView
from controlplane.graphql.context import Context, Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.hop import Hop, hops
from controlplane.graphql.sentence import line_sentence, oldest_words
from controlplane.graphql.transaction import Transaction, transaction_of
from controlplane.graphql.value import Money, moneys_of, seconds, window_days
from sync import store
from sync.store import ExceptionView
from terms.instant import DAY, Instant

LEDGER_MILESTONE = "posted"
_MOST_CAUSES = 200  # open exceptions looked at for the reason of a broken hop


@noun
class MoneyCount:
    """An amount in one currency, and how many transactions it is the sum of."""

    money: Money
    count: int


@noun
class StageCount:
    """One milestone of one process: how many reached it, and how many wait for it or failed on the way to it."""

    process: str
    milestone: str
    reached: int
    waiting: int
    failed: int


@noun
class Line:
    """The line over the last `days` days, by start. Stuck is failed or overdue; money is a figure for each currency.
    Totals leave processes on request out, which look at parts of deals once more; stages and hops are those of every process.
    """

    as_of: Instant
    days: int
    transactions: int
    reached_ledger: int
    open: int
    failed: int
    overdue: int
    sentence: str
    stuck_count: int
    stuck_money: list[MoneyCount]
    oldest: Transaction | None
    oldest_seconds: float | None
    hops: list[Hop]
    stages: list[StageCount]


class _Read(NamedTuple):
    """What is read for a line."""

    totals: Totals
    reached: int
    stages: tuple[StageFigures, ...]
    oldest: TransactionView | None
    causes: tuple[ExceptionView, ...]


async def line(info: Info, days: int = 30) -> Line:
    """Whether money moves: the transactions that started during the last `days` days, and where they stand."""
    context = info.context
    since = Instant(context.now - window_days(days) * DAY)
    names = context.sources.definitions.milestone_names
    # They look at parts of deals once more, a document each: totals that count deals count a deal once.
    beside = frozenset(process.id for process in context.sources.definitions.processes if process.on_request)

    def read(session: Session) -> _Read:
        totals = line_store.totals(session, since, context.now, context.watermarks, beside)
        oldest = (
            transaction_store.transaction(session, names, totals.oldest_stuck)
            if totals.oldest_stuck
            else None
        )
        came = line_store.came(session, since)
        return _Read(
            totals,
            line_store.reached(came, LEDGER_MILESTONE, beside),
            line_store.stages(session, came, since, context.now, context.watermarks),
            oldest,
            store.exceptions(session, "open", _MOST_CAUSES).items,
        )

    processes = context.sources.definitions.processes
    found = await context.read_shared(("line", days, processes), read)
    as_of, (totals, reached, stages, oldest, causes) = found.as_of, found.answer
    stuck_since = totals.oldest_stuck_since
    return Line(
        as_of=as_of,
        days=days,
        transactions=totals.transactions,
        reached_ledger=reached,
        open=totals.open,
        failed=totals.failed,
        overdue=totals.overdue,
        sentence=line_sentence(totals, reached, days, _oldest(oldest, stuck_since, as_of, context)),
        stuck_count=totals.stuck,
        stuck_money=[
            MoneyCount(money=moneys_of([amount])[0], count=count) for amount, count in totals.stuck_money
        ],
        oldest=None if oldest is None else transaction_of(oldest, context.at(found)),
        oldest_seconds=None if stuck_since is None else seconds(max(as_of - stuck_since, 0)),
        hops=hops(since, processes, stages, causes, context.sources.instance),
        stages=_in_order(processes, stages),
    )


def _oldest(view: TransactionView | None, since: Instant | None, as_of: Instant, context: Context) -> str:
    if view is None or since is None:
        return ""
    return oldest_words(view, context.sources.definitions.process(view.process), since, as_of)


def _in_order(processes: Sequence[Process], figures: Sequence[StageFigures]) -> list[StageCount]:
    """Every stage of every process in its order, those that nothing reached included."""
    known = {(figure.process, figure.milestone): figure for figure in figures}
    stages = [(process.id, milestone.name) for process in processes for milestone in process.milestones]
    return [
        StageCount(
            process=process,
            milestone=milestone,
            reached=figure.reached if figure else 0,
            waiting=figure.waiting if figure else 0,
            failed=figure.failed if figure else 0,
        )
        for process, milestone in stages
        for figure in (known.get((process, milestone)),)
    ]


@strawberry.type
class LineQuery:
    line: Line = answer(line)
