# SPDX-License-Identifier: Apache-2.0
"""The contracts that ship: complete, compatible with their earlier versions, and strict about payloads."""

from itertools import pairwise
from typing import Any

import pytest

from registry import canonical
from registry.check import check_documents
from registry.contract import Contract, contract
from registry.document import parse
from registry.fields import fields
from registry.schema import walk
from registry.sources import Versions
from registry.validate import Validator
from terms.problem import ProblemError

CONTRACTS = tuple(c for c in canonical.load() if c.document.type == "json-schema")
IDS = [f"{c.subject}@{c.semver}" for c in CONTRACTS]
EVENTS = (
    "credit-memo-posted", "customer-created", "invoice-issued", "journal-posted", "order-placed", "payment-reconciled",
    "payment-settled", "renewal-amended", "subscription-activated",
)  # fmt: skip


def invoice(**changes: Any) -> dict[str, Any]:
    payload = {
        "event_id": "evt-1",
        "occurred_at": "2026-11-20T12:00:00Z",
        "invoice_number": "INV-1",
        "order_number": "SO-1",
        "subscription_id": "SUB-1",
        "customer_id": "CUST-1",
        "total": {"amount": "1200.50", "currency": "EUR"},
        "legal_entity": "DE",
        "region": "EMEA",
        **changes,
    }
    return {name: value for name, value in payload.items() if value is not None}


def test_the_canonical_events_are_there() -> None:
    """Nine events, and more than one version of an invoice; beside them the six domain APIs."""
    assert tuple(name for name in canonical.subjects() if not name.endswith("-api")) == EVENTS
    assert len(canonical.subjects()) == len(EVENTS) + 6
    assert [c.semver for c in canonical.versions("invoice-issued")] == ["1.0.0", "1.1.0"]


@pytest.mark.parametrize("contract", CONTRACTS, ids=IDS)
def test_a_shipped_contract_says_who_answers_for_it(contract: Contract) -> None:
    """Owner, steward, domain, audience, what it means and how sensitive each field is."""
    assert all((contract.owner, contract.steward, contract.domain, contract.audience, contract.description))
    assert contract.document.data["$id"] == f"urn:throughline:contract:{contract.subject}:{contract.semver}"
    listed = fields(contract.document.schema)
    assert all(field.classification and field.description for field in listed), [
        f for f in listed if not f.classification
    ]


@pytest.mark.parametrize("contract", CONTRACTS, ids=IDS)
def test_a_shipped_contract_leaves_nothing_open(contract: Contract) -> None:
    """Objects say whether other fields are allowed, texts and lists are bounded."""
    for node in walk(contract.document.schema.root):
        raw = node.raw
        if not isinstance(raw, dict):
            continue
        if raw.get("type") == "object":
            assert "additionalProperties" in raw, node.pointer
        if raw.get("type") == "string":
            assert "maxLength" in raw or "enum" in raw, node.pointer
        if raw.get("type") == "array":
            assert "maxItems" in raw, node.pointer


@pytest.mark.parametrize("subject", EVENTS)
def test_each_version_takes_what_the_one_before_allowed(subject: str) -> None:
    """No version was shipped that breaks a reader of its mode."""
    found = canonical.versions(subject)
    for old, new in pairwise(found):
        assert check_documents(new.document, Versions((old.document,), complete=False)).status == "compatible"


@pytest.mark.parametrize("contract", CONTRACTS, ids=IDS)
def test_the_examples_of_a_contract_keep_it(contract: Contract) -> None:
    """Whoever copies one has sent a valid event."""
    for example in contract.document.data.get("examples", ()):
        assert Validator(CONTRACTS).problems(contract.subject, contract.semver, example) == ()


