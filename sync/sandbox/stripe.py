# SPDX-License-Identifier: Apache-2.0
"""The payments stand-in: payment intents that succeed, and a first answer that is given again to the same key."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from sync.sandbox.credentials import expected
from sync.sandbox.exchange import Call, Match, Reply, StandIn, World, operation
from sync.sandbox.seeded import token
from terms import canonical_json
from terms.instant import HOUR, SECOND, Instant

VERSION = "2026-10-28.endive"
_KEPT = 24 * HOUR
_METADATA = re.compile(r"metadata\[([^]]+)]")


def charge(world: World, invoice: Mapping[str, Any], paid: int, now: Instant) -> dict[str, Any]:
    """The charge that billing's gateway integration makes for an invoice: a payment intent that succeeded at `paid`."""
    metadata = {"invoice_id": invoice["id"], "customer_id": invoice["customer_id"]}
    return _succeed(world, invoice["total"], invoice["currency_code"].lower(), metadata, paid, now)


def event(world: World, type_: str, subject: Mapping[str, Any]) -> dict[str, Any]:
    """An event about a payment intent, as its webhook carries it."""
    count = world.ledger.next("stripe:event")
    return {
        "id": f"evt_1{token(23, world.seed, 'event', subject['id'], type_, count)}",
        "object": "event",
        "api_version": VERSION,
        "created": subject["created"],
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
        "data": {"object": subject},
    }


def _succeed(
    world: World, amount: int, currency: str, metadata: Mapping[str, str], created: int, now: Instant
) -> dict[str, Any]:
    count = world.ledger.next("stripe:payment_intent")
    id_ = f"pi_3{token(23, world.seed, metadata.get('invoice_id', ''), count)}"
    document = {
        "id": id_,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": amount,
        "capture_method": "automatic",
        "client_secret": f"{id_}_secret_{token(25, world.seed, id_)}",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": f"ch_3{token(23, world.seed, id_, 'charge')}",
        "livemode": False,
        "metadata": dict(metadata),
        "next_action": None,
        "payment_method": "pm_card_visa",
        "payment_method_types": ["card"],
        "status": "succeeded",
    }
    world.ledger.add("stripe", "payment_intent", id_, metadata.get("invoice_id", ""), document, now)
    return document


def _create(world: World, call: Call, _match: Match) -> Reply:
    form = call.form()
    for name in ("amount", "currency"):
        if not form.get(name):
            return _error(
                400, "invalid_request_error", "parameter_missing", f"Missing required param: {name}.", name
            )
    if not form["amount"].isdecimal() or int(form["amount"]) < 1:
        sentence = f"Invalid integer: {form['amount']}"
        return _error(400, "invalid_request_error", "parameter_invalid_integer", sentence, "amount")
    metadata = {match[1]: value for name, value in form.items() if (match := _METADATA.fullmatch(name))}
    made = _succeed(
        world, int(form["amount"]), form["currency"].lower(), metadata, call.now // SECOND, call.now
    )
    return Reply(200, made, made=("payment_intent", made["id"]))


def _retrieve(world: World, _call: Call, match: Match) -> Reply:
    found = world.ledger.get("stripe", "payment_intent", match["id"])
    if found is None:
        sentence = f"No such payment_intent: '{match['id']}'"
        return _error(404, "invalid_request_error", "resource_missing", sentence, "intent")
    return Reply(200, found.document)


def _list(world: World, call: Call, _match: Match) -> Reply:
    """Newest first; `starting_after` names the last one that the caller has."""
    rows = [record.document for record in world.ledger.find("system = 'stripe' AND type = 'payment_intent'")]
    rows.reverse()
    after = call.query.get("starting_after")
    ids = [row["id"] for row in rows]
    start = ids.index(after) + 1 if after in ids else 0
    asked = call.query.get("limit", "10")
    limit = min(int(asked), 100) if asked.isdecimal() else 10
    page = rows[start : start + limit]
    more = start + limit < len(rows)
    return Reply(200, {"object": "list", "url": "/v1/payment_intents", "has_more": more, "data": page})


def _once(world: World, call: Call, run: Callable[[], Reply]) -> Reply:
    """Whatever the first request with a key was answered is answered again for a day; a key fits one request only."""
    key = call.headers.get("idempotency-key", "")
    if not key:
        return run()
    request = sha256(f"{call.path}\n".encode() + canonical_json.text(call.form()).encode()).hexdigest()
    row = world.ledger.sql.execute(
        "SELECT request, status, body, type, id FROM answered WHERE system = 'stripe' AND key = ? AND answered_at > ?",
        (key, call.now - _KEPT),
    ).fetchone()
    if row and row[0] != request:
        sentence = f"Keys for idempotent requests can only be used with the same parameters; '{key}' was used with others."
        return _error(400, "idempotency_error", "", sentence)
    if row:
        world.ledger.replayed("stripe", row[3], row[4])
        return Reply(row[1], json.loads(row[2]), {"idempotent-replayed": "true"}, (row[3], row[4]))
    reply = run()
    if reply.status != 400:  # what did not pass validation never began, and is not kept
        world.ledger.sql.execute(
            "INSERT OR REPLACE INTO answered VALUES ('stripe', ?, ?, ?, ?, ?, ?, ?)",
            (key, request, reply.status, canonical_json.text(reply.body), call.now, *reply.made),
        )
    return reply


def _refuse(world: World, call: Call) -> Reply | None:
    wanted = f"Bearer {expected(world, 'stripe')['api_key']}"
    if hmac.compare_digest(call.headers.get("authorization", "").encode(), wanted.encode()):
        return None
    return _error(401, "invalid_request_error", "", "Invalid API Key provided")


def _error(status: int, type_: str, code: str, message: str, param: str = "") -> Reply:
    error = {"type": type_, "message": message}
    return Reply(
        status, {"error": error | ({"code": code} if code else {}) | ({"param": param} if param else {})}
    )


def _nowhere(call: Call) -> Reply:
    sentence = f"Unrecognized request URL ({call.method}: {call.path})."
    return _error(404, "invalid_request_error", "", sentence)


STAND_IN = StandIn(
    system="stripe",
    operations=(
        operation(
            "create payment",
            "POST",
            r"/v1/payment_intents",
            _create,
            lambda call, _match: call.form().get("metadata[invoice_id]", ""),
        ),
        operation("get payment", "GET", r"/v1/payment_intents/(?P<id>\w+)", _retrieve),
        operation("list payments", "GET", r"/v1/payment_intents", _list),
    ),
    refuse=_refuse,
    unavailable=_error(503, "api_error", "", "The service is temporarily unavailable"),
    nowhere=_nowhere,
    once=_once,
)
