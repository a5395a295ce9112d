# SPDX-License-Identifier: Apache-2.0
"""Decisions of people about two objects: taken, revoked, listed. Expected refusals are answers, not errors."""

from enum import Enum
from typing import Annotated

import strawberry
from sqlmodel import Session

from collectors.decisions import store as decision_store
from collectors.decisions.decision import DecisionKind
from collectors.decisions.store import Decided, DecisionView, Refused, Wanted
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, asked, change, noun, noun_named
from controlplane.graphql.value import ObjectKey, PageInfo, key_of, page_info, page_size
from terms import object_key
from terms.instant import Instant
from terms.problem import ProblemError

LONGEST_KEY = 200
LONGEST_OBJECT = 512
LONGEST_REASON = 1_000


@strawberry.enum(name="DecisionKind", description="What a person decided about two objects.")
class Kind(Enum):
    SAME = strawberry.enum_value("same", description="They are one thing under two keys.")
    PART = strawberry.enum_value("part", description="The first is part of the second.")
    APART = strawberry.enum_value("apart", description="They do not belong together, whatever events say.")


@strawberry.enum(description="How two objects are to be joined.")
class JoinAs(Enum):
    SAME = strawberry.enum_value("same", description="They are one thing under two keys.")
    PART = strawberry.enum_value("part", description="`object` is part of `with`.")


@asked
class SeparateInput:
    """Objects are key texts, `invoice:INV-7`. Asking again, with this `idempotencyKey` or another, changes nothing."""

    object: str
    from_: str = strawberry.field(name="from")
    reason: str
    idempotency_key: str


@asked
class JoinInput:
    """Objects are key texts, `invoice:INV-7`. Asking again, with this `idempotencyKey` or another, changes nothing."""

    object: str
    with_: str = strawberry.field(name="with")
    join_as: JoinAs = strawberry.field(name="as")
    reason: str
    idempotency_key: str


@asked
class RevokeDecisionInput:
    """A decision that was revoked before stays as it is, so asking again changes nothing."""

    id: strawberry.ID
    reason: str
    idempotency_key: str


@noun
class Decision:
    """What a person decided about two objects. It wins over every rule until it is revoked."""

    id: strawberry.ID
    kind: Kind
    object: ObjectKey
    other: ObjectKey
    reason: str
    decided_by: str
    decided_at: Instant
    revoked_by: str | None
    revoked_at: Instant | None
    revoked_reason: str | None


@noun
class DecisionEdge:
    """A decision in a list, with the cursor that continues behind it."""

    cursor: str
    node: Decision


@noun
class DecisionConnection:
    """A page of decisions."""

    edges: list[DecisionEdge]
    nodes: list[Decision]
    page_info: PageInfo
    total_count: int


@noun
class DecisionTaken:
    """The decision as kept, and the ids of the transactions it changed. `alreadyThere`: it held before, nothing changed."""

    decision: Decision
    already_there: bool
    changed: list[strawberry.ID]


@noun
class DecisionRefused:
    """It would mean nothing. `kind` is a word for programs; `next` says which way is open."""

    kind: str
    message: str
    next: str


@noun
class DecisionContradicts:
    """Another decision stands that says otherwise; nothing was stored."""

    message: str
    next: str
    decision: Decision


@noun
class DecisionRevoked:
    """The decision with its end, and the ids of the transactions that changed. `alreadyRevoked`: it was before."""

    decision: Decision
    already_revoked: bool
    changed: list[strawberry.ID]


@noun_named("DecisionNotFound")
class NotFound:
    """There is no such decision."""

    message: str


DecisionResult = Annotated[
    DecisionTaken | DecisionRefused | DecisionContradicts,
    strawberry.union("DecisionResult", description="What became of a decision."),
]
RevokeDecisionResult = Annotated[
    DecisionRevoked | NotFound,
    strawberry.union("RevokeDecisionResult", description="What became of revoking a decision."),
]


async def separate(info: Info, input: SeparateInput) -> DecisionResult:  # noqa: A002
    """Holds two objects apart, whatever events say. Their transactions are stitched anew before the answer."""
    return await _decide(info, "apart", (input.object, "object"), (input.from_, "from"), input)


