# SPDX-License-Identifier: Apache-2.0
"""Contracts against a git revision: with a real git, in full, shallow and single-branch clones."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from registry import git_source
from registry.cli import app
from terms.problem import ProblemError

NARROW, WIDE = (
    {"type": "object", "properties": {"memo": {"type": "string", "maxLength": n}}} for n in (5, 9)
)
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "dev@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}  # fmt: skip


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)  # fmt: skip
    return done.stdout.strip()


def committed(folder: Path, message: str = "work") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with a contract on main that a branch narrows; v1 is a tag on main's first commit."""
    folder = tmp_path / "origin"
    (folder / "contracts" / "deep").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "contracts" / "memo.json").write_text(json.dumps(WIDE, indent=1))
    (folder / "contracts" / "deep" / "Größe a.json").write_text(json.dumps(WIDE))
    committed(folder)
    git(folder, "tag", "v1")
    (folder / "README.md").write_text("more")
    committed(folder)
    git(folder, "switch", "-q", "-c", "draft")
    (folder / "contracts" / "memo.json").write_text(json.dumps(NARROW, indent=1))
    committed(folder)
    return folder


def check(folder: Path, *words: str) -> Result:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(app, ["check", *words, "--format", "json"])
    finally:
        os.chdir(before)


PLACES = {
    "folder": ("contracts", "main:contracts/", {"memo.json": "breaking", "deep/Größe a.json": "compatible"}),
    "folder without a slash": ("contracts", "main:contracts", {"memo.json": "breaking", "deep/Größe a.json": "compatible"}),
    "a folder in it": ("contracts/deep", "main:contracts", {"deep/Größe a.json": "compatible"}),
    "the whole tree": ("contracts", "main:", {"memo.json": "breaking", "deep/Größe a.json": "compatible"}),
    "a file": ("contracts/memo.json", "main:contracts/memo.json", {"memo.json": "breaking"}),
    "a file in a folder": ("contracts/memo.json", "main:contracts", {"memo.json": "breaking"}),
    "a tag": ("contracts/memo.json", "v1:contracts", {"memo.json": "breaking"}),
    "an ancestor": ("contracts/memo.json", "HEAD~1:contracts", {"memo.json": "breaking"}),
    "itself": ("contracts/memo.json", "HEAD:contracts", {"memo.json": "compatible"}),
}  # fmt: skip


@pytest.mark.parametrize(("path", "place", "expected"), PLACES.values(), ids=PLACES.keys())
def test_a_revision_is_a_place(origin: Path, path: str, place: str, expected: dict[str, str]) -> None:
    """A folder or a file at a branch, tag or ancestor; names in any alphabet; no more is compared than was asked for."""
    (origin / "contracts" / "contracts.yaml").write_text("mode: BACKWARD\n")
    answer = check(origin, path, "--against", place)
    assert {c["contract"]: c["status"] for c in json.loads(answer.stdout)["contracts"]} == expected


def test_a_finding_names_revision_file_and_line(origin: Path) -> None:
    """On both sides."""
    said = json.loads(check(origin, "contracts/memo.json", "--against", "main:contracts").stdout)
    (finding,) = said["contracts"][0]["findings"]
    assert (finding["where_old"], finding["where_new"]) == (
        "main:contracts/memo.json:6",
        "contracts/memo.json:6",
    )


def test_a_removed_file_is_found_in_the_revision(origin: Path) -> None:
    """Deleting a contract is a break, unless the manifest retires it."""
    (origin / "contracts" / "memo.json").unlink()
    assert check(origin, "contracts", "--against", "main:contracts").exit_code == 1
    (origin / "contracts" / "contracts.yaml").write_text(
        "contracts: {memo.json: {retired: nobody reads it}}\n"
    )
    answer = check(origin, "contracts", "--against", "main:contracts")
    assert answer.exit_code == 0
    assert [c["status"] for c in json.loads(answer.stdout)["contracts"]] == ["compatible", "retired"]


CLONES = {
    "shallow, the branch": (["--depth=1", "--branch=draft"], "main"),
    "shallow, the branch of the remote": (["--depth=1", "--branch=draft"], "origin/main"),
    "shallow, a tag": (["--depth=1", "--branch=draft"], "v1"),
    "shallow, an ancestor": (["--depth=1", "--branch=draft"], "HEAD~2"),
    "shallow, a commit": (["--depth=1", "--branch=draft"], "SHA"),
    "one branch": (["--single-branch", "--branch=draft", "--no-tags"], "origin/main"),
}


@pytest.mark.parametrize(("options", "revision"), CLONES.values(), ids=CLONES.keys())
def test_a_missing_revision_is_told_with_the_command_that_brings_it(
    origin: Path, tmp_path: Path, options: list[str], revision: str
) -> None:
    """A pipeline's clone lacks main: exit 2; the command in the answer is run as it is, and then there is a verdict."""
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    if revision == "SHA":
        revision = git(origin, "rev-parse", "main")
    git(tmp_path, "clone", "-q", *options, f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    answer = check(clone, "contracts/memo.json", "--against", f"{revision}:contracts")
    assert answer.exit_code == 2
    (problem,) = json.loads(answer.stdout)["problems"]
    assert f"does not hold the revision '{revision}'" in problem["what"]
    words = shlex.split(problem["next"])
    assert words[:2] == ["git", "fetch"]
    git(clone, *words[1:])
    assert check(clone, "contracts/memo.json", "--against", f"{revision}:contracts").exit_code == 1


def test_a_folder_that_the_revision_does_not_have_yet_is_new(origin: Path) -> None:
    """The first contracts of a repository pass; a slip in the path, which neither side has, does not."""
    (origin / "events").mkdir()
    (origin / "events" / "a.json").write_text(json.dumps(WIDE))
    answer = check(origin, "events", "--against", "main:events")
    assert (answer.exit_code, json.loads(answer.stdout)["contracts"][0]["status"]) == (0, "new")
    assert check(origin, "events", "--against", "main:evnts").exit_code == 2


REFUSED = {
    "no such path": ("main:nowhere", "'nowhere' is not in main"),
    "an option": ("--output=x:contracts", "is not a revision"),
    "an ancestor beyond the first": ("HEAD~9:contracts", "there is no revision"),
}


@pytest.mark.parametrize(("place", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_there_is_told(origin: Path, place: str, reason: str) -> None:
    """A path that a revision lacks, and words that git would take for an option."""
    with pytest.raises(ProblemError, match=reason):
        git_source.read(place, origin)


def test_a_link_in_a_tree_is_no_contract(origin: Path) -> None:
    """Its content is a path."""
    (origin / "contracts" / "link.json").symlink_to("memo.json")
    committed(origin)
    assert "link.json" not in [file.path for file in git_source.read("HEAD:contracts", origin).files]
