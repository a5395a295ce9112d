# SPDX-License-Identifier: Apache-2.0
"""Customers, journals and receipts reach the ERP once, and what the books refuse is told in words that lead on."""

from decimal import Decimal

import httpx2
import pytest
from served_sandbox import Served

from sync.connectors.netsuite import JournalLine, NetSuite
from sync.outcome import Absent, Outcome, Refused, Sent, Unknown, Unsent
from sync.sandbox import bank, books
from terms.instant import SECOND, Instant, wall_clock
from terms.money import Money

TOTAL = Money(1_200_010, "EUR")
MONTHS = books.months(wall_clock(), 2)
TODAY, CLOSED_DAY = f"{MONTHS[0]}-01", f"{MONTHS[1]}-15"


@pytest.fixture
def erp(served: Served, http: httpx2.Client) -> NetSuite:
    return NetSuite(served.connection("netsuite"), http)


def lines(debit: Money = TOTAL, credit: Money = TOTAL, item: str = "") -> tuple[JournalLine, ...]:
    return (
        JournalLine("1200", debit=debit, memo="INV-7"),
        JournalLine("2400", credit=credit, memo="INV-7", item=item),
    )


def post(
    erp: NetSuite,
    day: str = TODAY,
    entity: str = "DE",
    what: tuple[JournalLine, ...] | None = None,
    name: str = "JE-INV-7",
) -> Outcome:
    return erp.post_journal(name, entity, day, "EUR", lines() if what is None else what, "INV-7")


def test_a_journal_posted_twice_is_there_once(served: Served, erp: NetSuite) -> None:
    """The external id makes the repeat an update; the probe finds the journal with exact amounts."""
    assert erp.find_journal("JE-INV-7") == Absent()
    first, again = post(erp), post(erp)
    assert isinstance(first, Sent)
    assert isinstance(again, Sent)
    assert first.native_id == again.native_id
    [record] = served.records("netsuite", "journalEntry")
    assert (record["business_key"], record["writes"]) == ("INV-7", 2)
    found = erp.find_journal("JE-INV-7")
    assert isinstance(found, Sent)
    assert found.record["line"]["items"][0]["debit"] == Decimal("12000.10")


def test_a_second_journal_for_one_invoice_shows_as_a_duplicate(served: Served, erp: NetSuite) -> None:
    """The negative control: another external id for the same invoice makes two journals, and the summary says so."""
    post(erp)
    post(erp, name="JE-INV-7-B")
    [found] = served.summary()["duplicates"]
    assert (found["type"], found["business_key"], len(found["ids"])) == ("journalEntry", "INV-7", 2)


def test_a_closed_period_refuses_until_it_is_opened(served: Served, erp: NetSuite) -> None:
    """Last month is closed in Germany only; once opened, the same journal goes in, and once closed again it does not."""
    refused = post(erp, CLOSED_DAY)
    assert isinstance(refused, Refused)
    assert (refused.error_class, refused.code, refused.status) == ("period_closed", "PERIOD_CLOSED", 400)
    assert "DE" in refused.message
    assert isinstance(post(erp, CLOSED_DAY, "US", name="JE-US"), Sent)
    served.http.post(f"/sandbox/periods/DE/{MONTHS[1]}/open").raise_for_status()
    assert isinstance(post(erp, CLOSED_DAY), Sent)
    served.http.post(f"/sandbox/periods/DE/{MONTHS[1]}/close").raise_for_status()
    assert isinstance(post(erp, CLOSED_DAY, name="JE-2"), Refused)


@pytest.mark.parametrize(
    ("what", "entity", "day", "expected"),
    [
        pytest.param(
            lines(credit=Money(1, "EUR")), "DE", TODAY, "unbalanced", id="debits and credits differ"
        ),
        pytest.param((), "DE", TODAY, "unbalanced", id="no lines"),
        pytest.param(
            (JournalLine("9", debit=TOTAL), lines()[1]), "DE", TODAY, "missing", id="unknown account"
        ),
        pytest.param(lines(), "FR", TODAY, "missing", id="unknown entity"),
        pytest.param(lines(), "DE", "soon", "value", id="no date"),
    ],
)
def test_what_the_books_refuse_has_a_reason_and_leaves_nothing(
    served: Served, erp: NetSuite, what: tuple[JournalLine, ...], entity: str, day: str, expected: str
) -> None:
    """Each refusal has its class, and no journal is stored."""
    refused = post(erp, day, entity, what)
    assert isinstance(refused, Refused)
    assert refused.error_class == expected
    assert served.records("netsuite", "journalEntry") == []


