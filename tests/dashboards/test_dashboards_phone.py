# SPDX-License-Identifier: Apache-2.0
"""What a phone shows, in a real Chromium: nothing that matters stands to the right of 390 pixels."""

import re
from itertools import combinations

import pytest
from playwright.sync_api import Browser, expect

from tests.dashboards import made_up, made_up_contracts
from tests.dashboards.conftest import Site, opened

pytestmark = pytest.mark.browser

STORY = f"/transactions/{made_up.FAILED_ID}"


def test_a_phone_says_why_a_part_belongs_and_where_a_good_one_differs(site: Site, chromium: Browser) -> None:
    """What the two tables are for can be read without pushing them aside."""
    page = opened(chromium, 390)
    page.goto(site.url + STORY)
    part = page.locator("tr", has=page.get_by_role("rowheader", name="invoice:INV-7", exact=True))
    hop = page.get_by_role("region", name="Beside a good one").locator("tbody tr").first
    for told in (part.locator("td:visible").first, hop.locator(".hop-difference")):
        box = told.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
    expect(part.locator("td:visible")).to_have_count(1)
    page.context.close()


def test_a_phone_shows_the_tables_of_a_story_whole(site: Site, chromium: Browser) -> None:
    """What happened and under which contract, what rule it broke, and what a person must clear: nothing stands to the right."""
    page = opened(chromium, 390)
    page.goto(site.url + STORY)
    shown = {
        "Beside a good one": 3,
        "Why each part belongs": 2,
        "Events": 5,
        "Policy violations": 3,
        "Exceptions": 2,
    }
    for name, columns in shown.items():
        region = page.get_by_role("region", name=f"{name}, table", exact=True)
        assert region.evaluate("it => it.scrollWidth - it.clientWidth") == 0, name
        expect(region.locator("tbody tr").first.locator("td:visible, th:visible")).to_have_count(columns)
    page.context.close()


@pytest.mark.parametrize(
    ("path", "name", "columns"), [("/policies", "Violations", 3), ("/map", "Ways between systems", 3)]
)
def test_a_phone_shows_what_is_broken_and_where(
    site: Site, chromium: Browser, path: str, name: str, columns: int
) -> None:
    """The rest of the row stands behind its link, and not to the right of the screen."""
    page = opened(chromium, 390)
    page.goto(site.url + path)
    table = page.get_by_role("region", name=f"{name}, table", exact=True)
    assert table.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    expect(table.locator("tbody tr").first.locator("td:visible, th:visible")).to_have_count(columns)
    page.context.close()


@pytest.mark.parametrize(
    "path",
    [
        STORY,
        "/admin?source=zipkin-payments",
        "/admin/keys",
        "/traces",
        "/contracts/invoice-issued",
        "/contracts/invoices-api",
        "/contracts/deployments",
        "/contracts/what-if",
    ],
)
def test_no_table_runs_to_the_right_of_a_phone_and_every_cell_says_what_it_is(
    site: Site, chromium: Browser, path: str
) -> None:
    """Also those that are folded away. A row is its name and its cells, each below the name of its column."""
    page = opened(chromium, 390)
    page.goto(site.url + path)
    page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('.scroll')].filter(it => it.scrollWidth > it.clientWidth)
        .map(it => it.getAttribute('aria-label'))"""
    )
    assert wide == []
    told = page.evaluate(
        """() => [...document.querySelectorAll('.cells tbody tr')].flatMap(row => [...row.cells].map((cell, at) => [
        cell.dataset.label, row.closest('table').tHead.rows[0].cells[at].firstChild.textContent,
        cell.tagName === 'TH' || !cell.checkVisibility()]))"""
    )
    assert [one for one in told if not one[2] and one[0] != one[1]] == []
    page.context.close()


def test_a_draft_is_judged_on_a_phone_without_javascript(site: Site, chromium: Browser) -> None:
    """The answer, dark and narrow, is accessible and does not scroll sideways."""
    page = opened(chromium, 390, "dark", java_script_enabled=False)
    page.goto(site.url + "/contracts/what-if?subject=invoice-issued")
    page.get_by_label("Document").fill(made_up_contracts.document(3))
    page.get_by_role("button", name="Get the verdict").click()
    expect(page.locator(".verdict")).to_contain_text("breaking")
    page.context.close()


def test_a_phone_shows_the_days_of_a_kpi_with_what_is_open(site: Site, chromium: Browser) -> None:
    """The chart shows the second quantile; what stands in the table alone is not cut off."""
    page = opened(chromium, 390)
    page.goto(site.url + "/kpis")
    page.get_by_text("The numbers as a table").first.click()
    table = page.get_by_role("region", name="by day, table").first
    expect(table.get_by_role("columnheader", name="Open")).to_be_visible()
    assert table.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    page.context.close()


def test_on_a_phone_no_words_in_a_chart_stand_on_others(site: Site, chromium: Browser) -> None:
    """The target and a release are told at different ends."""
    page = opened(chromium, 390)
    page.goto(site.url + "/kpis")
    for chart in page.locator("[data-chart]").all():
        chart.scroll_into_view_if_needed()
        expect(chart).to_have_class(re.compile(r"\bdrawn\b"), timeout=10_000)
        boxes = [box for note in chart.locator(".annotation-text").all() if (box := note.bounding_box())]
        assert len(boxes) >= 1
        for one, other in combinations(boxes, 2):
            beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            apart = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert beside or apart
    page.context.close()
