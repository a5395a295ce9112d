# SPDX-License-Identifier: Apache-2.0
"""One report in six formats: each says all of it, and nothing a contract says can break out of any of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from rich.console import Console
from typer.testing import CliRunner

from registry.catalogue import catalogue, kind, kinds
from registry.check import check_documents
from registry.cli import app
from registry.document import parse
from registry.finding import Witness
from registry.report import github, markdown, sarif, text
from registry.report.report import NOTICES, Notice, Outcome, Report
from registry.rules import rules
from registry.sources import Versions
from registry.verdict import Verdict
from terms.problem import Problem

NASTY = "a|b`c`,d:e%\n::error::x <b>@team</b> \"'\x01"
OLD = {
    "type": "object",
    "properties": {NASTY: {"enum": ["x", NASTY]}, "n": {"maximum": 9}, "f": {"format": "date"}},
}
NEW = {"type": "object", "properties": {NASTY: {"enum": ["x"]}, "n": {"maximum": 5}, "f": {"format": "time"}}}
FILE = "contracts/a b,c%.json"


def a_verdict(old: Any, new: Any) -> Verdict:
    documents = [parse(json.dumps(each, indent=1).encode(), name) for each, name in ((old, "main:a.json"), (new, FILE))]  # fmt: skip
    return check_documents(documents[1], Versions((documents[0],), complete=False))


@pytest.fixture(scope="module")
def report() -> Report:
    """A breaking contract with a proven, an unproven and an approved finding and a warning, and one of each other status."""
    verdict = a_verdict(OLD, NEW)
    removed, lowered = (next(f for f in verdict.findings if f.rule == rule) for rule in ("values-removed", "maximum-lowered"))  # fmt: skip
    witness = Witness('{"n": 9}', "main:a.json", FILE, f"9 is greater than 5 {NASTY}", "/n")
    proven = replace(lowered, confirmed=True, witness=witness, patch=({"op": "replace", "path": "/properties/n/maximum", "value": 9},))  # fmt: skip
    approved = replace(removed, before="y", approval="approved by dana until 2027-01-31: agreed")
    rest = [f for f in verdict.findings if f not in (removed, lowered)]
    broken = replace(verdict, findings=(proven, replace(removed, confirmed=False), approved, *rest))
    unread = (Problem(f"is not JSON {NASTY}", "contracts/bad.json:3", "mend it"),)
    outcomes = (
        Outcome("bad", "contracts/bad.json", problems=unread),
        Outcome("billing", FILE, verdict=broken),
        Outcome("fresh", "contracts/fresh.json"),
        Outcome("same", "contracts/same.json", verdict=a_verdict(OLD, OLD)),
    )
    notice = Notice(
        "approval-expired", "same", f"0123456789ab {NASTY}", "contracts/contracts.yaml:7", "0123456789ab"
    )
    return Report(outcomes, (notice,))


def written(report: Report, form: str) -> str:
    said: str = import_module(f"registry.report.{form}").render(report)
    return said


FORMS = ("json", "markdown", "junit", "github", "sarif")


@pytest.mark.parametrize("form", FORMS)
def test_equal_reports_give_equal_bytes(report: Report, form: str) -> None:
    """No clock, no random number, no order of a set."""
    assert written(report, form) == written(report, form)


def test_text_shows_the_table_then_what_fails_and_why(report: Report) -> None:
    """What is proven stands with its proof, what is not stands apart, what is approved says until when."""
    console = Console(width=160, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(text.render(report))
    said = captured.get()
    order = [
        "NO VERDICT   4 contracts, 1 unreadable, 1 breaking, 1 compatible, 1 new", "maximum was lowered", 'proof   {"n": 9}',
        "main:a.json accepts it", "refuses it at /n: 9 is greater than 5", "Not confirmed", "accepted values were removed",
        "Approved, so they do not fail", "an approval has expired",
    ]  # fmt: skip
    places = [said.index(part) for part in order]
    assert places == sorted(places)
    assert '"path": "/properties/n/maximum", "value": 9' in said


def test_colours_need_a_terminal(report: Report) -> None:
    """A file or a pipe holds no control characters, a terminal shows the badges in colour."""
    plain, colour = Console(width=160), Console(width=160, force_terminal=True, color_system="standard")
    for console, has in ((plain, False), (colour, True)):
        with console.capture() as captured:
            console.print(text.render(report))
        assert ("\x1b[1;37;41m BREAKING " in captured.get()) == has


def test_json_holds_every_field(report: Report) -> None:
    """Witness, patch, levels of every policy, fingerprint, approval; the policies' difference as one line."""
    said = json.loads(written(report, "json"))
    (billing,) = [c for c in said["contracts"] if c["contract"] == "billing"]
    first = billing["findings"][0]
    assert (first["witness"]["document"], first["patch"][0]["value"], first["confirmed"]) == (
        '{"n": 9}',
        9,
        True,
    )
    assert set(first["levels"]) == set(billing["policies"]) == {"validation", "lenient", "codegen"}
    assert billing["summary"]["not_confirmed"] == 1
    assert billing["summary"]["approved"] == 1
    assert said["notices"][0]["rule"] == "approval-expired"


