# SPDX-License-Identifier: Apache-2.0
"""What people see and do, in a real Chromium: each page's main task, accessibility, both themes, both widths."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dashboards import contract_address
from tests.dashboards import made_up, made_up_contracts
from tests.dashboards.conftest import RULES, Site, opened

pytestmark = pytest.mark.browser

STORY = f"/transactions/{made_up.FAILED_ID}"
PAGES = {
    "home": "/", "kpis": "/kpis", "transactions": "/transactions", "none found": "/transactions?q=zzz", "wrong query": "/transactions?q=staus:open", "spans": "/traces?q=journal", "story": STORY, "why": f"{STORY}/why?object=invoice:INV-7",
    "contracts": "/contracts", "contract": "/contracts/invoice-issued", "old contract": "/contracts/invoice-issued?version=1.1.0",
    "approvals": "/contracts/approvals", "register": "/contracts/register", "odd contract": contract_address.contract(made_up_contracts.ODD),
    "diff": "/contracts/invoice-issued/diff?from=1.2.0&to=1.1.0", "what if": "/contracts/what-if?subject=invoice-issued", "api": "/contracts/invoices-api",
    "deployments": "/contracts/deployments?application=billing-worker&version=2.3.0&to=prod", "policies": "/policies", "keys": "/admin/keys", "exceptions": "/exceptions", "map": "/map", "sources": "/admin?source=zipkin-payments",
    "not found": "/transactions/none",
}  # fmt: skip
# plotly.js sets one style attribute that the policy refuses; drawing is unharmed.
ALLOWED = "Applying inline style violates"


def draw_all(page: Page) -> None:
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_class(re.compile(r"\bdrawn\b"), timeout=10_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_quiet_and_fits(
    site: Site, chromium: Browser, width: int, theme: str
) -> None:
    """No axe violation, no sideways scrolling, no console error, no request to another host: every page, every look."""
    page = opened(chromium, width, theme)
    site.api.views.append(
        {
            "id": "v",
            "name": "Stuck",
            "query": "zzz",
            "sort": {"field": "STARTED", "descending": True},
            "key": "",
        }
    )
    troubles: list[str] = []
    page.on(
        "console",
        lambda m: (
            troubles.append(m.text)
            if m.type == "error" and ALLOWED not in m.text and "404" not in m.text
            else None
        ),
    )
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda request: (
            troubles.append(request.url) if not request.url.startswith((site.url, "data:", "blob:")) else None
        ),
    )
    for name, path in PAGES.items():
        answer = page.goto(site.url + path)
        assert answer is not None
        assert answer.status == (404 if name == "not found" else 200)
        if name == "kpis":
            draw_all(page)
        for details in page.locator("main details:not([open]) > summary").all():
            if details.is_visible():
                details.click()
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{name} is {wide} px too wide"
    assert troubles == []
    page.context.close()


def test_from_the_first_screen_to_the_replay_in_two_clicks(site: Site, page: Page) -> None:
    """The largest failure is on top; its story explains it; replay answers with a word and a new state."""
    page.goto(site.url)
    page.get_by_role("link", name="Open story of AMD-7").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Renewal amendment AMD-7")
    page.get_by_role("button", name="Replay AMD-7").click()
    expect(page.locator(".notice")).to_contain_text("The replay has started")
    expect(page.locator(".notice-box")).to_contain_text("being replayed")
    assert site.api.replayed == ["page:ex-1:0"]


def test_why_a_part_belongs_is_unfolded_and_taken_apart(site: Site, page: Page) -> None:
    """Beside the invoice: all that says so, what was refused with its reason, the rest on a page, and the way to object."""
    page.goto(site.url + STORY)
    row = page.locator("tr", has=page.get_by_role("rowheader", name="invoice:INV-7", exact=True))
    row.get_by_text("24 supports, 22 of them hold").click()
    expect(row.locator(".supports > li")).to_have_count(5)
    expect(row.locator(".supports > li").nth(1)).to_contain_text("refused: invoice:INV-7 already belongs to")
    expect(row.locator(".supports > li").nth(2)).to_contain_text("said no more since")
    row.get_by_role("link", name="all 24 supports").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Why invoice:INV-7 belongs to")
    expect(page.locator(".supports > li")).to_have_count(24)
    page.get_by_text("Is this wrong?").first.click()
    page.get_by_label("How do you know?").first.fill("the invoice names another amendment")
    page.get_by_role("button", name="They do not belong together").first.click()
    expect(page.locator(".notice")).to_be_visible()
    assert site.api.decided[-1]["object"] == "invoice:INV-7"
    assert site.api.decided[-1]["from"] == "amendment:AMD-7"


def test_a_source_is_changed_where_it_is_shown(site: Site, page: Page) -> None:
    """A wrong template of span addresses is refused at its field, written anew and taken; accessible with the refusal."""
    page.goto(site.url + "/admin?source=erp-jaeger")
    page.get_by_text("Change it", exact=True).first.click()
    form = page.locator("#change")
    form.get_by_label("Address of a span there").fill("javascript:alert(1)")
    form.get_by_role("button", name="Change it").click()
    field = form.get_by_label("Address of a span there")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(form.locator("#change-spanUrl-wrong")).to_contain_text("is not a template of an address")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    field.fill("https://jaeger.example/trace/{trace_id}")
    form.get_by_role("button", name="Change it").click()
    expect(page.locator(".notice.good")).to_contain_text("The source is changed")
    assert site.api.decided[-1]["spanUrl"] == "https://jaeger.example/trace/{trace_id}"


def test_a_choice_changes_the_list_and_the_address_without_a_new_page(site: Site, page: Page) -> None:
    """Choose, read, go back: the address follows, focus stays, the back button restores."""
    page.goto(site.url + "/transactions")
    page.evaluate("window.same = true")
    page.locator(".choice", has_text="failed").click()
    page.wait_for_url("**/transactions?q=status%3Afailed")
    expect(page.locator("a.chip")).to_contain_text("status:failed")
    expect(page.locator("tbody .badge.good")).to_have_count(0)
    page.get_by_label("Order").focus()
    page.get_by_label("Order").select_option("-waited")
    page.wait_for_url("**/transactions?q=status%3Afailed&sort=-waited")
    assert page.evaluate("document.activeElement.name") == "sort"
    page.go_back()
    page.go_back()
    expect(page.locator("a.chip")).to_have_count(0)
    assert page.evaluate("window.same") is True


def test_a_query_is_written_with_the_keyboard_alone(site: Site, page: Page) -> None:
    """Begin a field, take an offer with arrow and Enter, take its value: the list follows; Escape lets the offers go."""
    page.goto(site.url + "/transactions")
    page.keyboard.press("f")
    bar = page.get_by_role("combobox", name="Query over transactions")
    expect(bar).to_be_focused()
    page.keyboard.type("stat")
    expect(page.locator("#offers li").first).to_contain_text("status:")
    expect(bar).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    assert bar.get_attribute("aria-activedescendant") == "offer-1"
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="failed", exact=True)).to_be_visible()
    page.keyboard.type("fa")
    expect(page.locator("#offers li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/transactions?q=status%3Afailed*")
    expect(page.locator("tbody .badge.good")).to_have_count(0)
    expect(bar).to_be_focused()
    page.keyboard.type("ent")
    expect(page.locator("#offers li").first).to_contain_text("entity:")
    page.keyboard.press("Escape")
    expect(page.locator("#offers")).to_be_hidden()


def test_a_key_is_found_as_it_is_written(site: Site, page: Page) -> None:
    """The beginning of a business key offers the keys; Enter without a choice asks for what is written."""
    page.goto(site.url + "/transactions")
    bar = page.get_by_label("Query over transactions")
    bar.press_sequentially("AMD")
    expect(page.locator("#offers li").first).to_contain_text("amendment:AMD-7")
    bar.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody th")).to_contain_text("AMD-7")
    assert page.evaluate("document.activeElement.value") == "AMD"


def test_a_view_is_saved_under_a_name(site: Site, page: Page) -> None:
    """Ask, save, come back by its name; while the name is written no live update takes it away."""
    page.goto(site.url + "/transactions?q=status:stuck")
    page.get_by_text("Save this view").click()
    page.get_by_role("textbox", name="Name").fill("Stuck now")
    site.api.changes += 1
    page.wait_for_timeout(600)
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Stuck now")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_contain_text("The view is saved")
    page.goto(site.url + "/transactions")
    page.get_by_role("link", name="Stuck now").click()
    expect(page.locator("a.chip")).to_contain_text("status:stuck")
    expect(page.get_by_role("link", name="Stuck now")).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="delete it").click()
    expect(page.locator(".notice")).to_contain_text("deleted")


def test_a_stretch_of_time_is_chosen_by_drag_and_by_keyboard(site: Site, page: Page) -> None:
    """Dragging over three bars, or Shift with the arrows and Enter, narrows the list to the same half-open stretch."""
    page.goto(site.url + "/transactions")
    bars = page.locator("#starts a")
    first, third = bars.nth(5).bounding_box(), bars.nth(7).bounding_box()
    assert first is not None
    assert third is not None
    page.mouse.move(first["x"] + 2, first["y"] + 40)
    page.mouse.down()
    page.mouse.move(third["x"] + 2, third["y"] + 40, steps=4)
    page.mouse.up()
    page.wait_for_url("**started*")
    by_drag = page.url
    expect(page.locator("a.chip")).to_have_count(2)
    page.get_by_role("link", name="all times").click()
    expect(page.locator("a.chip")).to_have_count(0)
    bars.first.focus()
    for key in ("ArrowRight",) * 5 + ("Shift+ArrowRight",) * 2:
        page.keyboard.press(key)
    expect(page.locator("#starts a.in")).to_have_count(3)
    page.keyboard.press("Enter")
    page.wait_for_url("**started*")
    assert page.url == by_drag


def test_the_board_draws_its_charts_and_follows_the_theme(site: Site, page: Page) -> None:
    """Charts draw after first paint, in view; the toggle redraws them and the choice outlives the page."""
    page.goto(site.url + "/kpis")
    draw_all(page)
    light = page.locator(".js-line").first.evaluate("line => line.style.stroke")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator(".js-line").first).not_to_have_css("stroke", light)
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_board_narrows_to_an_entity_by_its_small_line(site: Site, page: Page) -> None:
    """From KPI to the slow legal entity in one click."""
    page.goto(site.url + "/kpis")
    page.locator("#invoice-latency .multiples a").first.click()
    expect(page).to_have_url(site.url + "/kpis?days=30&entity=DE#invoice-latency")
    assert page.get_by_label("Legal entity").input_value() == "DE"


def test_the_keyboard_alone_is_enough(site: Site, page: Page) -> None:
    """Skip link first, `g t` goes to the list, `j` and Enter open a story, `?` lists the keys."""
    page.goto(site.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url(site.url + "/transactions")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(site.url + STORY)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_without_javascript_everything_but_charts_works(site: Site, chromium: Browser) -> None:
    """Filters have a button, tables stand for charts, and the replay form is a form."""
    page = opened(chromium, java_script_enabled=False)
    page.goto(site.url + "/transactions")
    page.get_by_label("Query over transactions").fill("status:")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="failed", exact=True).click()
    assert page.url.endswith("q=status%3Afailed")
    page.locator("#starts a").nth(3).click()
    assert "started" in page.url
    page.goto(site.url + "/kpis")
    expect(page.get_by_text("The numbers as a table").first).to_be_visible()
    page.goto(site.url + STORY)
    page.get_by_role("button", name="Replay AMD-7").click()
    expect(page.locator(".notice")).to_contain_text("The replay has started")
    page.context.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/kpis",
        "/transactions",
        "/contracts",
        "/contracts/deployments",
        "/contracts/approvals",
        "/policies",
        "/exceptions",
    ],
)
def test_the_first_minute_is_accessible_too(empty_site: Site, page: Page, path: str) -> None:
    """Empty pages say what they mean, without a violation."""
    page.goto(empty_site.url + path)
    assert Axe().run(page, options=RULES).violations_count == 0