PAYLOADS = {
    "complete": (invoice(), None),
    "of an amendment": (invoice(order_number=None, amendment_id="AMD-1"), None),
    "with an electronic document": (invoice(e_invoice={"format": "xrechnung"}), None),
    "of an order and an amendment": (invoice(amendment_id="AMD-1"), "/"),
    "of nothing": (invoice(order_number=None), "/"),
    "without a customer": (invoice(customer_id=None), "/"),
    "with a floating amount": (invoice(total={"amount": 1200.5, "currency": "EUR"}), "/total/amount"),
    "with a malformed amount": (invoice(total={"amount": "1,200.50", "currency": "EUR"}), "/total/amount"),
    "with a line break after the amount": (
        invoice(total={"amount": "1.00\n", "currency": "EUR"}),
        "/total/amount",
    ),
    "with a currency in lower case": (
        invoice(total={"amount": "1.00", "currency": "eur"}),
        "/total/currency",
    ),
    "with an instant without zone": (invoice(occurred_at="2026-11-20T12:00:00"), "/occurred_at"),
    "with a field nobody knows": (invoice(vat="7"), "/vat"),
    "that is no object": ([], "/"),
}


@pytest.mark.parametrize(("payload", "where"), PAYLOADS.values(), ids=PAYLOADS.keys())
def test_an_invoice(payload: Any, where: str | None) -> None:
    """A payload either keeps the contract, or each problem names the field."""
    found = Validator(CONTRACTS).problems("invoice-issued", None, payload)
    assert {problem.where for problem in found} == (set() if where is None else {where})


def test_a_version_is_checked_as_asked() -> None:
    """The older version knows nothing of electronic documents; unknown names are problems, not passes."""
    validator = Validator(CONTRACTS)
    electronic = invoice(e_invoice={"format": "xrechnung"})
    assert validator.latest("invoice-issued") == "1.1.0"
    assert [p.where for p in validator.problems("invoice-issued", "1.0.0", electronic)] == ["/e_invoice"]
    assert "no version '7.0.0'" in validator.problems("invoice-issued", "7.0.0", electronic)[0].what
    assert "did you mean 'invoice-issued'?" in validator.problems("invoice-isued", None, electronic)[0].do


def test_a_journal_line_is_a_debit_or_a_credit() -> None:
    """A line with both, or with none, is refused at its place."""
    money = {"amount": "10.00", "currency": "EUR"}
    journal = {
        "event_id": "e", "occurred_at": "2026-11-20T12:00:00Z", "journal_id": "JE-1", "invoice_number": "INV-1",
        "posted_on": "2026-11-20", "total": money, "legal_entity": "DE", "region": "EMEA",
        "lines": [{"account": "1200", "debit": money}, {"account": "2400", "debit": money, "credit": money}],
    }  # fmt: skip
    assert [p.where for p in Validator(CONTRACTS).problems("journal-posted", None, journal)] == ["/lines/1"]
    journal["lines"] = [{"account": "1200", "debit": money}, {"account": "2400", "credit": money}]
    assert Validator(CONTRACTS).problems("journal-posted", None, journal) == ()


def test_fields_are_listed_with_what_is_inside_them() -> None:
    """Pages show each field with its type in words, where it leads and how sensitive it is."""
    listed = {f.pointer: f for f in fields(canonical.versions("journal-posted")[0].document.schema)}
    assert (listed["/total"].type, listed["/total"].required, listed["/total"].classification) == (
        "money", True, "confidential",
    )  # fmt: skip
    assert (listed["/lines"].type, listed["/lines/*/account"].required) == ("list of journal line", True)
    assert listed["/lines/*/debit/amount"].classification == "confidential"
    assert listed["/region"].type == "one of 3 values"


def test_a_pattern_that_could_hang_is_refused_at_the_start() -> None:
    """Look-around and back-references cannot run in linear time, so no contract with them is put to work."""
    text = (
        b'{"x-throughline": {"subject": "s", "version": "1.0.0"}, "properties": {"a": {"pattern": "(?=a)b"}}}'
    )
    with pytest.raises(ProblemError, match="linear time"):
        Validator([contract(parse(text, "c.json"))])


def test_a_pattern_that_hangs_others_does_not_hang_here() -> None:
    """Nested repeats that take other engines hours are answered at once."""
    text = b'{"x-throughline": {"subject": "s", "version": "1.0.0"}, "pattern": "^(a+)+$"}'
    validator = Validator([contract(parse(text, "c.json"))])
    assert len(validator.problems("s", None, "a" * 50_000 + "!")) == 1
