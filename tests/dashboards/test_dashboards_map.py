# SPDX-License-Identifier: Apache-2.0
"""The system map: who hands what to whom, how much, where it breaks, and a click that shows the transactions behind it."""

import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from dashboards import map_rungs
from dashboards.map_picture import BOX, LETTER, MapPicture, picture
from tests.dashboards.conftest import Site, opened

_NUMBERS = re.compile(r"-?\d+")
ROLES = ("crm", "billing", "payments", "erp", "warehouse", "tax")


def a_hop(source: str, target: str, volume: int = 10, **more: Any) -> dict[str, Any]:
    return {
        "id": f"{source}-{target}", "source": source, "target": target, "title": "handed over", "process": "lead-to-cash",
        "milestone": "posted", "volume": volume, "waiting": 0, "overdue": 0, "failed": 0, "atRisk": [], "state": "OK", "reason": None,
    } | more  # fmt: skip


def of(*hops: dict[str, Any]) -> MapPicture:
    return picture(hops, [{"name": "netsuite", "role": "erp"}])


def upright(*hops: dict[str, Any]) -> MapPicture:
    return map_rungs.picture(hops, [{"name": "netsuite", "role": "erp"}])


def test_systems_stand_in_the_order_of_the_line_and_those_of_others_behind() -> None:
    places = of(a_hop("erp", "crm"), a_hop("billing", "erp"), a_hop("erp", "warehouse")).places

    assert [place.system.key for place in places] == ["crm", "billing", "erp", "other"]
    assert [place.vendors for place in places] == ["", "", "NetSuite", ""]
    assert all(right.x - left.x > BOX for left, right in pairwise(places))


def test_the_more_went_over_a_way_the_wider_it_is() -> None:
    widths = [way.width for way in of(a_hop("crm", "billing", 0), a_hop("billing", "payments", 100), a_hop("payments", "erp", 10_000)).ways]  # fmt: skip

    assert widths == sorted(set(widths))


def test_a_way_says_how_long_is_waited_on_it() -> None:
    """What too few are through for is open, of a handful nothing is said, and what was not asked for is not shown."""
    waits = [
        {"p50Seconds": 720.0, "p90Seconds": 9_900.0, "n": 40, "open": 3},
        {"p50Seconds": 720.0, "p90Seconds": None, "n": 40, "open": 30},
        {"p50Seconds": None, "p90Seconds": None, "n": 4, "open": 4},
    ]
    told = [of(a_hop("crm", "erp", wait=wait)).ways[0].hop for wait in waits]
    assert [(one.waits.replace("\N{NO-BREAK SPACE}", " "), one.waits_of) for one in told] == [
        ("p50 12 min · p90 2 h 45 min", "of 40, 3 still wait"),
        ("p50 12 min · p90 open", "of 40, 30 still wait"),
        ("", "only 4: too few to say"),
    ]
    assert of(a_hop("crm", "erp")).ways[0].hop.waits == ""


def test_a_long_name_is_cut_in_the_picture_alone() -> None:
    """The way, the system and what plays it: each as far as there is room, whole in the hop and in the system."""
    name = "contracts and all their amendments to the subscription platform"
    made = picture(
        [a_hop("crm", "the-subscription-platform-of-old", title=name)], [{"name": "n" * 60, "role": "crm"}]
    )
    (way,) = made.ways
    assert (way.title, way.hop.title) == ("contracts and all thei…", name)
    crm, old = made.places
    assert (old.name, old.system.word) == ("the-subscription…", "the-subscription-platform-of-old")
    assert (len(crm.vendor), len(crm.vendors)) == (22, 60)


def test_a_system_says_what_waits_for_it() -> None:
    _, erp = of(a_hop("crm", "erp", failed=2, overdue=5, waiting=9)).places

    assert (erp.waiting, erp.tone, erp.address) == (
        "2 failed, 5 overdue",
        "bad",
        "/transactions?q=system%3Aerp",
    )


