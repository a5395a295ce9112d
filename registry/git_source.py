# SPDX-License-Identifier: Apache-2.0
"""Which contracts did a git revision hold? `main:contracts/` is read with the git command, one process for all files."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from registry.files import File, is_contract
from registry.manifest import NAME
from terms.problem import ProblemError

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ANCESTOR = re.compile(r"(.*?)[~^][\d~^]*")
_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a folder, or the one file, at a revision. `root` is where that folder or file lies in the work tree.

    `manifest` is the manifest of the folder at that revision, if it has one.
    """

    files: tuple[File, ...]
    root: Path
    is_file: bool
    manifest: File | None = None


def is_git(text: str) -> bool:
    """Whether a text can be meant as REVISION:PATH.

    >>> is_git("main:contracts/"), is_git("contracts/invoice.json"), is_git("https://registry.example")
    (True, False, False)
    """
    revision, colon, _ = text.partition(":")
    return bool(colon and revision) and not text.startswith(("http://", "https://"))


def read(text: str, near: Path) -> Tree:
    """What REVISION:PATH holds, in the repository that `near` lies in.

    Raises ProblemError for a text that is no such thing, for no repository, a path that is not there, and a revision that
    is missing: then `do` is the very command that brings it.
    """
    revision, _, path = text.partition(":")
    path = path.strip("/")
    top = _repository(near)
    if revision.startswith("-") or path.startswith("./"):
        raise ProblemError("is not a revision and a path in it", text, "write it like main:contracts/")
    if _git(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is None:
        raise _missing(top, revision, text)
    kind = (_git(top, "cat-file", "-t", f"{revision}:{path}") or b"").strip()
    if not kind and path and (top / path).exists():
        # The revision is from before the contracts were: everything is new. A path that neither has is a slip.
        return Tree((), top / path, is_file=False)
    if kind not in (b"tree", b"blob"):
        raise ProblemError(
            f"'{path}' is not in {revision}",
            text,
            "write the path from the root of the repository, without ./",
        )
    if kind == b"blob":
        content = _git(top, "cat-file", "blob", f"{revision}:{path}") or b""
        return Tree((File(path.rpartition("/")[2], f"{revision}:{path}", content),), top / path, is_file=True)
    listed = _git(top, "ls-tree", "-r", "-z", "--full-tree", f"{revision}:{path}") or b""
    entries = [line.split("\t", 1) for line in os.fsdecode(listed).split("\0") if line]
    # A link's content is a path, a submodule's is elsewhere: neither is a contract.
    wanted = {
        name: meta.split(" ")[2]
        for meta, name in entries
        if meta.startswith("100") and (is_contract(name) or name == NAME)
    }
    contents = _contents(top, list(wanted.values()))
    prefix = f"{revision}:{path}/" if path else f"{revision}:"
    files = [File(name, f"{prefix}{name}", content) for name, content in zip(wanted, contents, strict=True)]
    manifest = next((file for file in files if file.path == NAME), None)
    return Tree(
        tuple(file for file in files if file.path != NAME), top / path, is_file=False, manifest=manifest
    )


def _repository(near: Path) -> Path:
    folder = near if near.is_dir() else near.parent
    done = _run(folder, "rev-parse", "--show-toplevel")
    if b"safe.directory" in done.stderr:
        raise ProblemError(
            "belongs to another user, so git does not read it",
            str(folder),
            f"git config --global --add safe.directory {folder.absolute()}",
        )
    if done.returncode != 0:
        raise ProblemError(
            "is not in a git repository, so it cannot be compared with a revision",
            str(folder),
            "run it in a clone, or name a file or folder with --against",
        )
    return Path(os.fsdecode(done.stdout).rstrip("\n"))


def _missing(top: Path, revision: str, text: str) -> ProblemError:
    """A revision that is not here: mostly because the clone of a pipeline is shallow, or holds one branch only."""
    shallow = (_git(top, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"
    depth = " --depth=1" if shallow else ""
    ancestor = _ANCESTOR.fullmatch(revision)
    known = (
        ancestor and _git(top, "rev-parse", "--verify", "--quiet", f"{ancestor[1]}^{{commit}}") is not None
    )
    remotes = (_git(top, "remote") or b"").decode().split() or ["origin"]
    remote, slash, branch = revision.partition("/")
    if ancestor and known and not shallow:
        return ProblemError(
            f"there is no revision '{revision}'", text, f"git log {ancestor[1]} shows what there is"
        )
    if ancestor and known:
        do = "git fetch --unshallow"
    elif slash and remote in remotes:
        do = f"git fetch{depth} {remote} {branch}:refs/remotes/{remote}/{branch}"
    elif _COMMIT.fullmatch(revision):
        do = f"git fetch{depth} {remotes[0]} {revision}"
    else:
        do = f"git fetch{depth} {remotes[0]} {revision}:{revision}"
    clone = "this clone is shallow and" if shallow else "this clone"
    return ProblemError(f"{clone} does not hold the revision '{revision}'", text, do)


def _contents(top: Path, names: list[str]) -> list[bytes]:
    if not names:
        return []
    answer = _git(top, "cat-file", "--batch", given="\n".join(names).encode() + b"\n")
    if answer is None:
        raise ProblemError("git could not read the files of the revision", str(top), "run git fsck")
    found, place = [], 0
    for name in names:
        line_end = answer.index(b"\n", place)
        words = answer[place:line_end].split(b" ")
        if words[-1] == b"missing":
            raise ProblemError(
                f"this clone lacks the content of {name}", str(top), "git fetch --refetch, without --filter"
            )
        size = int(words[2])
        found.append(answer[line_end + 1 : line_end + 1 + size])
        place = line_end + 1 + size + 1
    return found


def _git(folder: Path, *words: str, given: bytes | None = None) -> bytes | None:
    """What the command prints; None when it fails."""
    done = _run(folder, *words, given=given)
    return done.stdout if done.returncode == 0 else None


def _run(folder: Path, *words: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """The command, in English; it never asks a person."""
    environment = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    try:
        return subprocess.run(  # noqa: S603 - the words are ours, and a revision cannot begin with a dash
            ["git", "-C", str(folder), *words],  # noqa: S607 - the git of the PATH is the one the person uses
            input=given, capture_output=True, timeout=_TIMEOUT_S, check=False, env=environment,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise ProblemError("git is not installed", do="install git, or name a file or folder") from error
    except subprocess.TimeoutExpired as error:
        raise ProblemError(f"git did not answer within {_TIMEOUT_S} s", str(folder)) from error
