# SPDX-License-Identifier: Apache-2.0
"""What docs/policies.md shows is what works."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from policies.cli import app
from policies.fact import SHAPES
from policies.rule import load

DOCS = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of that language."""
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


def test_the_rule_of_the_docs_loads(tmp_path: Path) -> None:
    """And its examples hold."""
    for number, text in enumerate(blocks("yaml")):
        (tmp_path / f"{number}.yaml").write_text(text)
    assert "tx.paid.within" in {rule.id for rule in load([tmp_path])}


def test_the_facts_of_the_docs_are_judged(tmp_path: Path) -> None:
    """They show a late invoice."""
    facts = tmp_path / "facts.json"
    facts.write_text(*blocks("json"))
    result = CliRunner().invoke(app, ["check", "--facts", str(facts), "--at", "2026-03-02T18:00:00Z"])
    assert result.exit_code == 1
    assert "The invoice of order:SO-1" in result.stdout


def test_the_console_shows_what_is_printed() -> None:
    """Command and answer."""
    (text,) = blocks("console")
    command, answer = text.split("\n", 1)
    assert CliRunner().invoke(app, command.split()[3:]).stdout == answer


@pytest.mark.parametrize("rule", load(), ids=lambda rule: rule.id)
def test_every_shipped_rule_is_in_the_table(rule: object) -> None:
    """By its id."""
    assert f"| `{rule.id}` |" in DOCS  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", ["transaction", "contract", "source"])
def test_every_field_is_in_the_table(target: str) -> None:
    """A field that rules may use and nobody can find is not there."""
    for name in SHAPES[target].fields or ():  # type: ignore[index]
        assert f"`{name}`" in DOCS
