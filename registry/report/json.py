# SPDX-License-Identifier: Apache-2.0
"""A report for machines: one JSON object. Equal input gives equal bytes."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from registry.report.report import NO_VERDICT, Outcome, Report
from terms.problem import Problem


def render(report: Report) -> str:
    """The report as JSON text, its contracts and findings in the order of the report."""
    document = {
        "status": report.status,
        "summary": report.counts(),
        "contracts": [_outcome(outcome) for outcome in report.outcomes],
        "notices": [asdict(notice) for notice in report.notices],
    }
    return json.dumps(document, indent=2) + "\n"


def refusal(problems: Iterable[Problem], status: str = NO_VERDICT) -> str:
    """What kept the whole check from running, as JSON text; its status is never a verdict."""
    return json.dumps({"status": status, "problems": [_problem(p) for p in problems]}, indent=2) + "\n"


def _outcome(outcome: Outcome) -> dict[str, Any]:
    verdict = outcome.verdict
    if verdict is None:
        said: dict[str, Any] = {"findings": []}
    else:
        said = {**verdict.as_json(), "difference": verdict.difference, "summary": outcome.counts()}
        del said["new"]
    head = {"contract": outcome.contract, "file": outcome.file, "status": outcome.status}
    return {**head, **(said | head), "problems": [_problem(p) for p in outcome.problems]}


def _problem(problem: Problem) -> dict[str, str]:
    return {"what": problem.what, "where": problem.where, "next": problem.do}