def test_junit_is_xml_that_a_reader_counts(report: Report) -> None:
    """One case a contract; breaking is a failure, unreadable an error, the approved and the warning stand beside."""
    suites = ElementTree.fromstring(written(report, "junit"))
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("4", "1", "1")
    cases = {case.get("name"): case for case in suites.iter("testcase")}
    assert set(cases) == {"bad", "billing", "fresh", "same"}
    failure = cases["billing"].find("failure")
    assert failure is not None
    assert "not confirmed" in (failure.text or "")
    assert "approved by dana" in (cases["billing"].findtext("system-out") or "")
    assert cases["bad"].find("error") is not None
    assert list(cases["same"]) == list(cases["fresh"]) == []


def test_github_annotations_cannot_be_forged(report: Report) -> None:
    """Each line is one command with file and line; a contract's text cannot begin another."""
    lines = written(report, "github").splitlines()
    assert [line.partition(" ")[0] for line in lines[:-1]] == ["::error"] * 3 + ["::warning"] * 2 + [
        "::notice"
    ]
    command = re.fullmatch(r"::error (.*?)::(.*)", lines[1])
    assert command is not None
    properties = dict(part.split("=", 1) for part in command[1].split(","))
    assert unquote(properties["file"]) == FILE
    assert int(properties["line"]) > 1
    assert "\n" in unquote(command[2])
    assert lines[-1] == "4 contracts: 1 unreadable, 1 breaking, 1 compatible, 1 new"


def test_markdown_keeps_its_table_and_mentions_nobody(report: Report) -> None:
    """A cell has no bare pipe, a value no markup, and no team is called."""
    said = written(report, "markdown")
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    outside = re.sub(r"(`+)(?:.*?)\1", "", said)
    assert "@team" not in outside
    assert "<b>" not in outside
    assert said.startswith(markdown.MARKER)


def test_markdown_fits_a_comment(report: Report) -> None:
    """What does not fit is left out, and how much is said."""
    many = Report(tuple(replace(report.outcomes[1], contract=f"c{n}") for n in range(300)))
    said = written(many, "markdown")
    assert len(said) < 65_536
    assert "more parts are left out" in said


LEVELS = ("none", "note", "warning", "error")


def sarif_problems(log: Any) -> Iterator[str]:
    """What the official schema of SARIF 2.1.0 requires of the parts that we write, and what its text asks of references."""
    if log["version"] != "2.1.0" or not log["$schema"].endswith("sarif-schema-2.1.0.json"):
        yield "the version"
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        ids = [rule["id"] for rule in driver["rules"]]
        if len(set(ids)) != len(ids) or not driver["name"]:
            yield "rules are unique, the driver is named"
        for rule in driver["rules"]:
            if not all(rule[member]["text"] for member in ("shortDescription", "fullDescription", "help")):
                yield f"{rule['id']}: a message has a text"
            if rule["defaultConfiguration"]["level"] not in LEVELS:
                yield f"{rule['id']}: level"
        for result in run["results"]:
            yield from result_problems(result, ids)
        if not all(isinstance(invocation["executionSuccessful"], bool) for invocation in run["invocations"]):
            yield "executionSuccessful"


