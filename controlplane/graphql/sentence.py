# SPDX-License-Identifier: Apache-2.0
"""Sentences for people: how the line stands, what a hop suffers from, where a transaction is. Pure functions of figures."""

from collections.abc import Iterable, Mapping, Sequence

from collectors.processes.process import Process
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions.line_store import Totals
from collectors.transactions.transaction import TransactionView
from terms.instant import DAY, HOUR, MINUTE, SECOND, Instant
from terms.money import Money, exponent

_SYSTEMS = {"salesforce": "Salesforce", "chargebee": "Chargebee", "stripe": "Stripe", "netsuite": "NetSuite"}
_ERROR_WORDS: Mapping[str, str] = {
    "period_closed": "the posting period is closed",
    "missing": "something it needs is missing there",
    "value": "a value was refused",
    "unbalanced": "the journal does not balance",
    "conflict": "it stands there with other content",
    "duplicate": "it is there already",
    "contract": "the event breaks its contract",
    "connection": "the system cannot be reached",
    "rate_limit": "the system asks to slow down",
    "in_doubt": "whether it was written is not known",
    "policy_hold": "a policy holds it back",
}
_MOST_CURRENCIES = 3


def line_sentence(totals: Totals, reached_ledger: int, days: int, oldest: str) -> str:
    """The first screen's sentence. `oldest` says what the oldest stuck one waits for, and how long (`oldest_words`)."""
    if totals.transactions == 0:
        return f"No deal has come in during the last {days} days."
    head = f"{reached_ledger:,} of {counted(totals.transactions, 'deal')} reached the ledger"
    if totals.stuck == 0:
        return f"{head}; nothing is stuck."
    money = tuple(amount for amount, _ in totals.stuck_money)
    if money:
        is_one = len(money) == 1
        stuck = f"{money_words(money)} {'is' if is_one else 'are'} stuck in {totals.stuck:,}"
    else:
        stuck = f"{totals.stuck:,} {'is' if totals.stuck == 1 else 'are'} stuck"
    return f"{head}; {stuck}{f'; {oldest}' if oldest else ''}."


def oldest_words(view: TransactionView, process: Process | None, since: Instant, now: Instant) -> str:
    """`the oldest waits 3 d for NetSuite DE`."""
    return f"the oldest waits {duration_words(now - since)} for {awaited(view, process)}"


def hop_reason(waiting: int, overdue: int, failed: int, error_classes: Sequence[str]) -> str | None:
    """Why a hop does not flow: `1 failed: the posting period is closed; 14 overdue`. None when it does."""
    parts = []
    if failed:
        causes = [_ERROR_WORDS.get(name, name.replace("_", " ")) for name in dict.fromkeys(error_classes)]
        parts.append(f"{failed:,} failed" + (f": {causes[0]}" if len(causes) == 1 else ""))
    if overdue:
        parts.append(f"{overdue:,} of {waiting:,} waiting {'is' if overdue == 1 else 'are'} overdue")
    return "; ".join(parts) or None


def transaction_sentence(
    view: TransactionView,
    process: Process | None,
    now: Instant,
    cause: str = "",
    watermarks: Watermarks = NOTHING_HELD,
) -> str:
    """Where the transaction is and what it waits for; for a failed one `cause`, where its events tell it.

    What is due and may be here already, because its source is behind, is not called overdue.
    """
    if view.status == "completed":
        return f"Completed in {took_words((view.ended_at or view.last_event_at) - view.started_at)}."
    if view.status == "cancelled":
        return f"Cancelled after {duration_words((view.ended_at or view.last_event_at) - view.started_at)}."
    if view.waiting_for is None:
        return "Every stage is reached; it has not been closed yet."
    stage, where = _stage(view, process), awaited(view, process)
    waited = duration_words(now - (view.waiting_since or view.started_at))
    if view.status == "failed" and cause:
        return f"{cause.rstrip('.')}. “{stage}” has waited {waited}."
    if view.status == "failed":
        return f"Failed before “{stage}”: it has waited {waited} for {where} and needs a person."
    if view.is_overdue(now) and view.due_at is not None:
        return f"Waits for {where}: “{stage}” was due {duration_words(now - view.due_at)} ago{_known(view, now, watermarks)}."
    if view.due_at is not None:
        return f"Waits for {where}: “{stage}” is due in {duration_words(view.due_at - now)}."
    return f"Waits for {where}: “{stage}”, for {waited} so far."


