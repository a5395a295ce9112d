# SPDX-License-Identifier: Apache-2.0
"""What a bench found, beside what was asked of it: told on the terminal and kept in bench/results."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `limit` is the most that may be, or with `is_least` the least; None where nothing was asked."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    is_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether the limit is met, in words; empty without one."""
        if self.limit is None:
            return ""
        met = self.value >= self.limit if self.is_least else self.value <= self.limit
        return f"{'>=' if self.is_least else '<='} {self.limit:,g}: {'met' if met else 'MISSED'}"


def tell(bench: str, asked: Mapping[str, Any], figures: Sequence[Figure], caveat: str = "") -> None:
    """Prints the figures and writes them to results/BENCH.json, with how busy the machine was."""
    load = os.getloadavg()[0]
    print(f"\n{bench}: {dict(asked)}, load {load:.1f} on {os.cpu_count()} cores")
    for figure in figures:
        print(f"{figure.name:>52}  {figure.value:12,.2f} {figure.unit:<12} {figure.verdict}".rstrip())
    if caveat:
        print(f"\n{caveat}")
    RESULTS.mkdir(exist_ok=True)
    written = {
        "asked": {name: str(value) if isinstance(value, Path) else value for name, value in asked.items()},
        "load": load,
        "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in figures],
        "caveat": caveat,
    }
    (RESULTS / f"{bench}.json").write_text(json.dumps(written, indent=2) + "\n")


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed. There must be one."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
