# SPDX-License-Identifier: Apache-2.0
"""Numbers are written for people: exact money, readable durations, times with their zone."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import format as write


def plain(text: str) -> str:
    return text.replace(write.GAP, " ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        pytest.param(None, "–", id="none"),
        pytest.param(0, "0 ms", id="zero"),
        pytest.param(0.0000003, "0.3 µs", id="below-a-microsecond"),
        pytest.param(0.000042, "42 µs", id="microseconds"),
        pytest.param(0.00042, "0.4 ms", id="below-a-millisecond"),
        pytest.param(0.004, "4 ms", id="few-milliseconds"),
        pytest.param(0.00996, "10 ms", id="rounds-up-to-ten-milliseconds"),
        pytest.param(0.28, "280 ms", id="milliseconds"),
        pytest.param(0.9996, "1.00 s", id="rounds-up-to-a-second"),
        pytest.param(4.08, "4.08 s", id="seconds"),
        pytest.param(42.51, "42.5 s", id="tens-of-seconds"),
        pytest.param(59.96, "1 min", id="rounds-up-to-a-minute"),
        pytest.param(250, "4 min 10 s", id="few-minutes"),
        pytest.param(38 * 60 + 4, "38 min", id="minutes"),
        pytest.param(3599, "1 h", id="rounds-up-to-an-hour"),
        pytest.param(5 * 3600 + 12 * 60, "5 h 12 min", id="hours"),
        pytest.param(86_399, "1 d", id="rounds-up-to-a-day"),
        pytest.param(2 * 86_400 + 4 * 3600, "2 d 4 h", id="days"),
        pytest.param(1_234 * 86_400, "1,234 d", id="many-days"),
        pytest.param(-5, "0 ms", id="never-negative"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, words: str) -> None:
    """At most two units, the larger first, and rounding never shows 60 minutes or 24 hours."""
    assert plain(write.duration(seconds)) == words


@given(st.floats(0, 1e9, allow_nan=False))
def test_no_duration_shows_sixty_of_a_unit_that_has_a_larger_one(seconds: float) -> None:
    """Whatever the number, the parts stay under their unit's limit."""
    limits = {"ms": 1000, "s": 60, "min": 60, "h": 24}
    for number, unit in write.duration_parts(seconds):
        assert float(number.replace(",", "")) < limits.get(unit, float("inf"))


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        pytest.param("182400.00", "EUR", "EUR 182,400.00", id="grouped"),
        pytest.param("-1234.50", "USD", "USD −1,234.50", id="credit"),
        pytest.param("1234", "JPY", "JPY 1,234", id="no-minor-unit"),
        pytest.param("0.005", "KWD", "KWD 0.005", id="three-decimals"),
    ],
)
def test_money_shows_its_currency_and_every_digit(amount: str, currency: str, words: str) -> None:
    """No rounding and no symbol that two countries share."""
    assert plain(write.money({"amount": amount, "currency": currency})) == words


@given(st.decimals(-(10**12), 10**12, places=2, allow_nan=False))
def test_money_on_the_page_is_the_money_of_the_api(amount: Decimal) -> None:
    """Reading the page's text back gives the amount to the cent."""
    shown = write.money({"amount": str(amount), "currency": "EUR"})
    assert Decimal(plain(shown).removeprefix("EUR ").replace(",", "").replace("−", "-")) == amount


def test_amounts_of_two_currencies_are_never_added() -> None:
    """They stand side by side, without the zeros of whole amounts."""
    both = [{"amount": "100.00", "currency": "EUR"}, {"amount": "5.50", "currency": "USD"}]
    assert plain(write.moneys(both)) == "EUR 100 · USD 5.50"


def test_instants_are_written_in_utc_and_say_so() -> None:
    """An offset in the answer does not move the instant."""
    assert write.instant("2026-11-21T13:07:00+01:00") == "21 Nov 2026, 12:07 UTC"
    assert write.precise_instant("2026-11-21T12:07:31.204Z") == "21 Nov, 12:07:31.204"


def test_an_age_is_seen_from_the_servers_now() -> None:
    """`just now` under a minute, else the duration since."""
    assert write.age("2026-11-20T12:00:00Z", "2026-11-20T12:00:30Z") == "just now"
    assert plain(write.age("2026-11-17T10:00:00Z", "2026-11-20T12:00:00Z")) == "3 d 2 h ago"


def test_columns_become_rows_and_uneven_columns_are_refused() -> None:
    """The API promises equally long lists; a broken promise must not shift values between spans."""
    both: dict[str, Any] = {"count": 2, "name": ["a", "b"], "took": [1, 2]}
    assert write.columns(both) == [
        {"name": "a", "took": 1},
        {"name": "b", "took": 2},
    ]
    with pytest.raises(ValueError, match="shorter"):
        write.columns({"name": ["a", "b"], "took": [1]})
