# SPDX-License-Identifier: Apache-2.0
"""The plan of a deal: what was sold, and the business times its records will bear in every system."""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sync.sandbox.exchange import World
from terms import instant
from terms.instant import Instant
from terms.problem import Problem, ProblemError, did_you_mean

NEW, AMENDMENT = "New Business", "Renewal Amendment"
_CURRENCY = re.compile(r"[A-Z]{3}")
_TEXTS = ("legal_entity", "region", "currency", "item")
_TIMES = ("closed_at", "quoted_at", "activated_at", "invoiced_at", "paid_at")
_OPTIONAL = ("effective_on", "subscription_id", "credit")
_KNOWN = ("kind", "number", "customer", "amount_minor", "quantity", *_TEXTS, *_TIMES, *_OPTIONAL)


@dataclass(frozen=True, slots=True)
class Plan:
    """One deal to come. Times are instants; `subscription_id` is what an amendment amends."""

    kind: str
    number: int
    customer_id: str
    customer_name: str
    legal_entity: str
    region: str
    currency: str
    amount_minor: int
    item: str
    quantity: int
    closed_at: Instant
    quoted_at: Instant
    activated_at: Instant
    invoiced_at: Instant
    paid_at: Instant
    effective_on: str
    subscription_id: str
    credit: bool

    @property
    def key(self) -> str:
        """The order or amendment number that every record of the deal carries."""
        return f"{'AMD' if self.kind == AMENDMENT else 'SO'}-{self.number}"


def read(document: Any, where: str, now: Instant) -> Plan:
    """The plan in a JSON object. Raises ProblemError that lists every key that is missing, unknown or wrong."""
    if not isinstance(document, dict):
        raise ProblemError("a deal is a JSON object", where)
    problems = [
        Problem(f"unknown key '{key}'", f"{where}/{key}", did_you_mean(key, _KNOWN))
        for key in document
        if key not in _KNOWN
    ]
    missing = [key for key in _KNOWN if key not in document and key not in _OPTIONAL]
    problems += [Problem(f"missing key '{key}'", where) for key in missing]
    if problems:
        raise ProblemError(tuple(problems))
    times = {name: _time(document[name], f"{where}/{name}", now) for name in _TIMES}
    return _plan(document, times, where)


def _plan(document: dict[str, Any], times: dict[str, Instant], where: str) -> Plan:
    kind, number = document["kind"], document["number"]
    if kind not in (NEW, AMENDMENT):
        raise ProblemError(f"unknown kind {kind!r}", f"{where}/kind", f"'{NEW}' or '{AMENDMENT}'")
    for name in ("number", "amount_minor", "quantity"):
        if not isinstance(document[name], int) or (name != "amount_minor" and document[name] < 1):
            raise ProblemError("is not a whole number from 1", f"{where}/{name}")
    if not _CURRENCY.fullmatch(str(document["currency"])):
        raise ProblemError("is not a currency code", f"{where}/currency", "three capitals such as EUR")
    effective_on = document.get("effective_on") or instant.day(times["closed_at"])
    if not _is_day(effective_on):
        raise ProblemError("is not a day", f"{where}/effective_on", "write it like 2026-03-01")
    customer = document["customer"]
    if not isinstance(customer, dict) or not customer.get("id"):
        raise ProblemError("a customer has an id and a name", f"{where}/customer")
    return Plan(
        kind=kind,
        number=number,
        customer_id=str(customer["id"]),
        customer_name=str(customer.get("name") or customer["id"]),
        amount_minor=document["amount_minor"],
        quantity=document["quantity"],
        effective_on=effective_on,
        subscription_id=document.get("subscription_id") or f"SUB-{number}",
        credit=bool(document.get("credit")),
        legal_entity=str(document["legal_entity"]),
        region=str(document["region"]),
        currency=str(document["currency"]),
        item=str(document["item"]),
        closed_at=times["closed_at"],
        quoted_at=times["quoted_at"],
        activated_at=times["activated_at"],
        invoiced_at=times["invoiced_at"],
        paid_at=times["paid_at"],
    )


def _is_day(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(value).isoformat() == value)
    except (ValueError, TypeError):
        return False


def _time(value: Any, where: str, now: Instant) -> Instant:
    try:
        found = instant.parse(value)
    except (ProblemError, TypeError) as error:
        raise ProblemError(f"{value!r} is not an RFC 3339 time", where) from error
    if found > now:
        raise ProblemError("lies in the future", where, "business times are at most now")
    return found


def of_key(world: World, key: str) -> Plan | None:
    """The plan whose records carry this order or amendment number."""
    prefix, _, digits = key.partition("-")
    kind = {"SO": NEW, "AMD": AMENDMENT}.get(prefix)
    if kind is None or not digits.isdecimal():
        return None
    row = world.ledger.sql.execute(
        "SELECT plan FROM deal WHERE kind = ? AND number = ?", (kind, int(digits))
    ).fetchone()
    return _stored(row[0]) if row else None


def of_customer(world: World, customer_id: str) -> Plan | None:
    """The customer's newest plan."""
    row = world.ledger.sql.execute(
        "SELECT plan FROM deal WHERE customer_id = ? ORDER BY rowid DESC LIMIT 1", (customer_id,)
    ).fetchone()
    return _stored(row[0]) if row else None


def _stored(text: str) -> Plan:
    return Plan(**json.loads(text))
