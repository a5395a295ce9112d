# SPDX-License-Identifier: Apache-2.0
"""Live deals: seeded, in the past, one that must fail, and no other that a closed period would stop."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from controlplane.demo import deals
from terms.instant import Instant, from_datetime, parse, text

NOW = parse("2026-11-23T14:20:00Z")

starts = st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: from_datetime(moment.replace(tzinfo=UTC))
)


def _deal(seed: int, position: int, now: Instant = NOW) -> deals.LiveDeal:
    return deals.deal(seed, position, now, deals.month_start(now))


@given(seed=st.integers(0, 10_000), now=starts)
def test_the_first_deal_is_a_large_german_renewal_dated_in_the_closed_month(seed: int, now: Instant) -> None:
    """Whatever the seed and the day, the first deal is EUR 48,000.00 and takes effect in the month before."""
    first = _deal(seed, 0, now)
    assert (first.kind, first.entity.code, first.amount_minor, first.credit) == (
        "Renewal Amendment",
        "DE",
        4_800_000,
        False,
    )
    month = text(deals.month_start(now))[:7]
    assert first.effective_on < month
    assert first.anchor == ("amendment", "AMD-50001")


@given(seed=st.integers(0, 10_000), position=st.integers(1, 400), now=starts)
def test_all_other_deals_can_be_posted(seed: int, position: int, now: Instant) -> None:
    """No other German invoice is dated in a closed month, even in the first minute of a new one."""
    deal = _deal(seed, position, now)
    assert deal.quoted_at < deal.closed_at <= deal.activated_at <= now
    assert deal.activated_at <= max(deal.invoiced_at, deal.activated_at) <= now
    assert deal.invoiced_at <= deal.paid_at <= now
    if deal.entity.code == "DE":
        assert text(deal.invoiced_at)[:7] == text(now)[:7]
        assert deal.effective_on[:7] == text(now)[:7]


@given(seed=st.integers(0, 10_000), position=st.integers(0, 400))
def test_a_price_per_piece_is_exact(seed: int, position: int) -> None:
    """A deal's total is its quantity times a whole price."""
    deal = _deal(seed, position)
    assert deal.amount_minor > 0
    assert deal.amount_minor % deal.quantity == 0


def test_fifty_deals_have_two_that_wait_for_an_account() -> None:
    """Among fifty there are two whose item nobody mapped to an account, and numbers are not given twice."""
    fifty = [_deal(7, position) for position in range(50)]
    assert sum(deal.item == deals.UNMAPPED_ITEM for deal in fifty) == 2
    assert len({deal.number for deal in fifty}) == 50
    assert {deal.entity.code for deal in fifty} == {"US", "CA", "DE", "UK"}


def test_a_customer_has_one_currency() -> None:
    """No two deals bring the same customer, and so the same subscription, in two currencies."""
    currencies: dict[int, str] = {}
    for position in range(300):
        deal = _deal(7, position)
        assert currencies.setdefault(deal.customer, deal.entity.currency) == deal.entity.currency
