# SPDX-License-Identifier: Apache-2.0
"""What a CI job sees of `throughline contracts`: exit codes, answers for people and for machines, and reasons for no answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry.change import EFFECTS
from registry.cli import app
from registry.rules import BACKWARD, FORWARD, levels_in_words, rules

RUNNER = CliRunner()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    schemas = {
        "old": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}},
        "wider": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 10}}},
        "narrower": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 5}}},
        "unknown": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "not": {"required": ["z"]}},
        "formatted": {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9, "format": "uuid"}}},
        "list": [1],
    }  # fmt: skip
    paths = {}
    for name, schema in schemas.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(schema))
        paths[name] = str(path)
    return paths


EXITS = {
    "wider is fine": ("wider", [], 0),
    "narrower breaks": ("narrower", [], 1),
    "narrower is fine for old readers": ("narrower", ["--mode", "FORWARD"], 0),
    "wider breaks one way of FULL": ("wider", ["--mode", "full"], 1),
    "not known is not fine": ("unknown", [], 1),
    "a warning passes": ("formatted", [], 0),
    "a warning fails where asked": ("formatted", ["--fail-on", "warning"], 1),
    "one version is not all versions": ("wider", ["--mode", "BACKWARD_TRANSITIVE"], 1),
    "a list is no contract": ("list", [], 2),
    "unknown mode": ("wider", ["--mode", "SIDEWAYS"], 2),
    "unknown policy": ("wider", ["--policy", "strict"], 2),
    "unknown format": ("wider", ["--format", "smoke"], 2),
}


@pytest.mark.parametrize(("new", "options", "code"), EXITS.values(), ids=EXITS.keys())
def test_exit_code(files: dict[str, str], new: str, options: list[str], code: int) -> None:
    """0 compatible, 1 breaking or undecided, 2 no verdict."""
    result = RUNNER.invoke(app, ["check", files[new], "--against", files["old"], *options])
    assert result.exit_code == code, result.output


def test_the_old_contract_is_not_optional(files: dict[str, str]) -> None:
    """Without something to compare with there is no verdict."""
    assert RUNNER.invoke(app, ["check", files["wider"]]).exit_code == 2


def test_json_holds_the_whole_verdict(files: dict[str, str]) -> None:
    """A machine reads status, places, values, reason and fix; equal input gives equal bytes."""
    command = ["check", files["narrower"], "--against", files["old"], "--format", "json"]
    answer = RUNNER.invoke(app, command)
    report = json.loads(answer.stdout)
    assert (report["status"], report["summary"]["breaking"]) == ("breaking", 1)
    (said,) = report["contracts"]
    assert (said["status"], said["mode"], said["policy"]) == ("breaking", "BACKWARD", "validation")
    assert {level: said["summary"][level] for level in ("safe", "warning", "undecided", "breaking")} == {
        "safe": 0, "warning": 0, "undecided": 0, "breaking": 1,
    }  # fmt: skip
    (finding,) = said["findings"]
    assert finding["pointer_new"] == "/properties/a/maxLength"
    assert (finding["before"], finding["after"], finding["fix"]) == ("9", "5", "keep maxLength at 9")
    assert RUNNER.invoke(app, command).stdout == answer.stdout


def test_json_of_no_verdict_is_no_verdict(files: dict[str, str]) -> None:
    """A reader of the JSON cannot mistake a refusal for a pass."""
    answer = RUNNER.invoke(app, ["check", files["list"], "--against", files["old"], "--format", "json"])
    said = json.loads(answer.stdout)
    assert said["status"] == "unreadable"
    assert said["contracts"][0]["problems"][0]["where"].endswith("list.json:1")


def test_text_says_what_where_why_and_how_to_fix(files: dict[str, str]) -> None:
    """Everything a person needs stands in the answer, without colour where there is no terminal."""
    answer = RUNNER.invoke(
        app, ["check", files["narrower"], "--against", files["old"]], env={"COLUMNS": "200"}
    )
    for part in ("BREAKING", "/properties/a/maxLength", "narrower.json:1", "9 -> 5", "keep maxLength at 9"):
        assert part in answer.stdout
    assert "\x1b" not in answer.stdout


def test_a_shipped_contract_is_named_instead_of_a_file() -> None:
    """Its latest version, one version of it, or a hint at the right spelling."""
    assert RUNNER.invoke(app, ["check", "invoice-issued", "--against", "invoice-issued@1.0.0"]).exit_code == 0
    whole = ["check", "invoice-issued", "--against", "invoice-issued", "--mode", "BACKWARD_TRANSITIVE"]
    assert RUNNER.invoke(app, whole).exit_code == 0
    wrong = RUNNER.invoke(app, ["check", "invoice-issued", "--against", "invoice-isued"])
    assert wrong.exit_code == 2
    assert "did you mean 'invoice-issued'?" in wrong.stderr


def test_the_shipped_contracts_are_listed() -> None:
    """For people and for machines."""
    assert "invoice-issued@1.1.0" in RUNNER.invoke(app, ["list"], env={"COLUMNS": "200"}).stdout
    listed = json.loads(RUNNER.invoke(app, ["list", "--format", "json"]).stdout)
    assert {"subject": "order-placed", "version": "1.0.0", "title": "Order placed", "owner": "sales-operations", "domain": "sales"} in listed  # fmt: skip


def test_the_gate_needs_neither_server_nor_database() -> None:
    """A check loads no web framework, no database library, and none of the other rooms."""
    code = (
        "import sys; from registry.cli import app; from registry.check import check_named;"
        "check_named('invoice-issued', 'invoice-issued@1.0.0');"
        "print(sorted(m for m in sys.modules if m in ('sqlalchemy','sqlmodel','fastapi','starlette','strawberry',"
        "'registry.tables','registry.store','yaml','controlplane','sync','collectors','policies','dashboards')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_for_ci_users_lists_every_rule_with_its_levels() -> None:
    """The table in the docs says of each rule what the check does."""
    page = (Path(__file__).parents[2] / "docs" / "contracts-ci.md").read_text()
    for kind in EFFECTS:
        what = rules()[kind, BACKWARD, "validation"].what.format(before="a field", after="a field")
        levels = " | ".join(levels_in_words(kind, direction) for direction in (BACKWARD, FORWARD))
        assert f"| `{kind}` | {what} | {levels} |" in page
