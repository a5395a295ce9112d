# SPDX-License-Identifier: Apache-2.0
"""One break may be accepted, by somebody, for a reason, until a day. Nothing else passes with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from registry.cli import app

OLD = {
    "type": "object",
    "properties": {"memo": {"type": "string", "maxLength": 9}, "note": {"type": "string"}},
}
NEW = {
    "type": "object",
    "properties": {"memo": {"type": "string", "maxLength": 5}, "note": {"type": "integer"}},
}
DAY = "2026-11-20"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A contract with two breaks."""
    for name, schema in (("old", OLD), ("new", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "memo.json").write_text(json.dumps(schema))
    return tmp_path


def check(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    command = [
        "check",
        str(folder / "new"),
        "--against",
        str(folder / "old"),
        "--on",
        DAY,
        "--format",
        "json",
        *words,
    ]
    answer = CliRunner().invoke(app, command)
    return answer.exit_code, json.loads(answer.stdout)


def fingerprints(folder: Path) -> dict[str, str]:
    return {f["rule"]: f["fingerprint"] for f in check(folder)[1]["contracts"][0]["findings"]}


def approve(file: Path, *approvals: tuple[str, str, str]) -> None:
    """Writes approvals: fingerprint, contract, last day."""
    lines = [
        f'- {{fingerprint: "{fingerprint}", contract: {contract}, reason: no reader uses it, by: dana, until: {until}}}'
        for fingerprint, contract, until in approvals
    ]
    file.write_text("\n".join(["approvals:", *lines]) + "\n")


def test_an_approved_finding_does_not_fail_and_says_why(folder: Path) -> None:
    """The other one fails still; with both approved the contract passes, and the answer says who, why and until when."""
    found = fingerprints(folder)
    manifest = folder / "new" / "contracts.yaml"
    approve(manifest, (found["max-length-lowered"], "memo.json", "2026-12-31"))
    code, said = check(folder)
    assert (
        code,
        said["contracts"][0]["summary"]["breaking"],
        said["contracts"][0]["summary"]["approved"],
    ) == (1, 1, 1)
    approve(manifest, *((each, "memo.json", DAY) for each in found.values()))
    code, said = check(folder)
    (contract,) = said["contracts"]
    assert (code, contract["status"], said["notices"]) == (0, "compatible", [])
    assert {f["approval"] for f in contract["findings"]} == {
        f"approved by dana until {DAY}: no reader uses it"
    }
    assert {f["level"] for f in contract["findings"]} == {"breaking"}


def test_what_passes_because_it_was_approved_is_not_said_to_break_nothing(folder: Path) -> None:
    """The sentence a person reads first tells what is true of it."""
    found = fingerprints(folder)
    approve(folder / "new" / "contracts.yaml", *((each, "memo.json", DAY) for each in found.values()))
    words = ["check", str(folder / "new" / "memo.json"), "--against", str(folder / "old"), "--on", DAY]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0
    assert "It passes because what it breaks was accepted" in answer.stdout
    assert "Nothing that is accepted today is lost" not in answer.stdout


def test_an_expired_approval_fails_and_says_so(folder: Path) -> None:
    """The day after its last day, the finding counts again."""
    found = fingerprints(folder)
    approve(
        folder / "new" / "contracts.yaml", *((each, "memo.json", "2026-11-19") for each in found.values())
    )
    code, said = check(folder)
    assert code == 1
    assert {n["rule"] for n in said["notices"]} == {"approval-expired"}
    assert {n["fingerprint"] for n in said["notices"]} == set(found.values())


def test_a_renewed_approval_counts_beside_the_expired_one(folder: Path) -> None:
    """Nobody has to delete the old one first."""
    each = [
        (f, "memo.json", day) for f in fingerprints(folder).values() for day in ("2026-01-01", "2027-01-01")
    ]
    approve(folder / "new" / "contracts.yaml", *each)
    code, said = check(folder)
    assert (code, said["notices"]) == (0, [])


def test_an_approval_that_matches_nothing_is_reported(folder: Path) -> None:
    """It stands where it was written, and fails only where warnings fail."""
    (folder / "new" / "memo.json").write_text(json.dumps(OLD))
    file = folder / "accepted.yaml"
    approve(file, ("0123456789ab", "memo.json", "2027-01-01"))
    code, said = check(folder, "--approvals", str(file))
    assert (code, [(n["rule"], n["where"]) for n in said["notices"]]) == (
        0,
        [("approval-unused", f"{file}:2")],
    )
    assert check(folder, "--approvals", str(file), "--fail-on", "warning")[0] == 1


def test_an_approval_counts_for_its_contract_only(folder: Path) -> None:
    """The same change elsewhere, such as another contract with a memo, is another decision."""
    for name, schema in (("old", OLD), ("new", NEW)):
        (folder / name / "other.json").write_text(json.dumps(schema))
    found = fingerprints(folder)
    approve(folder / "new" / "contracts.yaml", *((each, "memo.json", DAY) for each in found.values()))
    code, said = check(folder)
    assert (code, {c["contract"]: c["status"] for c in said["contracts"]}) == (
        1,
        {"memo.json": "compatible", "other.json": "breaking"},
    )


def test_a_removal_can_be_approved(folder: Path) -> None:
    """It is a finding like any other."""
    (folder / "new" / "memo.json").unlink()
    (folder / "new" / "another.json").write_text("{}")
    said = check(folder)[1]
    (gone,) = [c for c in said["contracts"] if c["contract"] == "memo.json"]
    approve(folder / "new" / "contracts.yaml", (gone["findings"][0]["fingerprint"], "memo.json", DAY))
    assert check(folder)[0] == 0


def test_a_day_that_is_none_is_refused(folder: Path) -> None:
    """Else a typing error would keep approvals alive."""
    code, said = check(folder, "--on", "tomorrow")
    assert (code, said["problems"][0]["where"]) == (2, "--on")
