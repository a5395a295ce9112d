# SPDX-License-Identifier: Apache-2.0
"""What does a team say about its contract files? `contracts.yaml` beside them: which subject, which mode, what is approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from registry.approvals import Approval

NAME = "contracts.yaml"


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one file; empty texts are not said. `all_versions`: the place it is checked against holds every
    earlier version. `retired`: why there is no file any more. `where` is `file:line`."""

    file: str
    subject: str = ""
    type: str = ""
    mode: str = ""
    policy: str = ""
    all_versions: bool = False
    retired: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """What `throughline check` asks the deployments about: may this version of the application go to that environment?"""

    name: str
    version: str
    to: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was read, or an empty one. Paths of files are relative to `folder`, with forward slashes.

    `application` and `rules`, folders of policy rules, are for `throughline check`.
    """

    folder: Path
    rows: Mapping[str, Row]
    path: str = ""
    mode: str = ""
    policy: str = ""
    against: str = ""
    ignore: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    application: Application | None = None
    rules: tuple[str, ...] = ()

    def row(self, file: str) -> Row:
        """What is said of the file, filled up with what is said of all."""
        row = self.rows.get(file) or Row(file)
        if row.mode and row.policy:
            return row
        said = {name: getattr(row, name) for name in Row.__slots__}
        return Row(**{**said, "mode": row.mode or self.mode, "policy": row.policy or self.policy})

    def ignores(self, file: str) -> bool:
        """Whether the file is none of the contracts: `ignore` holds patterns such as examples/* or *.sample.json."""
        return any(fnmatchcase(file, each) or PurePosixPath(file).match(each) for each in self.ignore)


def beside(path: Path) -> Manifest:
    """The manifest of a file or folder: the nearest `contracts.yaml` in its folder or above it, within its repository.

    An empty one of that folder where there is none. Raises ProblemError as `read` does.
    """
    folder = path if path.is_dir() else path.parent
    for each in (folder, *folder.absolute().parents):
        found = each / NAME
        if found.is_file():
            # Loading YAML costs more than checking a contract: a gate without a manifest never does.
            from registry.manifest_file import read

            return read(found, folder if each == folder else each)
        if (each / ".git").exists():
            break
    return Manifest(folder, {})
