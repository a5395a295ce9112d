# SPDX-License-Identifier: Apache-2.0
"""Which chart tells a KPI's story? Pure functions from the API's columns to plotly figures as plain dicts.

Colours are names of our stylesheet's variables; the page's script resolves them, so one figure serves both themes.
The same figure stands in the page, behind its own address, and in reports. Numbers are rounded to what is shown.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.format import duration, instant, quantity, ratio
from dashboards.kpi_card import starts_at_zero
from terms.instant import day, parse

Figure = dict[str, Any]

_UNITS = (
    (2 * 86_400, 86_400, "days"),
    (2 * 3_600, 3_600, "hours"),
    (2 * 60, 60, "minutes"),
    (0, 1, "seconds"),
)


def trend(kpi: Mapping[str, Any]) -> Figure:
    """A KPI day by day: its statistic, for durations the p90 too, the target, and a line for every contract release."""
    series, unit = kpi["series"], kpi["unit"]
    size, words = scale([*series["value"], *series["p90"], kpi["target"]], unit)
    traces = [_line(series, series["value"], kpi["statistic"], "var(--c1)", 2.4, unit, size)]
    if kpi["statistic"] != "p90" and any(value is not None for value in series["p90"]):
        traces.append(_line(series, series["p90"], "p90", "var(--c2)", 1.6, unit, size))
    target = kpi["target"] / size
    markers = releases(kpi)
    return {
        "data": traces,
        "layout": {
            "margin": {"l": 52, "r": 16, "t": 34 if len(traces) > 1 else 12, "b": 34},
            "hovermode": "x unified",
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "x": 0, "y": 1.16, "xanchor": "left", "yanchor": "top"},
            "font": {"color": "var(--muted)", "size": 12},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hoverlabel": {"bgcolor": "var(--surface)", "bordercolor": "var(--line)", "font": {"color": "var(--ink)"}},
            "xaxis": {"type": "date", "showgrid": False, "linecolor": "var(--line)", "tickformat": "%-d %b", "fixedrange": True},
            "yaxis": {
                "title": {"text": words, "standoff": 6},
                "gridcolor": "var(--line)",
                "zeroline": False,
                "fixedrange": True,
                "rangemode": "tozero" if starts_at_zero(kpi) else "normal",
                **({"ticksuffix": " %"} if unit == "RATIO" else {}),
            },
            "shapes": [
                _rule(y0=round(target, 4), y1=round(target, 4), x0=0, x1=1, xref="paper", colour="var(--bad)", dash="dot"),
                *(
                    _rule(x0=at, x1=at, y0=0, y1=1, yref="paper", colour="var(--muted)", dash="dash")
                    for at, _ in markers
                ),
            ],
            "annotations": [
                _note(f"target {quantity(kpi['target'], unit)}", **_aside(kpi, markers), y=round(target, 4), xref="paper", yanchor="bottom", colour="var(--bad)"),
                *(
                    _note(title, x=at, y=1, yref="paper", xanchor="right" if _is_late(kpi, at) else "left", yanchor="top", colour="var(--ink)")
                    for at, title in markers
                ),
            ],
        },
    }  # fmt: skip


def _aside(kpi: Mapping[str, Any], markers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The end of the target's line at which no release stands in its words' way: on a phone both are near."""
    days: Sequence[str] = kpi["series"]["day"]
    is_left_free = all(day(parse(at)) > days[len(days) // 2] for at, _ in markers)
    return {"x": 0, "xanchor": "left"} if is_left_free else {"x": 1, "xanchor": "right"}


def _is_late(kpi: Mapping[str, Any], at: str) -> bool:
    """Whether there is no room for words between a release and the end of the chart."""
    days: Sequence[str] = kpi["series"]["day"]
    return day(parse(at)) > days[len(days) * 3 // 4]


def releases(kpi: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The contract releases inside the chart's days, as (day and time, words), each once: where it was seen first."""
    days: Sequence[str] = kpi["series"]["day"]
    first: dict[str, str] = {}
    for marker in sorted(kpi["markers"], key=lambda marker: parse(marker["at"])):
        if days and day(parse(marker["at"])) >= days[0]:
            first.setdefault(f"{marker['subject']} {marker['version']}", marker["at"])
    return [(at, title) for title, at in first.items()]


def summary(kpi: Mapping[str, Any]) -> str:
    """The chart in one sentence, for who cannot see it."""
    series, unit = kpi["series"], kpi["unit"]
    known = [
        (value, when) for value, when in zip(series["value"], series["day"], strict=True) if value is not None
    ]
    if not known:
        return f"{kpi['title']}: no day in this range has a value."
    lowest, highest = min(known), max(known)
    released = "".join(f" {title} was released on {instant(at)}." for at, title in releases(kpi))
    return (
        f"{kpi['title']} by day: lowest {quantity(lowest[0], unit)} on {lowest[1]}, highest {quantity(highest[0], unit)} "
        f"on {highest[1]}, last {quantity(known[-1][0], unit)}; target {quantity(kpi['target'], unit)}.{released}"
    )


def scale(values: Sequence[float | None], unit: str) -> tuple[float, str]:
    """What to divide by, and the axis title, so that the axis bears small numbers in one unit."""
    if unit == "RATIO":
        return 0.01, ""
    highest = max((value for value in values if value is not None), default=0.0)
    return next((size, words) for least, size, words in _UNITS if highest >= least)


def _line(
    series: Mapping[str, Any], values: Sequence[float | None], name: str, colour: str, width: float, unit: str, size: float
) -> dict[str, Any]:  # fmt: skip
    say = ratio if unit == "RATIO" else duration
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": series["day"],
        "y": [None if value is None else round(value / size, 3) for value in values],
        "text": [
            f"{say(value)}, n {n}, {still_open} open"
            for value, n, still_open in zip(values, series["n"], series["open"], strict=True)
        ],
        "hovertemplate": "%{text}",
        "connectgaps": False,
        "line": {"color": colour, "width": width},
        "marker": {"color": colour, "size": 4},
    }


def _rule(*, colour: str, dash: str, **place: Any) -> dict[str, Any]:
    return {"type": "line", "line": {"color": colour, "width": 1, "dash": dash}, **place}


def _note(text: str, *, colour: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "font": {"color": colour, "size": 11}, **place}
