# SPDX-License-Identifier: Apache-2.0
"""Money is exact and knows its currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terms import money
from terms.money import Money
from terms.problem import ProblemError

currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"])


@given(st.integers(-(2**62), 2**62), currencies)
def test_amount_text_reads_back_as_the_same_money(minor: int, currency: str) -> None:
    """No amount loses a minor unit on its way through text, whatever its size or currency."""
    assert money.parse(Money(minor, currency).amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        pytest.param(12.34, "EUR", id="a float is not money"),
        pytest.param("12.345", "EUR", id="more decimals than the euro has"),
        pytest.param("1.5", "JPY", id="the yen has no minor unit"),
        pytest.param("twelve", "EUR", id="words"),
        pytest.param("NaN", "EUR", id="not a number"),
        pytest.param("12.34", "eur", id="lower-case currency"),
    ],
)
def test_what_is_not_money_is_refused(amount: str, currency: str) -> None:
    """A wrong amount is refused with what to write instead, never rounded."""
    with pytest.raises(ProblemError):
        money.parse(amount, currency)


def test_two_currencies_never_add() -> None:
    """Euros and dollars have no sum."""
    with pytest.raises(ProblemError, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")
