# SPDX-License-Identifier: Apache-2.0
"""Walk (b), end to end: contract file -> load -> diff -> rules -> verdict -> report -> exit code, as the tour shows it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from registry.cli import app

DRAFT = Path(__file__).parents[2] / "examples" / "drafts" / "invoice-issued-breaking.json"


def test_the_draft_of_the_tour_is_stopped_with_places_and_fixes() -> None:
    """A draft that drops a value, requires a field and shortens a text is refused, each with its line and remedy."""
    command = ["check", str(DRAFT), "--against", "invoice-issued", "--format", "json"]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 1
    (said,) = json.loads(answer.stdout)["contracts"]
    assert said["against"] == ["invoice-issued@1.1.0"]
    found = {f["rule"]: f for f in said["findings"] if f["level"] == "breaking"}
    assert {rule: f["pointer_new"] for rule, f in found.items()} == {
        "values-removed": "/properties/billing_reason/enum",
        "max-length-lowered": "/properties/memo/maxLength",
        "required-added": "/required/6",
    }
    lines = DRAFT.read_text().splitlines()
    for finding in found.values():
        assert finding["fix"]
        line = int(finding["where_new"].rsplit(":", 1)[1])
        assert finding["where_new"].startswith(str(DRAFT))
        assert any(word in lines[line - 1] for word in ("enum", "maxLength", "tax_id"))


def test_the_draft_passes_once_the_fixes_are_applied(tmp_path: Path) -> None:
    """What the report asks for is enough."""
    draft = json.loads(DRAFT.read_text())
    draft["properties"]["billing_reason"]["enum"].append("one-time-charge")
    draft["properties"]["memo"]["maxLength"] = 500
    draft["required"].remove("tax_id")
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(draft))
    assert CliRunner().invoke(app, ["check", str(mended), "--against", "invoice-issued"]).exit_code == 0


TAKES_AWAY = {
    "if": {"if": {"required": ["memo"]}, "then": False},
    "not": {"not": {"required": ["memo"]}},
    "dependentSchemas": {"dependentSchemas": {"memo": False}},
    "dependentRequired": {"dependentRequired": {"memo": ["region", "no_such_field"]}},
    "propertyNames": {"propertyNames": {"not": {"const": "memo"}}},
    "$dynamicRef": {"$dynamicRef": "#/$defs/never", "$defs": {"never": {"not": {}}}},
}


@pytest.mark.parametrize("more", TAKES_AWAY.values(), ids=TAKES_AWAY.keys())
def test_what_takes_documents_away_never_passes(tmp_path: Path, more: dict[str, object]) -> None:
    """However it is written: breaking where it is proven, else undecided; exit 1 both."""
    draft = json.loads(DRAFT.read_text())
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(draft))
    new.write_text(
        json.dumps({**draft, **more, "$defs": {**draft.get("$defs", {}), **more.get("$defs", {})}})
    )  # type: ignore[dict-item]
    answer = CliRunner().invoke(app, ["check", str(new), "--against", str(old), "--format", "json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["status"] in ("undecided", "breaking")


HARMLESS = {
    "if alone": {"if": {"required": ["memo"]}},
    "items of no list": {"contains": {"required": ["memo"]}},
    "what is closed already": {"unevaluatedProperties": False},
}


@pytest.mark.parametrize("more", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_takes_nothing_away_passes(tmp_path: Path, more: dict[str, object]) -> None:
    """A keyword is not a break; what it does to documents is."""
    draft = json.loads(DRAFT.read_text())
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(draft))
    new.write_text(json.dumps({**draft, **more}))
    assert CliRunner().invoke(app, ["check", str(new), "--against", str(old)]).exit_code == 0
