# SPDX-License-Identifier: Apache-2.0
"""The sandbox is told of deals, periods, mappings and faults, and says what its systems hold."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from served_sandbox import Served, deal, serve

from sync.connectors.salesforce import Salesforce
from sync.outcome import Unknown
from sync.sandbox import books
from terms.instant import Instant, wall_clock


def test_a_deal_told_twice_is_one_opportunity(served: Served) -> None:
    """Kind and number name a deal: the same deal again brings the same id, an amendment of that number another."""
    [first], [again] = served.deals(deal(7)), served.deals(deal(7, amount_minor=1))
    [other] = served.deals(deal(7, "Renewal Amendment"))
    assert again == first
    assert other["id"] != first["id"]
    assert served.summary()["counts"]["salesforce"] == {"Opportunity": 2}


def test_what_an_amendment_amends_was_there_before(served: Served) -> None:
    """The customer and the former term's subscription exist in billing, the customer in the ERP, and no invoice."""
    served.deals(deal(8, "Renewal Amendment", subscription_id="SUB-OLD"))
    counts = served.summary()["counts"]
    assert counts["chargebee"] == {"customer": 1, "subscription": 1}
    assert counts["netsuite"] == {"customer": 1}
    [subscription] = served.records("chargebee", "subscription")
    assert subscription["id"] == "SUB-OLD"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        pytest.param({"kind": "Upsell"}, "/deals/1/kind", id="unknown kind"),
        pytest.param({"curency": "EUR"}, "/deals/1/curency", id="misspelt key"),
        pytest.param({"closed_at": "2099-01-01T00:00:00Z"}, "/deals/1/closed_at", id="in the future"),
        pytest.param({"paid_at": "yesterday"}, "/deals/1/paid_at", id="not a time"),
        pytest.param({"number": "7"}, "/deals/1/number", id="not a number"),
        pytest.param({"currency": "eur"}, "/deals/1/currency", id="not a currency"),
        pytest.param({"effective_on": "soon"}, "/deals/1/effective_on", id="not a day"),
        pytest.param({"customer": "CUST-7"}, "/deals/1/customer", id="not a customer"),
    ],
)
def test_a_wrong_deal_is_refused_with_its_place_and_none_is_added(
    served: Served, change: dict[str, Any], where: str
) -> None:
    """One wrong deal among several: the answer names what and where, and the CRM has none of them."""
    answer = served.http.post("/sandbox/deals", json={"deals": [deal(1), {**deal(2), **change}]})
    assert answer.status_code == 400
    assert where in [problem["where"] for problem in answer.json()["problems"]]
    assert served.summary()["counts"]["salesforce"] == {}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/sandbox/deals", b"{", id="not JSON"),
        pytest.param("POST", "/sandbox/deals", b"[]", id="no list of deals"),
        pytest.param("PUT", "/sandbox/faults", b'{"unavailabel": 1}', id="misspelt fault"),
        pytest.param("PUT", "/sandbox/faults", b'{"unavailable": 1.5}', id="more than always"),
        pytest.param("PUT", "/sandbox/faults", b'{"unavailable": true}', id="not a number"),
        pytest.param("PUT", "/sandbox/webhooks", b'{"url": "ftp://x"}', id="not a web address"),
        pytest.param("POST", "/sandbox/periods/FR/2026-10/open", b"", id="unknown entity"),
        pytest.param("POST", "/sandbox/periods/DE/2026-13/open", b"", id="no such month"),
        pytest.param("POST", "/sandbox/periods/DE/2026-10/shut", b"", id="unknown act"),
        pytest.param("GET", "/sandbox/ledger?system=sap", b"", id="unknown system"),
    ],
)
def test_bad_input_is_told_what_is_wrong(served: Served, method: str, path: str, body: bytes) -> None:
    """Each is answered with 400 and at least one problem that says what."""
    answer = served.http.request(method, path, content=body or None)
    assert answer.status_code == 400
    assert all(problem["what"] for problem in answer.json()["problems"])


