# SPDX-License-Identifier: Apache-2.0
"""The billing stand-in: its paths, its form bodies, its errors, and the half hour in which it knows a request again."""

import base64
import hmac
import json
import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sync.sandbox import billing
from sync.sandbox import plan as plans
from sync.sandbox.credentials import expected
from sync.sandbox.exchange import Call, Match, Reply, StandIn, World, operation
from terms import canonical_json
from terms.instant import MINUTE

_WINDOW = 30 * MINUTE
_ITEM = re.compile(r"subscription_items\[(\w+)\]\[(\d+)\]")
_PRICE = re.compile(r".+-[A-Z]{3}-\w+")
_CUSTOMER = (
    "id",
    "first_name",
    "last_name",
    "company",
    "email",
    "phone",
    "preferred_currency_code",
    "locale",
)


class _Refusal(Exception):  # noqa: N818
    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.reply = reply


def _create_customer(world: World, call: Call, _match: Match) -> Reply:
    form = call.form()
    fields = {name: form[name] for name in form if name in _CUSTOMER or name.startswith("cf_")}
    fields.setdefault("id", f"cb_{world.ledger.next('chargebee:customer')}")
    if world.ledger.get("chargebee", "customer", fields["id"]) is not None:
        return _duplicate("id", fields["id"])
    plan = plans.of_customer(world, fields["id"])
    if plan is not None:
        fields.setdefault("cf_region", plan.region)
    made = billing.customer(world, fields, billing.times(plan, call.now).customer, call.now)
    return Reply(200, {"customer": made.document}, made=("customer", made.id))


def _create_subscription(world: World, call: Call, match: Match) -> Reply:
    owner = world.ledger.get("chargebee", "customer", match["id"])
    if owner is None:
        return _not_found("customer", match["id"])
    form = call.form()
    items, currency = _items(form)
    id_ = form.get("id") or f"cb_{world.ledger.next('chargebee:subscription')}"
    if world.ledger.get("chargebee", "subscription", id_) is not None:
        return _duplicate("id", id_)
    number = form.get("po_number", "")
    plan = plans.of_key(world, number)
    started = billing.times(plan, call.now).activated
    if plan is None and form.get("start_date", "").isdecimal():
        started = min(started, int(form["start_date"]))
    fields = {"id": id_, "po_number": number, "currency_code": currency} | _custom(form)
    made = billing.subscription(world, owner, fields, items, started, call.now)
    billed = billing.activated(world, made, owner, number, call.now)
    body = {"subscription": made.document, "customer": owner.document} | billed
    return Reply(200, body, made=("subscription", id_))


def _update(world: World, call: Call, match: Match) -> Reply:
    """Changes the subscription and bills it. Nothing here notices a second request: only the key does."""
    found = world.ledger.get("chargebee", "subscription", match["id"])
    if found is None:
        return _not_found("subscription", match["id"])
    form = call.form()
    items, currency = _items(form)
    if currency != found.document["currency_code"]:
        return _wrong("subscription_items[item_price_id][0]", "currency cannot be changed")
    before = found.document
    number = form.get("po_number") or before.get("po_number", "")
    updated = billing.times(plans.of_key(world, number), call.now).activated
    asked = form.get("changes_scheduled_at", "")
    from_ = int(asked) if asked.isdecimal() else updated
    after = {
        **before,
        **_custom(form),
        "po_number": number,
        "subscription_items": items,
        "updated_at": updated,
        "resource_version": call.now // 1000,
    }
    renewed = before["current_term_end"] <= from_
    if renewed:
        after["current_term_start"] = from_
        after["current_term_end"] = after["next_billing_at"] = from_ + billing.TERM_S
    world.ledger.change(found, after, call.now)
    billed = billing.amended(world, after, 0 if renewed else billing.value(before), call.now)
    body = {"subscription": after} | _owner(world, "subscription", after) | billed
    return Reply(200, body, made=("subscription", found.id))


def _retrieve(noun: str) -> Callable[[World, Call, Match], Reply]:
    def retrieve(world: World, _call: Call, match: Match) -> Reply:
        found = world.ledger.get("chargebee", noun, match["id"])
        if found is None:
            return _not_found(noun, match["id"])
        return Reply(200, {noun: found.document} | _owner(world, noun, found.document))

    return retrieve


def _owner(world: World, noun: str, document: dict[str, Any]) -> dict[str, Any]:
    """Answers about a subscription bring its customer along."""
    found = world.ledger.get("chargebee", "customer", str(document.get("customer_id")))
    return {"customer": found.document} if noun == "subscription" and found else {}


def _list(noun: str) -> Callable[[World, Call, Match], Reply]:
    def list_(world: World, call: Call, _match: Match) -> Reply:
        filters = {
            name[:-4]: value
            for name, value in call.query.items()
            if name in ("subscription_id[is]", "customer_id[is]", "id[is]")
        }
        rows = [
            {noun: record.document} | _owner(world, noun, record.document)
            for record in world.ledger.find("system = 'chargebee' AND type = ?", noun)
            if all(record.document.get(name) == value for name, value in filters.items())
        ]
        asked, offset = call.query.get("limit", "10"), call.query.get("offset", "")
        limit = int(asked) if asked.isdecimal() else 0
        if not 1 <= limit <= 100:
            return _wrong("limit", "limit : must be from 1 to 100")
        start = int(offset) if offset.isdecimal() else 0
        more = {"next_offset": str(start + limit)} if start + limit < len(rows) else {}
        return Reply(200, {"list": rows[start : start + limit], **more})

    return list_