async def join(info: Info, input: JoinInput) -> DecisionResult:  # noqa: A002
    """Holds that two objects are the same, or one part of the other, whatever events say. Stitched anew before the answer."""
    kind: DecisionKind = "same" if input.join_as is JoinAs.SAME else "part"
    return await _decide(info, kind, (input.object, "object"), (input.with_, "with"), input)


async def revoke_decision(info: Info, input: RevokeDecisionInput) -> RevokeDecisionResult:  # noqa: A002
    """Takes a decision back, so that the rules hold again. Its transactions are stitched anew before the answer."""
    _check(input.idempotency_key, input.reason)
    context, identity, reason = info.context, str(input.id), input.reason.strip()
    processes = context.sources.definitions.processes

    def take_back(session: Session) -> Decided | None:
        return decision_store.revoke(session, processes, identity, context.caller.name, reason, context.now)

    done = await context.sources.database.write_async(
        take_back, actor=context.caller.actor, reason=f"revoke decision {identity[:40]}: {reason}"
    )
    if done is None:
        return NotFound(message=f"there is no decision {identity[:80]}")
    context.sources.transactions_changed()
    return DecisionRevoked(
        decision=decision_of(done.decision),
        already_revoked=done.already,
        changed=[strawberry.ID(one) for one in done.changed],
    )


async def decisions(
    info: Info, first: int = 50, after: str | None = None, standing: bool | None = None
) -> DecisionConnection:
    """Decisions, newest first: all of them, those that stand, or those that were revoked."""
    size = page_size(first)
    page = await info.context.read(lambda session: decision_store.decisions(session, size, after, standing))
    nodes = [decision_of(view) for view in page.items]
    return DecisionConnection(
        edges=[DecisionEdge(cursor=c, node=node) for c, node in zip(page.cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(page.cursors, page.has_next, after),
        total_count=page.total,
    )


def decision_of(view: DecisionView) -> Decision:
    """A decision for the schema."""
    return Decision(
        id=strawberry.ID(view.decision_id),
        kind=Kind(view.kind),
        object=key_of(view.one),
        other=key_of(view.other),
        reason=view.reason,
        decided_by=view.decided_by,
        decided_at=view.decided_at,
        revoked_by=view.revoked_by,
        revoked_at=view.revoked_at,
        revoked_reason=view.revoked_reason,
    )


async def _decide(
    info: Info,
    kind: DecisionKind,
    one: tuple[str, str],
    other: tuple[str, str],
    said: SeparateInput | JoinInput,
) -> DecisionResult:
    _check(said.idempotency_key, said.reason)
    context = info.context
    processes = context.sources.definitions.processes
    wanted = Wanted(
        kind, _key(*one), _key(*other), said.reason.strip(), context.caller.name, said.idempotency_key.strip()
    )

    def decide(session: Session) -> Decided | Refused:
        return decision_store.decide(session, processes, wanted, context.now)

    done = await context.sources.database.write_async(
        decide,
        actor=context.caller.actor,
        reason=f"{kind}: {wanted.one} and {wanted.other}: {wanted.reason}",
    )
    if isinstance(done, Refused):
        if done.beside is not None:
            return DecisionContradicts(message=done.what, next=done.do, decision=decision_of(done.beside))
        return DecisionRefused(kind=done.kind, message=done.what, next=done.do)
    context.sources.transactions_changed()
    return DecisionTaken(
        decision=decision_of(done.decision),
        already_there=done.already,
        changed=[strawberry.ID(one) for one in done.changed],
    )


def _key(text: str, where: str) -> object_key.ObjectKey:
    key = object_key.parse(text.strip())
    if not key.type or not key.value or len(text) > LONGEST_OBJECT:
        raise ProblemError(f"'{text[:80]}' is not an object", where, "write its type and id, invoice:INV-7")
    return key


def _check(key: str, reason: str) -> None:
    if not 0 < len(key.strip()) <= LONGEST_KEY:
        raise ProblemError(
            "an idempotency key has 1 to 200 characters", "idempotencyKey", "make one for each press"
        )
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise ProblemError("a reason has 1 to 1,000 characters", "reason", "say how you know")


@strawberry.type
class DecisionQuery:
    decisions: DecisionConnection = answer(decisions)


@strawberry.type
class DecisionMutation:
    separate: DecisionResult = change(separate)
    join: DecisionResult = change(join)
    revoke_decision: RevokeDecisionResult = change(revoke_decision)