def result_problems(result: Any, rules: list[str]) -> Iterator[str]:
    if rules[result["ruleIndex"]] != result["ruleId"]:
        yield "ruleIndex leads to the rule"
    if result["level"] not in LEVELS or not result["message"]["text"]:
        yield "a result has a level and a message"
    if not all(re.fullmatch(r"[0-9a-f]{32}", each) for each in result["partialFingerprints"].values()):
        yield "fingerprints"
    if any(each["kind"] not in ("inSource", "external") for each in result.get("suppressions", [])):
        yield "suppressions"
    for location in result["locations"]:
        physical = location["physicalLocation"]
        if re.search(r"[ \"<>]", physical["artifactLocation"]["uri"]) or physical["region"]["startLine"] < 1:
            yield "a place is a URI reference and a line from 1"


def test_sarif_is_what_the_standard_requires(report: Report) -> None:
    """Required members, levels, references from results to rules, places and suppressions."""
    log = json.loads(written(report, "sarif"))
    assert list(sarif_problems(log)) == []
    (run,) = log["runs"]
    assert [r["level"] for r in run["results"]] == ["error", "error", "error", "warning", "warning"]
    assert sum("suppressions" in r for r in run["results"]) == 1
    assert not run["invocations"][0]["executionSuccessful"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert (unquote(uri["uri"]), uri["uriBaseId"]) == (FILE, "%SRCROOT%")


def test_sarif_declares_every_rule_and_stays_small(report: Report) -> None:
    """Each kind of change once, of APIs too, not once for each place of an API: code scanning reads the file on every run."""
    text = written(report, "sarif")
    (run,) = json.loads(text)["runs"]
    declared = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert declared == {kind(rule) for rule, _, _ in rules()} | set(NOTICES) | {
        "contract-removed",
        "versions-not-known",
    }
    assert {"max-length-lowered", "operation-removed", "discriminator-removed"} < declared
    assert len(text) < 150_000
    entries = (*catalogue(), *kinds())
    assert all(each.what and each.why and "{" not in each.what + each.why + each.help for each in entries)


def test_fingerprints_stay_when_lines_move_and_files_are_renamed() -> None:
    """Code scanning closes and opens nothing because somebody added a description above."""
    moved = {"description": "new words", **NEW}
    said = []
    for new, name in ((NEW, "a.json"), (moved, "b.json")):
        report = Report((Outcome("billing", name, verdict=a_verdict(OLD, new)),))
        (run,) = json.loads(sarif.render(report))["runs"]
        said.append({json.dumps(r["partialFingerprints"]) for r in run["results"] if r["level"] == "error"})
    assert said[0] == said[1]
    assert len(said[0]) == 2


def test_a_finding_against_several_versions_is_told_once(tmp_path: Path) -> None:
    """With all of them named; the JSON holds each."""
    olds = [parse(json.dumps(OLD).encode(), f"v{n}.json") for n in (1, 2)]
    new = parse(json.dumps(NEW).encode(), "new.json")
    verdict = check_documents(new, Versions(tuple(olds), complete=True), "BACKWARD_TRANSITIVE")
    said = github.render(Report((Outcome("billing", "new.json", verdict=verdict),)))
    assert sum(line.startswith("::error ") for line in said.splitlines()) == 2
    assert "against v1.json, v2.json" in said


def test_one_run_writes_several_formats(tmp_path: Path) -> None:
    """A pipeline shows text, and keeps SARIF and a comment, from one check."""
    for name, schema in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.json").write_text(json.dumps(schema))
    words = ["check", str(tmp_path / "new.json"), "--against", str(tmp_path / "old.json")]
    targets = {form: tmp_path / f"out.{form}" for form in ("text", *FORMS)}
    more = [word for form, file in targets.items() for word in ("--write", f"{form}={file}")]
    assert CliRunner().invoke(app, [*words, *more]).exit_code == 1
    assert all(file.stat().st_size > 100 for file in targets.values())
    assert CliRunner().invoke(app, [*words, "--write", "sarfi=x"]).exit_code == 2
    assert CliRunner().invoke(app, [*words, "--write", f"sarif={tmp_path}/no/where"]).exit_code == 2
