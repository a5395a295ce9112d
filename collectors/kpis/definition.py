# SPDX-License-Identifier: Apache-2.0
"""KPI definitions: what a figure counts, from which moment to which, read from YAML and checked against the processes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from terms import duration
from terms.instant import SECOND
from terms.problem import Problem, ProblemError, did_you_mean
from terms.yaml_lines import Document, read

SHIPPED = Path(__file__).parent

# Moments every transaction has beside the milestones of its process.
STATES = ("started", "completed", "cancelled", "failed")

_REQUIRED = ("id", "version", "title", "description", "formula", "owner", "process", "kind", "start", "end", "statistic", "target", "better")  # fmt: skip
_RATE_ONLY = ("counts", "population", "after")
_WORDS = {
    "kind": ("duration", "rate"),
    "better": ("lower", "higher"),
    "counts": ("end", "failed"),
    "population": ("due", "mature"),
}
_QUANTILE = re.compile(r"p([1-9]\d?)")
_RATIO = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%")


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """One KPI. `start`, `end` and `cancel` are milestones, or one of STATES.

    A duration runs from start to end; its value is the `quantile` of it. A rate is a share: `counts` says of what
    (`end` reached, or transactions `failed`), `population` among which: those `due` (end reached, or older than
    `after_us`) or those `mature` (older than `after_us`). `target` is in seconds, or a share of 1.
    """

    id: str
    version: int
    title: str
    description: str
    formula: str
    owner: str
    processes: tuple[str, ...]
    kind: Literal["duration", "rate"]
    start: str
    end: str
    cancel: str | None
    statistic: str  # p50, p90 ..., or rate
    quantile: float  # 0 for a rate
    counts: Literal["end", "failed"]
    population: Literal["due", "mature"]
    after_us: int
    target: float
    better: Literal["lower", "higher"]
    order: int  # place on a board, smaller first
    source: str

    @property
    def process(self) -> str:
        """The process or processes it looks at, as text."""
        return ", ".join(self.processes)

    @property
    def unit(self) -> Literal["seconds", "ratio"]:
        """The unit of the value and of the target."""
        return "seconds" if self.kind == "duration" else "ratio"


def load(
    folders: Iterable[Path] = (), milestones: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[KpiDefinition, ...]:
    """The shipped definitions and those of the folders, by `order`, then id.

    In a folder, `kpis/*.yaml` and any `*.yaml` that says `kind: duration` or `kind: rate` are read; files of other
    kinds are left to their own readers. A definition replaces a shipped one of the same id when its version is higher.
    `milestones` (process -> milestone names in order), where given, is what the moments are checked against. Raises
    one ProblemError with every problem, each with file and line: the definitions are taken whole or not at all.
    """
    definitions: dict[str, KpiDefinition] = {}
    problems: list[Problem] = []
    for path in _files(folders):
        try:
            document = read(path)
        except ProblemError as error:
            problems += error.problems
            continue
        found = _problems(document, milestones)
        problems += found
        if found:
            continue
        definition = _definition(document)
        known = definitions.get(definition.id)
        if known is not None and definition.version <= known.version:
            advice = f"give it another id, or a version above {known.version} to replace it"
            problems.append(document.problem(f"KPI '{known.id}' is in {known.source} too", "/id", advice))
            continue
        definitions[definition.id] = definition
    if problems:
        raise ProblemError(tuple(problems))
    return tuple(sorted(definitions.values(), key=lambda definition: (definition.order, definition.id)))


def _files(folders: Iterable[Path]) -> list[Path]:
    files = sorted(SHIPPED.glob("*.yaml"))
    for folder in folders:
        if not folder.is_dir():
            raise ProblemError("there is no such folder", str(folder), "name a folder of definitions")
        files += sorted((folder / "kpis").glob("*.y*ml"))
        files += [path for path in sorted(folder.glob("*.y*ml")) if _is_kpi(path)]
    return files


def _is_kpi(path: Path) -> bool:
    """Whether a file among definitions of all kinds is one of ours, or was meant to be."""
    try:
        kind = str(read(path).data.get("kind", ""))
    except ProblemError:
        return False  # whoever reads the other kinds tells it
    return bool(get_close_matches(kind, _WORDS["kind"], n=1, cutoff=0.75))


def _definition(document: Document) -> KpiDefinition:
    """The definition of a document without problems."""
    data = document.data
    is_rate = data["kind"] == "rate"
    return KpiDefinition(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        description=data["description"].strip(),
        formula=data["formula"].strip(),
        owner=data["owner"],
        processes=_processes(data),
        kind=data["kind"],
        start=data["start"],
        end=data["end"],
        cancel=data.get("cancel"),
        statistic=data["statistic"],
        quantile=0.0 if is_rate else int(data["statistic"][1:]) / 100,
        counts=data.get("counts", "end"),
        population=data.get("population", "due"),
        after_us=(duration.parse(str(data["after"])) or 0) if is_rate else 0,
        target=_target(data) or 0.0,
        better=data["better"],
        order=data.get("order", 1_000),
        source=document.path,
    )


def _target(data: Mapping[str, Any]) -> float | None:
    """Seconds of `4 h` for a duration, the share of `95 %` for a rate; None when it is neither."""
    text = str(data["target"])
    if data["kind"] == "rate":
        match = _RATIO.fullmatch(text)
        return float(match.group(1)) / 100 if match else None
    length = duration.parse(text)
    return None if length is None else length / SECOND


def _processes(data: Mapping[str, Any]) -> tuple[str, ...]:
    process = data["process"]
    return tuple(process) if isinstance(process, list) else (process,)


def _problems(document: Document, milestones: Mapping[str, tuple[str, ...]] | None) -> list[Problem]:
    data = document.data
    problems = document.missing_keys("", data, _REQUIRED)
    problems += document.unknown_keys("", data, (*_REQUIRED, "cancel", "order", *_RATE_ONLY))
    problems += _wrong_types(document)
    problems += [
        document.problem(
            f"'{data[key]}' is not a value of '{key}'", f"/{key}", did_you_mean(str(data[key]), words)
        )
        for key, words in _WORDS.items()
        if key in data and data[key] not in words
    ]
    if problems:
        return problems
    return [*_wrong_figures(document), *_wrong_moments(document, milestones)]


def _wrong_types(document: Document) -> list[Problem]:
    data = document.data
    texts = ("id", "title", "description", "formula", "owner", "start", "end", "cancel", "statistic")
    problems = [
        document.problem(f"'{key}' is not text", f"/{key}")
        for key in texts
        if key in data and not (isinstance(data[key], str) and data[key].strip())
    ]
    problems += [
        document.problem(f"'{key}' is not a whole number", f"/{key}")
        for key in ("version", "order")
        if type(data.get(key, 1)) is not int
    ]
    process = data.get("process", "")
    if not all(isinstance(name, str) for name in (process if isinstance(process, list) else [process])):
        problems.append(document.problem("'process' is not a name or a list of names", "/process"))
    return problems


def _wrong_figures(document: Document) -> list[Problem]:
    """Statistic, target and limits that do not fit the kind."""
    data, problems = document.data, []
    is_rate = data["kind"] == "rate"
    if is_rate != (data["statistic"] == "rate") or not (is_rate or _QUANTILE.fullmatch(data["statistic"])):
        do = "write 'rate'" if is_rate else "write p50, p90 or p95"
        problems.append(
            document.problem(f"'{data['statistic']}' is no statistic of a {data['kind']}", "/statistic", do)
        )
    if _target(data) is None:
        do = "write it like 95 %" if is_rate else "write it like 4 h or 3 d"
        problems.append(
            document.problem(f"'{data['target']}' is no target of a {data['kind']}", "/target", do)
        )
    if is_rate and duration.parse(str(data.get("after", ""))) is None:
        problems.append(
            document.problem("a rate says after how long a transaction counts", "/after", "add 'after: 3 d'")
        )
    if not is_rate:
        problems += [
            document.problem(f"'{key}' belongs to a rate", f"/{key}", "remove it, or write 'kind: rate'")
            for key in _RATE_ONLY
            if key in data
        ]
    return problems


def _wrong_moments(document: Document, milestones: Mapping[str, tuple[str, ...]] | None) -> list[Problem]:
    """Processes and milestones that do not exist, and an end that comes before its start."""
    if milestones is None:
        return []
    data, problems = document.data, []
    for process in _processes(data):
        if process not in milestones:
            problems.append(
                document.problem(
                    f"there is no process '{process}'", "/process", did_you_mean(process, tuple(milestones))
                )
            )
            continue
        order = ("started", *milestones[process], "completed", "cancelled", "failed")
        wrong = [
            document.problem(
                f"'{data[key]}' is no milestone of {process}", f"/{key}", did_you_mean(data[key], order)
            )
            for key in ("start", "end", "cancel")
            if key in data and data[key] not in order
        ]
        if not wrong and order.index(data["end"]) <= order.index(data["start"]):
            wrong.append(document.problem(f"'{data['end']}' does not come after '{data['start']}'", "/end"))
        problems += wrong
    return problems
