# SPDX-License-Identifier: Apache-2.0
"""The milestones of a transaction: which are reached, late, waited for, overdue, and what is not their turn yet."""

from enum import Enum

import strawberry

from collectors import milestone_state
from collectors.milestone_state import milestone_states
from collectors.process import Process
from collectors.transaction import TransactionView
from collectors.watermark import Watermarks
from controlplane.graphql.described import noun
from controlplane.graphql.value import seconds
from terms.instant import Instant


@strawberry.enum(description="How a milestone stands.")
class MilestoneState(Enum):
    REACHED = strawberry.enum_value("reached", description="Reached within its limit, or it has none.")
    LATE = strawberry.enum_value("late", description="Reached after its limit.")
    WAITING = strawberry.enum_value("waiting", description="Its turn; its limit has not passed.")
    OVERDUE = strawberry.enum_value("overdue", description="Its turn, and its limit has passed.")
    FAILED = strawberry.enum_value("failed", description="The transaction failed on the way to it.")
    PENDING = strawberry.enum_value("pending", description="What comes before it is missing.")


@noun
class Milestone:
    """A stage of the process. `elapsedSeconds` runs from the milestone its limit counts from, to reaching it or to now."""

    name: str
    title: str
    system: str
    state: MilestoneState
    reached_at: Instant | None
    due_at: Instant | None
    sla_seconds: float | None
    elapsed_seconds: float | None
    event_id: strawberry.ID | None


def milestones_of(
    view: TransactionView, process: Process | None, now: Instant, watermarks: Watermarks
) -> list[Milestone]:
    """The milestones in the order of the process; none for a process that is no longer defined."""
    return (
        []
        if process is None
        else [_milestone(state) for state in milestone_states(process, view, now, watermarks)]
    )


def _milestone(state: milestone_state.MilestoneState) -> Milestone:
    return Milestone(
        name=state.name,
        title=state.title,
        system=state.system,
        state=MilestoneState(state.state),
        reached_at=state.reached_at,
        due_at=state.due_at,
        sla_seconds=None if state.sla is None else seconds(state.sla),
        elapsed_seconds=None if state.elapsed is None else seconds(max(state.elapsed, 0)),
        event_id=None if state.event_key is None else strawberry.ID(state.event_key),
    )
