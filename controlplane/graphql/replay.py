# SPDX-License-Identifier: Apache-2.0
"""The mutation that has a failed stage run again. Expected failures are answers, not errors."""

from typing import Annotated

import strawberry

from controlplane.graphql.context import Info
from controlplane.graphql.described import asked, change, noun
from controlplane.graphql.exception_item import ExceptionItem, exception_of
from sync import store
from sync.store import ExceptionView
from terms.problem import ProblemError

LONGEST_KEY = 200
LONGEST_REASON = 1_000


@asked
class ReplayExceptionInput:
    """`idempotencyKey`: asking again with the same key, after a lost answer say, asks once. `reason` goes to the audit log."""

    id: strawberry.ID
    idempotency_key: str
    reason: str | None = None


@noun
class ReplayStarted:
    """The stage will run again. `alreadyAsked`: this key had asked before, and nothing new was started."""

    exception: ExceptionItem
    already_asked: bool


@noun
class ExceptionNotFound:
    """There is no such exception."""

    message: str


@noun
class ExceptionNotOpen:
    """The exception is being replayed already, or resolved."""

    message: str
    exception: ExceptionItem


ReplayExceptionResult = Annotated[
    ReplayStarted | ExceptionNotFound | ExceptionNotOpen,
    strawberry.union("ReplayExceptionResult", description="What became of asking for a replay."),
]


async def replay_exception(info: Info, input: ReplayExceptionInput) -> ReplayExceptionResult:  # noqa: A002
    """Has the failed stage run again with the same business keys; what already took effect is not done twice."""
    key, reason = input.idempotency_key.strip(), (input.reason or "").strip()
    if not 0 < len(key) <= LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )
    if len(reason) > LONGEST_REASON:
        raise ProblemError("the reason is longer than 1,000 characters", "reason", "shorten it")
    asked_for = await info.context.sources.replay(str(input.id), key, info.context.caller, reason)
    view = await _view(info, asked_for.exception_id)
    if view is None:
        return ExceptionNotFound(message=f"there is no exception {str(input.id)[:80]}")
    if asked_for.status == "asked":
        return ReplayStarted(exception=exception_of(view), already_asked=asked_for.already_asked)
    said = "is being replayed already" if view.state == "retrying" else f"is {view.state}"
    return ExceptionNotOpen(message=f"exception {view.exception_id} {said}", exception=exception_of(view))


async def _view(info: Info, exception_id: str) -> ExceptionView | None:
    return await info.context.read(lambda session: store.exception(session, exception_id))


@strawberry.type
class ReplayMutation:
    replay_exception: ReplayExceptionResult = change(replay_exception)
