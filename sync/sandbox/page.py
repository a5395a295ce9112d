# SPDX-License-Identifier: Apache-2.0
"""The sandbox's page: what the four systems hold for each deal, and the buttons that open periods and fix mappings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sync.sandbox import books, control, faults
from sync.sandbox.exchange import World
from sync.sandbox.ledger import Record
from terms import instant, money

_HERE = Path(__file__).parent
_SHOWN = 40
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
}
_NAMES = {
    "salesforce": "Salesforce (CRM)",
    "chargebee": "Chargebee (billing)",
    "stripe": "Stripe (payments)",
    "netsuite": "NetSuite (ERP)",
}
_OPPORTUNITY = "system = 'salesforce' AND type = 'Opportunity'"
_NEWEST = (
    f"{_OPPORTUNITY} AND position IN (SELECT position FROM record WHERE {_OPPORTUNITY} "  # noqa: S608
    "ORDER BY business_key LIKE 'AMD-%' DESC, position DESC LIMIT ?)"
)
# What each column of a deal's row counts.
_COLUMNS = {
    ("chargebee", "subscription"): "subscription",
    ("chargebee", "invoice"): "invoice",
    ("chargebee", "credit_note"): "credit memo",
    ("stripe", "payment_intent"): "payment",
    ("netsuite", "journalEntry"): "journal",
    ("netsuite", "customerPayment"): "receipt",
}


@dataclass(frozen=True, slots=True)
class DealRow:
    """One order or amendment: `cells` has the ids found under each column; two in one cell is a duplicate."""

    key: str
    customer: str
    entity: str
    amount: str
    cells: tuple[tuple[str, ...], ...]
    sentence: str


def routes(world: World) -> list[Route]:
    """The page and its style."""
    pages = Environment(
        loader=FileSystemLoader(_HERE), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )

    async def show(request: Request) -> Response:
        asked = request.query_params.get("deal", "").strip()
        return HTMLResponse(pages.get_template("page.html").render(_content(world, asked)), headers=_HEADERS)

    async def style(_request: Request) -> Response:
        return Response((_HERE / "page.css").read_bytes(), media_type="text/css")

    return [Route("/", show, methods=["GET"]), Route("/page.css", style, methods=["GET"])]


def _content(world: World, asked: str) -> dict[str, Any]:
    summary = control.summary(world)
    months = books.months(world.clock(), 3)
    shut = books.closed(world)
    months += sorted({month for _, month in shut} - set(months), reverse=True)
    return {
        "asked": asked,
        "systems": [(name, _NAMES[name], counts) for name, counts in summary["counts"].items()],
        "duplicates": summary["duplicates"],
        "webhooks": summary["webhooks"],
        "struck": summary["faults"],
        "faults": faults.current(world),
        "entities": books.ENTITIES,
        "months": [(month, month_name(month)) for month in months],
        "closed": shut,
        "unmapped": sorted(books.unmapped(world)),
        "accounts": books.ACCOUNTS,
        "columns": list(_COLUMNS.values()),
        "deals": _deals(world, asked),
        "shown": _SHOWN,
    }


def _deals(world: World, asked: str) -> list[DealRow]:
    """The newest deals, amendments first: they are what a person comes here for. One alone when it is asked for."""
    if asked:
        found = list(world.ledger.find(f"{_OPPORTUNITY} AND business_key = ?", asked))
    else:
        found = list(world.ledger.find(_NEWEST, _SHOWN))
    found.sort(key=lambda each: each.business_key.startswith("AMD-"), reverse=True)
    return [_row(world, each) for each in found]


def _row(world: World, deal: Record) -> DealRow:
    key, fields = deal.business_key, deal.document
    cells = tuple(
        tuple(each.external_id or each.id for each in _of_deal(world, key, *column)) for column in _COLUMNS
    )
    return DealRow(
        key,
        str(fields["Account"]["Name"]),
        str(fields["Legal_Entity__c"]),
        str(money.parse(str(fields["Amount"]), fields["CurrencyIsoCode"])),
        cells,
        _sentence(key, dict(zip(_COLUMNS.values(), cells, strict=True))),
    )


def _of_deal(world: World, key: str, system: str, type_: str) -> list[Record]:
    """Billing's records bear the deal's number; payments and postings bear that of the documents billed for it."""
    if type_ == "subscription" and key.startswith("AMD-"):
        # An amendment makes no subscription; the one it changed bears its number now.
        condition = "system = ? AND type = ? AND json_extract(document, '$.po_number') = ?"
        return list(world.ledger.find(condition, system, type_, key))
    numbers = [key]
    if system != "chargebee":
        documents = "system = 'chargebee' AND type IN ('invoice', 'credit_note') AND business_key = ?"
        numbers += [each.id for each in world.ledger.find(documents, key)]
    if type_ == "customerPayment":
        numbers += [f"JE-{number}" for number in numbers]  # a receipt names the journal that it is applied to
    condition = "system = ? AND type = ? AND business_key = ?"
    return [each for number in numbers for each in world.ledger.find(condition, system, type_, number)]


def _sentence(key: str, cells: Mapping[str, tuple[str, ...]]) -> str:
    """What the ERP holds for the deal, in words."""
    journals = len(cells["journal"])
    words = {0: "no journal yet", 1: "one journal"}.get(journals, f"{journals} journals")
    return f"{words} for {key}"


def month_name(month: str) -> str:
    """October 2026 for 2026-10."""
    return instant.to_datetime(instant.parse(f"{month}-01T00:00:00Z")).strftime("%B %Y")
