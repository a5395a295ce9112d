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


@pytest.mark.parametrize(
    "keyword", ["if", "not", "contains", "dependentSchemas", "unevaluatedProperties", "$dynamicRef"]
)
def test_a_keyword_without_a_rule_never_passes(tmp_path: Path, keyword: str) -> None:
    """The draft uses something the rules do not cover: undecided, exit 1."""
    draft = json.loads(DRAFT.read_text())
    value = {"dependentSchemas": {"memo": {}}, "unevaluatedProperties": False, "$dynamicRef": "#"}.get(
        keyword, {"required": ["memo"]}
    )
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(draft))
    target = draft["properties"]["e_invoice"] if keyword == "$dynamicRef" else draft
    target[keyword] = value
    new.write_text(json.dumps(draft))
    answer = CliRunner().invoke(app, ["check", str(new), "--against", str(old), "--format", "json"])
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["status"] in ("undecided", "breaking")
