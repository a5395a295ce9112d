# SPDX-License-Identifier: Apache-2.0
"""What is to be checked? Each contract file of the paths a person gave, with what its manifest says of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from registry import sources
from registry.document import Document
from registry.files import SUFFIXES, content_of, in_folder, manifests_below
from registry.manifest import NAME, Manifest, Row, beside
from registry.neighbours import Neighbours, of_folder
from registry.semver import is_semver
from registry.stated import place, stated
from terms.problem import Problem, ProblemError


@dataclass(frozen=True, slots=True)
class Candidate:
    """One new contract. `file` is its path as given; `document` is None when `problems` say why it cannot be read.

    `key` is what its earlier versions are found by: the subject that the manifest or the document states, else the path
    below the manifest's folder. `within` is its path below the folder given, empty for a file given alone.
    `in_history`: other files are checked that are versions of the same subject.
    """

    file: str
    path: str
    manifest: Manifest
    document: Document | None
    problems: tuple[Problem, ...] = ()
    within: str = ""
    in_history: bool = False

    @property
    def row(self) -> Row:
        """What the manifest says of it."""
        return self.manifest.row(self.path)

    @property
    def subject(self) -> str:
        """As the manifest or the document states it; empty where neither does."""
        return self.row.subject or stated(self.document.data if self.document else None, "subject")

    @property
    def key(self) -> str:
        """Its subject, or its path where none is stated."""
        return self.subject or self.path

    @property
    def is_listed(self) -> bool:
        """Whether the manifest knows it, so that its versions are named by subject wherever they come from."""
        return self.path in self.manifest.rows

    @property
    def full_path(self) -> Path:
        """Where it lies on this machine, its folder's links resolved as git does."""
        path = Path(self.file)
        return path.parent.resolve() / path.name


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that is to be checked. `folders` are the folders given: what they no longer hold was removed."""

    each: tuple[Candidate, ...]
    folders: tuple[Path, ...]
    manifests: tuple[Manifest, ...]


def gather(paths: Sequence[str], given: Path | None = None) -> Candidates:
    """The contracts below the paths, by path, each once. A text that is no path may name a shipped contract.

    `given` is a manifest that counts for all of them, instead of the ones beside them. Raises ProblemError for a path that is not there, and when there is not one contract: nothing checked is no pass.
    """
    found: dict[Path, Candidate] = {}
    folders: list[Path] = []
    manifests: dict[str, Manifest] = {}
    named = _named(given) if given else None
    beside_them: dict[Path, Neighbours] = {}
    for text in paths:
        path = Path(text)
        if not path.exists() and "/" not in text and path.suffix not in SUFFIXES:
            document = sources.one(text)
            found[Path(text)] = Candidate(document.name, document.name, Manifest(Path(), {}), document)
            continue
        if not path.exists():
            raise ProblemError("there is no such file or folder", text, "check the path")
        if (path / "registry.json").is_file() and any(path.glob("*/subject.json")):
            raise ProblemError(
                "is a whole registry as `contracts export` writes it, not a folder of contracts",
                text,
                f"throughline contracts import {text}, or check what `contracts pull` writes",
            )
        manifest = named or beside(path)
        manifests[manifest.path] = manifest
        if named is None and path.is_dir():
            _refuse_inner(path, manifest)
        folders += [path] if path.is_dir() else []
        files = [Path(file.name) for file in in_folder(path)] if path.is_dir() else [path]
        for file in files:
            below = _below(file, manifest)
            if not (path.is_dir() and manifest.ignores(below)):
                near = beside_them.setdefault(manifest.folder, _near(manifest))
                candidate = _candidate(file, below, manifest, near)
                within = file.relative_to(path).as_posix() if path.is_dir() else ""
                found.setdefault(file.absolute(), replace(candidate, within=within))
    several = Counter(candidate.subject for candidate in found.values())
    each = tuple(
        replace(candidate, in_history=bool(candidate.subject) and several[candidate.subject] > 1)
        for candidate in sorted(found.values(), key=lambda candidate: candidate.file)
    )
    kept = tuple(manifest for manifest in manifests.values() if manifest.path)
    if not each and not any(manifest.rows for manifest in kept):
        raise ProblemError(
            "holds no contract", ", ".join(paths), "name a JSON or YAML file, or a folder with some"
        )
    return Candidates(each, tuple(folders), kept)


def _refuse_inner(folder: Path, manifest: Manifest) -> None:
    """A manifest further in speaks for its own folder: passed over, its modes, subjects and approvals would count for nothing."""
    inner = [each for each in manifests_below(folder) if not manifest.ignores(_below(each, manifest))]
    if inner:
        folders = " ".join(each.parent.as_posix() for each in inner[:5])
        what = (
            f"a folder within has a {NAME} of its own"
            if len(inner) == 1
            else f"{len(inner)} folders within have a {NAME} of their own"
        )
        do = f"check them by themselves: throughline contracts check {folders}"
        raise ProblemError(what, inner[0].as_posix(), do)


def _named(path: Path) -> Manifest:
    from registry.manifest_file import read

    return read(path)


def _below(file: Path, manifest: Manifest) -> str:
    folder, full = manifest.folder.absolute(), file.absolute()
    return full.relative_to(folder).as_posix() if full.is_relative_to(folder) else file.as_posix()


def _near(manifest: Manifest) -> Neighbours:
    """The files that those of a manifest's folder may refer to."""
    return of_folder(manifest.folder, lambda path: manifest.row(path).subject)


def _candidate(file: Path, below: str, manifest: Manifest, near: Neighbours) -> Candidate:
    name = file.as_posix()
    if below == name and file.is_absolute():  # the manifest lies elsewhere
        near, below_it = of_folder(file.parent), file.name
    else:
        below_it = below
    try:
        document = near.read(below_it, content_of(file), name)
    except ProblemError as error:
        return Candidate(name, below, manifest, None, error.problems)
    candidate = Candidate(name, below, manifest, document)
    own = stated(document.data, "version")
    if own and not is_semver(own):
        at = document.where(f"{place(document.data)}/version")
        return replace(
            candidate,
            problems=(Problem(f"'{own[:40]}' is not a semantic version", at, "write it like 1.2.0"),),
        )
    wanted = candidate.row.type
    if wanted and wanted != document.type:
        what = f"is of type {document.type}, the manifest says {wanted}"
        where = candidate.row.where or manifest.path
        return replace(candidate, problems=(Problem(what, f"{where} for {name}", f"type: {document.type}"),))  # fmt: skip
    return candidate
