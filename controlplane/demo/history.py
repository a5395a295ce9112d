# SPDX-License-Identifier: Apache-2.0
"""The company's last 30 days: 2,000 deals as OTLP requests, the same bytes for the same seed and start.

Two things were planted, to be found by a person: a contract release nine days ago that slowed German invoices, and
fourteen invoices that never reached the ledger. Deals still on their way at `start` have spans later than it; they are
held back until their time has come, so nothing is ever sent from the future.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from controlplane.demo import profile
from controlplane.demo.pen import PlannedSpan
from controlplane.demo.place import BEGINNING
from controlplane.demo.profile import BY_CODE, ENTITIES, Entity
from controlplane.demo.story import (
    Kind,
    Story,
    billed,
    cancelled_after,
    course,
    overdue_ages,
    refused_once,
    waits_for_ledger,
)
from controlplane.demo.story_spans import spans
from terms.instant import DAY, MINUTE, Instant

Deal = tuple[PlannedSpan, ...]

DEALS = 2_000
DAYS = 30
SPANS_A_REQUEST = 512
FIRST_NUMBER = 10_001
OVERDUE = 14
CANCELLED = 34
REFUSED = 22

# Where the overdue invoices are, and of which kind: most of them in Germany, three from renewals.
_OVERDUE_IN = ("DE",) * 10 + ("UK", "UK", "US", "CA")  # the first is the oldest
_OVERDUE_RENEWALS = frozenset({3, 7, 11})


def stories(seed: int, start: Instant) -> tuple[Story, ...]:
    """All deals of the history, oldest first, numbered in that order."""
    random = Random(f"history {seed}")  # noqa: S311 a made-up company, not a secret
    released_at = Instant(start - profile.RELEASED_BEFORE)
    begun = sorted(
        (_began(random, entity, kind, start), index, entity, kind)
        for index, (entity, kind) in enumerate(_shuffled_kinds(random))
    )
    told = [
        _story(random, FIRST_NUMBER + position, kind, entity, at, released_at)
        for position, (at, _, entity, kind) in enumerate(begun)
    ]
    planted = _planted(random, told, start)
    return tuple(_in_version(planted.get(story.number, story), released_at) for story in told)


def planned(seed: int, start: Instant) -> tuple[Deal, ...]:
    """The spans of each deal, deal by deal; some may end after `start`."""
    return tuple(tuple(spans(story, f"{seed}:{start}")) for story in stories(seed, start))


def requests(plan: Iterable[Deal], until: Instant, after: Instant = BEGINNING) -> Iterator[bytes]:
    """ExportTraceServiceRequest bytes of the spans that ended in (after, until], at most 512 a request.

    A deal is never cut in two, so that nobody sees it half way and takes it for stuck.
    """
    batch: list[PlannedSpan] = []
    for deal in plan:
        due = [span for span in deal if after < span.ended_at <= until]
        if len(batch) + len(due) > SPANS_A_REQUEST:
            yield _encoded(batch)
            batch = []
        batch += due
    if batch:
        yield _encoded(batch)


def _encoded(batch: Sequence[PlannedSpan]) -> bytes:
    scope = ScopeSpans(
        scope=InstrumentationScope(name="throughline.demo"), spans=[span.message() for span in batch]
    )
    service = KeyValue(key="service.name", value=AnyValue(string_value="throughline"))
    request = ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=Resource(attributes=[service]), scope_spans=[scope])]
    )
    return bytes(request.SerializeToString(deterministic=True))


def _shuffled_kinds(random: Random) -> list[tuple[Entity, Kind]]:
    """Exactly each entity's share of the deals, and within each 70 % new business, 25 % renewals, 5 % credits."""
    kinds: list[tuple[Entity, Kind]] = []
    for entity in ENTITIES:
        count = round(DEALS * entity.share)
        renewals, credits_ = round(count * 0.25), round(count * 0.05)
        counts: dict[Kind, int] = {"renewal": renewals, "credit": credits_}
        counts["new-business"] = count - renewals - credits_
        kinds += [(entity, kind) for kind, times in counts.items() for _ in range(times)]
    random.shuffle(kinds)
    return kinds


def _began(random: Random, entity: Entity, kind: Kind, start: Instant) -> Instant:
    latest = start - (5 * MINUTE if kind == "new-business" else 12 * MINUTE)
    return profile.busy_instant(random, entity, Instant(start - DAYS * DAY + MINUTE), Instant(latest))


def _story(
    random: Random, number: int, kind: Kind, entity: Entity, at: Instant, released_at: Instant
) -> Story:
    part = {"new-business": 1.0, "renewal": 0.35, "credit": 0.12}[kind]
    return Story(
        number=number,
        kind=kind,
        entity=entity,
        amount_minor=profile.order_minor(random, entity, part),
        # New business brings a customer; amendments come back to those there were before.
        customer=number if kind == "new-business" else profile.known_customer(entity, random.randrange(500)),
        at=course(random, kind, entity, at, released_at),
        version="1.0.0",
        retries=random.choices((0, 1, 2), (93, 5, 2))[0],
    )


def _planted(random: Random, told: list[Story], start: Instant) -> dict[int, Story]:
    """The deals that something happened to, by number. Every planted case is a deal of its own."""
    planted: dict[int, Story] = {}
    ages = overdue_ages(random, OVERDUE)
    where = [_OVERDUE_IN[0], *random.sample(_OVERDUE_IN[1:], OVERDUE - 1)]
    for index, (age, code) in enumerate(zip(ages, where, strict=True)):
        kind: Kind = "renewal" if index in _OVERDUE_RENEWALS else "new-business"
        entity = BY_CODE[code]
        # The nearest deal in time keeps the numbers in order with the days.
        story = min(
            (one for one in told if one.entity is entity and one.kind == kind and one.number not in planted),
            key=lambda one: abs(one.at[billed(kind)] - (start - age)),
        )
        planted[story.number] = waits_for_ledger(story, Instant(start - age))
    rest = [one for one in told if one.number not in planted and one.started_at < start - DAY]
    orders = random.sample([one for one in rest if one.kind == "new-business"], CANCELLED + REFUSED)
    planted |= {one.number: cancelled_after(random, one) for one in orders[:CANCELLED]}
    planted |= {one.number: refused_once(random, one) for one in orders[CANCELLED:]}
    return planted


def _in_version(story: Story, released_at: Instant) -> Story:
    issued_at = story.at.get(billed(story.kind))
    if story.kind == "credit" or issued_at is None or issued_at < released_at:
        return story
    return replace(story, version="1.1.0")
