# SPDX-License-Identifier: Apache-2.0
"""Definitions may change while a server runs; what works with them sees one state, and one version is one rule."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.definitions import Definitions, load
from collectors.in_force import InForce, contents, files, taken_up, unversioned

SHIPPED = load()
LEAD = next(p for p in SHIPPED.processes if p.id == "lead-to-cash")


def with_lead(**changed: object) -> Definitions:
    others = tuple(p for p in SHIPPED.processes if p is not LEAD)
    return replace(SHIPPED, processes=(replace(LEAD, **changed), *others))  # type: ignore[arg-type]


def test_who_reads_sees_the_new_ones_and_who_keeps_the_current_ones_does_not() -> None:
    held = InForce(SHIPPED)
    kept = held.current

    held.replace(with_lead(version=2, cancelled_by=frozenset({"order-cancelled", "order-lost"})))

    assert held.process("lead-to-cash") != LEAD
    assert held.milestone_names == kept.milestone_names
    assert held.extractor is held.current.extractor
    assert kept.process("lead-to-cash") == LEAD


@pytest.mark.parametrize(
    ("after", "problem"),
    [
        pytest.param(with_lead(anchor="quote"), "write version: 2", id="the anchor under the same version"),
        pytest.param(with_lead(anchor="quote", version=2), "", id="the anchor under a new version"),
        pytest.param(with_lead(title="Lead to money"), "", id="a title decides nothing"),
        pytest.param(replace(SHIPPED, extraction=(replace(SHIPPED.extraction[0], digest="else"), *SHIPPED.extraction[1:])), "write version:", id="a rule under the same version"),
        pytest.param(replace(SHIPPED, processes=()), "", id="a process is gone"),
    ],
)  # fmt: skip
def test_what_changes_takes_a_version_of_its_own(after: Definitions, problem: str) -> None:
    found = unversioned(contents(SHIPPED), contents(after))

    assert [problem in str(each) for each in found] == [True] * bool(problem)


def test_new_names_are_told() -> None:
    assert taken_up(contents(SHIPPED), contents(with_lead(version=2))) == ("lead-to-cash@2",)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: path.write_text("kind: process\n"), id="written"),
        pytest.param(lambda path: path.unlink(), id="removed"),
        pytest.param(lambda path: path.rename(path.with_name("b.yml")), id="renamed"),
        pytest.param(lambda path: (path.parent / "calendars" / "c.yaml").write_text(""), id="another in a folder of its kind"),
    ],
)  # fmt: skip
def test_a_change_of_any_file_is_seen(tmp_path: Path, change: Callable[[Path], object]) -> None:
    (tmp_path / "calendars").mkdir()
    path = tmp_path / "a.yaml"
    path.write_text("")
    before = files((tmp_path,))

    assert files((tmp_path,)) == before
    change(path)
    assert files((tmp_path,)) != before
