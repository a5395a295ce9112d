# SPDX-License-Identifier: Apache-2.0
"""The story of one transaction: its events, and its spans as columns."""

from enum import Enum

import orjson
import strawberry

from collectors.payloads.store import PayloadView
from collectors.spans import link as span_link
from collectors.spans.path import clock_notes, critical_path
from collectors.spans.view import SpanView
from collectors.transactions.transaction import EventView
from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.problem import Problem, problems_of
from controlplane.graphql.span_link import SpanLink, links_of, tracer_addresses
from controlplane.graphql.value import Money, ObjectKey, key_of, money_of
from terms.instant import SECOND, Instant, from_nanoseconds

_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_STATUSES = ("unset", "ok", "error")


@strawberry.enum(description="How an event belongs to a transaction.")
class MembershipRole(Enum):
    MEMBER = strawberry.enum_value("member", description="It names an object of the transaction's own tree.")
    LINKED = strawberry.enum_value("linked", description="It names an object that is linked to the tree.")


@strawberry.enum(description="Whether a payload keeps its contract.")
class PayloadVerdict(Enum):
    KEPT = strawberry.enum_value("kept", description="It is as the contract says.")
    BROKEN = strawberry.enum_value("broken", description="It is not; the problems say where.")
    UNJUDGED = strawberry.enum_value("unjudged", description="It names no contract that is registered.")


@noun
class EventPayload:
    """What an event carried, as JSON text. Values of confidential and personal fields keep their shape and lose what they
    say; where no registered contract classifies the fields, every value does."""

    document: str
    verdict: PayloadVerdict
    problems: list[Problem]
    contract_subject: str | None
    contract_version: str | None


@noun
class TransactionEvent:
    """A business event as this transaction sees it: `sharePpm` is its part of the event in millionths, `part` what it has
    of the amount.
    """

    id: strawberry.ID
    type: str
    source: str
    at: Instant
    system: str
    objects: list[ObjectKey]
    role: MembershipRole
    share_ppm: int
    amount: Money | None
    part: Money | None
    contract_subject: str | None
    contract_version: str | None
    message: str | None
    span_id: str | None
    trace_id: str | None
    why: str

    @answer
    async def payload(self, info: Info) -> EventPayload | None:
        """What it carried; null when its source gave none, or it is no longer kept."""
        found = await info.context.loaders.payloads.load(str(self.id))
        return None if found is None else _payload_of(found)


@noun
class Spans:
    """The spans of a transaction by start, a column each; all columns are equally long. `attributes` is JSON text.

    `onCriticalPath`: its trace would have ended earlier, had the span been shorter. `clockSuspect`: its times cannot be, and
    `clockNote` says why, null where they can: it ends before it starts, starts a second before its parent, or lies years before
    it came or a day after. Times are shown as they were sent.
    """

    views: strawberry.Private[tuple[SpanView, ...]]

    count: int
    span_id: list[str]
    trace_id: list[str]
    parent_span_id: list[str | None]
    name: list[str]
    system: list[str]
    service: list[str]
    kind: list[str]
    started_at: list[Instant]
    duration_seconds: list[float]
    status: list[str]
    message: list[str | None]
    attempt: list[int | None]
    why: list[str]
    attributes: list[str]
    on_critical_path: list[bool]
    clock_suspect: list[bool]
    clock_note: list[str | None]

    @answer
    async def links(self, info: Info) -> list[SpanLink]:
        """What these spans link to and what links to them, at most 200 each way."""
        return links_of(await info.context.read(lambda session: span_link.span_links(session, self.views)))

    @answer
    async def tracer_url(self, info: Info) -> list[str | None]:
        """Where each span's own tracer shows it; null without a source that says so."""
        address = await info.context.read(tracer_addresses)
        return [address(view) for view in self.views]


def event_of(view: EventView) -> TransactionEvent:
    """An event for the schema."""
    return TransactionEvent(
        id=strawberry.ID(view.event_key),
        type=view.type,
        source=view.source,
        at=view.at,
        system=view.system,
        objects=[key_of(key) for key in view.objects],
        role=MembershipRole(view.role),
        share_ppm=view.share_ppm,
        amount=money_of(view.amount),
        part=money_of(view.share),
        contract_subject=view.contract_subject,
        contract_version=view.contract_version,
        message=view.message,
        span_id=view.span_id,
        trace_id=view.trace_id,
        why=view.why,
    )


def _payload_of(view: PayloadView) -> EventPayload:
    broken = PayloadVerdict.BROKEN if view.problems else PayloadVerdict.KEPT
    return EventPayload(
        document=view.body,
        verdict=PayloadVerdict.UNJUDGED if view.problems is None else broken,
        problems=problems_of(view.problems or ()),
        contract_subject=view.contract_subject,
        contract_version=view.contract_version,
    )


def spans_of(views: tuple[SpanView, ...]) -> Spans:
    """Spans as columns."""
    notes = clock_notes(views)
    return Spans(
        views=views,
        count=len(views),
        span_id=[span.span_id for span in views],
        trace_id=[span.trace_id for span in views],
        parent_span_id=[span.parent_span_id for span in views],
        name=[span.name for span in views],
        system=[system_of(span) for span in views],
        service=[span.service for span in views],
        kind=[kind_word(span) for span in views],
        started_at=[from_nanoseconds(span.start_ns) for span in views],
        duration_seconds=[(span.end_ns - span.start_ns) / (1_000 * SECOND) for span in views],
        status=[status_word(span) for span in views],
        message=[span.message or _text(span, "throughline.message") or None for span in views],
        attempt=[_attempt(span) for span in views],
        why=[span.why for span in views],
        on_critical_path=list(critical_path(views)),
        clock_suspect=[note is not None for note in notes],
        clock_note=list(notes),
        attributes=[orjson.dumps(span.attributes, default=str).decode() for span in views],
    )


def system_of(span: SpanView) -> str:
    """The business system a span tells of; the service that sent it where it names none."""
    return _text(span, "throughline.system") or span.service


def kind_word(span: SpanView) -> str:
    """OTLP's span kind as a word."""
    return _KINDS[span.kind] if 0 <= span.kind < len(_KINDS) else _KINDS[0]


def status_word(span: SpanView) -> str:
    """OTLP's status code as a word."""
    return _STATUSES[span.status] if 0 <= span.status < len(_STATUSES) else _STATUSES[0]


def _text(span: SpanView, name: str) -> str:
    value = span.attributes.get(name)
    return value if isinstance(value, str) else ""


def _attempt(span: SpanView) -> int | None:
    value = span.attributes.get("throughline.attempt")
    return value if isinstance(value, int) and 0 <= value < 2**31 else None
