# SPDX-License-Identifier: Apache-2.0
"""The four KPIs of the made-up month: one of them slows down with a contract release, for one legal entity."""

import random

from terms.instant import DAY, Instant, day, text
from tests.dashboards.made_up import ENTITIES, NOW, Row

RELEASE = Instant(NOW - 9 * DAY)


def _series(draw: random.Random, middle: float, slow_from: int | None, days: int, *, ratio: bool) -> Row:
    values = []
    for place in range(days):
        value = middle * draw.uniform(0.985, 1.012) if ratio else middle * draw.uniform(0.8, 1.25)
        values.append(value * 2.1 if slow_from is not None and place >= slow_from else value)
    if days > 20:
        values[11] = None  # type: ignore[call-overload]  # a day without data is a gap
    values = [value and (min(value, 1.0) if ratio else value) for value in values]
    return {
        "day": [day(Instant(NOW - (days - 1 - place) * DAY)) for place in range(days)], "value": values,
        "p90": [None if ratio or value is None else value * 2.4 for value in values],
        "n": [draw.randrange(40, 80) for _ in range(days)], "open": [max(0, place - days + 4) * 3 for place in range(days)],
    }  # fmt: skip


def kpi(name: str, days: int, entity: str | None) -> Row:
    """One of the four KPIs; DE invoices slow down nine days ago."""
    draw = random.Random(f"{name}{days}{entity}")
    title, unit, statistic, target, middle, better = KPIS[name]
    ratio = unit == "RATIO"
    names = [entity] if entity else list(ENTITIES)
    slow = max(0, days - 9) if name == "invoice-latency" else None
    lines = [
        _series(
            draw,
            middle * (1 + place / 20 if not ratio else 1),
            slow if n == "DE" else None,
            days,
            ratio=ratio,
        )
        for place, n in enumerate(names)
    ]
    values = [line["value"][-1] for line in lines]
    value = sum(values) / len(values)
    whole = _series(draw, middle, slow, days, ratio=ratio)
    return {
        "id": name, "version": 1, "title": title, "owner": "Revenue operations", "unit": unit, "statistic": statistic,
        "description": f"{title}, measured on every transaction that started in the range; open ones are counted as censored.",
        "formula": "p50(invoiced - activated)" if not ratio else "reached / (reached + failed + overdue)", "asOf": text(NOW), "days": days,
        "value": value, "valueIsLowerBound": name == "quote-to-activation", "p50Seconds": None if ratio else value,
        "p90Seconds": None if ratio else value * 2.4, "p95Seconds": None if ratio else value * 3, "rate": value if ratio else None,
        "rateLow": value - 0.011 if ratio else None, "rateHigh": min(1.0, value + 0.009) if ratio else None, "target": target,
        "targetMet": (value <= target) == (better == "lower"), "n": 2000 // (4 if entity else 1), "open": 37, "cancelled": 12, "clockSuspect": 3 if name == "invoice-latency" else 0,
        "oldestOpenSeconds": 3 * 86_400.0 + 7200, "previousValue": value * (0.72 if name == "invoice-latency" else 0.995), "better": better,
        "process": "lead-to-cash", "startMilestone": "activated", "endMilestone": "invoiced", "series": whole,
        "byLegalEntity": {"name": names, "value": values, "n": [500] * len(names), "open": [9] * len(names), "series": lines},
        "markers": [{"at": text(RELEASE), "title": "invoice-issued 1.2.0 released", "subject": "invoice-issued", "version": "1.2.0", "legalEntity": "DE"}] if slow is not None else [],
        "sourcesLagging": [], "changed": "DE rose from 41 min to 1 h 26 min after invoice-issued 1.2.0 was released; the other entities did not move." if slow is not None else None,
    }  # fmt: skip


KPIS = {
    "quote-to-activation": ("Quote to activation", "SECONDS", "p50", 86_400.0, 64_800.0, "lower"),
    "invoice-latency": ("Invoice latency", "SECONDS", "p50", 2_700.0, 2_400.0, "lower"),
    "renewal-completion": ("Renewal completion", "RATIO", "rate", 0.98, 0.985, "higher"),
    "failed-transactions": ("Failed transactions", "RATIO", "rate", 0.015, 0.012, "lower"),
}
