# SPDX-License-Identifier: Apache-2.0
"""What a pipeline gets when it checks a whole folder of contracts against an earlier state of it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from registry.cli import app


def a_contract(length: int, subject: str = "", version: str = "", **more: Any) -> dict[str, Any]:
    """An event with one text of at most that length."""
    said = {name: text for name, text in (("subject", subject), ("version", version)) if text}
    own = {"x-throughline": {**said, **more}} if said or more else {}
    return {**own, "type": "object", "properties": {"memo": {"type": "string", "maxLength": length}}}


def written(folder: Path, files: Mapping[str, Any]) -> Path:
    """A folder with those files: texts as they are, the rest as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def checked(*words: str) -> Result:
    return CliRunner().invoke(app, ["check", *words], env={"COLUMNS": "200"})


def statuses(*words: str) -> dict[str, str]:
    """The status of each contract that was checked."""
    return {each["contract"]: each["status"] for each in json.loads(checked(*words, "--format", "json").stdout)["contracts"]}  # fmt: skip


def test_a_folder_is_checked_in_one_call(tmp_path: Path) -> None:
    """Each contract finds its older self; the worst of all decides; a new one passes; a removed one does not."""
    old = written(tmp_path / "old", {"a.json": a_contract(9), "deep/b.json": a_contract(9), "gone.json": a_contract(9)})  # fmt: skip
    new = written(tmp_path / "new", {"a.json": a_contract(9), "deep/b.json": a_contract(5), "fresh.json": a_contract(1)})  # fmt: skip
    assert statuses(str(new), "--against", str(old)) == {
        "a.json": "compatible", "deep/b.json": "breaking", "fresh.json": "new", "gone.json": "breaking",
    }  # fmt: skip
    assert checked(str(new), "--against", str(old)).exit_code == 1
    (new / "gone.json").write_text(json.dumps(a_contract(9)))
    (new / "deep/b.json").write_text(json.dumps(a_contract(10)))
    assert checked(str(new), "--against", str(old)).exit_code == 0


def test_a_contract_that_moved_keeps_its_subject(tmp_path: Path) -> None:
    """Where a subject is stated, the file may be called anything."""
    old = written(tmp_path / "old", {"memo.json": a_contract(9, "memo-written", "1.0.0")})
    new = written(tmp_path / "new", {"events/memo-written.json": a_contract(5, "memo-written", "1.1.0")})
    assert statuses(str(new), "--against", str(old)) == {"memo-written": "breaking"}


def an_api(parameter: int, subject: str, version: str, *, at_root: bool) -> dict[str, Any]:
    """An API that takes a number up to a maximum; what it says of itself stands at its root or in its info."""
    own = {"x-throughline": {"subject": subject, "owner": "sales"}}
    asked = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": parameter}}
    return {
        "openapi": "3.1.0", "info": {"title": "Orders", "version": version, **({} if at_root else own)}, **(own if at_root else {}),
        "paths": {"/orders": {"get": {"parameters": [asked], "responses": {}}}},
    }  # fmt: skip


@pytest.mark.parametrize("at_root", [True, False], ids=["at its root", "in its info"])
def test_an_api_is_found_by_the_subject_it_states(tmp_path: Path, at_root: bool) -> None:
    """Where it stands makes no difference: the registry reads both places, and so does a check of files."""
    old = written(tmp_path / "old", {"a.json": an_api(100, "orders", "1.0.0", at_root=at_root)})
    new = written(tmp_path / "new", {"b.json": an_api(50, "orders", "1.1.0", at_root=at_root)})
    assert statuses(str(new), "--against", str(old)) == {"orders": "breaking"}


def test_versions_of_an_api_are_in_the_order_of_its_info(tmp_path: Path) -> None:
    """Two earlier files of one subject: the new one follows the higher version, not the one that is listed last."""
    old = {"1-10-0.json": an_api(50, "orders", "1.10.0", at_root=False), "1-9-0.json": an_api(100, "orders", "1.9.0", at_root=False)}  # fmt: skip
    written(tmp_path / "old", old)
    new = written(tmp_path / "new", {"o.json": an_api(60, "orders", "1.11.0", at_root=False)})
    assert statuses(str(new), "--against", str(tmp_path / "old")) == {"orders": "compatible"}


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-01", "1.0.0-a..b", "1.0.0+", "01.0.0", "1.0.٣"])
def test_a_stated_version_that_is_none_is_no_verdict(tmp_path: Path, version: str) -> None:
    """The registry would refuse it later; the line is told now."""
    new = written(tmp_path / "new", {"a.json": a_contract(9, "memo", version)})
    answer = checked(str(new), "--against", str(new))
    assert answer.exit_code == 2
    assert f"'{version}' is not a semantic version" in answer.stdout
    assert "a.json:1" in answer.stdout


