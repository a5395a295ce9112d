# SPDX-License-Identifier: Apache-2.0
"""What is measured and what must hold: the KPIs and policy rules of an installation, replaced as a whole while it runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from collectors.in_force import Files, stamped
from collectors.kpis import definition as kpi
from collectors.kpis.definition import KpiDefinition
from policies.definition import Rule
from terms.problem import Problem, ProblemError

RULE = "rule "
"""What the name of a rule begins with among `contents`."""


@dataclass(slots=True)
class Criteria:
    """What holds now. Whoever needs one state throughout takes the tuple and keeps it."""

    kpis: tuple[KpiDefinition, ...]
    rules: tuple[Rule, ...]

    def replace(self, by: "Criteria") -> None:
        """From now on these hold. Any thread may call it."""
        self.kpis, self.rules = by.kpis, by.rules


def load(
    folders: Sequence[Path], milestones: Mapping[str, tuple[str, ...]], with_rules: bool = True
) -> Criteria:
    """The shipped ones and those of the folders. Raises one ProblemError with every problem of both."""
    problems: list[Problem] = []
    kpis: tuple[KpiDefinition, ...] = ()
    rules: tuple[Rule, ...] = ()
    try:
        kpis = kpi.load(folders, milestones=milestones)
    except ProblemError as error:
        problems += error.problems
    try:
        rules = _rules(folders) if with_rules else ()
    except ProblemError as error:
        problems += error.problems
    if problems:
        raise ProblemError(tuple(problems))
    return Criteria(kpis, rules)


def _rules(folders: Sequence[Path]) -> tuple[Rule, ...]:
    # The engine that compiles them takes 23 MiB: a process that judges by none never loads it.
    from policies import rule

    return rule.load(folders)


def files(folders: Sequence[Path]) -> Files:
    """Every file of theirs but those beside the processes, with its time and size. Missing folders are empty."""
    return stamped(chain.from_iterable(_places(folder) for folder in folders))


def contents(of: Criteria) -> dict[str, str]:
    """What decides in each, by its name (`KPI invoice-latency@2`): words about it, its owner and its target are no part of it."""
    kpis = {
        f"KPI {one.id}@{one.version}": repr(
            (
                one.processes, one.kind, one.start, one.end, one.cancel, one.statistic, one.quantile, one.counts, one.population,
                one.after_us,
            )
        )
        for one in of.kpis
    }  # fmt: skip
    rules = {
        f"{RULE}{one.id}@{one.version}": repr(
            (
                one.target, one.when.text if one.when else "", one.expression, sorted(one.params.items()), one.path,
                one.time_limit,
            )
        )
        for one in of.rules
    }  # fmt: skip
    return kpis | rules


def _places(folder: Path) -> Iterator[Path]:
    yield from (folder / "kpis").glob("*.y*ml")
    yield from (folder / "policies").rglob("*.y*ml")
