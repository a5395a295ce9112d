# SPDX-License-Identifier: Apache-2.0
"""A chart shows what the API said: same values, gaps as gaps, targets and releases where they belong."""

import json
import re
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from dashboards import charts
from dashboards.kpi_card import card, change, multiples, what_changed
from dashboards.spark import HEIGHT, WIDTH, spark
from tests.dashboards import made_up_kpis
from tests.dashboards.conftest import Site, opened

KPIS = ("quote-to-activation", "invoice-latency", "renewal-completion", "failed-transactions")


@pytest.mark.parametrize("name", KPIS)
@pytest.mark.parametrize("days", [1, 7, 30, 90])
def test_every_figure_is_one_that_plotly_knows(name: str, days: int) -> None:
    """A property that plotly.js would ignore in silence fails here. Colours stand for the stylesheet's variables."""
    figure = charts.trend(made_up_kpis.kpi(name, days, None))
    go.Figure(json.loads(re.sub(r"var\(--[a-z0-9]+\)", "#123456", json.dumps(figure))))


def test_a_trend_shows_the_values_of_the_api_and_leaves_gaps_open() -> None:
    """Values times the axis unit are the API's seconds; a day without data is null, and lines do not bridge it."""
    kpi = made_up_kpis.kpi("invoice-latency", 30, None)
    line = charts.trend(kpi)["data"][0]
    assert line["y"][11] is None
    assert not line["connectgaps"]
    for shown, value in zip(line["y"], kpi["series"]["value"], strict=True):
        assert shown is None or shown * 3600 == pytest.approx(value, abs=2)


def test_a_contract_release_is_marked_by_name_and_one_before_the_range_is_not() -> None:
    """The mark carries subject and version; over three days, a release nine days ago has no place."""
    notes = [
        note["text"]
        for note in charts.trend(made_up_kpis.kpi("invoice-latency", 30, None))["layout"]["annotations"]
    ]
    assert "invoice-issued 1.2.0" in notes
    kpi = made_up_kpis.kpi("invoice-latency", 30, None)
    kpi["series"] = {name: values[-3:] for name, values in kpi["series"].items()}
    assert charts.releases(kpi) == []


def test_a_figure_stays_small() -> None:
    """Ninety days of one KPI fit in 30 KB."""
    assert len(json.dumps(charts.trend(made_up_kpis.kpi("invoice-latency", 90, None)))) < 30_000


def test_legal_entities_stand_worst_first_on_one_scale() -> None:
    """DE, slowed by the release, comes first; the target lies at one height in every small line."""
    rows = multiples(made_up_kpis.kpi("invoice-latency", 30, None), {"DE": [0.7]})
    assert rows[0].name == "DE"
    assert rows[0].spark.marks
    assert len({row.spark.target_y for row in rows}) == 1


@pytest.mark.parametrize(
    ("value", "before", "better", "unit", "told"),
    [
        pytest.param(130.0, 100.0, "lower", "SECONDS", ("+30 %", "bad"), id="slower"),
        pytest.param(70.0, 100.0, "lower", "SECONDS", ("−30 %", "good"), id="faster"),
        pytest.param(101.0, 100.0, "lower", "SECONDS", ("steady", "calm"), id="about-the-same"),
        pytest.param(0.012, 0.010, "lower", "RATIO", ("+0.2 pt", "bad"), id="rates-move-by-points"),
        pytest.param(0.99, 0.97, "higher", "RATIO", ("+2.0 pt", "good"), id="higher-is-better"),
        pytest.param(None, 1.0, "lower", "RATIO", ("", "calm"), id="no-value"),
        pytest.param(5.0, 0.0, "lower", "SECONDS", ("", "calm"), id="nothing-before"),
    ],
)
def test_a_change_says_whether_it_is_good_news(
    value: float | None, before: float, better: str, unit: str, told: tuple[str, str]
) -> None:
    """Direction and judgement are two things: slower is worse, a higher completion rate is better."""
    words, tone = change(value, before, better, unit)
    assert (words.replace("\N{NO-BREAK SPACE}", " "), tone) == told


def test_open_items_are_on_the_card_and_in_the_sentences() -> None:
    """n and open are never left out, and a value that open items make a lower bound says so."""
    kpi = made_up_kpis.kpi("quote-to-activation", 30, None)
    shown = card(kpi)
    assert shown.at_least
    assert "37" in shown.still_open
    assert any("still open" in sentence for sentence in what_changed(kpi))


def test_a_kpi_of_few_deals_is_greyed_and_one_without_value_is_a_dash() -> None:
    """Three deals prove nothing; no deal gives no number and no verdict."""
    kpi: dict[str, Any] = made_up_kpis.kpi("invoice-latency", 7, "DE") | {"n": 3}
    assert card(kpi).small
    none = card(kpi | {"value": None, "targetMet": None, "n": 0})
    assert none.value == (("–", ""),)
    assert none.target.tone == "calm"


@given(st.lists(st.none() | st.floats(0, 1e7), max_size=60), st.floats(0, 1e7))
def test_small_lines_stay_in_their_box(values: list[float | None], target: float) -> None:
    """Whatever the values, no point leaves the box, and gaps split the line."""
    drawn = spark(values, target)
    for line in drawn.lines:
        for point in line.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT
    assert (drawn.last is None) == all(value is None for value in values)


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/kpis"])
def test_cards_of_a_row_end_alike(site: Site, chromium: Browser, path: str) -> None:
    """Where one card has more to say, the lines of the others are higher; no card ends in an empty stretch."""
    page = opened(chromium)
    page.goto(site.url + path)
    room = page.locator(".kpi").evaluate_all(
        """all => all.map(card => card.getBoundingClientRect().bottom
        - card.querySelector('.kpi-foot').getBoundingClientRect().bottom)"""
    )
    assert len(room) >= 4
    assert max(room) <= 14
    page.context.close()
