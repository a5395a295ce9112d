# SPDX-License-Identifier: Apache-2.0
"""The page of one transaction: what was waited for, where links lead, what stands beside it, what events carried."""

import pytest
from starlette.testclient import TestClient

from tests.dashboards import made_up
from tests.dashboards.made_up_api import MadeUpApi
from tests.dashboards.test_dashboards_pages import STORY, text
from tests.dashboards.test_dashboards_transactions import links


def test_the_waterfall_marks_what_was_waited_for_and_what_cannot_be(client: TestClient) -> None:
    """The critical path stands under its bars and in their words; a time that cannot be is told once, and at its span: beside its bar, and in the bar's words."""
    page = client.get(STORY).text
    assert page.count('class="critical"') == page.count(", on the critical path</title>") == 4
    assert "1 span has times that cannot be" in text(page)
    told = "clock suspect: starts 2.3 s before its parent"
    assert text(page).count(told) == 2, "its row and the table"
    assert page.count(f', {told}"') == 2, "screen readers hear it with the row"
    assert page.count(f", {told}</title>") == 1, "its bar, on hover"
    assert page.count("suspect-bar") == 1


def test_links_between_spans_lead_both_ways(client: TestClient) -> None:
    """To the page of the other trace, also where the other span has not come; on the page of a trace as well."""
    page = client.get(STORY).text
    told = text(page)
    assert "receive invoice_generated links to amend subscription SUB-7 of throughline in trace" in told
    assert "open exception is linked from dddddddddd…" in told
    assert "(that span has not come)" in told
    assert f"/traces/{1:032x}" in links(page, "000000")


def test_a_span_leads_to_its_own_tracer(client: TestClient) -> None:
    """Where a source says how; nowhere else."""
    page = client.get(STORY).text
    assert page.count("in its tracer") == page.count('"http://127.0.0.1:16686/trace/') == 3


def test_a_good_one_stands_beside_it(client: TestClient) -> None:
    """The median of its kind, hop by hop; what differs is said in words; the rest of its chain is one click away."""
    page = text(client.get(STORY).text)
    assert "“Posted to ledger” took 3 d here and 20 min there." in page
    assert "Recalculated slower Chargebee 41 min 15 min" in page
    assert "Closed in CRM not reached here Salesforce – 10 min" in page
    assert "Before it Lead to cash SO-10" in page
    assert "through subscription:SUB-7" in page
    assert "Finance operations, Ledger desk · docs/runbooks/posting.md" in page
    assert "2 of 3, EUR 80 of EUR 120" in page


def test_all_that_supports_a_part_is_told(api: MadeUpApi, client: TestClient) -> None:
    """Rule with version, source and time of each; those who may not decide are not asked."""
    page = text(client.get(STORY).text)
    assert "24 supports, 22 of them hold" in page
    assert "holds invoice-issued of 17 Nov 10:00 says that invoice:INV-7 belongs to amendment:AMD-7" in page
    assert "invoice-issued v1 from /chargebee/eu 17 Nov, 12:00 UTC" in page
    whole = client.get(f"{STORY}/why?object=invoice:INV-7")
    assert (whole.text.count('class="supports"'), whole.text.count("Is this wrong?")) == (1, 1)
    api.may.remove("transactions:decide")
    assert "Is this wrong?" not in client.get(STORY).text
    assert client.get(f"{STORY}/why?object=invoice:NONE").status_code == 404


def test_what_an_event_carried_is_shown_to_those_who_may(api: MadeUpApi, client: TestClient) -> None:
    """Masked, with the verdict of its contract and the place that breaks it; nothing of it without the permission."""
    page = client.get(STORY).text
    assert "breaks its contract" in page
    assert "/total: is not a number (send 12.34)" in text(page)
    api.may.remove("payloads:read")
    assert "breaks its contract" not in client.get(STORY).text


def test_all_of_it_is_there_as_json(client: TestClient) -> None:
    """What the page is made of, in the API's own words; an unknown id is 404."""
    answer = client.get(f"{STORY}.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["anchor"]["value"] == "AMD-7"
    assert answer.json()["spans"]["count"] == 12
    assert client.get("/transactions/none.json").status_code == 404


@pytest.mark.parametrize("identity", [made_up.FAILED_ID, f"{3:032x}"], ids=["failed", "plain"])
def test_a_story_links_to_its_json(client: TestClient, identity: str) -> None:
    """Also a story with nothing beside it."""
    page = client.get(f"/transactions/{identity}").text
    assert links(page, "all of this as JSON") == [f"/transactions/{identity}.json"]
