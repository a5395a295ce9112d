# SPDX-License-Identifier: Apache-2.0
"""What docs/kpis.md shows is what works."""

import re
from pathlib import Path

from collectors.definitions import load as load_definitions
from collectors.kpis.definition import load

DOCS = (Path(__file__).parents[3] / "docs" / "kpis.md").read_text()


def test_the_definitions_of_the_docs_load(tmp_path: Path) -> None:
    """Beside the shipped ones, checked against the shipped processes."""
    for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)):
        (tmp_path / f"{number}.yaml").write_text(text)
    names = load_definitions([tmp_path]).milestone_names
    assert {"order-to-payment", "paid-within-term"} <= {kpi.id for kpi in load([tmp_path], names)}


def test_every_shipped_definition_is_in_the_table() -> None:
    """By its title."""
    for kpi in load():
        assert f"| {kpi.title} |" in DOCS