def test_a_manifest_further_in_is_not_passed_over(tmp_path: Path) -> None:
    """Checked from above it would count for nothing; the answer names the folder to check, unless the outer one ignores it."""
    written(
        tmp_path,
        {"a.json": a_contract(9), "team/b.json": a_contract(9), "team/contracts.yaml": "mode: FULL\n"},
    )
    answer = checked(str(tmp_path), "--against", str(tmp_path))
    assert answer.exit_code == 2
    assert f"throughline contracts check {(tmp_path / 'team').as_posix()}" in answer.stderr.replace("\n", "")
    written(tmp_path, {"contracts.yaml": 'ignore: ["team/*"]\n'})
    assert checked(str(tmp_path), "--against", str(tmp_path)).exit_code == 0


def test_a_mode_or_policy_that_is_none_is_told_once(tmp_path: Path) -> None:
    """It is a slip of the command, not of each contract."""
    new = written(tmp_path / "new", {"a.json": a_contract(9), "b.json": a_contract(9)})
    for options in (("--mode", "SIDEWAYS"), ("--policy", "strict")):
        answer = checked(str(new), "--against", str(new), *options)
        assert (answer.exit_code, answer.stdout) == (2, "")
        assert options[1] in answer.stderr


def test_a_reference_names_a_version_by_its_file_where_the_document_names_none(tmp_path: Path) -> None:
    """As `pull` writes it: FOLDER/SUBJECT/VERSION.json, for a document that was given its version by the registry."""
    refers = {
        "x-throughline": {
            "subject": "bill",
            "references": [{"name": "m.json", "subject": "money", "version": "1.2.0"}],
        },
        "properties": {"total": {"$ref": "m.json#/$defs/amount"}},
    }
    amount = {"$defs": {"amount": {"type": "string"}}}
    manifest = "contracts:\n  money/1.2.0.json: {subject: money}\n"
    new = written(
        tmp_path, {"bill/1.0.0.json": refers, "money/1.2.0.json": amount, "contracts.yaml": manifest}
    )
    assert statuses(str(new), "--against", str(new)) == {"bill": "compatible", "money": "compatible"}


def test_a_file_given_alone_is_never_taken_for_new_when_its_older_self_is_there(tmp_path: Path) -> None:
    """A hook passes single files; each is looked up by the longest end of its path."""
    old = written(tmp_path / "old", {"billing/a.json": a_contract(9), "a.json": a_contract(1)})
    new = written(tmp_path / "new", {"billing/a.json": a_contract(5)})
    assert checked(str(new / "billing/a.json"), "--against", str(old)).exit_code == 1


def test_what_cannot_be_read_is_no_verdict_and_hides_nothing(tmp_path: Path) -> None:
    """The others are checked all the same; the exit code is that of the unreadable one."""
    old = written(tmp_path / "old", {"a.json": a_contract(9), "b.json": a_contract(9), "c.json": "{"})
    new = written(tmp_path / "new", {"a.json": a_contract(5), "b.json": "[1]", "c.json": a_contract(9)})
    assert statuses(str(new), "--against", str(old)) == {
        "a.json": "breaking", "b.json": "unreadable", "c.json": "unreadable",
    }  # fmt: skip
    assert checked(str(new), "--against", str(old)).exit_code == 2


@pytest.mark.parametrize("empty", [{}, {"README.md": "none"}, {".hidden/a.json": "{}"}])
def test_nothing_to_check_is_no_pass(tmp_path: Path, empty: Mapping[str, Any]) -> None:
    """An empty folder, or a wrong one, would else be green for ever."""
    old = written(tmp_path / "old", {"a.json": a_contract(9)})
    (tmp_path / "new").mkdir()
    answer = checked(str(written(tmp_path / "new", empty)), "--against", str(old))
    assert (answer.exit_code, "holds no contract" in answer.stderr) == (2, True)


NO_PLACE = {
    "nothing said": ([], "nothing says what to compare with"),
    "no such file": (["--against", "old/gone.json"], "cannot be read"),
    "no repository": (["--against", "main:contracts"], "not in a git repository"),
    "one contract for many": (["--against", "invoice-issued"], "compared with, and several are checked"),
}


