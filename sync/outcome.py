# SPDX-License-Identifier: Apache-2.0
"""What came of one write to one system. Connectors answer with one of four values; the effect ledger decides on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ErrorClass = Literal[
    "value", "missing", "connection", "intermittent", "rate_limit", "too_large", "parse", "duplicate",
    "in_doubt", "contract", "period_closed", "unbalanced", "conflict", "policy_hold",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """The system has it, once. `native_id` is the system's own id; `record` what it answered or what a probe found."""

    native_id: str
    record: Mapping[str, Any] = field(default_factory=dict)
    replayed: bool = False  # the system recognised the key and gave its first answer again


@dataclass(frozen=True, slots=True)
class Absent:
    """A probe looked for the business key and the system does not have it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The system said no for good: nothing was stored there, and the same request would be refused again."""

    error_class: ErrorClass
    code: str
    message: str
    status: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """Certainly without effect (not connected, rate limited), so it may be sent again after a wait."""

    error_class: ErrorClass
    message: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, and no answer that tells what happened. It must be probed before anything is sent again."""

    message: str


Outcome = Sent | Refused | Unsent | Unknown
Probe = Sent | Absent | Unsent | Unknown
