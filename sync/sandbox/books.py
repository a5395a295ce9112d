# SPDX-License-Identifier: Apache-2.0
"""The ERP's books: which periods are open for whom, which accounts and products are known, and what may not be posted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sync.sandbox.exchange import World
from terms import instant
from terms.instant import Instant

ENTITIES: Mapping[str, str] = {"US": "United States", "CA": "Canada", "DE": "Germany", "UK": "United Kingdom"}
ACCOUNTS: Mapping[str, str] = {
    "1000": "Bank",
    "1200": "Accounts receivable",
    "2400": "Deferred revenue",
    "4000": "Subscription revenue",
}
_CLOSED_AT_FIRST = "DE"


@dataclass(frozen=True, slots=True)
class Objection:
    """Why the books do not take a document: the code, the sentence, and the path of what is wrong."""

    code: str
    sentence: str
    path: str


def start(world: World) -> None:
    """The books of a new file: last month is closed in Germany, everything else is open."""
    if world.ledger.setting("books") is None:
        world.ledger.keep("books", True)
        close(world, _CLOSED_AT_FIRST, months(world.clock(), 2)[1])


def months(now: Instant, count: int) -> list[str]:
    """This month and those before it, newest first, such as 2026-03."""
    day = instant.to_datetime(now).date()
    numbers = (day.year * 12 + day.month - 1 - back for back in range(count))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def close(world: World, entity: str, month: str) -> None:
    world.ledger.sql.execute("INSERT OR IGNORE INTO closed_period VALUES (?, ?)", (entity, month))


def open_(world: World, entity: str, month: str) -> None:
    world.ledger.sql.execute("DELETE FROM closed_period WHERE entity = ? AND month = ?", (entity, month))


def closed(world: World) -> set[tuple[str, str]]:
    """(entity, month) of every closed period."""
    return set(world.ledger.sql.execute("SELECT entity, month FROM closed_period").fetchall())


def map_(world: World, entity: str, code: str) -> None:
    """From now on the entity's books know this account or product."""
    world.ledger.sql.execute("DELETE FROM unmapped WHERE entity = ? AND code = ?", (entity, code))


def unmap(world: World, entity: str, code: str) -> None:
    world.ledger.sql.execute("INSERT OR IGNORE INTO unmapped VALUES (?, ?)", (entity, code))


def unmapped(world: World) -> set[tuple[str, str]]:
    """(entity, account or product) of everything that the entity's books do not know."""
    return set(world.ledger.sql.execute("SELECT entity, code FROM unmapped").fetchall())


def objection(world: World, type_: str, body: Mapping[str, Any]) -> Objection | None:
    """Why a journal or a receipt is refused; None when the books take it."""
    entity = _named(body.get("subsidiary"))
    if entity not in ENTITIES:
        return _reference("subsidiary", entity, "subsidiary")
    try:
        posted = date.fromisoformat(str(body.get("tranDate")))
    except ValueError:
        return Objection("USER_ERROR", f"Invalid date {body.get('tranDate')!r}.", "tranDate")
    if (entity, f"{posted:%Y-%m}") in closed(world):
        sentence = f"The accounting period {posted:%b %Y} of subsidiary {entity} is closed: nothing can be posted to it."
        return Objection("PERIOD_CLOSED", sentence, "tranDate")
    if type_ == "customerPayment":
        return _receipt(world, body)
    return _journal(world, entity, body)


def _journal(world: World, entity: str, body: Mapping[str, Any]) -> Objection | None:
    lines = _items(body.get("line"))
    unknown = unmapped(world)
    debits = credits_ = Decimal(0)
    for index, line in enumerate(lines):
        account, product = _named(line.get("account")), _named(line.get("class"))
        if account not in ACCOUNTS or (entity, account) in unknown:
            return _reference("account", account, f"line.items[{index}].account", entity)
        if product and (entity, product) in unknown:
            return _reference("class", product, f"line.items[{index}].class", entity)
        try:
            debits += Decimal(str(line.get("debit") or 0))
            credits_ += Decimal(str(line.get("credit") or 0))
        except InvalidOperation:
            return Objection("USER_ERROR", "An amount is not a number.", f"line.items[{index}]")
    if len(lines) < 2 or debits != credits_:
        sentence = f"The amounts of this journal entry do not balance: debits {debits}, credits {credits_}."
        return Objection("TRANS_UNBALNCD", sentence, "line")
    return None


def _receipt(world: World, body: Mapping[str, Any]) -> Objection | None:
    customer = _named(body.get("customer"))
    if world.ledger.by_external_id("netsuite", "customer", customer) is None:
        return _reference("customer", customer, "customer")
    return None


def applied(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """How much of a receipt met a posted receivable; the rest stays on the customer's account."""
    met = sum(
        (
            Decimal(str(each.get("amount", 0)))
            for each in _items(body.get("apply"))
            if world.ledger.by_external_id("netsuite", "journalEntry", _named(each.get("doc")))
        ),
        Decimal(0),
    )
    return {"applied": met, "unapplied": Decimal(str(body.get("payment", 0))) - met}


def applied_to(body: Mapping[str, Any]) -> str:
    """The first document that a receipt is applied to; empty when it names none."""
    return next((_named(each.get("doc")) for each in _items(body.get("apply"))), "")


def _items(sublist: Any) -> list[Mapping[str, Any]]:
    """The lines of a sublist; what is not one has none."""
    items = sublist.get("items") if isinstance(sublist, Mapping) else None
    return [each for each in items if isinstance(each, Mapping)] if isinstance(items, list) else []


def _named(reference: Any) -> str:
    """What a reference names: by external id, by internal id, or by name."""
    if not isinstance(reference, Mapping):
        return ""
    return str(reference.get("externalId") or reference.get("id") or reference.get("refName") or "")


def _reference(field: str, value: str, path: str, entity: str = "") -> Objection:
    where = f" for subsidiary {entity}" if entity else ""
    return Objection("INVALID_KEY_OR_REF", f"Invalid {field} reference key {value}{where}.", path)