@pytest.mark.parametrize(("options", "reason"), NO_PLACE.values(), ids=NO_PLACE.keys())
def test_without_a_place_there_is_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], reason: str
) -> None:
    """Exit 2, with the reason."""
    monkeypatch.delenv("THROUGHLINE_URL", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    new = written(tmp_path / "new", {"a.json": a_contract(9), "b.json": a_contract(9)})
    answer = checked(str(new), *options)
    assert (answer.exit_code, reason in answer.stderr) == (2, True), answer.stderr


def test_several_files_are_versions_of_one_contract(tmp_path: Path) -> None:
    """A transitive mode looks at all of them, and is undecided until they are said to be all."""
    written(tmp_path, {"1.json": a_contract(9), "2.json": a_contract(5), "new.json": a_contract(7)})
    olds = ["--against", str(tmp_path / "1.json"), "--against", str(tmp_path / "2.json")]
    new = str(tmp_path / "new.json")
    assert checked(new, *olds).exit_code == 0
    assert checked(new, *olds, "--mode", "BACKWARD_TRANSITIVE").exit_code == 1


def a_history(folder: Path, latest: int) -> dict[str, str]:
    """The statuses of a folder with a file a version, whose newest allows that length."""
    released = {f"memo/{v}.json": a_contract(n, "memo", v) for v, n in (("1.0.0", 20), ("1.1.0", 10), ("1.10.0", 5))}  # fmt: skip
    manifest = (
        "mode: BACKWARD_TRANSITIVE\ncontracts:\n"
        + "".join(f"  {file}: {{subject: memo, all_versions: true}}\n" for file in [*released, "memo/1.11.0.json"])
    )  # fmt: skip
    old = written(folder / "old", released)
    new = written(folder / "new", {**released, "memo/1.11.0.json": a_contract(latest, "memo", "1.11.0"), "contracts.yaml": manifest})  # fmt: skip
    said = json.loads(checked(str(new), "--against", str(old), "--format", "json").stdout)
    return {each["file"].rpartition("/")[2]: each["status"] for each in said["contracts"]}


def test_a_folder_of_versions_is_a_history(tmp_path: Path) -> None:
    """A released version is compared with itself, a new one with all before it, where the manifest says they are all."""
    released = dict.fromkeys(("1.0.0.json", "1.1.0.json", "1.10.0.json"), "compatible")
    assert a_history(tmp_path / "fits", 20) == {**released, "1.11.0.json": "compatible"}
    assert a_history(tmp_path / "narrower than the first", 10) == {**released, "1.11.0.json": "breaking"}


def test_not_knowing_all_versions_is_undecided(tmp_path: Path) -> None:
    """One older file is not the history of a contract."""
    old = written(tmp_path / "old", {"a.json": a_contract(9)})
    new = written(tmp_path / "new", {"a.json": a_contract(9)})
    assert statuses(str(new), "--against", str(old), "--mode", "FULL_TRANSITIVE") == {"a.json": "undecided"}


def test_the_policies_are_told_apart(tmp_path: Path) -> None:
    """The manifest chooses the one that decides; where the others would say otherwise, a line says so."""
    closed = {**a_contract(9), "additionalProperties": False}
    more = json.loads(json.dumps(closed))
    more["properties"]["memo"]["format"] = "email"
    old = written(tmp_path / "old", {"a.json": closed})
    new = written(tmp_path / "new", {"a.json": more})
    assert checked(str(new), "--against", str(old)).exit_code == 0
    assert checked(str(new), "--against", str(old), "--policy", "codegen").exit_code == 1
    (new / "contracts.yaml").write_text("policy: codegen\n")
    answer = checked(str(new), "--against", str(old))
    assert answer.exit_code == 1
    assert "Policies differ: compatible under validation" in answer.stdout


def test_a_mode_of_none_asks_nothing(tmp_path: Path) -> None:
    """A subject of which nothing is promised passes with any change, and says so; a misspelt policy does not."""
    old = written(tmp_path / "old", {"a.json": a_contract(9)})
    new = written(
        tmp_path / "new", {"a.json": a_contract(5), "contracts.yaml": "contracts: {a.json: {mode: none}}\n"}
    )
    said = json.loads(checked(str(new), "--against", str(old), "--format", "json").stdout)
    assert (said["status"], said["contracts"][0]["mode"]) == ("compatible", "NONE")
    assert "nothing is asked of this contract" in checked(str(new), "--against", str(old)).stdout
    assert checked(str(new), "--against", str(old), "--policy", "strict").exit_code == 2


def test_a_check_of_files_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """No server, no database, no other room; no YAML without YAML, no HTTP without a registry: that is why it starts fast."""
    old = written(tmp_path / "old", {"a.json": a_contract(9)})
    new = written(tmp_path / "new", {"a.json": a_contract(9)})
    heavy = "sqlalchemy sqlmodel fastapi starlette strawberry yaml urllib.request http.client jsonschema_rs registry.tables registry.store controlplane sync collectors policies dashboards"  # fmt: skip
    code = (
        "import sys; from typer.testing import CliRunner; from registry.cli import app;"
        f"done = CliRunner().invoke(app, ['check', {str(new)!r}, '--against', {str(old)!r}]);"
        f"print(done.exit_code, sorted(set({heavy!r}.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 []"


def test_a_diff_tells_facts_and_judges_nothing(tmp_path: Path) -> None:
    """A break is a change like any other: exit 0, with the place in both and the values."""
    folder = written(tmp_path, {"old.json": a_contract(9), "new.json": a_contract(5)})
    words = ["diff", str(folder / "old.json"), str(folder / "new.json")]
    answer = CliRunner().invoke(app, [*words, "--format", "json"])
    (change,) = json.loads(answer.stdout)["changes"]
    assert (answer.exit_code, change) == (0, {
        "change": "max-length-lowered", "pointer_old": "/properties/memo/maxLength", "pointer_new": "/properties/memo/maxLength",
        "before": "9", "after": "5",
    })  # fmt: skip
    assert "max-length-lowered" in CliRunner().invoke(app, words).stdout
    assert "no change" in CliRunner().invoke(app, ["diff", words[1], words[1]]).stdout
