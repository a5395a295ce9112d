# SPDX-License-Identifier: Apache-2.0
"""What does a KPI's card say? One shape for the first screen and the board, so that both always tell the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import count, counted, duration, quantity, quantity_parts, sentence_list
from dashboards.spark import Spark, ceiling, floor_of, spark

# Below this a percentile or a rate moves with a single deal: the card is greyed and says so.
SMALL_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class KpiCard:
    """`value` is (number, unit) pairs; `at_least` when open items make the value a lower bound."""

    id: str
    title: str
    statistic: str
    value: tuple[tuple[str, str], ...]
    at_least: bool
    target: status.Badge
    delta: str
    delta_tone: str
    population: str
    still_open: str
    small: bool
    spark: Spark
    label: str
    changed: str


def card(kpi: Mapping[str, Any]) -> KpiCard:
    """The card of one KPI as the API sent it."""
    unit, value = kpi["unit"], kpi["value"]
    series = kpi["series"]["value"]
    lowest = floor_of([series], kpi["target"], from_zero=starts_at_zero(kpi))
    badge = status.target(kpi["targetMet"], quantity(kpi["target"], unit))
    delta, tone = change(value, kpi["previousValue"], kpi["better"], unit)
    return KpiCard(
        id=kpi["id"],
        title=kpi["title"],
        statistic="" if kpi["statistic"] == "rate" else kpi["statistic"],
        value=quantity_parts(value, unit),
        at_least=bool(kpi["valueIsLowerBound"]),
        target=badge,
        delta=delta,
        delta_tone=tone,
        population=_population(kpi),
        still_open=open_words(kpi["open"], kpi["oldestOpenSeconds"]),
        small=kpi["n"] < SMALL_SAMPLE,
        spark=spark(series, kpi["target"], bottom=lowest),
        label=f"{kpi['title']}, {kpi['days']} days: now {quantity(value, unit)}, {badge.word}",
        changed=lagging(kpi) or kpi["changed"] or "",
    )


def _population(kpi: Mapping[str, Any]) -> str:
    """`n 2,000`, and how many are not in it because they end before they start."""
    left_out = f", {count(kpi['clockSuspect'])} left out: clocks differ" if kpi["clockSuspect"] else ""
    return f"n\N{NO-BREAK SPACE}{count(kpi['n'])}{left_out}"


def starts_at_zero(kpi: Mapping[str, Any]) -> bool:
    """Durations and rates of failure are drawn from zero; rates of success only near their own values, or all look alike."""
    return bool(kpi["unit"] == "SECONDS" or kpi["better"] == "lower")


def open_words(still_open: int, oldest: float | None) -> str:
    """`37 open`, with the age of the oldest when it is known."""
    words = f"{count(still_open)}\N{NO-BREAK SPACE}open"
    return f"{words}, oldest {duration(oldest)}" if still_open and oldest else words


def change(value: float | None, before: float | None, better: str, unit: str) -> tuple[str, str]:
    """The change against the period before, and whether it is good news; `` when either is unknown.

    Durations change by percent, rates by points: 1.2 % after 1.0 % is +0.2 points, not +20 %.
    """
    if value is None or before is None or (unit == "SECONDS" and not before):
        return "", "calm"
    moved = (value - before) * 100 if unit == "RATIO" else (value - before) / before * 100
    least, digits, word = (0.1, 1, "pt") if unit == "RATIO" else (2, 0, "%")
    if abs(moved) < least:
        return "steady", "calm"
    words = f"{'+' if moved > 0 else '−'}{abs(moved):.{digits}f}\N{NO-BREAK SPACE}{word}"
    return words, "good" if (moved < 0) == (better == "lower") else "bad"


def lagging(kpi: Mapping[str, Any]) -> str:
    """That sources of the figure lag, in a sentence; `` when all have told."""
    names = kpi["sourcesLagging"]
    return (
        f"{sentence_list(names)} {'lags' if len(names) == 1 else 'lag'}: the figure may change"
        if names
        else ""
    )


def what_changed(kpi: Mapping[str, Any]) -> tuple[str, ...]:
    """Up to three sentences on what moved: the API's own finding first, then the period before, then open items."""
    unit, value, before = kpi["unit"], kpi["value"], kpi["previousValue"]
    sentences = [kpi["changed"]] if kpi["changed"] else []
    if value is not None and before is not None:
        words = "rose" if value > before else "fell"
        name = "The rate" if kpi["statistic"] == "rate" else f"The {kpi['statistic']}"
        if change(value, before, kpi["better"], unit)[0] == "steady":
            sentences.append(f"{name} is about where it was in the {kpi['days']} days before.")
        else:
            sentences.append(
                f"{name} {words} from {quantity(before, unit)} to {quantity(value, unit)} against the {kpi['days']} days before."
            )
    if kpi["open"]:
        oldest = kpi["oldestOpenSeconds"]
        waited = f"; the oldest has waited {duration(oldest)}" if oldest else ""
        sentences.append(f"{counted(kpi['open'], 'item')} still open and counted as such{waited}.")
    return tuple(sentences)


@dataclass(frozen=True, slots=True)
class Multiple:
    """One legal entity's small line, drawn on the scale it shares with its neighbours."""

    name: str
    value: str
    tone: str
    population: str
    spark: Spark


def multiples(kpi: Mapping[str, Any], marks: Mapping[str, Sequence[float]]) -> tuple[Multiple, ...]:
    """The legal entities of one KPI, worst first; those without a value come last. `marks`: release places per entity."""
    groups, unit = kpi["byLegalEntity"], kpi["unit"]
    lines = [series["value"] for series in groups["series"]]
    top = ceiling(lines, kpi["target"])
    bottom = floor_of(lines, kpi["target"], from_zero=starts_at_zero(kpi))
    rows = list(zip(groups["name"], groups["value"], groups["n"], groups["open"], lines, strict=True))
    sign = 1 if kpi["better"] == "lower" else -1
    rows.sort(key=lambda row: (row[1] is None, -sign * (row[1] or 0), row[0]))

    def tone(value: float | None) -> str:
        if value is None:
            return "calm"
        kept = value <= kpi["target"] if kpi["better"] == "lower" else value >= kpi["target"]
        return "good" if kept else "bad"

    return tuple(
        Multiple(
            name=name,
            value=quantity(value, unit),
            tone=tone(value),
            population=f"n {count(n)}, {count(still_open)} open",
            spark=spark(line, kpi["target"], top=top, bottom=bottom, marks=marks.get(name, ())),
        )
        for name, value, n, still_open, line in rows
    )
