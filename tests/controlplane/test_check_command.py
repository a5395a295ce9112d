# SPDX-License-Identifier: Apache-2.0
"""`throughline check`: three questions, one answer, one exit code; what could not be asked is never a yes."""

import json
import os
import socket
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
RULE = """\
id: contract.steward.present
version: 1
title: Every contract has a steward
description: Somebody in the business answers for it.
target: contract
kind: cel
severity: error
assert: {holds}
message: '{{contract.subject}} has no steward'
remediation: Name a steward.
owner: data-office
examples:
  - name: with a steward
    expect: pass
    context: {{subject: a, steward: Finance}}
  - name: without one
    expect: fail
    context: {{subject: a, steward: ''}}
"""
HOLDS = "contract.steward != ''"


def a_contract(length: int, **said: str) -> str:
    own = {"subject": "memo", "version": "1.0.0", "owner": "billing", **said}
    return json.dumps({"x-throughline": own, "properties": {"memo": {"type": "string", "maxLength": length}}})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A contract without a steward, as it was and as it is."""
    for name in ("old", "contracts", "rules"):
        (tmp_path / name).mkdir()
    (tmp_path / "old" / "memo.json").write_text(a_contract(9))
    (tmp_path / "contracts" / "memo.json").write_text(a_contract(9))
    return tmp_path


def check(folder: Path, *words: str, manifest: str = "", url: str = "") -> tuple[int, dict[str, Any]]:
    """Runs the command as a pipeline does."""
    if manifest:
        (folder / "contracts" / "contracts.yaml").write_text(manifest)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    with socket.socket() as taken:  # a port where nobody listens
        taken.bind(("127.0.0.1", 0))
        environment["THROUGHLINE_URL"] = url or f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-m", "controlplane.cli", "check", "contracts", "--against", "old", "--format", "json", *words],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_all_is_well(folder: Path) -> None:
    """Nothing named beside the contracts: two parts say so, and the answer is that of the contracts."""
    code, said = check(folder)
    assert (code, said["contracts"]["status"]) == (0, "compatible")
    assert (said["policies"]["status"], said["can-i-deploy"]["status"]) == (
        "no rules named",
        "no application named",
    )


def test_a_broken_contract_and_a_broken_rule_are_both_told(folder: Path) -> None:
    """One finding does not hide the other."""
    (folder / "contracts" / "memo.json").write_text(a_contract(5))
    (folder / "rules" / "steward.yaml").write_text(RULE.format(holds=HOLDS))
    code, said = check(folder, manifest="rules: [../rules]\n")
    assert code == 1
    assert [said[part]["exit_code"] for part in ("contracts", "policies", "can-i-deploy")] == [1, 1, 0]
    messages = [finding["message"] for finding in said["policies"]["answer"]["findings"]]
    assert "memo has no steward" in messages


def test_a_rule_that_holds_passes(folder: Path) -> None:
    """Facts come from the contracts as they are in the files."""
    (folder / "contracts" / "memo.json").write_text(a_contract(9, steward="Finance"))
    (folder / "rules" / "steward.yaml").write_text(RULE.format(holds=HOLDS))
    assert check(folder, "--rules", "rules")[0] == 0


def test_a_rule_without_an_answer_is_worse_than_a_finding(folder: Path) -> None:
    """Nobody knows what else it would have found."""
    (folder / "contracts" / "memo.json").write_text(a_contract(5, steward="Finance", owner="x"))
    (folder / "rules" / "steward.yaml").write_text(RULE.format(holds=HOLDS))
    facts = [{"target": "contract", "key": "b", "context": {"subject": "b", "owner": "o"}}]
    (folder / "facts.json").write_text(json.dumps(facts))
    code, said = check(folder, "--rules", "rules", "--facts", "facts.json")
    assert (code, said["policies"]["status"], said["contracts"]["exit_code"]) == (3, "no answer", 1)


def test_a_server_that_does_not_answer_is_no_yes(folder: Path) -> None:
    """The manifest names an application: without a verdict on it the job fails, and outweighs a finding."""
    (folder / "contracts" / "memo.json").write_text(a_contract(5))
    code, said = check(folder, manifest="application: {name: billing, version: 1.0.0, to: prod}\n")
    assert (code, said["can-i-deploy"]["status"], said["can-i-deploy"]["answer"]) == (4, "unreachable", None)


def test_what_cannot_be_read_outweighs_everything(folder: Path) -> None:
    """A typing error in the manifest, a folder of rules that is not there, a file that is no contract."""
    assert check(folder, "--rules", "nowhere")[0] == 2
    (folder / "contracts" / "bad.json").write_text("{")
    assert check(folder, manifest="application: {name: billing, version: 1.0.0, to: prod}\n")[0] == 2
    code, said = check(folder, manifest="aplication: {}\n")
    assert (code, said["contracts"]["problems"][0]["next"]) == (2, "did you mean 'application'?")


def test_text_tells_each_part(folder: Path) -> None:
    """For a person: the parts in order, and the last line says all three."""
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", "check", "contracts", "--against", "old"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "COLUMNS": "160"},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == (
        "contracts compatible, policies no rules named, can-i-deploy no application named"
    )


FORMATS = ("json", "markdown", "junit", "github", "sarif")


@pytest.fixture
def written(folder: Path) -> dict[str, str]:
    """One run with a broken contract, a rule that is violated, and a server that does not answer, in every format."""
    (folder / "contracts" / "memo.json").write_text(a_contract(5))
    (folder / "rules" / "steward.yaml").write_text(RULE.format(holds=HOLDS))
    also = [word for form in FORMATS for word in ("--write", f"{form}=out.{form}")]
    named = "rules: [../rules]\napplication: {name: billing, version: 1.0.0, to: prod}\n"
    assert check(folder, *also, manifest=named)[0] == 4
    return {form: (folder / f"out.{form}").read_text() for form in FORMATS}


@pytest.mark.parametrize("form", FORMATS)
def test_one_report_tells_all_three_parts_in_every_format(written: dict[str, str], form: str) -> None:
    """The break, the rule, and what kept the third part from an answer: whatever the pipeline reads, it reads all of them."""
    text = written[form]
    assert "max-length-lowered" in text
    assert "memo has no steward" in text.replace("\\", "")
    assert "contract.steward.present" in text.replace("\\", "")
    assert "can-i-deploy" in text
    assert "the server gave no answer" in text


def test_junit_has_a_suite_for_each_part(written: dict[str, str]) -> None:
    """With their counts, and of all together."""
    root = ElementTree.fromstring(written["junit"])
    found = {each.get("name"): (each.get("failures"), each.get("errors")) for each in root}
    violated = len(json.loads(written["json"])["policies"]["answer"]["findings"])
    assert found == {
        "contracts": ("1", "0"),
        "policies": (str(violated), "0"),
        "can-i-deploy": ("0", "1"),
    }
    assert (root.get("failures"), root.get("errors")) == (str(1 + violated), "1")


def test_github_shows_each_finding_at_its_file(written: dict[str, str]) -> None:
    """The rule's finding at the contract that it is about; the last line says the answer of all three."""
    lines = written["github"].splitlines()
    assert any(line.startswith("::error file=contracts/memo.json,line=1,title=memo") for line in lines)
    assert any(line.startswith("::error file=contracts/memo.json,title=policies%3A memo") for line in lines)
    assert lines[-1] == "contracts breaking, policies violated, can-i-deploy unreachable"


