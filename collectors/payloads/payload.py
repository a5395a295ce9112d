# SPDX-License-Identifier: Apache-2.0
"""The payload of an event, kept apart from the event: what may be shown of it, and whether it kept its contract."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from terms.problem import Problem

DATA = "cloudevents.event_data"
"""The attribute of a span that carries the payload of its event as JSON text. It is taken out of the span."""

MOST = 256 * 1024
"""Bytes of a payload that are kept; of a larger one only that it was larger."""


class Payload(NamedTuple):
    """Of the event with that identity. `body` is JSON text, masked already.

    `problems` is None when no contract could judge it, and empty when it keeps its contract.
    """

    source: str
    source_event_id: str
    contract_subject: str | None
    contract_version: str | None
    body: str
    problems: tuple[Problem, ...] | None


@dataclass(frozen=True, slots=True)
class Told:
    """A payload as it came in, of the event with that identity. `data` is a JSON value, or JSON text from a span."""

    source: str
    source_event_id: str
    contract_subject: str | None
    contract_version: str | None
    data: Any


Inspect = Callable[[Told], Payload | None]
"""Masks a payload by the classes of its contract's fields, and holds it to the contract; None when it says nothing."""


def nothing(_told: Told) -> None:
    """An Inspect that keeps nothing."""


def told_by(attributes: Mapping[str, Any]) -> Told | None:
    """The payload that a span's attributes carry; None when they carry none, or name no event."""
    data = attributes.get(DATA)
    source, source_event_id = (attributes.get(f"cloudevents.event_{part}") for part in ("source", "id"))
    if data is None or not isinstance(source, str) or not isinstance(source_event_id, str):
        return None
    contract = [attributes.get(f"throughline.contract.{part}") for part in ("subject", "version")]
    subject, version = (each if isinstance(each, str) else None for each in contract)
    return Told(source, source_event_id, subject, version, data)
