# SPDX-License-Identifier: Apache-2.0
"""A person sees on the sandbox's page what each system holds, and opens a period there."""

import shutil
from html.parser import HTMLParser

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from served_sandbox import Served, deal

from sync.connectors.chargebee import Chargebee
from sync.connectors.netsuite import JournalLine, NetSuite
from sync.outcome import Outcome, Refused, Sent
from sync.sandbox import books
from terms.instant import wall_clock
from terms.money import Money

TOTAL = Money(1_200_000, "EUR")
LAST = books.months(wall_clock(), 2)[1]


class Forms(HTMLParser):
    """The actions of a page's POST forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form" and found.get("method") == "post":
            self.actions.append(found["action"] or "")


def journal(served: Served, http: httpx2.Client, name: str = "JE-INV-8") -> Outcome:
    lines = (JournalLine("1200", debit=TOTAL), JournalLine("2400", credit=TOTAL))
    return NetSuite(served.connection("netsuite"), http).post_journal(
        name, "DE", f"{LAST}-15", "EUR", lines, "INV-8"
    )


def amended(served: Served, http: httpx2.Client) -> None:
    served.deals(deal(8, "Renewal Amendment", effective_on="2026-03-01"))
    billing = Chargebee(served.connection("chargebee"), http)
    billing.amend_subscription("SUB-8", "AMD-8", "PLATFORM", 12, Money(100_000, "EUR"), "2026-03-01", "")


def test_opening_the_period_on_the_page_lets_the_journal_in(served: Served, http: httpx2.Client) -> None:
    """The journal is refused, the page's own form is sent, the same journal goes in, and the page says that it is one."""
    amended(served, http)
    assert isinstance(journal(served, http), Refused)
    assert "no journal yet for AMD-8" in served.http.get("/?deal=AMD-8").text
    action = f"/sandbox/periods/DE/{LAST}/open"
    assert action in Forms(served.http.get("/").text).actions
    sent = served.http.post(action, headers={"content-type": "application/x-www-form-urlencoded"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/")
    assert isinstance(journal(served, http), Sent)
    assert "one journal for AMD-8" in served.http.get("/?deal=AMD-8").text


def test_a_second_journal_shows_on_the_page(served: Served, http: httpx2.Client) -> None:
    """Two journals for one amendment are counted, and named as a duplicate."""
    amended(served, http)
    served.http.post(f"/sandbox/periods/DE/{LAST}/open")
    journal(served, http)
    journal(served, http, "JE-INV-8-B")
    page = served.http.get("/").text
    assert "2 journals for AMD-8" in page
    assert "netsuite holds 2 journalEntry records for INV-8" in page


def test_an_empty_sandbox_and_an_unknown_deal_have_a_page(served: Served) -> None:
    """Nothing there yet is said in words; what a customer is called cannot become markup."""
    assert "The CRM has no deal yet." in served.http.get("/").text
    assert "The CRM has no deal SO-404." in served.http.get("/?deal=SO-404").text
    served.deals(deal(1, customer={"id": "C", "name": "<script>alert(1)</script>"}))
    page = served.http.get("/")
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_every_button_of_the_page_works(served: Served) -> None:
    """Each form on the page is answered with the way back to it, and a mapping taken away can be given back."""
    for action in Forms(served.http.get("/").text).actions:
        sent = served.http.post(action, headers={"content-type": "application/x-www-form-urlencoded"})
        assert sent.status_code == 303, action
    assert "/sandbox/mappings/DE/1200" in Forms(served.http.get("/").text).actions


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a Chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_can_be_used_by_everybody(
    served: Served, http: httpx2.Client, scheme: str, width: int
) -> None:
    """No accessibility violation, light or dark, wide or narrow; and the Open button works with scripts switched off."""
    amended(served, http)
    served.http.delete("/sandbox/mappings/DE/2400")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        shape = {"width": width, "height": 900}
        looked_at = browser.new_page(color_scheme=scheme, viewport=shape, bypass_csp=True)  # type: ignore[arg-type]
        looked_at.goto(f"{served.base_url}/")
        found = Axe().run(looked_at)
        assert found.violations_count == 0, found.generate_report()
        used = browser.new_page(java_script_enabled=False)
        used.goto(f"{served.base_url}/")
        used.get_by_role("button", name="Open", exact=False).first.click()
        assert used.get_by_role("button", name="Open", exact=False).count() == 0
        browser.close()
    assert served.http.get("/sandbox/periods").json()["periods"][6]["open"]
