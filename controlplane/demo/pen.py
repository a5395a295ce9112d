# SPDX-License-Identifier: Apache-2.0
"""Writes the spans of one deal: knows its objects, its ids, and the stage it is in."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from controlplane.demo.story import Story
from terms.instant import MINUTE, Instant, text

Attributes = Mapping[str, str | int]
_NO_CONTRACT = ("crm-updated",)


@dataclass(frozen=True, slots=True)
class PlannedSpan:
    """A span before it is encoded. `failure` is the message of a span with status ERROR; empty: OK."""

    trace: bytes
    span: bytes
    parent: bytes
    name: str
    is_client: bool
    started_at: Instant
    ended_at: Instant
    failure: str
    attributes: Attributes

    def message(self) -> Span:
        """The OTLP span."""
        return Span(
            trace_id=self.trace,
            span_id=self.span,
            parent_span_id=self.parent,
            name=self.name,
            kind=Span.SPAN_KIND_CLIENT if self.is_client else Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=self.started_at * 1_000,
            end_time_unix_nano=self.ended_at * 1_000,
            attributes=[_pair(key, value) for key, value in self.attributes.items()],
            status=Status(code=Status.STATUS_CODE_ERROR, message=self.failure)
            if self.failure
            else Status(code=Status.STATUS_CODE_OK),
        )


def _pair(key: str, value: str | int) -> KeyValue:
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))


class Pen:
    """One deal's pen. Ids follow from the deal and the salt. `objects` may be added to as the deal goes on."""

    def __init__(self, story: Story, salt: str) -> None:
        self.story = story
        self.at = story.at
        self._salt = salt
        self._stage = ""
        self._trace = self._root = b""
        self._flow = "lead-to-cash" if story.kind == "new-business" else "renewal-amendment"
        number = story.number
        self.objects = {
            story.anchor[0]: story.anchor[1],
            "subscription": f"SUB-{number if story.kind == 'new-business' else story.customer}",
            "customer": f"CUST-{story.customer}",
            "opportunity": f"006{number:012d}AAA",
            "invoice": f"INV-{number}",
            "credit-memo": f"CM-{number}",
            "payment": f"pi_{self._digest('payment', 9).hex()}",
            "bank-line": f"BSL-{number}",
        }

    def cleared_after(self, booked_at: Instant) -> Instant:
        """When the bank's statement shows what was booked: half a day to a day and a half later, the same for the same deal."""
        minutes = 720 + int.from_bytes(self._digest("cleared", 2)) % 1_440
        return Instant(booked_at + minutes * MINUTE)

    def stage(self, name: str) -> "Pen":
        """Starts the next stage: a run, and so a trace, of its own."""
        self._stage = name
        self._trace = self._digest(f"trace {name}", 16)
        self._root = b""
        return self

    def event(
        self, type_: str, at: Instant, system: str, objects: tuple[str, ...], **more: str | int
    ) -> PlannedSpan:
        """A span that carries a business event which happened at `at`."""
        named = {f"throughline.object.{name}": self.objects[name] for name in objects}
        attributes: dict[str, str | int] = {
            "cloudevents.event_id": f"{type_}/{next(iter(named.values()))}",
            "cloudevents.event_source": f"/sync/{system}",
            "cloudevents.event_type": type_,
            "cloudevents.event_subject": next(iter(named.values())),
            "throughline.event_time": text(at),
            **named,
            **more,
        }
        if "." not in type_ and type_ not in _NO_CONTRACT:
            attributes["throughline.contract.subject"] = type_
            attributes.setdefault("throughline.contract.version", "1.0.0")
        return self._span(type_, at, 6_000, system, attributes, failure="", is_client=False)

    def effect(
        self,
        name: str,
        system: str,
        until: Instant,
        objects: tuple[str, ...],
        failure: str = "",
        attempt: int = 1,
    ) -> PlannedSpan:
        """A span of one attempt to write to a system, answered at `until`."""
        key = f"{self._flow}:{self.story.anchor[1]}:{name}"
        attributes: dict[str, str | int] = {
            **{f"throughline.object.{one}": self.objects[one] for one in objects},
            "throughline.step": name,
            "throughline.effect": key,
            "idempotency.key": self._digest(key, 12).hex(),
            "throughline.attempt": attempt,
        }
        if failure:
            attributes["throughline.message"] = failure
            attributes["throughline.error_class"] = "intermittent"
        took = 180_000 + int.from_bytes(self._digest(f"took {name} {attempt}", 3)) % 900_000
        started = Instant(until - took)
        return self._span(
            f"{name} {system}", started, took, system, attributes, failure, is_client=True, attempt=attempt
        )

    def _span(
        self,
        name: str,
        started: Instant,
        took: int,
        system: str,
        attributes: dict[str, str | int],
        failure: str,
        is_client: bool,
        attempt: int = 1,
    ) -> PlannedSpan:
        id_ = self._digest(f"span {self._stage} {name} {attempt}", 8)
        parent, self._root = self._root, self._root or id_
        attributes |= {
            "throughline.system": system,
            "throughline.legal_entity": self.story.entity.code,
            "throughline.region": self.story.entity.region,
            "throughline.flow": self._flow,
            "throughline.stage": self._stage,
            "throughline.run": f"{self._flow}/{self.story.anchor[1]}/{self._stage}",
        }
        return PlannedSpan(
            self._trace, id_, parent, name, is_client, started, Instant(started + took), failure, attributes
        )

    def money(self) -> dict[str, int | str]:
        """The attributes that say what the deal is worth."""
        return {
            "throughline.amount_minor": self.story.amount_minor,
            "throughline.currency": self.story.entity.currency,
        }

    def _digest(self, what: str, size: int) -> bytes:
        return blake2b(f"{self._salt}|{self.story.number}|{what}".encode(), digest_size=size).digest()
