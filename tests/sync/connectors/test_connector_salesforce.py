# SPDX-License-Identifier: Apache-2.0
"""Won deals are read from the CRM, and what became of them is written back."""

import httpx2
import pytest
from served_sandbox import Served, deal

from sync.connectors.reading import ReadError
from sync.connectors.salesforce import Salesforce
from sync.outcome import Absent, Refused, Sent, Unknown, Unsent
from terms import instant
from terms.instant import Instant
from terms.money import Money


@pytest.fixture
def salesforce(served: Served, http: httpx2.Client) -> Salesforce:
    return Salesforce(served.connection("salesforce"), http)


def test_a_won_deal_is_read_with_all_that_the_line_needs(served: Served, salesforce: Salesforce) -> None:
    """An opportunity carries its customer, entity, money, item and business times, exact to the millisecond."""
    sold = deal(7, amount_minor=1_234_567)
    [made] = served.deals(sold)
    [found] = salesforce.closed_won(Instant(0))
    assert found.id == made["id"]
    assert len(found.id) == 18
    assert (found.order_number, found.amendment_id, found.kind) == ("SO-7", "", "New Business")
    assert (found.customer_id, found.customer_name) == ("CUST-7", "Ahorn Werke GmbH")
    assert (found.legal_entity, found.region, found.amount) == ("DE", "EMEA", Money(1_234_567, "EUR"))
    assert (found.item, found.quantity) == ("PLATFORM", 12)
    assert abs(found.closed_at - instant.parse(sold["closed_at"])) < 1_000


@pytest.mark.parametrize(
    ("currency", "minor"),
    [
        pytest.param("EUR", 9_007_199_254_740_993, id="beyond what a float holds"),
        pytest.param("JPY", 12_000, id="no decimals"),
        pytest.param("KWD", 12_345, id="three decimals"),
    ],
)
def test_amounts_cross_the_crm_exactly(
    served: Served, salesforce: Salesforce, currency: str, minor: int
) -> None:
    """An amount is the same number of minor units on both sides, in every currency and size."""
    served.deals(deal(1, currency=currency, amount_minor=minor))
    assert salesforce.closed_won(Instant(0))[0].amount == Money(minor, currency)


def test_every_page_of_a_long_answer_is_read(served: Served, salesforce: Salesforce) -> None:
    """450 deals come as three pages of 200 and are all read, each once."""
    served.deals(*(deal(number) for number in range(1, 451)))
    found = salesforce.closed_won(Instant(0), limit=200)
    assert sorted(each.order_number for each in found) == sorted(f"SO-{n}" for n in range(1, 451))


def test_a_poll_brings_what_changed_since(served: Served, salesforce: Salesforce) -> None:
    """A poll brings deals modified since the given instant less the overlap, and no older ones."""
    served.deals(deal(1))
    [first] = salesforce.closed_won(Instant(0))
    assert salesforce.closed_won(first.modified_at) == (first,)
    assert salesforce.closed_won(Instant(first.modified_at + 120 * instant.SECOND)) == ()


def test_the_status_written_back_is_found_again(served: Served, salesforce: Salesforce) -> None:
    """Before the write the probe finds nothing, after it the opportunity bears the values, however often written."""
    [made] = served.deals(deal(1))
    status = {"Payment_Status__c": "Paid", "ERP_Customer__c": "CUST-1"}
    assert salesforce.find_status(made["id"], status) == Absent()
    for _ in range(2):
        assert isinstance(salesforce.write_status(made["id"], status), Sent)
    assert isinstance(salesforce.find_status(made["id"], status), Sent)
    assert salesforce.find_status(made["id"], {**status, "Payment_Status__c": "Open"}) == Absent()


def test_a_field_or_record_that_is_not_there_is_refused(served: Served, salesforce: Salesforce) -> None:
    """The CRM's refusal is final and says why."""
    [made] = served.deals(deal(1))
    refused = salesforce.write_status(made["id"], {"Nonsense": "1"})
    assert isinstance(refused, Refused)
    assert (refused.error_class, refused.code, refused.status) == ("value", "INVALID_FIELD", 400)
    missing = salesforce.write_status("006000000000000AAA", {"Payment_Status__c": "Paid"})
    assert isinstance(missing, Refused)
    assert missing.error_class == "missing"


def test_an_expired_session_is_renewed_once(served: Served, http: httpx2.Client) -> None:
    """When the CRM no longer knows the session, the connector signs in again and the write goes through."""
    tokens: list[str] = []

    def forget(request: httpx2.Request) -> None:
        if "/sobjects/" in request.url.path:
            tokens.append(request.headers["authorization"])
            if len(tokens) == 1:
                request.headers["authorization"] = "Bearer expired"

    [made] = served.deals(deal(1))
    http.event_hooks = {"request": [forget]}
    outcome = Salesforce(served.connection("salesforce"), http).write_status(made["id"], {"A__c": "1"})
    assert isinstance(outcome, Sent)
    assert len(tokens) == 2


def test_wrong_credentials_send_nothing(served: Served, http: httpx2.Client) -> None:
    """Without a session no write is sent, so it may be sent later; a read says that it failed."""
    stranger = Salesforce(
        served.connection("salesforce", credentials={"client_id": "a", "client_secret": "b"}), http
    )
    outcome = stranger.write_status("006", {"A__c": "1"})
    assert isinstance(outcome, Unsent)
    assert "refused to sign in" in outcome.message
    with pytest.raises(ReadError, match="refused to sign in"):
        stranger.closed_won(Instant(0))


def test_a_system_that_is_away_is_told_from_one_that_may_have_acted(
    served: Served, http: httpx2.Client, salesforce: Salesforce
) -> None:
    """Not reached means nothing was sent; a 503 leaves open what happened."""
    away = Salesforce(served.connection("salesforce", base_url="http://127.0.0.1:9"), http)
    assert isinstance(away.write_status("006", {"A__c": "1"}), Unsent)
    served.faults(unavailable=1.0)
    assert isinstance(salesforce.write_status("006", {"A__c": "1"}), Unknown)
    assert isinstance(salesforce.find_status("006", {"A__c": "1"}), Unknown)
