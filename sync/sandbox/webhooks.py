# SPDX-License-Identifier: Apache-2.0
"""The webhooks still to be delivered: a queue in the file, signed as each vendor does it, and tried until it is taken."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.sandbox import faults
from sync.sandbox.credentials import expected
from sync.sandbox.exchange import World
from terms import canonical_json
from terms.instant import SECOND, Instant

_FIRST_WAIT = SECOND // 5
_LONGEST_WAIT = 3 * SECOND
_AGAIN_AFTER = SECOND // 10


@dataclass(frozen=True, slots=True)
class Webhook:
    """One delivery to be made. A repeated delivery is another one with the same event id and body."""

    sequence: int
    connection: str
    event_id: str
    body: bytes
    attempts: int


def enqueue(world: World, connection: str, document: Mapping[str, Any], chain: str, delay: int) -> None:
    """Queues an event, to be sent `delay` microseconds from now; twice when that fault strikes.

    Events of one chain (one order's or amendment's) are delivered one after another.
    """
    due, body = world.clock() + delay, canonical_json.text(document).encode()
    event_id = str(document["id"])
    _put(world, connection, event_id, chain, body, due, again=False)
    probability = faults.current(world).duplicate_webhook
    kind = document.get("event_type") or document.get("type")
    if faults.strikes(world, "duplicate_webhook", probability, connection, chain, kind):
        _put(world, connection, event_id, "", body, due + _AGAIN_AFTER, again=True)


def _put(
    world: World, connection: str, event_id: str, chain: str, body: bytes, due: Instant | int, *, again: bool
) -> None:
    world.ledger.sql.execute(
        "INSERT INTO webhook (connection, event_id, chain, body, due_at, again) VALUES (?, ?, ?, ?, ?, ?)",
        (connection, event_id, chain, body, due, again),
    )


def due(world: World, now: Instant, limit: int = 32) -> list[Webhook]:
    """What is to be sent now, oldest first; of each chain only the first that was not taken yet."""
    rows = world.ledger.sql.execute(
        "SELECT sequence, connection, event_id, body, attempts FROM webhook w "
        "WHERE delivered_at IS NULL AND due_at <= ? AND NOT EXISTS (SELECT 1 FROM webhook e "
        "WHERE e.delivered_at IS NULL AND e.chain = w.chain AND w.chain <> '' AND e.sequence < w.sequence) "
        "ORDER BY sequence LIMIT ?",
        (now, limit),
    )
    return [Webhook(*row) for row in rows]


def taken(world: World, webhook: Webhook, now: Instant) -> None:
    """The receiver answered 2xx: it is not sent again."""
    world.ledger.sql.execute(
        "UPDATE webhook SET delivered_at = ?, attempts = attempts + 1 WHERE sequence = ?",
        (now, webhook.sequence),
    )


def missed(world: World, webhook: Webhook, now: Instant) -> None:
    """The receiver did not take it: it is tried again after a wait that doubles up to three seconds."""
    wait = min(_LONGEST_WAIT, _FIRST_WAIT << min(webhook.attempts, 8))
    world.ledger.sql.execute(
        "UPDATE webhook SET due_at = ?, attempts = attempts + 1 WHERE sequence = ?",
        (now + wait, webhook.sequence),
    )


def next_due(world: World) -> Instant | None:
    """When the next delivery may be tried; None when none waits."""
    row = world.ledger.sql.execute("SELECT MIN(due_at) FROM webhook WHERE delivered_at IS NULL").fetchone()
    return Instant(row[0]) if row[0] is not None else None


def signed(world: World, webhook: Webhook, now: Instant) -> dict[str, str]:
    """The headers of one delivery, with the proof that this vendor gives of itself."""
    headers = {"content-type": "application/json"}
    secrets = expected(world, webhook.connection)
    if webhook.connection == "chargebee":
        pair = f"{secrets['webhook_user']}:{secrets['webhook_password']}".encode()
        return headers | {"authorization": "Basic " + base64.b64encode(pair).decode()}
    stamp = str(now // SECOND)
    digest = hmac.new(
        secrets["webhook_secret"].encode(), stamp.encode() + b"." + webhook.body, hashlib.sha256
    ).hexdigest()
    return headers | {"stripe-signature": f"t={stamp},v1={digest}"}


def counts(world: World) -> dict[str, int]:
    """Deliveries made, deliveries waiting, and how many of either repeat an event."""
    delivered, waiting, duplicated = world.ledger.sql.execute(
        "SELECT COUNT(delivered_at), COUNT(*) - COUNT(delivered_at), COALESCE(SUM(again), 0) FROM webhook"
    ).fetchone()
    return {"delivered": delivered, "waiting": waiting, "duplicated": duplicated}
