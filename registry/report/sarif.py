# SPDX-License-Identifier: Apache-2.0
"""A report as SARIF 2.1.0, for code scanning: every rule declared, each result at its line with a fingerprint that stays.

A rule is a kind of change. In which place of an API it was met is a property of the result, and in its words.
"""

import json
from hashlib import sha256
from importlib.metadata import version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from registry.catalogue import Entry, kind, kinds
from registry.finding import Finding
from registry.report.brief import brief
from registry.report.github import place
from registry.report.report import NOTICES, Notice, Outcome, Report
from registry.rules import Level
from registry.verdict import BREAKING
from terms.problem import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "throughlineFinding/v1"
_LEVELS = {"breaking": "error", "undecided": "error", "warning": "warning", "safe": "note"}


def render(report: Report) -> str:
    """The report as one run. An approved finding is a suppressed result; what could not be read is a notification."""
    return log([run(report)])


def log(runs: list[dict[str, Any]]) -> str:
    """The runs as one file."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, separators=(",", ":")) + "\n"


def run(report: Report) -> dict[str, Any]:
    """The run that the report is."""
    rules = _rules(report)
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [
        _result(outcome, finding, olds, places)
        for outcome in report.outcomes
        for finding, olds in outcome.distinct()
        if finding.level != Level.SAFE
    ]
    results += [_of_notice(notice, places) for notice in report.notices]
    unread = [notification(problem) for outcome in report.outcomes for problem in outcome.problems]
    return run_of("contracts", rules, results, unread)


def run_of(
    name: str, rules: list[dict[str, Any]], results: list[dict[str, Any]], unread: list[dict[str, Any]]
) -> dict[str, Any]:
    """The run of one part of Throughline; `unread` are the notifications of what kept it from an answer."""
    driver = {"name": f"Throughline {name}", "version": version("throughline"), "rules": rules}
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"throughline/{name}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not unread, "toolExecutionNotifications": unread}],
        "results": results,
    }


def _rules(report: Report) -> list[dict[str, Any]]:
    """Every rule there is, found or not, and by all means every rule of a result."""
    known = {entry.id: entry for entry in kinds()}
    found = [(kind(f.rule), f) for outcome in report.outcomes for f in outcome.findings]
    known |= {id_: Entry(id_, f.level, f.what, f.why, f.fix or f.why) for id_, f in found if id_ not in known}
    return [
        {
            "id": entry.id,
            "shortDescription": {"text": entry.what},
            "fullDescription": {"text": entry.why},
            "help": {"text": entry.help},
            "defaultConfiguration": {"level": _LEVELS[entry.level]},
        }
        for entry in known.values()
    ]


def _result(
    outcome: Outcome, finding: Finding, olds: tuple[str, ...], places: dict[str, int]
) -> dict[str, Any]:
    unproven = " It is not confirmed: no document was found that proves it." if _unproven(finding) else ""
    fix = f" Fix: {finding.fix}." if finding.fix else ""
    text = (
        f"{outcome.contract}: {finding.what} at {finding.pointer_new or '/'}, {finding.why}.{unproven}{fix}"
    )
    properties: dict[str, Any] = {
        "contract": outcome.contract, "rule": finding.rule, "direction": finding.direction, "against": list(olds), "fingerprint": finding.fingerprint,
        "policies": dict(finding.levels), "confirmed": finding.confirmed, "before": finding.before, "after": finding.after,
    }  # fmt: skip
    if finding.witness:
        properties["witness"] = finding.witness.document
        text += f" Proof: {brief(finding.witness.document)}"
    result = {
        "ruleId": kind(finding.rule),
        "ruleIndex": places[kind(finding.rule)],
        "level": _LEVELS[finding.level],
        "message": {"text": text},
        "locations": locations(finding.where_new or outcome.file, finding.pointer_new),
        "partialFingerprints": {FINGERPRINT: fingerprint(outcome.contract, finding.fingerprint)},
        "properties": properties,
    }
    if finding.approval:
        accepted = {"kind": "external", "status": "accepted", "justification": finding.approval}
        result["suppressions"] = [accepted]
    return result


def _unproven(finding: Finding) -> bool:
    return finding.level == BREAKING and not finding.confirmed


def _of_notice(notice: Notice, places: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": notice.rule,
        "ruleIndex": places[notice.rule],
        "level": "warning",
        "message": {"text": f"{notice.what}. {NOTICES[notice.rule][1]}"},
        "locations": locations(notice.where, ""),
        "partialFingerprints": {
            FINGERPRINT: fingerprint(notice.contract, notice.rule, notice.fingerprint, notice.what)
        },
    }


def notification(problem: Problem) -> dict[str, Any]:
    """What kept a part from an answer."""
    advice = f" ({problem.do})" if problem.do else ""
    return {
        "level": "error",
        "message": {"text": f"{problem.what}{advice}"},
        "locations": locations(problem.where, ""),
    }


def locations(where: str, pointer: str) -> list[dict[str, Any]]:
    """At most one place; code scanning shows what has a file."""
    file, line = place(where)
    if not file:
        return []
    physical: dict[str, Any] = {"artifactLocation": _artifact(file), "region": {"startLine": max(line, 1)}}
    logical = [{"fullyQualifiedName": pointer, "kind": "object"}] if pointer else []
    return [{"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}]


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}


def fingerprint(*parts: str) -> str:
    """32 hex digits that are the same for the same parts."""
    return sha256("\x00".join(parts).encode()).hexdigest()[:32]
