# SPDX-License-Identifier: Apache-2.0
"""The hops between systems in the first screen's picture: what made it across, what waits there, and why it does not flow."""

from collections.abc import Mapping, Sequence
from enum import Enum

import strawberry
from sqlmodel import Session

from collectors.processes.process import Hop as HopRule
from collectors.processes.process import Process
from collectors.transactions.line_store import StageFigures
from collectors.transactions.wait_store import Wait, waits
from controlplane.graphql.context import Context, Info, InstanceFacts
from controlplane.graphql.described import answer, noun
from controlplane.graphql.sentence import hop_reason
from controlplane.graphql.value import Money, moneys_of, seconds
from sync.store import ExceptionView
from terms import money
from terms.instant import Instant


@strawberry.enum(description="How a hop between two systems flows.")
class HopState(Enum):
    OK = strawberry.enum_value("ok", description="Nothing that waits there is overdue.")
    SLOW = strawberry.enum_value("slow", description="Something that waits there is overdue.")
    BROKEN = strawberry.enum_value("broken", description="Something failed there and needs a person.")


@noun
class HopWait:
    """How long a hop's stage was waited for since the stage its limit runs from, or the one before it; of the 2,000 newest.

    Who waits still is counted: `n` includes `open`. Null where fewer than 20 are counted, or too few are through.
    """

    p50_seconds: float | None
    p90_seconds: float | None
    n: int
    open: int


@noun
class Hop:
    """A step between two systems, named by their roles. `volume` made it; `waiting` have not, `overdue` and `failed` of those."""

    since: strawberry.Private[Instant]

    id: strawberry.ID
    source: str
    target: str
    title: str
    process: str
    milestone: str
    volume: int
    waiting: int
    overdue: int
    failed: int
    at_risk: list[Money]
    state: HopState
    reason: str | None

    @answer
    async def wait(self, info: Info) -> HopWait:
        """How long it took those that came by, and has taken those that wait."""
        found = (await _waits(info.context, self.since))[self.process, self.milestone]
        return HopWait(
            p50_seconds=None if found.p50 is None else seconds(found.p50),
            p90_seconds=None if found.p90 is None else seconds(found.p90),
            n=found.n,
            open=found.open,
        )


async def _waits(context: Context, since: Instant) -> Mapping[tuple[str, str], Wait]:
    """The waits of all hops at once, by process and milestone: whoever asks for one looks at all of them."""
    processes = context.sources.definitions.processes

    def read(session: Session) -> dict[tuple[str, str], Wait]:
        return {
            (process.id, stage): found
            for process in processes
            for stage, found in waits(session, process, _known_until(process, context), since).items()
        }

    return (await context.read_shared_once(("waits", processes, context.now - since), read)).answer


def _known_until(process: Process, context: Context) -> dict[str, Instant]:
    """The stages of the process's hops, each with up to when its sources have told."""
    now = context.now
    return {hop.milestone: context.watermarks.until(process.id, hop.milestone, now) for hop in process.hops}


def hops(
    since: Instant,
    processes: Sequence[Process],
    figures: Sequence[StageFigures],
    causes: Sequence[ExceptionView],
    instance: InstanceFacts,
) -> list[Hop]:
    """The hops of every process, of what started since then. What waits for a stage on the way to a hop's milestone waits at that hop."""
    known = {(figure.process, figure.milestone): figure for figure in figures}
    result = []
    for process in processes:
        places = _places(process, instance)
        for rule in process.hops:
            standing = [
                known[process.id, name]
                for name, hop in places.items()
                if hop is rule and (process.id, name) in known
            ]
            classes = [
                cause.error_class
                for cause in causes
                if cause.flow == process.id and instance.role_of(cause.system) == rule.target
            ]
            made = known.get((process.id, rule.milestone))
            result.append(_hop(since, process, rule, made.reached if made else 0, standing, classes))
    return result


def _hop(
    since: Instant,
    process: Process,
    rule: HopRule,
    volume: int,
    standing: Sequence[StageFigures],
    classes: Sequence[str],
) -> Hop:
    waiting, overdue = sum(f.waiting for f in standing), sum(f.overdue for f in standing)
    failed = sum(f.failed for f in standing)
    state = HopState.BROKEN if failed else HopState.SLOW if overdue else HopState.OK
    return Hop(
        since=since,
        id=strawberry.ID(rule.id),
        source=rule.source,
        target=rule.target,
        title=rule.title,
        process=process.id,
        milestone=rule.milestone,
        volume=volume,
        waiting=waiting,
        overdue=overdue,
        failed=failed,
        at_risk=moneys_of(_sums(standing)),
        state=state,
        reason=hop_reason(waiting, overdue, failed, classes),
    )


def _places(process: Process, instance: InstanceFacts) -> Mapping[str, HopRule]:
    """For each milestone the hop it belongs to: one into its system, the next there is, else the last before it."""
    order = {milestone.name: place for place, milestone in enumerate(process.milestones)}
    places: dict[str, HopRule] = {}
    for milestone in process.milestones:
        into = [
            hop for hop in process.hops if hop.target == instance.role_of(milestone.system)
        ] or process.hops
        later = [hop for hop in into if order[hop.milestone] >= order[milestone.name]]
        if into:
            places[milestone.name] = later[0] if later else into[-1]
    return places


def _sums(standing: Sequence[StageFigures]) -> list[money.Money]:
    """One sum for each currency, by currency."""
    sums: dict[str, money.Money] = {}
    for amount in (amount for figure in standing for amount in figure.at_risk):
        sums[amount.currency] = sums[amount.currency] + amount if amount.currency in sums else amount
    return [sums[currency] for currency in sorted(sums)]
