# SPDX-License-Identifier: Apache-2.0
"""Which processes and extraction rules hold: the shipped YAML plus the folders an operator adds. Read before the walk."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from collectors.extraction.example import broken_examples
from collectors.extraction.extractor import Extractor
from collectors.extraction.file import read_extraction
from collectors.extraction.rule import ExtractionRule
from collectors.processes.business_calendar import BusinessCalendar
from collectors.processes.calendar_file import read_calendar
from collectors.processes.file import read_process
from collectors.processes.process import Process
from collectors.spans import promotion
from terms import yaml_lines
from terms.problem import Problem, ProblemError, did_you_mean
from terms.yaml_lines import Document

D = TypeVar("D", Process, ExtractionRule, BusinessCalendar)

SHIPPED = Path(__file__).parent
_KINDS = ("process", "extraction", "calendar")
_FOLDERS = {"process": "processes", "extraction": "extraction", "calendar": "calendars"}
FOLDERS = tuple(_FOLDERS.values())
ID = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Definitions:
    """What one intake works with. Processes are sorted by id; of the extraction rules the first that fits a span is used.

    `promoted` are the attributes that spans are looked for by.
    """

    processes: tuple[Process, ...]
    extraction: tuple[ExtractionRule, ...]
    promoted: tuple[str, ...] = (promotion.LINKS,)

    @property
    def current(self) -> "Definitions":
        """What holds now: these. InForce answers with those that replaced its first ones."""
        return self

    @cached_property
    def extractor(self) -> Extractor:
        """The extraction rules, ready for spans and CloudEvents."""
        return Extractor(self.extraction)

    @property
    def milestone_names(self) -> dict[str, tuple[str, ...]]:
        """For each process id, the names of its milestones in order."""
        return {
            process.id: tuple(milestone.name for milestone in process.milestones)
            for process in self.processes
        }

    def process(self, process_id: str) -> Process | None:
        """The process of that id, None when there is none."""
        return next((process for process in self.processes if process.id == process_id), None)


def load(folders: Sequence[Path] = (), asked: Sequence[str] = ()) -> Definitions:
    """The shipped definitions and those of `folders`, each a folder or one file.

    In a folder, `processes/*.yaml`, `extraction/*.yaml`, `calendars/*.yaml` and any `*.yaml` that says it is of one of
    these kinds are read; files of other kinds are left to their own readers. A definition replaces a shipped
    one of the same id when its version is higher. Processes that are there on request hold where `asked` names them. The examples of every extraction rule must hold. Raises one
    ProblemError with every problem found (file:line).
    """
    problems: list[Problem] = []
    documents = [_documents(folder, problems) for folder in (SHIPPED, *folders)]
    known = _latest([d.get("calendar", []) for d in documents], read_calendar, problems)
    calendars = {calendar.id: calendar for calendar in known}
    processes = _latest(
        [d.get("process", []) for d in documents], partial(read_process, calendars=calendars), problems
    )
    ids = sorted(process.id for process in processes)
    problems += [
        Problem("is asked for and is no process", name, did_you_mean(name, ids) or "remove it")
        for name in asked
        if name not in ids
    ]
    processes = [process for process in processes if not process.on_request or process.id in asked]
    extraction = _latest([d.get("extraction", []) for d in documents], read_extraction, problems)
    problems += [problem for rule in extraction for problem in broken_examples(rule)]
    if problems:
        raise ProblemError(tuple(problems))
    # Added rules are asked first: whoever maps a foreign runtime knows it better than we do.
    return Definitions(
        tuple(sorted(processes, key=lambda p: p.id)), tuple(reversed(extraction)), promotion.load(folders)
    )


def read_rules(paths: Sequence[Path] = ()) -> tuple[ExtractionRule, ...]:
    """The extraction rules in files and folders, or the shipped ones, with their examples not yet run. Raises ProblemError."""
    problems: list[Problem] = []
    documents = [_documents(path, problems).get("extraction", []) for path in (paths or (SHIPPED,))]
    rules = _latest(documents, read_extraction, problems)
    if problems:
        raise ProblemError(tuple(problems))
    return tuple(rules)


def _documents(folder: Path, problems: list[Problem]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    if folder.is_file():
        if document := _read(folder, problems):
            found.setdefault(_kind(document, problems), []).append(document)
        return found
    if not folder.is_dir():
        problems.append(
            Problem("is not a folder", str(folder), "name a folder that holds *.yaml definitions")
        )
        return {}
    for kind, name in _FOLDERS.items():
        for path in sorted((folder / name).glob("*.y*ml")):
            if document := _read(path, problems):
                found.setdefault(kind, []).append(document)
    for path in sorted(folder.glob("*.y*ml")):
        if document := _read(path, problems):
            found.setdefault(_kind(document, problems), []).append(document)
    return found


def _kind(document: Document, problems: list[Problem]) -> str:
    """What kind of definition it is; one that was meant to be one of ours is a problem, all others are left to their readers."""
    kind = str(document.data.get("kind", ""))
    if kind not in _KINDS and (near := get_close_matches(kind, _KINDS, n=1, cutoff=0.75)):
        problems.append(document.problem(f"unknown kind '{kind}'", "/kind", f"did you mean '{near[0]}'?"))
    return kind


def _read(path: Path, problems: list[Problem]) -> Document | None:
    try:
        return yaml_lines.read(path)
    except ProblemError as error:
        problems.extend(error.problems)
        return None


def _latest(
    groups: list[list[Document]], read: Callable[[Document, list[Problem]], D | None], problems: list[Problem]
) -> list[D]:
    """The definitions read, one for each id: a later folder's needs a higher version than the one it replaces."""
    latest: dict[str, D] = {}
    for documents in groups:
        for document in documents:
            problems.extend(_head_problems(document))
            definition = read(document, problems)
            if definition is None:
                continue
            known = latest.get(definition.id)
            if known is not None and definition.version <= known.version:
                problems.append(
                    document.problem(
                        f"'{definition.id}' version {definition.version} is defined already",
                        "/version",
                        f"give it another id, or a version above {known.version} to replace it",
                    )
                )
                continue
            latest.pop(definition.id, None)
            latest[definition.id] = definition
    return list(latest.values())


def _head_problems(document: Document) -> list[Problem]:
    data: dict[str, Any] = document.data
    problems = document.missing_keys("", data, ("kind", "id", "version", "title"))
    if "id" in data and not (isinstance(data["id"], str) and ID.fullmatch(data["id"])):
        problems.append(
            document.problem(f"'{data['id']}' is not an id", "/id", "use small letters, digits and hyphens")
        )
    if "version" in data and (type(data["version"]) is not int or data["version"] < 1):
        problems.append(
            document.problem("version is not a whole number from 1", "/version", "write version: 1")
        )
    return problems