def _items(form: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """The subscribed items of a bracketed list, and the currency of their prices."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in form.items():
        match = _ITEM.fullmatch(name)
        if match:
            rows.setdefault(int(match[2]), {})[match[1]] = value
    if not rows:
        raise _Refusal(_wrong("subscription_items[item_price_id][0]", "cannot be blank"))
    found = []
    for index, row in sorted(rows.items()):
        price = row.get("item_price_id", "")
        if not _PRICE.fullmatch(price):
            raise _Refusal(_not_found("item_price", price, f"subscription_items[item_price_id][{index}]"))
        for name in ("quantity", "unit_price"):
            if not row.get(name, "0").isdecimal():
                raise _Refusal(_wrong(f"subscription_items[{name}][{index}]", "should be a whole number"))
        found.append(billing.item(price, int(row.get("quantity", 1)), int(row.get("unit_price", 0))))
    return found, found[0]["item_price_id"].rsplit("-", 2)[1]


def _custom(form: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name.startswith("cf_")}


def _once(world: World, call: Call, run: Callable[[], Reply]) -> Reply:
    """A key that was answered within half an hour gets that answer again, marked as a replay. Only POSTs have keys."""
    key = call.headers.get("chargebee-idempotency-key", "")
    if not key:
        return _caught(run)
    if len(key) > 100:
        return _wrong("chargebee-idempotency-key", "should be at most 100 characters")
    request = sha256(f"{call.path}\n".encode() + call.body).hexdigest()
    row = world.ledger.sql.execute(
        "SELECT request, status, body, type, id FROM answered WHERE system = 'chargebee' AND key = ? AND answered_at > ?",
        (key, call.now - _WINDOW),
    ).fetchone()
    if row and row[0] != request:
        return _wrong("chargebee-idempotency-key", "was used with another request")
    if row:
        world.ledger.replayed("chargebee", row[3], row[4])
        return Reply(row[1], json.loads(row[2]), {"chargebee-idempotency-replayed": "true"}, (row[3], row[4]))
    reply = _caught(run)
    world.ledger.sql.execute(
        "INSERT OR REPLACE INTO answered VALUES ('chargebee', ?, ?, ?, ?, ?, ?, ?)",
        (key, request, reply.status, canonical_json.text(reply.body), call.now, *reply.made),
    )
    return reply


def _caught(run: Callable[[], Reply]) -> Reply:
    try:
        return run()
    except _Refusal as refusal:
        return refusal.reply


def _refuse(world: World, call: Call) -> Reply | None:
    wanted = base64.b64encode(f"{expected(world, 'chargebee')['api_key']}:".encode())
    if hmac.compare_digest(call.headers.get("authorization", "").encode(), b"Basic " + wanted):
        return None
    return _error(401, "api_authentication_failed", "Sorry, authentication failed. Invalid api key")


def _duplicate(param: str, value: str) -> Reply:
    return _error(400, "duplicate_entry", f"The value {value} is already present.", param, "invalid_request")


def _not_found(noun: str, id_: str, param: str = "") -> Reply:
    return _error(404, "resource_not_found", f"{id_} not found", param or f"{noun}_id", "invalid_request")


def _wrong(param: str, reason: str) -> Reply:
    return _error(400, "param_wrong_value", f"{param} : {reason}", param, "invalid_request")


def _error(status: int, code: str, message: str, param: str = "", type_: str = "") -> Reply:
    body = {
        "message": message,
        "api_error_code": code,
        "error_code": code,
        "error_msg": message,
        "http_status_code": status,
    }
    return Reply(status, body | ({"param": param} if param else {}) | ({"type": type_} if type_ else {}))


def _named(call: Call, match: Match) -> str:
    """The business key of a write: the order's or amendment's number, else our id, else what the path names."""
    form = call.form()
    return form.get("po_number") or form.get("id") or match.groupdict().get("id", "")


_API = r"/api/v2"

STAND_IN = StandIn(
    system="chargebee",
    operations=(
        operation("create customer", "POST", rf"{_API}/customers", _create_customer, _named),
        operation(
            "create subscription",
            "POST",
            rf"{_API}/customers/(?P<id>[^/]+)/subscription_for_items",
            _create_subscription,
            _named,
        ),
        operation(
            "update subscription",
            "POST",
            rf"{_API}/subscriptions/(?P<id>[^/]+)/update_for_items",
            _update,
            _named,
        ),
        *(
            operation(f"get {noun}", "GET", rf"{_API}/{noun}s/(?P<id>[^/]+)", _retrieve(noun))
            for noun in ("customer", "subscription", "invoice", "credit_note")
        ),
        *(
            operation(f"list {noun}s", "GET", rf"{_API}/{noun}s", _list(noun))
            for noun in ("customer", "subscription", "invoice", "credit_note")
        ),
    ),
    refuse=_refuse,
    unavailable=_error(503, "internal_temporary_error", "The site is temporarily unavailable"),
    nowhere=lambda call: _error(404, "site_not_found", f"Sorry, we couldn't find {call.path}"),
    once=_once,
)
