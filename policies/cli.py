# SPDX-License-Identifier: Apache-2.0
"""`throughline policies`: try rules before they judge anything, and judge facts without a server. Last step of the walk: the gate.

Exit codes: 0 all holds; 1 a rule does not hold, or an example does not; 2 wrong usage or an unreadable file; 3 a rule gave no answer.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Test and check policy rules.")

CLEAN, FINDINGS, UNREADABLE, NO_ANSWER = 0, 1, 2, 3


@app.command("test")
def try_examples(
    folder: Annotated[Path | None, typer.Argument(help="A rule file or a folder of them; without it, the shipped rules.")] = None,
) -> None:  # fmt: skip
    """Run the examples of every rule. Exit 1 when one says otherwise than its author expects."""
    from policies.rule import SHIPPED, broken_examples, read_all, rule_files, verdict_of
    from terms.problem import ProblemError

    try:
        rules, unreadable = read_all(rule_files([folder or SHIPPED]))
    except ProblemError as error:
        rules, unreadable = [], list(error.problems)
    broken = []
    for rule in rules:
        problems = broken_examples(rule)
        broken += problems
        mark = "FAIL" if problems else "ok"
        _say(f"{mark:<5} {rule.id} v{rule.version}: {len(rule.examples)} examples")
        for example in rule.examples:
            _say(
                f"      {example.expect:<6} {example.name}" + _note(verdict_of(rule, example), example.expect)
            )
    for problem in (*broken, *unreadable):
        _say(str(problem), error=True)
    _say(
        _count(len(rules), "rule")
        + f", {_count(len(broken), 'broken example')}, {_count(len(unreadable), 'problem')}"
    )
    if unreadable or not rules:
        raise typer.Exit(UNREADABLE)
    raise typer.Exit(FINDINGS if broken else CLEAN)


@app.command()
def check(
    folder: Annotated[list[Path] | None, typer.Argument(help="Folders of definitions that are added to the shipped rules.")] = None,
    facts: Annotated[Path | None, typer.Option(help="JSON: a list of {target, key, context} to judge.")] = None,
    at: Annotated[str | None, typer.Option(help="The instant to judge at, RFC 3339; without it, now.")] = None,
    output: Annotated[str, typer.Option("--format", help="text or json")] = "text",
) -> None:  # fmt: skip
    """Load the rules as a server would, offline, and judge facts with them where some are given."""
    from policies.evaluate import evaluate
    from policies.facts_file import read_facts
    from policies.rule import load
    from terms.instant import parse, wall_clock
    from terms.problem import ProblemError

    try:
        if output not in ("text", "json"):
            raise ProblemError(f"'{output}' is not a format", "--format", "write text or json")
        rules = load(folder or [])
        judged = read_facts(facts) if facts else ()
        answer = evaluate(rules, judged, parse(at) if at else wall_clock())
    except ProblemError as error:
        for problem in error.problems:
            _say(str(problem), error=True)
        raise typer.Exit(UNREADABLE) from None
    if output == "json":
        _say(json.dumps(_document(answer, len(rules), len(judged)), indent=2))
    else:
        for finding in answer.findings:
            _say(f"{finding.severity:<8} {finding.pair.rule_id} {finding.pair.target_key}: {finding.message}")
            _say(f"         to do: {finding.remediation}")
        for silent in answer.errors:
            _say(f"no answer: {silent.pair.rule_id} {silent.pair.target_key}: {silent.message}", error=True)
        _say(
            f"{_count(len(rules), 'rule')}, {_count(len(judged), 'fact')}: {_count(len(answer.findings), 'finding')}, "
            f"{len(answer.errors)} without an answer"
        )
    # A rule without an answer outweighs a finding: nobody knows what else it would have found.
    raise typer.Exit(NO_ANSWER if answer.errors else FINDINGS if answer.findings else CLEAN)


def _document(answer: Any, rules: int, facts: int) -> dict[str, Any]:
    return {
        "rules": rules,
        "facts": facts,
        "findings": [
            {
                "fingerprint": finding.fingerprint,
                "rule": finding.pair.rule_id,
                "ruleVersion": finding.rule_version,
                "severity": finding.severity,
                "target": finding.pair.target_kind,
                "key": finding.pair.target_key,
                "path": finding.path,
                "message": finding.message,
                "remediation": finding.remediation,
            }
            for finding in answer.findings
        ],
        "errors": [
            {"rule": error.pair.rule_id, "key": error.pair.target_key, "message": error.message}
            for error in answer.errors
        ],
    }


def _note(verdict: str, expected: str) -> str:
    return "" if verdict.split(":")[0] == expected else f"   <- gives {verdict}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _say(text: str, *, error: bool = False) -> None:
    (sys.stderr if error else sys.stdout).write(f"{text}\n")