@given(
    st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(ROLES), st.integers(0, 10**9)), max_size=12)
)
def test_whatever_hops_there_are_every_line_stays_in_the_picture_and_no_two_lie_on_each_other(
    drawn: list[tuple[str, str, int]],
) -> None:
    for draw in (of, upright):
        made = draw(*(a_hop(*each) for each in drawn))

        assert len(made.ways) == len(drawn)
        assert len({way.path for way in made.ways}) == len(drawn)
        assert len({(way.x, way.y) for way in made.ways}) == len(drawn)
        for way in made.ways:
            assert all(
                0 <= int(number) <= max(made.width, made.height) for number in _NUMBERS.findall(way.path)
            )
            assert 0 < way.y < made.height


def test_upright_each_way_has_a_rung_in_the_order_of_the_process() -> None:
    """Told to the right of a phone it would be cut; so no line of words leaves the picture."""
    made = upright(
        a_hop("crm", "billing", title="deals to the billing of all the legal entities of the company"),
        a_hop("billing", "erp", failed=1, overdue=14, waiting=20),
        a_hop("erp", "crm", title="status back to the CRM"),
        a_hop("billing", "payments"),
    )
    assert [way.y for way in made.ways] == sorted(way.y for way in made.ways)
    for way in made.ways:
        half = len(f"{way.hop.volume} {way.title}") * LETTER / 2
        assert half - 1 <= way.x <= made.width - half + 1
    assert made.width == map_rungs.WIDTH
    assert [place.waits for place in made.places] == [(), (), (), ("1 failed", "14 overdue")]
    assert len(made.rails) == 4


def test_the_page_tells_each_way_worst_first_with_its_transactions(client: TestClient) -> None:
    page = client.get("/map").text
    table = page[page.index("<tbody>") :]

    rows = re.findall(r'<th scope="row"><a href="([^"]+)">([^<]+)</a>', table)
    assert rows[0] == (
        "/transactions?q=process%3Alead-to-cash+waiting%3Aposted",
        "invoices posted",
    )
    assert "the posting period 2026-10 is closed" in table
    assert {title for _, title in rows} == {
        "orders to subscriptions", "renewals recalculated", "invoices charged", "receipts applied", "invoices posted", "deals closed in CRM"
    }  # fmt: skip


def test_one_process_alone(client: TestClient) -> None:
    page = client.get("/map?process=renewal-amendment&days=7").text

    assert "renewals recalculated" in page
    assert "invoices posted" not in page
    assert "in the last 7 days" in page


@pytest.mark.parametrize("path", ["/map?days=400", "/map?process=none", "/map?days=x&process=%3Cb%3E"])
def test_an_unknown_choice_counts_as_the_first_one(client: TestClient, path: str) -> None:
    page = client.get(path).text

    assert "in the last 30 days" in page
    assert "invoices posted" in page


def test_before_anything_flows_the_map_says_what_is_missing(empty_client: TestClient) -> None:
    assert "No process has ways between systems yet" in empty_client.get("/map").text


@pytest.mark.browser
def test_a_click_on_a_broken_way_opens_what_stands_there(site: Site, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{site.url}/map")

    page.get_by_role("link", name="Billing to ERP, invoices posted", exact=False).first.click()

    expect(page).to_have_url(re.compile(r"/transactions\?q=process%3Alead-to-cash\+waiting%3Aposted"))
    page.close()


@pytest.mark.browser
def test_every_system_and_way_is_reached_by_keyboard(site: Site, chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{site.url}/map")
    page.get_by_role("region", name="The map", exact=False).focus()

    names = []
    for _ in range(10):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))

    assert all(names)
    assert sum("made it" in name for name in names) == 6
    assert any("waits p50 12" in name for name in names), "the wait is told as well"
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 390, 820])
def test_a_phone_shows_every_system_and_way_without_scrolling(
    site: Site, chromium: Browser, width: int
) -> None:
    page = opened(chromium, width)
    page.goto(f"{site.url}/map")
    region = page.get_by_role("region", name="The map", exact=False)

    assert region.evaluate("it => it.scrollWidth - it.clientWidth") == 0
    for text in region.locator("text:visible").all():
        box = text.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    expect(region.locator(".place:visible")).to_have_count(4)
    expect(region.locator(".way:visible")).to_have_count(6)
    page.context.close()
