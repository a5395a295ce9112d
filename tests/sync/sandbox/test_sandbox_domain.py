# SPDX-License-Identifier: Apache-2.0
"""The domain APIs of the sandbox: what they answer is what the shipped contracts promise, out of what the ledgers hold."""

import json
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from served_sandbox import Served

from registry import canonical
from sync.sandbox import billing, credentials, domain
from sync.sandbox.exchange import World
from terms.instant import wall_clock

MONEY = {"amount": "480.00", "currency": "EUR"}


@pytest.fixture
def sold(served: Served) -> Served:
    """A sandbox in which one subscription was sold, invoiced, paid and posted."""
    world = World(served.ledger, 7, wall_clock, lambda: None)
    now, second = wall_clock(), wall_clock() // 1_000_000
    with served.ledger.transaction():
        where = {"cf_legal_entity": "DE", "cf_region": "EMEA"}
        owner = billing.customer(
            world,
            {"id": "CUST-1", "company": "Nordwind", "preferred_currency_code": "EUR", **where},
            second,
            now,
        )
        line = billing.item("plus-EUR-Yearly", 4, 12_000)
        names = {"id": "SUB-1", "po_number": "SO-1", "currency_code": "EUR"}
        made = billing.subscription(world, owner, names, [line], second, now)
        billing.activated(world, made, owner, "SO-1", now)
        journal = {
            "id": "7",
            "externalId": "JE-INV-1",
            "tranDate": "2026-11-20",
            "memo": "INV-1",
            "currency": {"externalId": "EUR"},
            "subsidiary": {"externalId": "DE"},
            "line": {
                "items": [
                    {"account": {"externalId": "1200"}, "debit": "480"},
                    {"account": {"externalId": "2400"}, "credit": "480.00"},
                ]
            },
        }
        served.ledger.add("netsuite", "journalEntry", "7", "INV-1", journal, now, "JE-INV-1")
    return served


def ask(
    served: Served, path: str, method: str = "GET", client: str = "partner-portal", **more: Any
) -> httpx2.Response:
    token = credentials.connections(served.ledger, served.base_url)["clients"][client]
    headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
    return served.http.request(method, f"/apis/{path}", headers=headers, **more)


def broken(api: str, version: int, schema: str, value: Any) -> list[str]:
    """How an answer breaks the shipped contract."""
    file = canonical.FOLDER / "apis" / f"{api}-api" / f"{version}.0.0.json"
    whole = Registry().with_resource("urn:api", Resource(json.loads(file.read_text()), DRAFT202012))
    checker = Draft202012Validator({"$ref": f"urn:api#/components/schemas/{schema}"}, registry=whole)
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


NAMES = {"customer-accounts": "Account", "contracts": "Contract", "billing-events": "BillingEvent", "invoices": "Invoice", "payments": "Payment", "revenue-postings": "Posting"}  # fmt: skip


KEYS = {"customer-accounts": "accountId", "contracts": "contractId", "billing-events": "eventId", "invoices": "invoiceNumber", "payments": "paymentId", "revenue-postings": "postingId"}  # fmt: skip


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("one", domain.RESOURCES, ids=lambda one: one.api)
def test_an_answer_keeps_its_contract(sold: Served, one: domain.Resource, version: int) -> None:
    """A list, and each record of it by its id; the old version says when it ends and what comes after."""
    root = f"{one.api}/v{version}/{one.path}"
    answer = ask(sold, root)
    assert answer.status_code == 200, answer.text
    assert broken(one.api, version, f"{NAMES[one.api]}Page", answer.json()) == []
    items = answer.json()["items"]
    assert items
    for item in items:
        found = ask(sold, f"{root}/{item['id' if version == 1 else KEYS[one.api]]}")
        assert broken(one.api, version, NAMES[one.api], found.json()) == []
    assert int(answer.headers["RateLimit-Remaining"]) < domain.A_MINUTE
    assert ("Sunset" in answer.headers) is (version == 1)


