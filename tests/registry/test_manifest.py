# SPDX-License-Identifier: Apache-2.0
"""`contracts.yaml`: what a team may say about its files, and how a slip of the pen is told."""

from datetime import date
from pathlib import Path

import pytest

from registry import manifest
from registry.approvals import Approval
from registry.manifest import Application, Row
from terms.problem import ProblemError

WHOLE = """\
mode: full
policy: lenient
against: main:contracts
ignore: [examples/*, "*.sample.json"]
application: {name: billing-sync, version: 2.3.0, to: prod}
contracts:
  billing/invoice.json:
    subject: invoice-issued
    type: json-schema
    mode: BACKWARD_TRANSITIVE
    policy: codegen
    all_versions: true
    approvals:
      - fingerprint: 3f2a9c0d11ee
        reason: no reader uses memo
        by: dana@example.com
        until: 2027-01-31
  old.json: {retired: replaced by billing/invoice.json}
  plain.json:
approvals:
  - {fingerprint: "123456789012", contract: plain.json, reason: agreed, by: lee, until: 2026-12-31}
"""


def test_everything_that_may_be_said(tmp_path: Path) -> None:
    """Each file with what is said of it, filled up with what is said of all."""
    (tmp_path / "contracts.yaml").write_text(WHOLE)
    said = manifest.beside(tmp_path)
    where = str(tmp_path / "contracts.yaml")
    assert said.row("billing/invoice.json") == Row(
        "billing/invoice.json", "invoice-issued", "json-schema", "BACKWARD_TRANSITIVE", "codegen", True, "", f"{where}:7",
    )  # fmt: skip
    assert (said.row("plain.json").mode, said.row("unlisted.json").policy) == ("FULL", "lenient")
    assert said.row("old.json").retired == "replaced by billing/invoice.json"
    assert said.approvals == (
        Approval("3f2a9c0d11ee", "invoice-issued", "no reader uses memo", "dana@example.com", date(2027, 1, 31), f"{where}:14"),
        Approval("123456789012", "plain.json", "agreed", "lee", date(2026, 12, 31), f"{where}:21"),
    )  # fmt: skip
    assert (said.against, said.application) == (
        "main:contracts",
        Application("billing-sync", "2.3.0", "prod"),
    )
    assert [said.ignores(name) for name in ("examples/a.json", "deep/a.sample.json", "a.json")] == [
        True,
        True,
        False,
    ]


SLIPS = {
    "a key": ("contract: {}\n", ":1: unknown key 'contract' (did you mean 'contracts'?)"),
    "a key of a file": ("contracts:\n  a.json:\n    subjet: x\n", ":3: unknown key 'subjet' (did you mean 'subject'?)"),
    "a mode": ("mode: BACKWARDS\n", ":1: 'BACKWARDS' is not a mode (did you mean 'BACKWARD'?)"),
    "a policy": ("contracts:\n  a.json:\n    policy: strict\n", ":3: 'strict' is not a policy"),
    "a type": ("contracts:\n  a.json: {type: jsonschema}\n", ":2: 'jsonschema' is not a type (did you mean 'json-schema'?)"),
    "a mode that is a number": ("mode: 3\n", ":1: '3' is not a mode"),
    "a list of contracts": ("contracts: [a.json]\n", ":1: contracts is not a mapping of files"),
    "a file that is a text": ("contracts: {a.json: x}\n", ":1: 'a.json' is not a mapping"),
    "a file elsewhere": ("contracts:\n  ../a.json: {}\n", ":2: '../a.json' lies outside the manifest's folder"),
    "retired without a reason": ("contracts: {a.json: {retired: true}}\n", ":1: retired must be the reason in words"),
    "all_versions in words": ("contracts: {a.json: {all_versions: maybe}}\n", ":1: all_versions must be true or false"),
    "a place that is a number": ("against: 3\n", ":1: against is not a text"),
    "a pattern": ("ignore: examples\n", ":1: ignore is not a list of patterns"),
    "an application without a version": ("application:\n  name: x\n  to: prod\n", ":1: missing key 'version'"),
    "a version that is a number": ("application: {name: x, version: 2.3, to: prod}\n", ":1: version is not a text"),
    "an approval without an end": ("approvals:\n- {fingerprint: 3f2a9c0d11ee, contract: a, reason: r, by: b}\n", ":2: missing key 'until'"),
    "an approval of nothing": ("approvals:\n- {fingerprint: 3f2a, contract: a, reason: r, by: b, until: 2027-01-31}\n", ":2: '3f2a' is not a fingerprint"),
    "a day that is none": ("approvals:\n- {fingerprint: 3f2a9c0d11ee, contract: a, reason: r, by: b, until: 2027-02-30}\n", ":2: '2027-02-30' is not a date"),
    "an approval without a reason": ("approvals:\n- {fingerprint: 3f2a9c0d11ee, contract: a, reason: '', by: b, until: 2027-02-20}\n", ":2: reason is not a text"),
    "an approval in words": ("approvals: all\n", ":1: approvals is not a list"),
    "no YAML": ("a: [\n", "is not YAML"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SLIPS.values(), ids=SLIPS.keys())
def test_a_slip_is_told_with_file_line_and_key(tmp_path: Path, text: str, expected: str) -> None:
    """And with what was perhaps meant."""
    path = tmp_path / "contracts.yaml"
    path.write_text(text)
    with pytest.raises(ProblemError) as caught:
        manifest.beside(tmp_path)
    assert f"{path}:" in str(caught.value)
    assert expected in str(caught.value)


def test_all_slips_are_told_at_once(tmp_path: Path) -> None:
    """Not one a run."""
    (tmp_path / "contracts.yaml").write_text("mdoe: FULL\npolicy: strict\ncontracts: {a.json: {subjet: x}}\n")
    with pytest.raises(ProblemError) as caught:
        manifest.beside(tmp_path)
    assert len(caught.value.problems) == 3


def test_the_nearest_manifest_counts_within_the_repository(tmp_path: Path) -> None:
    """A file deep in a folder finds the manifest above it, and none beyond its repository."""
    (tmp_path / "contracts.yaml").write_text("mode: FULL\n")
    deep = tmp_path / "repository" / "contracts" / "billing"
    deep.mkdir(parents=True)
    (deep / "a.json").write_text("{}")
    assert manifest.beside(deep / "a.json").mode == "FULL"
    (tmp_path / "repository" / ".git").mkdir()
    assert manifest.beside(deep / "a.json").mode == ""
    (tmp_path / "repository" / "contracts" / "contracts.yaml").write_text("mode: FORWARD\n")
    assert manifest.beside(deep).mode == "FORWARD"
