# SPDX-License-Identifier: Apache-2.0
"""A webhook that was checked: who sent it is proven, what it says is only a signal. The current state is fetched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from terms.instant import Instant


class Unsigned(Exception):  # noqa: N818 - it is what the webhook is
    """The webhook carries no proof, or a wrong one, that the system sent it. Nothing of it may be kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StaleWebhook(Unsigned):
    """Rightly signed, but too long ago: it may have been recorded and sent again by somebody else."""


class Unreadable(Exception):  # noqa: N818
    """Rightly signed, but not the document that this system's webhooks are."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """`event_id` is the same in every repeated delivery; `object_id` names the record to fetch; `raw` is the whole event."""

    event_id: str
    type: str  # the vendor's own word, such as invoice_generated
    occurred_at: Instant
    object_id: str
    po_number: str | None  # the order or amendment number that the record carries, if it carries one
    raw: Mapping[str, Any] = field(repr=False)


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a header whatever the case of its name; empty when it is not there."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")
