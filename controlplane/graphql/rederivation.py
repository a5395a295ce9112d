# SPDX-License-Identifier: Apache-2.0
"""Jobs that derive history anew, in the schema: how far each is, what it changed, and which days it could not redo."""

from enum import Enum
from typing import Annotated

import strawberry

from collectors.rederivation import store as rederivation_store
from collectors.rederivation.job import Rederivation as Job
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, asked, change, noun
from terms.instant import Instant
from terms.problem import ProblemError

_MOST = 20
_LONGEST_KEY = 200


@strawberry.enum(description="How a job that derives history anew stands.")
class RederivationState(Enum):
    STOPPED = strawberry.enum_value(
        "stopped", description="A person stopped it; it goes on where it was when resumed."
    )
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
    about `total` rows were looked at; what is derived was `changed`, `added` and `removed`. `kind` is process, extraction, or
    removal: a process that is defined no more is taken out, and leaves events, edges and decisions behind.
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


@asked
class TurnRederivationInput:
    """A job that is stopped, or goes on, already stays so: asking again changes nothing."""

    id: strawberry.ID
    idempotency_key: str


@noun
class RederivationTurned:
    """The job as it stands now."""

    rederivation: Rederivation


@noun
class RederivationNotRunning:
    """There is no such job, or it is through."""

    message: str


TurnRederivationResult = Annotated[
    RederivationTurned | RederivationNotRunning,
    strawberry.union("TurnRederivationResult", description="What became of stopping or resuming a job."),
]


async def stop_rederivation(info: Info, input: TurnRederivationInput) -> TurnRederivationResult:  # noqa: A002
    """Lets the job's present step end, and begins no other until it is resumed."""
    return await _turn(info, input, is_stopped=True)


async def resume_rederivation(info: Info, input: TurnRederivationInput) -> TurnRederivationResult:  # noqa: A002
    """Has a stopped job go on where it was."""
    return await _turn(info, input, is_stopped=False)


async def _turn(info: Info, said: TurnRederivationInput, *, is_stopped: bool) -> TurnRederivationResult:
    if not 0 < len(said.idempotency_key.strip()) <= _LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )
    identity = str(said.id)
    job_id = int(identity) if identity.isdecimal() and len(identity) < 20 else 0
    job = await info.context.sources.database.write_async(
        lambda session: rederivation_store.turn(session, job_id, is_stopped),
        actor=info.context.caller.actor,
        reason=f"{'stop' if is_stopped else 'resume'} the derivation {identity[:40]}",
    )
    if job is None:
        return RederivationNotRunning(message=f"no derivation {identity[:40]} is on its way")
    return RederivationTurned(rederivation=_rederivation_of(job))


@strawberry.type
class RederivationMutation:
    stop_rederivation: TurnRederivationResult = change(stop_rederivation)
    resume_rederivation: TurnRederivationResult = change(resume_rederivation)


@strawberry.type
class RederivationQuery:
    rederivations: list[Rederivation] = answer(rederivations)
