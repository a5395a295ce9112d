# SPDX-License-Identifier: Apache-2.0
"""Which contract files stand in a place? A folder, or the tree of a git revision, as paths and bytes."""

import os
from dataclasses import dataclass
from pathlib import Path

from registry.manifest import NAME
from terms.problem import ProblemError

SUFFIXES = (".json", ".yaml", ".yml")
APPROVALS = "approvals.yaml"


@dataclass(frozen=True, slots=True)
class File:
    """`path` relative to its place, with forward slashes; `name` as people know it, such as `main:contracts/invoice.json`."""

    path: str
    name: str
    content: bytes


def is_contract(path: str) -> bool:
    """Whether a file of that path may be a contract: JSON or YAML, not hidden, and not what says something about contracts."""
    parts = path.split("/")
    hidden = any(part.startswith(".") for part in parts)
    return path.endswith(SUFFIXES) and not hidden and parts[-1] not in (NAME, APPROVALS)


def in_folder(folder: Path) -> tuple[File, ...]:
    """The contract files below a folder, by path. Links out of it are not followed. Raises ProblemError for one that
    cannot be read."""
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            place = Path(top, name)
            path = place.relative_to(folder).as_posix()
            if is_contract(path):
                found.append(File(path, str(place), content_of(place)))
    return tuple(sorted(found, key=lambda file: file.path))


def manifests_below(folder: Path) -> tuple[Path, ...]:
    """The manifests in folders below a folder, by path; its own is none of them."""
    found = []
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        if NAME in names and Path(top) != folder:
            found.append(Path(top, NAME))
    return tuple(found)


def content_of(path: Path) -> bytes:
    """The bytes of a file. Raises ProblemError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProblemError(
            f"cannot be read: {error.strerror}", where=str(path), do="check the path and its permissions"
        ) from error
