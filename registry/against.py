# SPDX-License-Identifier: Apache-2.0
"""What does `--against` mean? A registry's URL, a file or folder, a git revision with a path, or a shipped contract."""

import os
from collections.abc import Sequence
from pathlib import Path

from registry import files, git_source
from registry.candidate import Candidates
from registry.document import parse
from registry.earlier import Place, given, one, stored
from registry.manifest import NAME, Manifest
from registry.sources import Versions
from terms.problem import ProblemError

URL = "THROUGHLINE_URL"


def place(texts: Sequence[str], candidates: Candidates) -> Place:
    """Where the earlier versions are: as the option says, else the manifest, else THROUGHLINE_URL.

    Raises ProblemError when nothing says it, and for a place that cannot be read.
    """
    said = list(texts) or [m.against for m in candidates.manifests if m.against][:1]
    if not said and os.environ.get(URL):
        said = [os.environ[URL]]
    if not said:
        raise ProblemError(
            "nothing says what to compare with",
            "--against",
            f"name a file, a folder, a git revision such as main:contracts/, or a registry's URL; or set {URL}",
        )
    if len(said) == 1:
        (text,) = said
        path = Path(text)
        if text.startswith(("http://", "https://")):
            from registry.server_source import registered

            return registered(text, candidates)
        if path.is_dir():
            manifest = _manifest(files.content_of(path / NAME), path) if (path / NAME).is_file() else None
            return stored(files.in_folder(path), manifest, None)
        if not path.exists() and git_source.is_git(text):
            return _in_git(text, candidates)
    return given(said)


def _in_git(text: str, candidates: Candidates) -> Place:
    near = next((Path(each.file) for each in candidates.each), *candidates.folders[:1])
    tree = git_source.read(text, near if near.exists() else Path())
    if tree.is_file and len(candidates.each) == 1:
        file = tree.files[0]
        return one(Versions((parse(file.content, file.name),), complete=False))
    manifest = _manifest(tree.manifest.content, Path()) if tree.manifest else None
    return stored(tree.files, manifest, tree.root.parent if tree.is_file else tree.root)


def _manifest(content: bytes, folder: Path) -> Manifest | None:
    """The place's own manifest. One that cannot be read is nobody's to mend here: then the new one names the files."""
    from registry.manifest_file import of
    from terms import yaml_lines

    try:
        return of(yaml_lines.load(content, NAME), folder)
    except ProblemError:
        return None
