# SPDX-License-Identifier: Apache-2.0
"""What do contracts, policy rules and can-i-deploy say together? Three parts, one report in every format, one exit code."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group
from rich.text import Text

from registry.report import github, junit, markdown, sarif
from registry.report import json as contracts_json
from registry.report.report import Report
from terms.problem import Problem

CLEAN, FINDINGS, USAGE, NO_ANSWER, UNREACHABLE = 0, 1, 2, 3, 4
WORST_FIRST = (USAGE, UNREACHABLE, NO_ANSWER, FINDINGS, CLEAN)
MARKER = "<!-- throughline check -->"
"""Stands first, so that a job finds its earlier comment and replaces it."""

_STYLES = {CLEAN: "bold white on green", FINDINGS: "bold white on red", NO_ANSWER: "bold black on yellow"}
_SIGNS = {CLEAN: "✅", FINDINGS: "❌", NO_ANSWER: "⚠️"}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a part found. `rule` names its kind, `about` what it is about; `where` is `file:line`, a file or empty.

    `level` is error (the part fails for it), unanswered (a rule gave no answer) or warning.
    """

    rule: str
    about: str
    level: str
    what: str
    do: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one of the three said: `status` in a word, `code` what it would exit with, `answer` for machines, `shown` for people.

    The contracts say the rest by their `report`, the other parts by their `items`; `problems` kept a part from an answer.
    """

    name: str
    status: str
    code: int
    answer: Mapping[str, Any] = field(default_factory=dict)
    shown: Any = ""
    items: tuple[Item, ...] = ()
    problems: tuple[Problem, ...] = ()
    report: Report | None = None


def exit_code(parts: Sequence[Part]) -> int:
    """The worst of all: 2, 4, 3, 1, else 0."""
    return min((part.code for part in parts), key=WORST_FIRST.index)


def as_text(parts: Sequence[Part]) -> Group:
    """For a person at a terminal: the parts in order, and a last line that says all of them."""
    lines: list[Any] = []
    for part in parts:
        style = _STYLES.get(part.code, "bold white on red")
        lines += [Text.assemble((f"{part.name}: ", "bold"), (f" {part.status.upper()} ", style))]
        for problem in part.problems:
            lines += [
                Text(f"  {problem.what}"),
                Text(f"  where  {problem.where}", "dim"),
                Text(f"  next   {problem.do}", "cyan"),
            ]
        lines += [part.shown, Text()] if part.shown else [Text()]
    return Group(*lines, Text(_summary(parts), style="bold"))


def as_json(parts: Sequence[Part]) -> str:
    """The whole answer; a part that gave none has no `answer`, and says why."""
    said: dict[str, Any] = {"exit_code": exit_code(parts)}
    for part in parts:
        problems = [{"what": p.what, "where": p.where, "next": p.do} for p in part.problems]
        answer = json.loads(contracts_json.render(part.report)) if part.report else part.answer or None
        said[part.name] = {
            "status": part.status,
            "exit_code": part.code,
            "answer": answer,
            "problems": problems,
        }
    return json.dumps(said, indent=2) + "\n"


def as_markdown(parts: Sequence[Part]) -> str:
    """A comment for a pull request: a table of the parts, what the other parts found, and the contracts below it."""
    head = f"{MARKER}\n## {_sign(exit_code(parts))} {_summary(parts)}\n\n| | part | answer |\n|---|---|---|\n"
    head += "".join(
        f"| {_sign(part.code)} | {part.name} | {markdown.plain(part.status)} |\n" for part in parts
    )
    told = []
    for part in parts:
        if part.items or part.problems:
            told.append(f"\n### {_sign(part.code)} {part.name}\n\n")
        told += [f"- **no answer**: {markdown.plain(p.what)} {markdown.code(p.where)} {markdown.plain(p.do)}\n" for p in part.problems]  # fmt: skip
        told += [_in_markdown(item) for item in part.items]
    contracts = [f"\n{markdown.render(part.report)}" for part in parts if part.report]
    return markdown.within(head, [*told, *contracts])


def as_junit(parts: Sequence[Part]) -> str:
    """A suite for each part: a case for each contract, and one for each thing that another part found, or for the part."""
    return junit.written([junit.suite(part.report) if part.report else _suite(part) for part in parts])


def as_github(parts: Sequence[Part]) -> str:
    """Annotations of all parts; the last line says them together."""
    lines = []
    for part in parts:
        lines += [
            github.line("error", p.where, f"{part.name}: no answer", f"{p.what}. {p.do}")
            for p in part.problems
        ]
        lines += [
            github.line(
                "warning" if item.level == "warning" else "error",
                item.where,
                f"{part.name}: {item.about} [{item.rule}]",
                f"{item.what}. {item.do}" if item.do else item.what,
            )
            for item in part.items
        ]
        lines += [github.render(part.report)] if part.report else []
    return "".join([*lines, f"{_summary(parts)}\n"])


def as_sarif(parts: Sequence[Part]) -> str:
    """A run for each part."""
    return sarif.log([sarif.run(part.report) if part.report else _run(part) for part in parts])


FORMATS: Mapping[str, Callable[[Sequence[Part]], str]] = {
    "json": as_json,
    "markdown": as_markdown,
    "junit": as_junit,
    "github": as_github,
    "sarif": as_sarif,
}
"""How the report is written for machines, by the name of the format."""


def _summary(parts: Sequence[Part]) -> str:
    return ", ".join(f"{part.name} {part.status}" for part in parts)


def _sign(code: int) -> str:
    return _SIGNS.get(code, "❌")


def _in_markdown(item: Item) -> str:
    place = f" {markdown.code(item.where)}" if item.where else ""
    said = f"- **{item.level}**: {markdown.plain(item.what)} {markdown.code(item.rule)}{place}"
    return f"{said}<br>\n  next: {markdown.plain(item.do)}\n" if item.do else f"{said}\n"


def _suite(part: Part) -> junit.Suite:
    problems = "\n".join(map(str, part.problems))
    cases = (
        [junit.Case(part.name, part.name, error=(part.status, part.problems[0].what, problems))]
        if problems
        else []
    )
    for item in part.items:
        told = (
            item.rule,
            item.what,
            "\n".join(each for each in (item.where, f"next: {item.do}" if item.do else "") if each),
        )
        failure = told if item.level == "error" else None
        error = told if item.level == "unanswered" else None
        beside = item.what if item.level == "warning" else ""
        cases.append(junit.Case(part.name, f"{item.rule} {item.about}", failure, error, beside))
    if not any(case.failure or case.error for case in cases) and part.code:
        cases.append(junit.Case(part.name, part.name, failure=(part.status, part.status, "")))
    return junit.Suite(part.name, tuple(cases or [junit.Case(part.name, part.status)]))


def _run(part: Part) -> dict[str, Any]:
    rules = {item.rule: item for item in part.items}
    places = {rule: index for index, rule in enumerate(rules)}
    declared = [
        {"id": rule, "shortDescription": {"text": rule}, "fullDescription": {"text": item.what}, "help": {"text": item.do or item.what}}
        for rule, item in rules.items()
    ]  # fmt: skip
    results = [
        {
            "ruleId": item.rule,
            "ruleIndex": places[item.rule],
            "level": "warning" if item.level == "warning" else "error",
            "message": {"text": f"{item.about}: {item.what}. {item.do}".rstrip()},
            "locations": sarif.locations(item.where, ""),
            "partialFingerprints": {
                sarif.FINGERPRINT: sarif.fingerprint(part.name, item.rule, item.about, item.what)
            },
        }
        for item in part.items
    ]
    return sarif.run_of(part.name, declared, results, [sarif.notification(each) for each in part.problems])