def test_at_first_last_month_is_closed_in_germany_only(served: Served) -> None:
    """The books of a new file have one closed period; opening it is seen at once."""
    last = books.months(wall_clock(), 2)[1]

    def closed() -> list[tuple[str, str]]:
        rows = served.http.get("/sandbox/periods").json()["periods"]
        return [(row["entity"], row["month"]) for row in rows if not row["open"]]

    assert closed() == [("DE", last)]
    served.http.post(f"/sandbox/periods/DE/{last}/open").raise_for_status()
    assert closed() == []


def test_the_same_seed_makes_the_same_faults(sandbox_file: Path, tmp_path: Path, http: httpx2.Client) -> None:
    """Two runs with one seed fail at the same tries of the same deals, whatever their order; another seed differs."""

    def run(name: str, seed: int, numbers: list[int]) -> set[tuple[int, int]]:
        file = tmp_path / name
        file.write_bytes(sandbox_file.read_bytes())
        with serve(file, seed=seed) as served:
            ids = {number: served.deals(deal(number))[0]["id"] for number in numbers}
            served.faults(unavailable=0.4)
            crm = Salesforce(served.connection("salesforce"), http)
            return {
                (number, attempt)
                for number in numbers
                for attempt in range(5)
                if isinstance(crm.write_status(ids[number], {"A__c": "1"}), Unknown)
            }

    first = run("a", 7, [1, 2, 3, 4])
    assert first
    assert run("b", 7, [4, 3, 2, 1]) == first
    assert run("c", 8, [1, 2, 3, 4]) != first


def test_everything_is_there_after_a_restart(sandbox_file: Path, http: httpx2.Client) -> None:
    """Records, periods, faults and credentials are in the file: the sandbox started again goes on as it was."""
    last = books.months(wall_clock(), 2)[1]
    with serve(sandbox_file) as served:
        served.deals(deal(7))
        served.faults(duplicate_webhook=0.5)
        served.http.post(f"/sandbox/periods/DE/{last}/open")
        secrets = served.connection("netsuite").credentials
    with serve(sandbox_file) as served:
        assert served.connection("netsuite").credentials == secrets
        assert len(Salesforce(served.connection("salesforce"), http).closed_won(Instant(0))) == 1
        assert served.http.get("/sandbox/faults").json()["duplicate_webhook"] == 0.5
        assert all(row["open"] for row in served.http.get("/sandbox/periods").json()["periods"])


@pytest.mark.parametrize(
    ("system", "path"),
    [
        pytest.param("salesforce", "/salesforce/services/data/v62.0/query?q=SELECT", id="salesforce"),
        pytest.param("chargebee", "/chargebee/api/v2/customers/CUST-7", id="chargebee"),
        pytest.param("chargebee", "/api/v2/customers/CUST-7", id="chargebee at the root"),
        pytest.param("stripe", "/stripe/v1/payment_intents", id="stripe"),
        pytest.param("netsuite", "/netsuite/services/rest/record/v1/customer/eid:1", id="netsuite"),
    ],
)
def test_nobody_gets_in_without_credentials(served: Served, system: str, path: str) -> None:
    """Each stand-in answers 401 to a stranger, in its own shape."""
    answer = served.http.get(path)
    assert answer.status_code == 401
    shapes = {
        "salesforce": "errorCode",
        "chargebee": "api_error_code",
        "stripe": "error",
        "netsuite": "o:errorDetails",
    }
    assert shapes[system] in answer.text


@pytest.mark.parametrize("text", ["SELECT", "SELECT Id FROM Opportunity WHERE", "DELETE FROM Opportunity"])
def test_a_malformed_query_is_refused_as_salesforce_does(
    served: Served, http: httpx2.Client, text: str
) -> None:
    """The answer is a list with the code MALFORMED_QUERY."""
    crm = Salesforce(served.connection("salesforce"), http)
    answer = crm._send("GET", f"/services/data/v62.0/query?q={text}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"host": "evil.example"}, id="another host name"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="another site's page"),
    ],
)
def test_other_sites_cannot_change_the_sandbox(served: Served, headers: dict[str, str]) -> None:
    """A page elsewhere, or a name that was made to lead here, is turned away."""
    answer = served.http.put("/sandbox/faults", json={"unavailable": 1}, headers=headers)
    assert answer.status_code in (400, 403)
    assert served.http.get("/sandbox/faults").json()["unavailable"] == 0
