# SPDX-License-Identifier: Apache-2.0
"""Processes and extraction rules are read from YAML, and a typo is told with file, line and key."""

from pathlib import Path

import pytest

from collectors.definitions import load
from terms.instant import DAY, HOUR
from terms.problem import ProblemError

GOOD = """kind: process
id: quote-to-order
version: 1
title: Quote to order
anchor: quote
edges:
  - {id: order-of-quote, child: order, parent: quote, role: child_of}
milestones:
  - {name: quoted, event: quote-sent}
  - {name: ordered, event: order-placed, sla: 7d, from: quoted}
completed_when: [ordered]
"""


def write(folder: Path, text: str, name: str = "own.yaml") -> Path:
    (folder / name).write_text(text)
    return folder


def test_the_shipped_processes_hold_what_the_business_promises() -> None:
    """Lead to cash and renewal amendment are there, with their milestones, limits and ends."""
    definitions = load()
    lead, renewal = definitions.process("lead-to-cash"), definitions.process("renewal-amendment")
    assert lead is not None
    assert renewal is not None
    assert definitions.milestone_names["lead-to-cash"] == (
        "ordered", "customer-ready", "activated", "invoiced", "posted", "paid", "cash-applied", "closed-in-crm",
    )  # fmt: skip
    limits = {m.name: (m.sla, m.sla_from) for m in lead.milestones if m.sla}
    assert limits["posted"] == (4 * HOUR, "invoiced")
    assert limits["paid"] == (30 * DAY, "invoiced")
    assert lead.completed_when == ("posted", "cash-applied", "closed-in-crm")
    assert renewal.completed_when == ("posted", "closed-in-crm")


def test_a_folder_adds_its_processes(tmp_path: Path) -> None:
    """A process in a folder joins the shipped ones; files of other kinds are left to their own readers."""
    write(tmp_path, GOOD)
    write(tmp_path, "kind: kpi\nid: x\n", "kpi.yaml")
    assert [process.id for process in load((tmp_path,)).processes] == [
        "lead-to-cash",
        "quote-to-order",
        "renewal-amendment",
    ]


def test_a_shipped_process_is_replaced_only_by_a_higher_version(tmp_path: Path) -> None:
    """The same id with the same version is refused; with a higher one it takes the place of ours."""
    same = GOOD.replace("id: quote-to-order", "id: lead-to-cash")
    with pytest.raises(ProblemError, match="version above 1"):
        load((write(tmp_path, same),))
    lead = load((write(tmp_path, same.replace("version: 1", "version: 2")),)).process("lead-to-cash")
    assert lead is not None
    assert (lead.version, lead.anchor) == (2, "quote")


@pytest.mark.parametrize(
    ("wrong", "line", "says"),
    [
        pytest.param(("milestones:", "mileston:"), 8, "did you mean 'milestones'?", id="key"),
        pytest.param(("kind: process", "kind: proces"), 1, "did you mean 'process'?", id="kind"),
        pytest.param(("role: child_of", "role: childof"), 7, "did you mean 'child_of'?", id="role"),
        pytest.param(("from: quoted", "from: qouted"), 10, "did you mean 'quoted'?", id="limit's start"),
        pytest.param(("sla: 7d", "sla: 7 days"), 10, "write 30m, 4h or 30d", id="length of time"),
        pytest.param((", from: quoted", ""), 10, "both its length and its start", id="limit without start"),
        pytest.param(("[ordered]", "[orderd]"), 11, "did you mean 'ordered'?", id="completion"),
        pytest.param(("parent: quote,", "parent: quot,"), 7, "did you mean 'quote'?", id="parent"),
        pytest.param(("child: order,", "child: quote,"), 7, "cannot be a child", id="anchor as child"),
        pytest.param(("version: 1", "version: one"), 3, "whole number", id="version"),
        pytest.param(("id: quote-to-order", "id: Quote To Order"), 2, "not an id", id="id"),
        pytest.param(("name: ordered", "name: quoted"), 10, "stands twice", id="milestone twice"),
        pytest.param(("anchor: quote\n", ""), 1, "missing key 'anchor'", id="no anchor"),
    ],
)
def test_a_typo_is_told_with_file_line_and_what_it_may_be(
    tmp_path: Path, wrong: tuple[str, str], line: int, says: str
) -> None:
    """Whoever writes a definition is shown the place of the mistake and the way out."""
    with pytest.raises(ProblemError) as caught:
        load((write(tmp_path, GOOD.replace(*wrong)),))
    told = [problem for problem in caught.value.problems if says in str(problem)]
    assert told, str(caught.value)
    assert told[0].where == f"{tmp_path / 'own.yaml'}:{line}"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A wrong THROUGHLINE_DEFINITIONS is a problem, not an empty list."""
    with pytest.raises(ProblemError, match="is not a folder"):
        load((tmp_path / "nowhere",))


def test_a_rule_in_a_folder_is_asked_before_ours(tmp_path: Path) -> None:
    """Whoever maps a foreign runtime knows it better than we do."""
    (tmp_path / "extraction").mkdir()
    (tmp_path / "extraction" / "workato.yaml").write_text(
        "kind: extraction\nid: workato\nversion: 1\ntitle: Workato\n"
        "readings:\n  - {id: any, event: {from: app.event}, objects: [{prefix: app.key.}]}\n"
        "examples:\n  - {name: one, span: {attributes: {app.event: paid, app.key.order: SO-1}}, gives: {event: paid, objects: ['order:SO-1']}}\n"
    )
    ids = [one.id for one in load((tmp_path,)).extraction]
    assert ids[0] == "workato"
    assert "throughline" in ids
