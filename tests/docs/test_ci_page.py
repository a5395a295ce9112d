# SPDX-License-Identifier: Apache-2.0
"""The steps that docs/ci.md shows to be copied: their shell lines are run here, in a real clone, with the real command."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.approvals_file import read
from registry.manifest import beside
from registry.manifest_file import KEYS, OF_CONTRACT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
BIN = Path(sys.executable).parent
INSTALLS = (
    "pip install throughline",
    "python3 -m venv .throughline && .throughline/bin/pip install throughline",
)
WIDE, NARROW, WIDER = (
    {"type": "object", "properties": {"memo": {"type": "string", "maxLength": n}}} for n in (9, 5, 12)
)


@dataclass(frozen=True, slots=True)
class Step:
    """One shell line; `always`: it runs after a failure too."""

    line: str
    always: bool = False


def block(language: str, first: str) -> str:
    (found,) = [
        text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if text.startswith(first)
    ]
    return found


def github() -> list[Step]:
    steps = yaml.safe_load(block("yaml", "# .github"))["jobs"]["contracts"]["steps"]
    return [Step(step["run"], "!cancelled()" in step.get("if", "")) for step in steps if "run" in step]


def gitlab() -> list[Step]:
    return [Step(line) for line in yaml.safe_load(block("yaml", "# .gitlab"))["contracts"]["script"]]


def jenkins() -> list[Step]:
    return [Step(line) for line in re.findall(r"sh '([^']*)'", block("groovy", "// Jenkinsfile"))]


def git(folder: Path, *words: str) -> str:
    settings = ("-c", "user.name=dev", "-c", "user.email=dev@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *settings, *words], cwd=folder, env=environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def environment(**more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "THROUGHLINE_"))
    }
    path = f"{BIN}{os.pathsep}{kept['PATH']}"
    return {
        **kept,
        "PATH": path,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "COLUMNS": "120",
        **more,
    }


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with a contract on main, and two branches: one breaks it, one widens it."""
    folder = tmp_path / "origin"
    (folder / "contracts").mkdir(parents=True)
    git(folder, "init", "-q")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    for branch, schema in (("main", WIDE), ("breaks", NARROW), ("widens", WIDER)):
        if branch != "main":
            git(folder, "switch", "-q", "-c", branch, "main")
        (folder / "contracts" / "memo.json").write_text(json.dumps(schema))
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", branch)
    return folder


PIPELINES: dict[str, tuple[list[Step], list[str]]] = {
    "github": (github(), ["contracts.md", "contracts.sarif", "summary"]),
    "gitlab": (gitlab(), ["contracts.md", "contracts.xml"]),
    "jenkins": (jenkins(), ["contracts.xml"]),
}


@pytest.mark.parametrize(("branch", "code"), [("breaks", 1), ("widens", 0)])
@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_stops_a_break_and_lets_the_rest_go(
    origin: Path, tmp_path: Path, name: str, branch: str, code: int
) -> None:
    """In a clone of depth 1 of the branch, as the service makes it, with the variables that it sets."""
    steps, files = PIPELINES[name]
    git(tmp_path, "clone", "-q", "--depth=1", f"--branch={branch}", f"file://{origin}", "work")
    work = tmp_path / "work"
    (work / ".throughline" / "bin").mkdir(parents=True)
    (work / ".throughline" / "bin" / "throughline").symlink_to(BIN / "throughline")
    given = environment(
        GITHUB_BASE_REF="main", GITHUB_STEP_SUMMARY=str(work / "summary"), CHANGE_TARGET="main",
        CI_MERGE_REQUEST_DIFF_BASE_SHA=git(origin, "rev-parse", "main"),
    )  # fmt: skip
    assert steps[0].line in INSTALLS  # what it installs is tried where the wheel is built
    ended, said = 0, ""
    for step in steps[1:]:
        if ended == 0 or step.always:
            done = subprocess.run(
                ["bash", "-e", "-c", step.line],
                cwd=work,
                env=given,
                capture_output=True,
                text=True,
                timeout=60,
            )
            ended, said = ended or done.returncode, said + done.stdout + done.stderr
    assert ended == code, said
    assert all((work / file).stat().st_size for file in files)
    if name == "github" and code:
        assert "::error file=contracts/memo.json,line=1," in said


def pre_commit(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "pre-commit"), "run", "--color=never"]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(PRE_COMMIT_HOME=str(home)),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_hook_runs_under_pre_commit(origin: Path, tmp_path: Path) -> None:
    """A commit that breaks a contract, or removes one, is refused with the reason; one that does not is let through."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (shown,) = yaml.safe_load(block("yaml", "# .pre-commit"))["repos"][0]["hooks"]
    assert (shown["id"], shown["args"]) == (hook["id"], hook["args"])
    # The hook as it ships, but for the environment that pre-commit would make for it: that one is tried with the wheel.
    local: dict[str, Any] = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"}]}]}
    git(origin, "switch", "-q", "main")
    (origin / ".pre-commit-config.yaml").write_text(yaml.safe_dump(local))
    git(origin, "add", ".pre-commit-config.yaml")
    git(origin, "commit", "-q", "-m", "hook")
    memo = origin / "contracts" / "memo.json"
    for schema, code in ((NARROW, 1), (WIDER, 0)):
        memo.write_text(json.dumps(schema))
        git(origin, "add", "-A")
        done = pre_commit(origin, tmp_path / "home")
        assert done.returncode == code, done.stdout + done.stderr
        assert ("maxLength was lowered" in done.stdout) == bool(code)
    (origin / "contracts" / "other.json").write_text(json.dumps(WIDE))
    git(origin, "add", "-A")
    git(origin, "commit", "-q", "--no-verify", "-m", "another")
    git(origin, "rm", "-q", "-f", "contracts/memo.json")
    done = pre_commit(origin, tmp_path / "home")
    assert (done.returncode, "the contract was removed" in done.stdout) == (1, True), (
        done.stdout + done.stderr
    )


def test_a_hook_of_ours_can_be_taken_from_this_repository() -> None:
    """pre-commit itself finds nothing wrong with the file it would read."""
    done = subprocess.run(
        [BIN / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_manifest_of_the_page_is_one(tmp_path: Path) -> None:
    """And so are its approvals: what a reader copies is read, and every key there is stands in it."""
    page = (ROOT / "docs" / "contracts-ci.md").read_text()
    manifest, approvals = re.findall(
        r"```yaml\n# (?:contracts/contracts|approvals)\.yaml\n(.*?)```", page, re.DOTALL
    )
    (tmp_path / "contracts.yaml").write_text(manifest)
    (tmp_path / "approvals.yaml").write_text(approvals)
    said = beside(tmp_path)
    assert (said.row("billing/invoice.json").mode, len(said.approvals)) == ("FULL_TRANSITIVE", 1)
    assert all(f"{key}:" in manifest for key in (*OF_CONTRACT, *(key for key in KEYS if key != "approvals")))
    assert read(tmp_path / "approvals.yaml")[0].contract == "invoice-issued"
