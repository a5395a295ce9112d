# SPDX-License-Identifier: Apache-2.0
"""Which earlier versions must a contract be compatible with? A place of files answers: given ones, a folder, a git revision."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from registry import sources
from registry.approvals import Approval
from registry.candidate import Candidate
from registry.document import Document
from registry.files import File
from registry.manifest import Manifest
from registry.neighbours import Neighbours
from registry.sources import Versions
from registry.stated import order_of, stated, version_of
from terms.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a subject in a registry, and what of it was settled for the subject itself; empty texts say nothing."""

    mode: str = ""
    policy: str = ""
    type: str = ""
    own_mode: str = ""
    own_policy: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where earlier versions are kept, as the questions that can be asked of it.

    `versions` answers with those of a contract, the latest last, and None when it has none; it raises ProblemError for one
    that cannot be read. `settings` are those of a subject. `left` names the contracts that belong into a folder, key -> path
    below it. `approvals` are the findings that were accepted there. `is_one`: it holds versions of one contract only.
    `by_subject`: it knows contracts by their subject, never by the path of a file.
    """

    versions: Callable[[Candidate], Versions | None]
    settings: Callable[[str], Settings] = lambda _subject: Settings()
    left: Callable[[Path, Manifest], Mapping[str, str]] = lambda _folder, _manifest: {}
    approvals: tuple[Approval, ...] = ()
    is_one: bool = False
    by_subject: bool = False


class Stored:
    """The files of a folder or of a git tree. `root` is where the tree lies among the new files, None when elsewhere."""

    def __init__(self, files: Iterable[File], manifest: Manifest | None, root: Path | None) -> None:
        self._files = {file.path: file for file in files}
        self._manifest = manifest
        self._root = root
        self._documents: dict[str, Document | ProblemError] = {}
        self._keys: dict[str, dict[str, list[str]]] = {}
        self._near = Neighbours(
            lambda: self._files, lambda path: manifest.row(path).subject if manifest else ""
        )

    def versions(self, candidate: Candidate) -> Versions | None:
        """Those with the contract's subject, else the file at its path; by version, then by path."""
        known = self._by_key(candidate.manifest).get(candidate.subject) if candidate.subject else None
        paths = known or self._at(candidate)
        if not paths:
            return None
        documents = sorted((self._document(path) for path in paths), key=_order)
        return Versions(shown(documents, candidate), candidate.row.all_versions)

    def left(self, folder: Path, manifest: Manifest) -> Mapping[str, str]:
        """The contracts of the place that belong into the folder, each key with the path of its last file below it."""
        within = folder.resolve()
        found = {}
        for key, paths in self._by_key(manifest).items():
            for path in paths:
                place = (self._root or within) / path
                below = place.relative_to(within).as_posix() if place.is_relative_to(within) else ""
                ignored = any(each.ignores(path) for each in (manifest, self._manifest) if each)
                if below and not ignored:
                    found[key] = below
        return found

    def _at(self, candidate: Candidate) -> list[str]:
        full = candidate.full_path
        if self._root and full.is_relative_to(self._root):
            tried = [full.relative_to(self._root).as_posix()]
        else:
            # The longest end of the path that the place knows, so that a file given alone finds its older self.
            parts = full.parts[1:]
            tried = ["/".join(parts[start:]) for start in range(len(parts))]
            tried = tried if not candidate.within else [candidate.within, candidate.path]
        return next(([path] for path in tried if path in self._files), [])

    def _by_key(self, manifest: Manifest) -> Mapping[str, list[str]]:
        """The paths of each subject, as the place's own manifest names it, else the new one, else the document."""
        if manifest.path not in self._keys:
            found: dict[str, list[str]] = {}
            for path in self._files:
                found.setdefault(self._key(path, manifest), []).append(path)
            self._keys[manifest.path] = found
        return self._keys[manifest.path]

    def _key(self, path: str, manifest: Manifest) -> str:
        for each in (self._manifest, manifest):
            if each and each.row(path).subject:
                return each.row(path).subject
        try:
            return stated(self._document(path).data, "subject") or path
        except ProblemError:
            return path  # that it cannot be read is told when a contract is compared with it

    def _document(self, path: str) -> Document:
        if path not in self._documents:
            file = self._files[path]
            try:
                self._documents[path] = self._near.read(path, file.content, file.name)
            except ProblemError as error:
                self._documents[path] = error
        found = self._documents[path]
        if isinstance(found, ProblemError):
            raise found
        return found


def stored(files: Iterable[File], manifest: Manifest | None, root: Path | None) -> Place:
    """The place that a folder or a git tree is; `manifest` is its own. Approvals count as the new manifest says them."""
    tree = Stored(files, manifest, root)
    return Place(tree.versions, left=tree.left)


def one(versions: Versions) -> Place:
    """The place that holds these versions of one contract, whatever it is called."""
    return Place(lambda _candidate: versions, is_one=True)


def given(texts: Iterable[str]) -> Place:
    """The versions that several files or names mean, the latest last. Raises ProblemError for a text that means none."""
    found = [sources.versions(text) for text in texts]
    documents = tuple(document for each in found for document in each.documents)
    return one(Versions(documents, complete=len(found) == 1 and found[0].complete))


def shown(documents: Sequence[Document], candidate: Candidate) -> tuple[Document, ...]:
    """Those that the candidate must follow, the latest last.

    Of a history, one file a version, a version that is there already is compared with itself alone, another with all before
    it. What the manifest lists goes by names that do not say where it was found: `subject@1.2.0`, else `subject@latest`.
    """
    mine = version_of(candidate.document.data) if candidate.document else ""
    if candidate.in_history and mine:
        same = [document for document in documents if version_of(document.data) == mine]
        documents = same or [each for each in documents if _order(each) < order_of(mine)] or documents
    if not candidate.is_listed:
        return tuple(documents)
    last = len(documents) - 1
    return tuple(
        replace(document, name=f"{candidate.key}@{label(document, last - index)}")
        for index, document in enumerate(documents)
    )


def label(document: Document, age: int) -> str:
    """The version a document states, else its place among those that are known: `latest`, `latest-1` before it."""
    return version_of(document.data) or (f"latest-{age}" if age else "latest")


def _order(document: Document) -> tuple[Any, ...]:
    return order_of(version_of(document.data))