def test_both_versions_tell_of_the_same_invoice(sold: Served) -> None:
    """The amount of version 1 is the money of version 2, to the cent."""
    (old,) = ask(sold, "invoices/v1/invoices?status=paid&legalEntity=DE").json()["items"]
    (new,) = ask(sold, "invoices/v2/invoices?state=paid").json()["items"]
    assert (old["id"], old["total"], old["currency"]) == (new["invoiceNumber"], "480.00", "EUR")
    assert new["total"] == MONEY
    assert ask(sold, "invoices/v1/invoices?legalEntity=US").json()["totalCount"] == 0
    (posting,) = ask(sold, "revenue-postings/v2/postings?period=2026-11").json()["items"]
    assert (posting["total"], [line["side"] for line in posting["lines"]]) == (MONEY, ["debit", "credit"])


def test_a_list_is_read_to_its_end(sold: Served) -> None:
    """Billing told of two things: page after page, or cursor after cursor, each is seen once."""
    first = ask(sold, "billing-events/v2/billing-events?limit=1").json()
    second = ask(sold, f"billing-events/v2/billing-events?limit=1&cursor={first['nextCursor']}").json()
    assert second["nextCursor"] is None
    pages = [ask(sold, f"billing-events/v1/billing-events?perPage=1&page={n}").json() for n in (1, 2, 3)]
    assert [len(page["items"]) for page in pages] == [1, 1, 0]
    assert [one["eventId"] for one in (*first["items"], *second["items"])] == [page["items"][0]["id"] for page in pages[:2]]  # fmt: skip


def test_a_reminder_is_noted_once(sold: Served) -> None:
    """The same key with the same request is one reminder; with another it is refused; no ledger gains a record."""
    number = ask(sold, "invoices/v2/invoices").json()["items"][0]["invoiceNumber"]
    path, before = f"invoices/v2/invoices/{number}/reminders", sold.summary()["counts"]
    key = {"Idempotency-Key": "desk-2026-11-20"}
    first = ask(sold, path, "POST", json={"stage": "first"}, headers=key)
    again = ask(sold, path, "POST", json={"stage": "first"}, headers=key)
    assert (first.status_code, broken("invoices", 2, "Reminder", first.json())) == (201, [])
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert ask(sold, path, "POST", json={"stage": "final"}, headers=key).status_code == 409
    assert sold.summary()["counts"] == before
    old = ask(sold, f"invoices/v1/invoices/{number}/reminders", "POST", json={"note": "please"})
    assert broken("invoices", 1, "Reminder", old.json()) == []


REFUSED = {
    "a stranger": ("invoices/v1/invoices", "GET", {"headers": {"authorization": "Bearer x"}}, 401),
    "a record there is none of": ("payments/v2/payments/pi_none", "GET", {}, 404),
    "a page of letters": ("invoices/v1/invoices?page=x", "GET", {}, 400),
    "a parameter of the other version": ("invoices/v2/invoices?page=1", "GET", {}, 400),
    "a write that is done elsewhere": ("contracts/v2/contracts", "POST", {"json": {}}, 501),
    "a change that is done elsewhere": ("customer-accounts/v1/accounts/CUST-1", "PATCH", {"json": {}}, 501),
}


@pytest.mark.parametrize(("path", "method", "more", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_problem_json(
    sold: Served, path: str, method: str, more: dict[str, Any], status: int
) -> None:
    """What went wrong, in the form every API of the house promises."""
    answer = ask(sold, path, method, **more)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert broken("invoices", 2, "Problem", answer.json()) == []


def test_reminders_that_are_not_right_are_not_noted(sold: Served) -> None:
    """A stage there is none of, a key that is missing."""
    number = ask(sold, "invoices/v2/invoices").json()["items"][0]["invoiceNumber"]
    path = f"invoices/v2/invoices/{number}/reminders"
    assert ask(sold, path, "POST", json={"stage": "first"}).status_code == 400
    key = {"Idempotency-Key": "desk-2026-11-20"}
    assert ask(sold, path, "POST", json={"stage": "angry"}, headers=key).json()["where"] == "/stage"
    assert ask(sold, path, "POST", content=b"{", headers=key).status_code == 400
