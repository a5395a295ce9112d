# SPDX-License-Identifier: Apache-2.0
"""The failed renewal's story as a person lives it: from the first screen to a green transaction, in a real browser."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from served_plane import ControlPlane
from sync_sandbox import Sandbox, wait_until
from test_deal_walk import DEALS, _last_month, _renewal

pytestmark = pytest.mark.browser

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture
def outside_url() -> str:
    """What people see does not depend on the database; the walks below run on both."""
    return ""


@pytest.fixture
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip(
            "no Chromium on this machine; install Debian's `chromium` package to run the browser tests"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1440, "height": 900})


def test_from_the_first_screen_to_one_journal(connected: ControlPlane, sandbox: Sandbox, page: Page) -> None:
    """Sign in once, read what broke in two clicks, open the period, replay, watch it turn green; the ledger has one journal."""
    sandbox.deals(_renewal(7))
    wait_until(lambda: any(node["exceptions"] for node in connected.ask(DEALS)["transactions"]["nodes"]))

    page.goto(connected.sign_in_url)
    if page.get_by_role("button", name=re.compile("sign in", re.I)).count():
        page.get_by_role("button", name=re.compile("sign in", re.I)).first.click()
    page.goto(connected.url + "/")
    expect(page.get_by_text(f"period {_last_month()} is closed for DE").first).to_be_visible()
    page.get_by_role("link", name=re.compile("open story", re.I)).first.click()
    expect(page.get_by_text("NetSuite refused journal JE-INV-7").first).to_be_visible()
    story = page.url

    page.goto(str(sandbox.http.base_url))
    page.get_by_role("button", name=re.compile(r"^Open .* for DE")).first.click()

    page.goto(story)
    page.get_by_role("button", name=re.compile("replay", re.I)).first.click()
    expect(page.get_by_text(re.compile("replay has started", re.I)).first).to_be_visible()
    wait_until(lambda: connected.ask(DEALS)["transactions"]["nodes"][0]["status"] == "COMPLETED")
    page.goto(story)
    expect(page.get_by_text("completed").first).to_be_visible()
    assert len(sandbox.records("netsuite", "journalEntry")) == 1


def test_a_link_signs_in_once(connected: ControlPlane, browser: Browser) -> None:
    """A link that lies in a terminal's history opens nothing a second time, and says so."""
    first, second = browser.new_context().new_page(), browser.new_context().new_page()
    for page in (first, second):
        page.goto(connected.sign_in_url)
        if page.get_by_role("button", name=re.compile("sign in", re.I)).count():
            page.get_by_role("button", name=re.compile("sign in", re.I)).first.click()
    first.goto(connected.url + "/contracts")
    expect(first.get_by_role("link", name="invoice-issued").first).to_be_visible()
    second.goto(connected.url + "/contracts")
    assert "/sign-in" in second.url
