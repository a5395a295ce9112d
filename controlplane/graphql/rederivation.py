# SPDX-License-Identifier: Apache-2.0
"""Jobs that derive history anew, in the schema: how far each is, what it changed, and which days it could not redo."""

from enum import Enum

import strawberry

from collectors import rederivation_store
from collectors.rederivation import Rederivation as Job
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from terms.instant import Instant

_MOST = 20


@strawberry.enum(description="How a job that derives history anew stands.")
class RederivationState(Enum):
    RUNNING = strawberry.enum_value("running", description="It is on its way, step by step.")
    DONE = strawberry.enum_value(
        "done", description="Its definitions are in force for all of history but the days left."
    )
    OVERTAKEN = strawberry.enum_value("overtaken", description="A newer version came before it was through.")


@noun
class DayLeft:
    """A UTC day of which `events` stay as an earlier version made them, because their spans are not kept."""

    day: str
    events: int


@noun
class Rederivation:
    """A job that brings new versions of definitions (`names`, such as temporal@2) into force for what is stored. `done` of
    about `total` rows were looked at; events were `changed`, `added` and `removed`.
    """

    id: strawberry.ID
    kind: str
    names: list[str]
    state: RederivationState
    done: int
    total: int
    changed: int
    added: int
    removed: int
    days_left: list[DayLeft]
    started_at: Instant
    ended_at: Instant | None


async def rederivations(info: Info) -> list[Rederivation]:
    """The newest 20 jobs that derive history anew, newest first."""
    found = await info.context.read(lambda session: rederivation_store.jobs(session, _MOST))
    return [_rederivation_of(job) for job in found]


def _rederivation_of(job: Job) -> Rederivation:
    return Rederivation(
        id=strawberry.ID(str(job.job_id)),
        kind=job.kind,
        names=list(job.names),
        state=RederivationState(job.state),
        done=min(job.done, job.total),
        total=job.total,
        changed=job.changed,
        added=job.added,
        removed=job.removed,
        days_left=[DayLeft(day=day, events=events) for day, events in sorted(job.days_left.items())],
        started_at=job.started_at,
        ended_at=job.ended_at,
    )


@strawberry.type
class RederivationQuery:
    rederivations: list[Rederivation] = answer(rederivations)
