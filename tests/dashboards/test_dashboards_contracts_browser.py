# SPDX-License-Identifier: Apache-2.0
"""The pages of contracts in a real Chromium: a draft is judged, versions are compared, a no says why, the catalogue narrows."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.dashboards import made_up_contracts
from tests.dashboards.conftest import RULES, Site

pytestmark = pytest.mark.browser


def test_a_pasted_draft_gets_its_verdict_and_keeps_it(site: Site, page: Page) -> None:
    """From the contract to the verdict in one paste; a live hint does not take the answer away; a line link leads there."""
    page.goto(site.url + "/contracts/invoice-issued")
    page.get_by_role("link", name="What would a draft break?").click()
    assert page.get_by_role("searchbox", name="Subject").input_value() == "invoice-issued"
    page.get_by_label("Document").fill(made_up_contracts.document(3))
    page.get_by_role("button", name="Get the verdict").click()
    expect(page.get_by_role("heading", name="Verdict")).to_be_visible()
    expect(page.locator("#finding-a1b2c3d4e5f6")).to_contain_text("Proof.")
    assert Axe().run(page, options=RULES).violations_count == 0
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    site.api.changes += 1
    page.wait_for_timeout(800)
    expect(page.get_by_role("heading", name="Verdict")).to_be_visible()
    page.locator("#finding-a1b2c3d4e5f6").get_by_role("link", name="line 7").last.click()
    expect(page.locator("#new-7")).to_be_in_viewport()


def test_two_versions_are_chosen_and_compared_in_place(site: Site, page: Page) -> None:
    """Choosing changes the address and the verdict; the address shows the same to somebody else."""
    page.goto(site.url + "/contracts/invoice-issued")
    page.get_by_role("link", name="Compare with the version before").click()
    expect(page.locator(".verdict")).to_contain_text("compatible")
    page.get_by_label("From").select_option("1.2.0")
    page.locator("select[name=to]").select_option("1.1.0")
    expect(page.locator(".verdict h2 + .what")).to_contain_text("breaking")
    page.get_by_label("Policy that decides").select_option("codegen")
    page.wait_for_url("**policy=codegen*")
    expect(page.locator(".policies .decides")).to_contain_text("codegen")
    page.reload()
    assert page.get_by_label("From").input_value() == "1.2.0"


def test_from_the_board_to_the_reason_of_a_no(site: Site, page: Page) -> None:
    """A red cell is pressed: who breaks, at which field, and the way to that contract."""
    page.goto(site.url + "/contracts")
    page.get_by_role("link", name="Who may deploy?").click()
    page.get_by_role("link", name="billing-worker 2.4.0-rc.1 to test").click()
    expect(page.locator(".notice-box .what")).to_contain_text("must not be deployed to test")
    page.locator(".finding").get_by_role("link", name=made_up_contracts.ODD).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Billing/rechnung gestellt")


def test_the_catalogue_narrows_in_place(site: Site, page: Page) -> None:
    """Search and facet change list and address; a chip takes one back."""
    page.goto(site.url + "/contracts")
    page.get_by_role("searchbox", name="Search").press_sequentially("invoice")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("select[name=type]").select_option("openapi")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Remove search: invoice").click()
    expect(page.locator("a.chip")).to_have_count(1)
    assert "type=openapi" in page.url