def _known(view: TransactionView, now: Instant, watermarks: Watermarks) -> str:
    """What the source of that stage has to say, where it is behind."""
    lagging = watermarks.lagging_source(view.process, view.waiting_for)
    if lagging:
        return f"; source {lagging} lags, so it may be there already"
    if not view.is_overdue(now, watermarks):
        behind = now - watermarks.until(view.process, view.waiting_for, now)
        return f"; its source is {duration_words(behind)} behind, so it is not overdue yet"
    return ""


def awaited(view: TransactionView, process: Process | None) -> str:
    """The system that has to act next, with the legal entity where the ledger is kept by entity: `NetSuite DE`."""
    milestone = process.milestone(view.waiting_for) if process and view.waiting_for else None
    if milestone is None:
        return view.waiting_for or "its next stage"
    return system_words(milestone.system, view.legal_entity)


def system_words(system: str, legal_entity: str | None) -> str:
    """The system's own name; the ERP is told apart by entity, because its periods and mappings are."""
    name = _SYSTEMS.get(system, system)
    return f"{name} {legal_entity}" if system == "netsuite" and legal_entity else name


def money_words(amounts: Iterable[Money]) -> str:
    """One figure for each currency, in whole units: `EUR 182,400 and USD 9,120`. The exact ones stand beside it.

    >>> money_words([Money(18_240_037, "EUR"), Money(1200, "JPY")])
    'EUR 182,400 and JPY 1,200'
    """
    figures = [f"{m.currency} {round_half_up(m.minor, 10 ** exponent(m.currency)):,}" for m in amounts]
    if len(figures) > _MOST_CURRENCIES:
        figures[_MOST_CURRENCIES:] = [
            f"{counted(len(figures) - _MOST_CURRENCIES, 'more currency', 'more currencies')}"
        ]
    return f"{', '.join(figures[:-1])} and {figures[-1]}" if len(figures) > 1 else "".join(figures)


def round_half_up(value: int, unit: int) -> int:
    """Whole units, halves away from zero.

    >>> round_half_up(150, 100), round_half_up(-150, 100), round_half_up(149, 100)
    (2, -2, 1)
    """
    whole = (2 * abs(value) + unit) // (2 * unit)
    return whole if value >= 0 else -whole


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 deal`, `2,000 deals`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration_words(microseconds: int) -> str:
    """The largest unit it fills, rounded down: people act on days or on hours, not on both.

    >>> duration_words(3 * DAY + 5 * HOUR), duration_words(26 * HOUR), duration_words(90 * SECOND), duration_words(0)
    ('3 d', '26 h', '1 min', '0 s')
    """
    length = max(microseconds, 0)
    # Below two days hours still tell something: 26 h is not "a day".
    for unit, size, least in (("d", DAY, 2), ("h", HOUR, 1), ("min", MINUTE, 1)):
        if length >= least * size:
            return f"{length // size} {unit}"
    return f"{length // SECOND} s"


def took_words(microseconds: int) -> str:
    """How long something took that is over: in two units, the second rounded, as pages show it.

    >>> took_words(42), took_words(420), took_words(253_000), took_words(1_540_000), took_words(12_340_000)
    ('42 µs', '0.4 ms', '253 ms', '1.54 s', '12.3 s')
    >>> took_words(41 * MINUTE + 40 * SECOND), took_words(4 * MINUTE + 48 * SECOND), took_words(28 * HOUR), took_words(2 * HOUR)
    ('42 min', '4 min 48 s', '1 d 4 h', '2 h')
    """
    length = max(microseconds, 0)
    if length < 59_950_000:
        return _seconds_words(length)
    for (unit, size), (smaller, step), most in (
        (("min", MINUTE), ("s", SECOND), 10 * MINUTE),
        (("h", HOUR), ("min", MINUTE), DAY),
        (("d", DAY), ("h", HOUR), length + DAY),
    ):
        steps = (length + step // 2) // step
        if steps * step < most:
            whole, rest = divmod(steps, size // step)
            told = ((whole, unit), (rest, smaller))
            return " ".join(f"{number} {one}" for number, one in told if number) or f"0 {smaller}"
    raise AssertionError("the last is longer than any")


def _seconds_words(microseconds: int) -> str:
    """Below a minute, in three digits; below ten milliseconds with a decimal."""
    if 0 < microseconds < 100:
        return f"{microseconds} µs"
    if 0 < microseconds < 9_950:
        return f"{microseconds / 1000:.1f}".removesuffix(".0") + " ms"
    if (milliseconds := round(microseconds / 1000)) < 1000:
        return f"{milliseconds} ms"
    return f"{microseconds / SECOND:.{2 if microseconds < 9_995_000 else 1}f} s"


def _stage(view: TransactionView, process: Process | None) -> str:
    milestone = process.milestone(view.waiting_for) if process and view.waiting_for else None
    return milestone.title if milestone else view.waiting_for or ""
