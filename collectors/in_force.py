# SPDX-License-Identifier: Apache-2.0
"""The definitions in force, which may be replaced while a server runs, and what may not replace them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    return stamped(chain.from_iterable(_in(place) for place in places))


def stamped(paths: Iterable[Path]) -> Files:
    """Files with their time and size, sorted; one that is gone since it was listed is left out."""
    found: list[tuple[str, int, int]] = []
    for path in paths:
        try:
            known = path.stat()
        except OSError:  # gone since it was listed
            continue
        found.append((str(path), known.st_mtime_ns, known.st_size))
    return tuple(sorted(found))


def _in(place: Path) -> Iterator[Path]:
    return iter((place,)) if place.is_file() else place.glob("*.y*ml")


def contents(of: Definitions) -> dict[str, str]:
    """What decides in each definition, by its name (`lead-to-cash@2`): who answers and how it is shown is no part of it."""
    rules = {f"{rule.id}@{rule.version}": rule.digest for rule in of.extraction}
    return {f"{process.id}@{process.version}": process.content_name for process in of.processes} | rules


def unversioned(known: Mapping[str, str], after: Mapping[str, str]) -> tuple[Problem, ...]:
    """What of the contents `after` says something else than what is `known` under its name. Every reason on a transaction names
    rule and version, so one version is one rule."""
    return tuple(
        Problem(
            f"{name} says something else than what was in force under that name",
            name,
            f"write version: {int(name.rpartition('@')[2]) + 1}",
        )
        for name, content in after.items()
        if known.get(name, content) != content
    )


def taken_up(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The names (`lead-to-cash@2`) that are new in the contents `after`, sorted."""
    return tuple(sorted(after.keys() - before.keys()))
