# SPDX-License-Identifier: Apache-2.0
"""Pages that stay open, in a real Chromium: what changes comes in, and takes nothing from who reads or writes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.dashboards import made_up
from tests.dashboards.conftest import RULES, Site

pytestmark = pytest.mark.browser

STORY = f"/transactions/{made_up.FAILED_ID}"


def test_a_hint_refreshes_an_open_page_and_keeps_the_readers_place(site: Site, page: Page) -> None:
    """Something changes at the server: the page shows it by itself, and what was unfolded stays so."""
    page.goto(site.url + STORY)
    page.locator("#run-1-table > summary").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.wait_for_timeout(300)
    site.api.exceptions[0]["state"] = "RETRYING"
    site.api.changes += 1
    expect(page.locator(".notice-box")).to_contain_text("being replayed")
    assert page.locator("#run-1-table").get_attribute("open") is not None


@pytest.mark.parametrize("trouble", ["slow", "failing"])
def test_a_change_that_comes_while_the_page_is_asked_for_is_not_lost(
    site: Site, page: Page, trouble: str
) -> None:
    """A slow server answers from before the change, or not at all: the page asks again though no other hint comes."""
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        if trouble == "failing" and len(asked) == 1:
            route.fulfill(status=503)
            return
        answered = route.fetch()
        if len(asked) == 1:
            site.api.exceptions[0]["state"] = "RETRYING"
            site.api.changes += 1
            page.wait_for_timeout(2_500)
        route.fulfill(response=answered)

    page.goto(site.url + STORY)
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.wait_for_timeout(300)
    page.route(lambda url: url.endswith(STORY), answer)
    if trouble == "failing":
        site.api.exceptions[0]["state"] = "RETRYING"
    site.api.changes += 1
    expect(page.locator(".notice-box")).to_contain_text("being replayed", timeout=15_000)
    assert len(asked) >= 2


def test_a_list_waits_until_it_is_asked_to_show_what_changed(site: Site, page: Page) -> None:
    """New and changed deals are offered and told once; no row moves until `u`; then they are there, and the first has the focus."""
    page.goto(site.url + "/transactions")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.wait_for_timeout(300)
    top = page.locator("tbody tr").first
    expect(top).to_contain_text("AMD-7")
    newest = site.api.deals[1] | {"id": "f" * 32, "anchor": made_up.key("order", "SO-NEW")}
    site.api.deals.insert(0, newest)
    site.api.failed["status"] = "OPEN"
    site.api.changes += 1
    pill = page.get_by_role("button", name="2 changed · show")
    expect(pill).to_be_visible()
    expect(page.locator("#said")).to_have_text("2 changed in the list. Press u to show.")
    expect(top).to_contain_text("AMD-7")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("u")
    expect(top).to_contain_text("SO-NEW")
    expect(pill).to_be_hidden()
    assert page.evaluate("document.activeElement.textContent") == "SO-NEW"


def test_the_queue_waits_as_well(site: Site, page: Page) -> None:
    """An exception that somebody else cleared stays under the reader's hand until the button is pressed."""
    page.goto(site.url + "/exceptions")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.wait_for_timeout(300)
    before = page.locator(".person").count()
    site.api.exceptions[0]["state"] = "RESOLVED"
    site.api.changes += 1
    pill = page.get_by_role("button", name="1 changed · show")
    expect(pill).to_be_visible()
    assert page.locator(".person").count() == before
    pill.press("Enter")
    expect(page.locator(".person")).to_have_count(before - 1)


def test_paused_means_paused(site: Site, page: Page) -> None:
    """After `.` nothing moves under the reader; `.` again catches up."""
    page.goto(site.url + STORY)
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.keyboard.press(".")
    expect(page.locator("#live")).to_have_attribute("data-state", "off")
    site.api.exceptions[0]["state"] = "RETRYING"
    site.api.changes += 1
    page.wait_for_timeout(800)
    expect(page.locator(".notice-box")).not_to_contain_text("being replayed")
    page.keyboard.press(".")
    expect(page.locator(".notice-box")).to_contain_text("being replayed")


def test_what_is_being_written_survives_a_live_update(site: Site, page: Page) -> None:
    """A reason half written is not taken away because somewhere an event arrived; sent, it is answered beside its form."""
    page.goto(site.url + "/contracts/invoice-issued?version=1.1.0")
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    page.locator("summary", has_text="Retire it").click()
    page.locator("#life-retired textarea").press_sequentially("the portal")
    site.api.changes += 1
    page.wait_for_timeout(800)
    assert page.locator("#life-retired textarea").input_value() == "the portal"
    page.locator("#life-retired button").click()
    expect(page.locator("#life-retired .problems")).to_contain_text("It is still used by spreadsheet")
    assert page.locator("#life-retired textarea").input_value() == "the portal"
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