def test_sarif_has_a_run_for_each_part(written: dict[str, str]) -> None:
    """Each with its own rules; the part that gave no answer was not executed successfully."""
    runs = json.loads(written["sarif"])["runs"]
    assert [run["tool"]["driver"]["name"] for run in runs] == [
        "Throughline contracts", "Throughline policies", "Throughline can-i-deploy",
    ]  # fmt: skip
    assert [run["invocations"][0]["executionSuccessful"] for run in runs] == [True, True, False]
    for run in runs:
        rules = run["tool"]["driver"]["rules"]
        assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])


def test_a_part_without_an_answer_is_an_error_in_junit(folder: Path) -> None:
    """Also where a rule gave none: nobody takes it for a pass."""
    (folder / "contracts" / "memo.json").write_text(a_contract(9, steward="Finance"))
    (folder / "rules" / "steward.yaml").write_text(RULE.format(holds=HOLDS))
    facts = [{"target": "contract", "key": "b", "context": {"subject": "b", "owner": "o"}}]
    (folder / "facts.json").write_text(json.dumps(facts))
    code, said = check(folder, "--rules", "rules", "--facts", "facts.json", "--write", "junit=out.xml")
    policies = next(
        each for each in ElementTree.parse(folder / "out.xml").getroot() if each.get("name") == "policies"
    )
    assert (code, policies.get("errors")) == (3, str(len(said["policies"]["answer"]["errors"])))


def test_a_file_that_cannot_be_written_is_told(folder: Path) -> None:
    """The answer is there all the same, and the exit code says that something is wrong."""
    code, said = check(folder, "--write", "junit=no/where/out.xml")
    assert (code, said["contracts"]["status"], said["report"]["exit_code"]) == (2, "compatible", 2)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an empty environment with the wheel of this tree and what it needs, no extra: what a job installs."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not beside the interpreter")
    folder = tmp_path_factory.mktemp("job")
    quiet = {**os.environ, "UV_NO_PROGRESS": "1"}
    subprocess.run([uv, "build", "--wheel", "-q", "--out-dir", folder / "dist", ROOT], check=True, env=quiet)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    command = [uv, "pip", "install", "-q", "--python", folder / "venv" / "bin" / "python", wheel]
    subprocess.run(command, check=True, env=quiet)
    return folder / "venv" / "bin"


def of_bare(bare: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bare / "throughline", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip


@pytest.mark.install
def test_the_base_install_is_the_gate(bare: Path, folder: Path) -> None:
    """Right answers without a server, a database or the rules' language; the verbs that need more say so."""
    contracts = ("contracts", "check", "contracts", "--against", "old", "--format", "json")
    assert of_bare(bare, folder, *contracts).returncode == 0
    (folder / "contracts" / "memo.json").write_text(a_contract(5))
    broken = of_bare(bare, folder, *contracts)
    assert (broken.returncode, json.loads(broken.stdout)["status"]) == (1, "breaking")
    assert of_bare(bare, folder, "contracts", "check", "invoice-issued", "--against", "invoice-issued@1.0.0").returncode == 0  # fmt: skip
    lacking = of_bare(bare, folder, "serve")
    assert (lacking.returncode, "install throughline[server]" in lacking.stderr) == (2, True)


@pytest.mark.install
def test_rules_that_cannot_be_run_are_not_run_and_say_so(bare: Path, folder: Path) -> None:
    """Exit 3, and what to install; without rules the base install answers."""
    assert of_bare(bare, folder, "check", "contracts", "--against", "old").returncode == 0
    done = of_bare(
        bare, folder, "check", "contracts", "--against", "old", "--rules", "rules", "--format", "json"
    )
    said = json.loads(done.stdout)
    assert (done.returncode, said["policies"]["status"], said["policies"]["answer"]) == (3, "not run", None)
    assert said["policies"]["problems"][0]["next"] == "pip install 'throughline[policies]'"
