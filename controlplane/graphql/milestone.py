# SPDX-License-Identifier: Apache-2.0
"""The milestones of a transaction: which are reached, late, waited for, overdue, and what is not their turn yet."""

from enum import Enum

import strawberry

from collectors.processes import milestone_state
from collectors.processes.milestone_state import milestone_states
from collectors.processes.process import Process
from collectors.processes.stage_progress import stage_progress
from collectors.sources.watermark import Watermarks
from collectors.transactions.transaction import TransactionView
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import Money, money_of, moneys_of, seconds
from terms.instant import Instant


@strawberry.enum(description="How a milestone stands.")
class MilestoneState(Enum):
    REACHED = strawberry.enum_value("reached", description="Reached within its limit, or it has none.")
    LATE = strawberry.enum_value("late", description="Reached after its limit.")
    WAITING = strawberry.enum_value("waiting", description="Its turn; its limit has not passed.")
    SOURCE_LAGGING = strawberry.enum_value(
        "source_lagging", description="Its limit has passed, but the source that would tell lags."
    )
    NOT_PLANNED = strawberry.enum_value("not_planned", description="The order's plan leaves it out.")
    OVERDUE = strawberry.enum_value("overdue", description="Its turn, and its limit has passed.")
    FAILED = strawberry.enum_value("failed", description="The transaction failed on the way to it.")
    PENDING = strawberry.enum_value("pending", description="What comes before it is missing.")


@noun
class StageProgress:
    """What came in at a stage: `amounts` of its events, one a currency, as far as they are this transaction's.

    `done` of `expected` objects, and the `expectedAmount`, where the stage asks for more than one event.
    """

    amounts: list[Money]
    done: int | None
    expected: int | None
    expected_amount: Money | None


@noun
class Milestone:
    """A stage of the process. `elapsedSeconds` runs from the milestone its limit counts from, to reaching it or to now.

    With `calendar` both it and the limit are open time of that business calendar. `runbook` is an address or a path.
    """

    view: strawberry.Private[TransactionView]
    rules: strawberry.Private[Process]
    name: str
    title: str
    system: str
    state: MilestoneState
    reached_at: Instant | None
    due_at: Instant | None
    sla_seconds: float | None
    elapsed_seconds: float | None
    event_id: strawberry.ID | None
    calendar: str | None
    owner: str
    steward: str
    exception_team: str
    runbook: str

    @answer
    async def progress(self, info: Info) -> StageProgress | None:
        """What came in there; null where nothing did and nothing is known to be expected."""
        identity = self.view.transaction_id
        events = await info.context.loaders.events.load(identity)
        members = await info.context.loaders.members.load(identity)
        found = stage_progress(self.rules, self.view, events, members).get(self.name)
        if found is None:
            return None
        return StageProgress(
            amounts=moneys_of(found.amounts),
            done=found.done,
            expected=found.expected,
            expected_amount=money_of(found.expected_amount),
        )


def milestones_of(
    view: TransactionView, process: Process | None, now: Instant, watermarks: Watermarks
) -> list[Milestone]:
    """The milestones in the order of the process; none for a process that is no longer defined."""
    return (
        []
        if process is None
        else [_milestone(view, process, state) for state in milestone_states(process, view, now, watermarks)]
    )


def _milestone(view: TransactionView, process: Process, state: milestone_state.MilestoneState) -> Milestone:
    rule = process.milestone(state.name)
    return Milestone(
        view=view,
        rules=process,
        name=state.name,
        title=state.title,
        system=state.system,
        state=MilestoneState(state.state),
        reached_at=state.reached_at,
        due_at=state.due_at,
        sla_seconds=None if state.sla is None else seconds(state.sla),
        elapsed_seconds=None if state.elapsed is None else seconds(max(state.elapsed, 0)),
        event_id=None if state.event_key is None else strawberry.ID(state.event_key),
        calendar=rule.calendar.title if rule and rule.calendar else None,
        owner=state.responsible.owner,
        steward=state.responsible.steward,
        exception_team=state.responsible.exception_team,
        runbook=state.responsible.runbook,
    )
