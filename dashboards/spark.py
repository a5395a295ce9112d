# SPDX-License-Identifier: Apache-2.0
"""Where do the points of a small line lie? Geometry for the inline SVG of cards and small multiples, in a 100 x 30 box."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 30.0
_MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Spark:
    """`lines` are point lists for <polyline>, one per unbroken stretch: a day without data is a gap, never a zero.
    `target_y` is None when the target lies outside the box; `marks` are the x of releases; `last` is the newest point."""

    lines: tuple[str, ...]
    target_y: float | None
    last: tuple[float, float] | None
    marks: tuple[float, ...] = ()


def ceiling(series: Sequence[Sequence[float | None]], target: float) -> float:
    """The highest value that lines drawn side by side must share, so that their heights can be compared."""
    return max([value for values in series for value in values if value is not None] + [target], default=1.0)


def spark(
    values: Sequence[float | None],
    target: float,
    *,
    top: float | None = None,
    bottom: float = 0.0,
    marks: Sequence[float] = (),
) -> Spark:
    """The line of `values`, oldest first, scaled from `bottom` to `top`. `marks` are places along the line, 0 to 1."""
    highest = top if top is not None else ceiling([values], target)
    reach = (highest - bottom) or 1.0
    step = (WIDTH - 2 * _MARGIN) / max(len(values) - 1, 1)

    def y(value: float) -> float:
        return round(HEIGHT - _MARGIN - (value - bottom) / reach * (HEIGHT - 2 * _MARGIN), 1)

    stretches: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            stretches.append([])
        else:
            stretches[-1].append((round(_MARGIN + index * step, 1), y(value)))
    points = [point for stretch in stretches for point in stretch]
    return Spark(
        lines=tuple(
            " ".join(f"{x},{height}" for x, height in stretch) for stretch in stretches if len(stretch) > 1
        ),
        target_y=y(target) if bottom <= target <= highest else None,
        last=points[-1] if points else None,
        marks=tuple(round(_MARGIN + place * (WIDTH - 2 * _MARGIN), 1) for place in marks),
    )


def floor_of(series: Sequence[Sequence[float | None]], target: float, *, from_zero: bool) -> float:
    """Where a shared scale begins: at zero, or just under the lowest value."""
    if from_zero:
        return 0.0
    lowest = min(
        [value for values in series for value in values if value is not None] + [target], default=0.0
    )
    highest = ceiling(series, target)
    return max(0.0, lowest - (highest - lowest) * 0.15)
