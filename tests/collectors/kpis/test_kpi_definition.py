# SPDX-License-Identifier: Apache-2.0
"""KPI files: the shipped ones load; a typo says file, line and what it may be."""

from pathlib import Path

import pytest

from collectors.kpis.definition import load
from terms.problem import ProblemError

MILESTONES = {
    "lead-to-cash": ("ordered", "customer-ready", "activated", "invoiced", "posted", "paid", "cash-applied", "closed-in-crm"),
    "renewal-amendment": ("amended", "recalculated", "posted", "closed-in-crm"),
}  # fmt: skip
DURATION = """\
id: paid-in-time
version: 1
title: Paid in time
description: How long a customer takes.
formula: From invoice to payment.
owner: treasury
process: lead-to-cash
kind: duration
start: invoiced
end: paid
statistic: p90
target: 3 d
better: lower
"""
RATE = """\
id: won
version: 1
title: Won
description: Share of orders paid.
formula: Paid by ordered.
owner: sales
process: lead-to-cash
kind: rate
start: ordered
end: paid
counts: end
population: due
after: 30 d
statistic: rate
target: 90 %
better: higher
"""


def test_the_shipped_definitions_load_in_board_order() -> None:
    """The four figures of the first screen, then the rest; every moment is one of its process."""
    definitions = load(milestones=MILESTONES)
    assert [definition.id for definition in definitions][:4] == [
        "quote-to-activation",
        "invoice-latency",
        "renewal-completion-rate",
        "failed-transaction-rate",
    ]
    units = {definition.id: (definition.unit, definition.target) for definition in definitions}
    assert units["invoice-latency"] == ("seconds", 14_400.0)
    assert units["renewal-completion-rate"] == ("ratio", 0.95)


def test_a_folder_adds_definitions(tmp_path: Path) -> None:
    """One's own figure stands behind the shipped ones."""
    (tmp_path / "own.yaml").write_text(DURATION)
    own = load([tmp_path], MILESTONES)[-1]
    assert (own.id, own.quantile, own.target, own.process) == ("paid-in-time", 0.9, 259_200.0, "lead-to-cash")


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "says"),
    [
        (DURATION, "owner: treasury", "ower: treasury", 6, "did you mean 'owner'?"),
        (DURATION, "owner: treasury\n", "", 1, "missing key 'owner'"),
        (DURATION, "kind: duration", "kind: duratoin", 8, "did you mean 'duration'?"),
        (DURATION, "better: lower", "better: smaller", 13, "it may be one of: higher, lower"),
        (DURATION, "process: lead-to-cash", "process: lead-to-cach", 7, "did you mean 'lead-to-cash'?"),
        (DURATION, "end: paid", "end: payed", 10, "did you mean 'paid'?"),
        (DURATION, "end: paid", "end: ordered", 10, "'ordered' does not come after 'invoiced'"),
        (DURATION, "statistic: p90", "statistic: rate", 11, "write p50, p90 or p95"),
        (DURATION, "statistic: p90", "statistic: p100", 11, "write p50, p90 or p95"),
        (DURATION, "target: 3 d", "target: 95 %", 12, "write it like 4 h or 3 d"),
        (DURATION, "target: 3 d", "target: 3", 12, "write it like 4 h or 3 d"),
        (
            DURATION,
            "statistic: p90",
            "statistic: p90\npopulation: due",
            12,
            "'population' belongs to a rate",
        ),
        (DURATION, "version: 1", "version: true", 2, "'version' is not a whole number"),
        (DURATION, "title: Paid in time", "title: 7", 3, "'title' is not text"),
        (DURATION, "process: lead-to-cash", "process: {name: x}", 7, "a name or a list of names"),
        (RATE, "after: 30 d\n", "", 1, "add 'after: 3 d'"),
        (RATE, "target: 90 %", "target: 4 h", 15, "write it like 95 %"),
        (RATE, "counts: end", "counts: ends", 11, "did you mean 'end'?"),
    ],
)
def test_a_wrong_definition_says_where_and_what_to_write(
    tmp_path: Path, text: str, old: str, new: str, line: int, says: str
) -> None:
    """Each problem bears file and line."""
    assert old in text
    path = tmp_path / "own.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ProblemError) as caught:
        load([tmp_path], MILESTONES)
    told = [str(problem) for problem in caught.value.problems]
    assert any(f"{path}:{line}: " in problem and says in problem for problem in told), told


def test_a_folder_of_definitions_holds_other_kinds_too(tmp_path: Path) -> None:
    """KPIs are known by their kind, or by lying in `kpis`; a higher version replaces a shipped one."""
    (tmp_path / "process.yaml").write_text("kind: process\nid: x\n")
    (tmp_path / "broken.yaml").write_text("kind: [")
    (tmp_path / "kpis").mkdir()
    latency = next(kpi for kpi in load() if kpi.id == "invoice-latency")
    text = Path(latency.source).read_text().replace("version: 1", "version: 2").replace("4 h", "2 h")
    (tmp_path / "kpis" / "own.yaml").write_text(text)
    newer = next(kpi for kpi in load([tmp_path], MILESTONES) if kpi.id == "invoice-latency")
    assert (newer.version, newer.target) == (2, 7_200.0)
    with pytest.raises(ProblemError, match="no such folder"):
        load([tmp_path / "nowhere"])


def test_one_id_names_one_definition(tmp_path: Path) -> None:
    """Two files with one id would show one figure and hide the other."""
    (tmp_path / "a.yaml").write_text(DURATION)
    (tmp_path / "b.yaml").write_text(DURATION)
    with pytest.raises(ProblemError, match=r"KPI 'paid-in-time' is in .*a\.yaml too"):
        load([tmp_path])