def test_a_missing_mapping_refuses_until_it_is_made(served: Served, erp: NetSuite) -> None:
    """A product or an account that the entity's books do not know is refused as missing, and taken once mapped."""
    for code in ("PLATFORM", "2400"):
        served.http.delete(f"/sandbox/mappings/DE/{code}").raise_for_status()
        refused = post(erp, what=lines(item="PLATFORM"))
        assert isinstance(refused, Refused)
        assert (refused.error_class, refused.code) == ("missing", "INVALID_KEY_OR_REF")
        assert code in refused.message
        served.http.post(f"/sandbox/mappings/DE/{code}").raise_for_status()
    assert isinstance(post(erp, what=lines(item="PLATFORM")), Sent)


def test_a_receipt_needs_its_customer_and_is_applied_to_the_invoice(served: Served, erp: NetSuite) -> None:
    """A receipt of an unknown customer is refused; a known one's is booked and applied, also when sent twice."""
    refused = erp.apply_receipt("RC-7", "JE-INV-7", "CUST-7", TOTAL, TODAY, "DE")
    assert isinstance(refused, Refused)
    assert refused.error_class == "missing"
    assert isinstance(erp.upsert_customer("CUST-7", "Ahorn Werke GmbH", "DE", "EUR"), Sent)
    assert isinstance(erp.find_customer("CUST-7"), Sent)
    post(erp)
    assert erp.find_receipt("RC-7") == Absent()
    for _ in range(2):
        assert isinstance(erp.apply_receipt("RC-7", "JE-INV-7", "CUST-7", TOTAL, TODAY, "DE"), Sent)
    [record] = served.records("netsuite", "customerPayment")
    assert (record["business_key"], record["document"]["unapplied"]) == ("JE-INV-7", 0)


def test_after_an_answer_that_came_too_late_the_probe_finds_the_one_journal(
    served: Served, http: httpx2.Client, erp: NetSuite
) -> None:
    """The journal is posted though the answer never came."""
    served.faults(timeout_after_effect=1.0, hold_s=1.0)
    assert isinstance(post(NetSuite(served.connection("netsuite", timeout_s=0.3), http)), Unknown)
    served.faults()
    assert isinstance(erp.find_journal("JE-INV-7"), Sent)
    assert len(served.records("netsuite", "journalEntry")) == 1


def test_only_the_holder_of_the_certified_key_signs_in(served: Served, http: httpx2.Client) -> None:
    """Another certificate id or client is refused, and nothing is sent."""
    for changed in ({"certificate_id": "other"}, {"client_id": "other"}):
        own = dict(served.connection("netsuite").credentials)
        outcome = post(NetSuite(served.connection("netsuite", credentials=own | changed), http))
        assert isinstance(outcome, Unsent)
        assert "refused to sign in" in outcome.message


def test_a_misspelt_field_is_refused_not_dropped(served: Served, erp: NetSuite) -> None:
    """We ask the ERP to check names, so that a field it does not know cannot vanish silently."""
    found = erp._upsert("customer", "CUST-1", {"entityId": "CUST-1", "compnayName": "x"})
    assert isinstance(found, Refused)
    assert "compnayName" in found.message


def test_what_was_received_is_matched_with_the_banks_statement_a_little_later(
    served: Served, erp: NetSuite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line once for its receipt, with the receipt's number and exact amount; asked from its moment on, it is there again."""
    before = wall_clock()
    erp.upsert_customer("CUST-7", "Acme", "DE", "EUR")
    assert isinstance(erp.apply_receipt("JE-pi_7", "JE-INV-7", "CUST-7", TOTAL, TODAY, "DE"), Sent)
    assert erp.cleared(before) == ()

    monkeypatch.setattr(bank, "CLEARS_AFTER", 0)

    (line,) = erp.cleared(before)
    assert (line.receipt, line.amount) == ("JE-pi_7", TOTAL)
    assert before <= line.at <= wall_clock()
    assert erp.cleared(line.at) == (line,)
    assert erp.cleared(Instant(line.at + SECOND)) == ()
