# SPDX-License-Identifier: Apache-2.0
"""The definitions in force, which may be replaced while a server runs, and what may not replace them."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from collectors.definitions import FOLDERS, SHIPPED, Definitions
from collectors.extraction.extractor import Extractor
from collectors.extraction.rule import ExtractionRule
from collectors.processes.process import Process
from terms.problem import Problem

Files = tuple[tuple[str, int, int], ...]


class InForce(Definitions):
    """Reads like the definitions that hold now. Work that must see one state throughout takes `current` and keeps it."""

    def __init__(self, first: Definitions) -> None:
        object.__setattr__(self, "_current", first)

    @property
    def current(self) -> Definitions:
        """The definitions as they are now; they never change themselves."""
        found: Definitions = self.__dict__["_current"]
        return found

    def replace(self, by: Definitions) -> None:
        """From now on these hold. Any thread may call it."""
        object.__setattr__(self, "_current", by)

    @property
    def processes(self) -> tuple[Process, ...]:
        return self.current.processes

    @property
    def extraction(self) -> tuple[ExtractionRule, ...]:
        return self.current.extraction

    @property
    def promoted(self) -> tuple[str, ...]:
        return self.current.promoted

    @property
    def extractor(self) -> Extractor:
        return self.current.extractor


def files(folders: Sequence[Path]) -> Files:
    """Every definition file that is read, with its time and size: what tells that something changed. Missing folders are empty."""
    places = chain.from_iterable(
        (folder, *(folder / name for name in FOLDERS)) for folder in (SHIPPED, *folders)
    )
    found: list[tuple[str, int, int]] = []
    for path in chain.from_iterable(_in(place) for place in places):
        try:
            known = path.stat()
        except OSError:  # gone since it was listed
            continue
        found.append((str(path), known.st_mtime_ns, known.st_size))
    return tuple(sorted(found))


def _in(place: Path) -> Iterator[Path]:
    return iter((place,)) if place.is_file() else place.glob("*.y*ml")


def unversioned(before: Definitions, after: Definitions) -> tuple[Problem, ...]:
    """What changed without a version of its own. Every reason on a transaction names rule and version, so one version is one rule."""
    held = {name: content for name, _, content in _contents(before)}
    return tuple(
        Problem(f"{name} says something else than what is in force", name, f"write version: {version + 1}")
        for name, version, content in _contents(after)
        if held.get(name, content) != content
    )


def taken_up(before: Definitions, after: Definitions) -> tuple[str, ...]:
    """The names (`lead-to-cash@2`) that are new, sorted."""
    held = {name for name, _, _ in _contents(before)}
    return tuple(sorted(name for name, _, _ in _contents(after) if name not in held))


def _contents(of: Definitions) -> Iterator[tuple[str, int, str]]:
    for process in of.processes:
        yield f"{process.id}@{process.version}", process.version, process.content_name
    for rule in of.extraction:
        yield f"{rule.id}@{rule.version}", rule.version, rule.digest
