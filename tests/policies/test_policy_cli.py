# SPDX-License-Identifier: Apache-2.0
"""The gate without a server: what it prints, and an exit code that a CI job can trust."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from policies.cli import app
from tests.policies.test_policy_rule import GOOD

LATE = {
    "target": "transaction",
    "key": "T1",
    "context": {
        "process": "lead-to-cash",
        "status": "open",
        "anchor": "order:SO-1",
        "milestones": {"invoiced": "2026-03-02T08:00:00Z"},
        "effects": [],
    },
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_shipped_rules_pass_their_examples() -> None:
    """The default of `test`; each example is named."""
    result = run("test")
    assert result.exit_code == 0
    assert "ok    tx.posted.within v1" in result.stdout
    assert "7 rules, 0 broken examples, 0 problems" in result.stdout


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (GOOD, 0, "ok    deal.amount.known v1: 2 examples"),
        (GOOD.replace("amount_minor: null,", "amount_minor: 5,"), 1, "<- gives pass"),
        (GOOD.replace("severity: warning", "severty: warning"), 2, "did you mean 'severity'?"),
        (GOOD.replace("title:", "title: ["), 2, "is not YAML"),
    ],
    ids=["good", "broken example", "typo", "not yaml"],
)
def test_a_rule_file_is_tried(tmp_path: Path, text: str, code: int, says: str) -> None:
    """A broken example is a finding about the rule; a file that cannot be read is not."""
    path = tmp_path / "rule.yaml"
    path.write_text(text)
    result = run("test", str(path))
    assert result.exit_code == code
    assert says in result.output


def test_no_rules_is_not_success(tmp_path: Path) -> None:
    """A folder that is empty or missing was not tested."""
    assert run("test", str(tmp_path)).exit_code == 2
    assert run("test", str(tmp_path / "nowhere")).exit_code == 2


def test_check_loads_and_says_so() -> None:
    """Without facts there is nothing to find."""
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "7 rules, 0 facts: 0 findings, 0 without an answer\n")


@pytest.mark.parametrize(
    ("context", "code", "says"),
    [
        (
            {"milestones": {"invoiced": "2026-03-02T08:00:00Z", "posted": "2026-03-02T09:00:00Z"}},
            0,
            "0 findings",
        ),
        ({}, 1, "error    tx.posted.within T1: The invoice of order:SO-1 was issued"),
        ({"milestones": {"invoiced": "soon"}}, 3, "no answer: tx.posted.within T1"),
        ({"stauts": "open"}, 2, "did you mean 'status'?"),
    ],
    ids=["holds", "does not hold", "no answer", "typo"],
)
def test_facts_are_judged_at_an_instant(
    tmp_path: Path, context: dict[str, object], code: int, says: str
) -> None:
    """No answer is worse than a finding, and neither is ever 0."""
    path = tmp_path / "facts.json"
    path.write_text(json.dumps([{**LATE, "context": {**LATE["context"], **context}}]))  # type: ignore[dict-item]
    result = run("check", "--facts", str(path), "--at", "2026-03-02T18:00:00Z")
    assert result.exit_code == code
    assert says in result.output


def test_findings_come_as_json(tmp_path: Path) -> None:
    """With the fingerprint that the server would give the violation."""
    path = tmp_path / "facts.json"
    path.write_text(json.dumps([LATE]))
    result = run("check", "--facts", str(path), "--at", "2026-03-02T18:00:00Z", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert [(item["rule"], len(item["fingerprint"])) for item in document["findings"]] == [
        ("tx.posted.within", 64)
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{}", "is not a list of facts"),
        ("[", "is not JSON"),
        ("[1]", "is not a fact"),
        ('[{"target": "deal", "key": "a", "context": {}}]', "'deal' is not a target"),
        (None, "cannot be read"),
    ],
)
def test_unreadable_facts_exit_2(tmp_path: Path, content: str | None, says: str) -> None:
    """Each with the place and what to write."""
    path = tmp_path / "facts.json"
    if content is not None:
        path.write_text(content)
    result = run("check", "--facts", str(path))
    assert result.exit_code == 2
    assert says in result.output
    assert run("check", "--at", "noon").exit_code == 2
    assert run("check", "--format", "sarif").exit_code == 2
