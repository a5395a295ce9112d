# SPDX-License-Identifier: Apache-2.0
"""Which contract does a person mean? A path, or the name of a shipped contract such as `invoice-issued@1.0.0`."""

from dataclasses import dataclass, replace
from pathlib import Path

from registry import canonical
from registry.contract import Contract
from registry.document import Document
from registry.neighbours import read
from registry.stated import stated
from registry.verdict import MODES
from terms.problem import ProblemError, did_you_mean


@dataclass(frozen=True, slots=True)
class Versions:
    """Earlier versions of one contract, the latest last. `complete`: these are all there are."""

    documents: tuple[Document, ...]
    complete: bool

    @property
    def compatibility(self) -> str | None:
        """The mode the latest version asks for; None when it asks for none that exists."""
        mode = stated(self.documents[-1].data, "compatibility") if self.documents else ""
        return mode if mode in MODES else None


def one(text: str) -> Document:
    """The one document meant; of a subject without a version, the latest. Raises ProblemError."""
    return versions(text).documents[-1]


def versions(text: str) -> Versions:
    """The versions meant: a file is one of unknown many, a shipped subject is all of them, `subject@version` is one.

    Raises ProblemError for a text that names nothing.
    """
    path = Path(text)
    if path.exists() or "/" in text or path.suffix in (".json", ".yaml", ".yml"):
        if path.is_dir():
            raise ProblemError("is a folder", text, "name one contract file; check several by several calls")
        return Versions((read(path),), complete=False)
    subject, at, version = text.partition("@")
    found = canonical.versions(subject)
    if not found:
        names = list(canonical.subjects())
        raise ProblemError("is neither a file nor a shipped contract", text, did_you_mean(subject, names))
    if not at:
        return Versions(tuple(_named(c) for c in found), complete=True)
    matching = [c for c in found if c.semver == version]
    if not matching:
        known = ", ".join(c.semver for c in found)
        raise ProblemError(f"'{subject}' has no version '{version}'", text, f"it has {known}")
    return Versions((_named(matching[0]),), complete=False)


def _named(contract: Contract) -> Document:
    return replace(contract.document, name=f"{contract.subject}@{contract.semver}")
