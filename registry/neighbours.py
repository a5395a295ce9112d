# SPDX-License-Identifier: Apache-2.0
"""What does a contract file mean by other files? Those of its own folder, or git tree, are copied in; nothing is fetched.

A file refers to others by their path (`"$ref": "common/money.json#/$defs/amount"`), or by subject and version as a registry does
(`x-throughline.references`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from typing import Any

from registry.contract import stated_references
from registry.document import Copy, Document, load, of, parse, syntax_of
from registry.files import File, content_of, in_folder
from registry.json_lines import escape
from registry.references import Reference, Referenced, joined
from registry.schema import Raw
from registry.semver import is_semver
from registry.stated import order_of, place, stated, version_of
from registry.words import shown
from terms.problem import Problem, ProblemError

_LATEST = ("latest", -1, "-1")


@dataclass(slots=True)
class Neighbours:
    """The files of one place, by path; they are listed when the first file refers to another.

    `subject_of` is what a manifest calls the file at a path; empty where it says nothing.
    """

    listed: Callable[[], Mapping[str, File]]
    subject_of: Callable[[str], str] = lambda _: ""
    _files: Mapping[str, File] | None = None
    _data: dict[str, Raw] = field(default_factory=dict)
    _subjects: dict[str, list[str]] | None = None

    def read(self, path: str, content: bytes, name: str) -> Document:
        """The contract in the file at the path, with what it refers to. Raises ProblemError as `parse` does, and for a
        reference to what is not there: with its pointer and line, and what is there."""
        try:
            return parse(content, name)
        except ProblemError:
            data = load(content, name)
            if not isinstance(data, dict) or not _leaves(data):
                raise
            return self._joined(path, content, name, data)

    def _joined(self, path: str, content: bytes, name: str, data: dict[str, Any]) -> Document:
        text, syntax = content.decode("utf-8-sig"), syntax_of(name)
        own = Document(name, syntax, text, parse(b"true", name, "json").schema)
        self._data[path] = data
        found, missing = self._references(path, data)
        if missing:
            places = own.places([problem.where for problem in missing])
            raise ProblemError(
                tuple(Problem(f"{p.what}, at {p.where}", places[p.where], p.do) for p in missing)
            )
        whole, placed = joined(
            data,
            name,
            found,
            lambda reference: self._referenced(reference, own),
            itself=_own_name(path, data),
        )
        copies = tuple(self._copy(pointer, reference) for pointer, reference in placed.items())
        return of(whole, text, name, syntax, copies=copies)

    def _referenced(self, reference: Reference, around: Document) -> Referenced:
        path = self._path(reference)
        data = self._read(path)
        if isinstance(data, bool):
            return Referenced(data, ())
        found, missing = self._references(path, data)
        if missing:
            first = missing[0]
            file = self._known()[path]
            raise ProblemError(
                f"{first.what}, at {first.where}, which {around.name} refers to", file.name, first.do
            )
        return Referenced(data, found, _own_name(path, data))

    def _references(self, path: str, data: dict[str, Any]) -> tuple[tuple[Reference, ...], list[Problem]]:
        """What the file refers to, and the references that nothing here answers; `where` is a pointer in the file."""
        wanted = {
            ref: pointer for ref, pointer in _leaves(data) if normpath(join(dirname(path), ref)) != path
        }
        found: dict[str, Reference] = {}
        missing: list[Problem] = []
        for index, said in enumerate(stated_references(data)):
            pointer = wanted.pop(str(said["name"]), None)
            reference = self._stated(said)
            if reference is not None:
                found[reference.name] = reference
            elif pointer is not None:
                missing.append(self._no_version(said, f"{place(data)}/references/{index}"))
        for ref, pointer in wanted.items():
            there = normpath(join(dirname(path), ref))
            if there in self._known():
                found[ref] = Reference(ref, there, 0)
            else:
                what = f"$ref '{ref}' leaves the document, and there is no file '{there}' beside it"
                missing.append(
                    Problem(what, pointer, "correct the path, or copy the definition into the file")
                )
        return tuple(found.values()), missing

    def _stated(self, said: Mapping[str, Any]) -> Reference | None:
        """The version that is stated, when a file here is it."""
        name, subject, wanted = str(said["name"]), str(said["subject"]), said["version"]
        paths = self._by_subject().get(subject, [])
        for number, path in enumerate(paths, start=1):
            is_latest = wanted in _LATEST and number == len(paths)
            if is_latest or wanted in (number, str(number), self._version(path)):
                return Reference(name, subject, number)
        return None

    def _version(self, path: str) -> str:
        """What the file states; where it states nothing its name, which is the version in what `contracts pull` writes."""
        name = PurePosixPath(path).stem
        return version_of(self._read(path)) or (name if is_semver(name) else "")

    def _no_version(self, said: Mapping[str, Any], pointer: str) -> Problem:
        subject = str(said["subject"])
        paths = self._by_subject().get(subject, [])
        there = ", ".join(self._version(path) or str(n) for n, path in enumerate(paths, start=1))
        what = f"refers to version {shown(said['version'])} of '{subject}', and no file here is that"
        return Problem(what, pointer, f"there is {there}" if there else "put its file into the folder")

    def _path(self, reference: Reference) -> str:
        return (
            reference.subject
            if reference.number == 0
            else self._by_subject()[reference.subject][reference.number - 1]
        )

    def _copy(self, pointer: str, reference: Reference) -> Copy:
        file = self._known()[self._path(reference)]
        return Copy(pointer, file.name, syntax_of(file.name), file.content.decode("utf-8-sig"))

    def _known(self) -> Mapping[str, File]:
        if self._files is None:
            self._files = self.listed()
        return self._files

    def _read(self, path: str) -> Raw:
        if path not in self._data:
            file = self._known()[path]
            self._data[path] = load(file.content, file.name)
        return self._data[path]

    def _by_subject(self) -> Mapping[str, list[str]]:
        """The files of each subject, its versions in order."""
        if self._subjects is None:
            found: dict[str, list[str]] = {}
            for path in self._known():
                try:
                    subject = self.subject_of(path) or stated(self._read(path), "subject")
                except ProblemError:
                    continue  # that it cannot be read is told of the file itself
                if subject:
                    found.setdefault(subject, []).append(path)
            self._subjects = {
                subject: sorted(paths, key=lambda path: (order_of(self._version(path)), path))
                for subject, paths in found.items()
            }
        return self._subjects


def of_folder(folder: Path, subject_of: Callable[[str], str] = lambda _: "") -> Neighbours:
    """Those of a folder and the folders below it."""
    return Neighbours(lambda: {file.path: file for file in in_folder(folder)}, subject_of)


def read(path: Path) -> Document:
    """The contract in a file given alone, with the files beside it that it refers to."""
    return of_folder(path.parent).read(path.name, content_of(path), str(path))


def _leaves(data: Any, pointer: str = "") -> list[tuple[str, str]]:
    """Each `$ref` to a file or a name outside of the document, without its fragment, and where it stands first."""
    found: dict[str, str] = {}
    waiting = [(data, pointer)]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, dict):
            ref = value.get("$ref")
            if isinstance(ref, str) and not ref.startswith("#") and "://" not in ref:
                found.setdefault(ref.partition("#")[0], f"{place}/$ref")
            waiting += [(item, f"{place}/{escape(name)}") for name, item in value.items()]
        elif isinstance(value, list):
            waiting += [(item, f"{place}/{index}") for index, item in enumerate(value)]
    return sorted(found.items(), key=lambda each: each[1])


def _own_name(path: str, data: dict[str, Any]) -> str:
    """How the file refers to itself by name, if it does."""
    return next((ref for ref, _ in _leaves(data) if normpath(join(dirname(path), ref)) == path), "")
