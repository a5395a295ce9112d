# SPDX-License-Identifier: Apache-2.0
"""The steps that docs/ci.md shows to be copied: their shell lines are run here, in a real clone, with the real command."""

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest
import yaml

from registry.approvals_file import read
from registry.manifest import beside
from registry.manifest_file import KEYS, OF_CONTRACT

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
BIN = Path(sys.executable).parent
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
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *settings, *words], cwd=folder, env=quiet, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def runner(tmp_path: Path, offline: dict[str, str]) -> dict[str, str]:
    """The environment of a job: a Python with pip and nothing else, first on the path, and no trace of ours."""
    venv.create(tmp_path / "python", with_pip=True)
    path = [each for each in offline["PATH"].split(os.pathsep) if Path(each) != BIN]
    return {**offline, "PATH": os.pathsep.join([str(tmp_path / "python" / "bin"), *path])}


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


@pytest.mark.install
@pytest.mark.parametrize(("branch", "code"), [("breaks", 1), ("widens", 0)])
@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_stops_a_break_and_lets_the_rest_go(
    origin: Path, tmp_path: Path, runner: dict[str, str], name: str, branch: str, code: int
) -> None:
    """Every line of it, the install too: in a clone of depth 1, as the service makes it, with the variables that it sets."""
    steps, files = PIPELINES[name]
    git(tmp_path, "clone", "-q", "--depth=1", f"--branch={branch}", f"file://{origin}", "work")
    work = tmp_path / "work"
    given = {
        **runner,
        "GITHUB_BASE_REF": "main",
        "GITHUB_STEP_SUMMARY": str(work / "summary"),
        "CHANGE_TARGET": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(origin, "rev-parse", "main"),
    }
    assert "pip install throughline" in steps[0].line
    ended, said = 0, ""
    for step in steps:
        if ended == 0 or step.always:
            done = ran(["bash", "-e", "-c", step.line], work, given)
            ended, said = ended or done.returncode, said + done.stdout + done.stderr
    assert ended == code, said
    assert all((work / file).stat().st_size for file in files)
    if name == "github" and code:
        assert "::error file=contracts/memo.json,line=1," in said


def ran(words: list[str], folder: Path, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, env=given, capture_output=True, text=True, timeout=300)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """This tree as the repository that a hook is taken from, at the tag that the page names."""
    folder = tmp_path / "published"
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    for name in packages["packages"]:
        copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it is")
    git(folder, "tag", yaml.safe_load(block("yaml", "# .pre-commit"))["repos"][0]["rev"])
    return folder


@pytest.mark.install
def test_the_hook_runs_under_pre_commit(
    origin: Path, published: Path, tmp_path: Path, offline: dict[str, str]
) -> None:
    """As the page shows it, in the environment that pre-commit makes: a commit that breaks a contract, or removes one, is refused."""
    shown = yaml.safe_load(block("yaml", "# .pre-commit"))
    shown["repos"][0]["repo"] = f"file://{published}"
    git(origin, "switch", "-q", "main")
    (origin / ".pre-commit-config.yaml").write_text(yaml.safe_dump(shown))
    git(origin, "add", ".pre-commit-config.yaml")
    git(origin, "commit", "-q", "-m", "hook")
    given = {**offline, "PRE_COMMIT_HOME": str(tmp_path / "home")}
    run = [str(BIN / "pre-commit"), "run", "--color=never"]
    memo = origin / "contracts" / "memo.json"
    for schema, code in ((NARROW, 1), (WIDER, 0)):
        memo.write_text(json.dumps(schema))
        git(origin, "add", "-A")
        done = ran(run, origin, given)
        assert done.returncode == code, done.stdout + done.stderr
        assert ("maxLength was lowered" in done.stdout) == bool(code)
    (origin / "contracts" / "other.json").write_text(json.dumps(WIDE))
    git(origin, "add", "-A")
    git(origin, "commit", "-q", "--no-verify", "-m", "another")
    git(origin, "rm", "-q", "-f", "contracts/memo.json")
    done = ran(run, origin, given)
    assert (done.returncode, "the contract was removed" in done.stdout) == (1, True), (
        done.stdout + done.stderr
    )


def test_a_hook_of_ours_can_be_taken_from_this_repository() -> None:
    """pre-commit itself finds nothing wrong with the file it would read, and the page uses the hook as it is by default."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (shown,) = yaml.safe_load(block("yaml", "# .pre-commit"))["repos"][0]["hooks"]
    assert (shown["id"], shown["args"]) == (hook["id"], hook["args"])
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
