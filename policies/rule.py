# SPDX-License-Identifier: Apache-2.0
"""Rule files: YAML to compiled rules, in the walk from a rule file to a violation. A rule whose examples do not hold does not load."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from policies.builtin import BUILTINS
from policies.cel import normal
from policies.definition import Example, Expectation, Rule, Severity
from policies.evaluate import evaluate
from policies.expressions import compile_message, compiled, time_limit
from policies.fact import SHAPES, VARIABLES, Fact, TargetKind
from policies.path_lint import unknown_fields
from terms.instant import Instant, parse
from terms.problem import Problem, ProblemError, did_you_mean
from terms.yaml_lines import Document
from terms.yaml_lines import read as read_yaml

SHIPPED = Path(__file__).parent / "packs"
KINDS = ("cel", "builtin")

_REQUIRED = ("id", "version", "title", "description", "target", "kind", "severity", "remediation", "owner", "examples")  # fmt: skip
_OPTIONAL = ("when", "assert", "builtin", "message", "path", "tags", "controls", "params", "deadline")
_EXAMPLE_KEYS = ("name", "now", "expect", "context")
_DEFAULT_NOW = "2026-01-01T00:00:00Z"


def load(folders: Iterable[Path] = ()) -> tuple[Rule, ...]:
    """The shipped rules and those of the folders, by id; all compile and all examples hold.

    In a folder, `policies/**/*.yaml` and any `*.yaml` that says `kind: cel` or `kind: builtin` are read; files of
    other kinds are left to their own readers. A rule replaces a shipped one of the same id when its version is
    higher. Raises one ProblemError with every problem found, each with file and line: a rule set is taken whole or
    not at all.
    """
    files = rule_files([SHIPPED])
    for folder in folders:
        if not folder.is_dir():
            raise ProblemError("there is no such folder", str(folder), "name a folder of definitions")
        files += rule_files([folder / "policies"] if (folder / "policies").is_dir() else [])
        files += [path for path in sorted(folder.glob("*.y*ml")) if _is_rule(path)]
    rules, problems = read_all(files)
    for rule in rules:
        problems += broken_examples(rule)
    if problems:
        raise ProblemError(tuple(problems))
    return tuple(rules)


def read_all(files: Iterable[Path]) -> tuple[list[Rule], list[Problem]]:
    """The rules of the files, by id, the highest version of each; and what is wrong with the others. Examples are not run."""
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    for path in files:
        try:
            rule = read(path)
        except ProblemError as error:
            problems += error.problems
            continue
        known = rules.get(rule.id)
        if known is not None and rule.version <= known.version:
            advice = f"give it another id, or a version above {known.version} to replace it"
            problems.append(Problem(f"rule '{rule.id}' is in {known.source} too", str(path), advice))
            continue
        rules[rule.id] = rule
    return [rules[rule_id] for rule_id in sorted(rules)], problems


def rule_files(folders: Iterable[Path]) -> list[Path]:
    """Every YAML file below the folders (a file stands for itself), sorted within each. Raises ProblemError for one that is not there."""
    files: list[Path] = []
    for folder in folders:
        if not folder.exists():
            raise ProblemError("there is no such file or folder", str(folder), "name a folder of rule files")
        files += [folder] if folder.is_file() else sorted(folder.rglob("*.y*ml"))
    return files


def _is_rule(path: Path) -> bool:
    """Whether a file among definitions of all kinds is one of ours, or was meant to be."""
    try:
        kind = str(read_yaml(path).data.get("kind", ""))
    except ProblemError:
        return False  # whoever reads the other kinds tells it
    return bool(get_close_matches(kind, KINDS, n=1, cutoff=0.75))


def read(path: Path) -> Rule:
    """The rule in one file, compiled and checked but for its examples. Raises ProblemError with file and line."""
    document = read_yaml(path)
    data = document.data
    problems = document.unknown_keys("", data, (*_REQUIRED, *_OPTIONAL))
    problems += document.missing_keys("", data, _REQUIRED)
    problems += _wrong_values(document, data)
    if problems:
        raise ProblemError(tuple(problems))
    target: TargetKind = data["target"]
    params = data.get("params") or {}
    when = compiled(document, "/when", target, params, problems) if data.get("when") else None
    holds = compiled(document, "/assert", target, params, problems) if data["kind"] == "cel" else None
    message = compile_message(document, target, params, problems) if data["kind"] == "cel" else None
    limit = time_limit(document, params, problems) if data.get("deadline") else None
    examples = _examples(document, target, problems)
    if problems:
        raise ProblemError(tuple(problems))
    return Rule(
        id=data["id"],
        version=data["version"],
        title=data["title"],
        description=data["description"].strip(),
        target=target,
        severity=data["severity"],
        remediation=data["remediation"].strip(),
        owner=data["owner"],
        tags=tuple(data.get("tags", ())),
        controls=tuple(data.get("controls", ())),
        params=normal(params, "params"),
        when=when,
        holds=holds,
        builtin=BUILTINS[data["builtin"]] if data["kind"] == "builtin" else None,
        message=message,
        path=data.get("path", ""),
        time_limit=limit,
        examples=examples,
        source=str(path),
    )


def broken_examples(rule: Rule) -> list[Problem]:
    """What the rule says otherwise than its author expects, an example each; empty when all hold."""
    return [
        Problem(f"example '{example.name}' of {rule.id} expects {example.expect}, but the rule gives {verdict}", example.where)
        for example in rule.examples
        for verdict in (verdict_of(rule, example),)
        if verdict.split(":")[0] != example.expect
    ]  # fmt: skip


def verdict_of(rule: Rule, example: Example) -> str:
    """`pass`, `fail`, or `error: why`."""
    evaluation = evaluate((rule,), (example.fact,), example.now)
    if evaluation.errors:
        return f"error: {evaluation.errors[0].message}"
    return "fail" if evaluation.findings else "pass"


def _wrong_values(document: Document, data: Mapping[str, Any]) -> list[Problem]:
    """Keys whose value has the wrong type or is none of the words allowed there."""
    problems = [
        document.problem(f"'{key}' is not text", f"/{key}", f"write {key}: ...")
        for key in ("id", "title", "description", "severity", "remediation", "owner", "when", "assert", "builtin", "message", "path")
        if key in data and (not isinstance(data[key], str) or not data[key].strip())
    ]  # fmt: skip
    if not isinstance(data.get("version", 1), int) or data.get("version", 1) is True:
        problems.append(document.problem("'version' is not a whole number", "/version"))
    for key, kind in (("tags", list), ("controls", list), ("params", dict), ("deadline", dict), ("examples", list)):  # fmt: skip
        if key in data and not isinstance(data[key], kind):
            problems.append(
                document.problem(f"'{key}' is not a {'list' if kind is list else 'mapping'}", f"/{key}")
            )
    for key, words in (("target", get_args(TargetKind)), ("severity", get_args(Severity)), ("kind", KINDS)):  # fmt: skip
        if key in data and data[key] not in words:
            problems.append(
                document.problem(
                    f"'{data[key]}' is not a {key}", f"/{key}", did_you_mean(str(data[key]), words)
                )
            )
    needed = {"cel": ("assert", "message"), "builtin": ("builtin",)}.get(str(data.get("kind")), ())
    problems += document.missing_keys("", dict(data), needed)
    if data.get("kind") == "builtin" and str(data.get("builtin")) not in BUILTINS:
        problems.append(
            document.problem(
                f"there is no builtin '{data.get('builtin')}'",
                "/builtin",
                did_you_mean(str(data.get("builtin")), tuple(BUILTINS)),
            )
        )
    return problems


def _examples(document: Document, target: TargetKind, problems: list[Problem]) -> tuple[Example, ...]:
    examples = [
        example
        for index, item in enumerate(document.data["examples"])
        if (example := _example(document, f"/examples/{index}", item, target, problems)) is not None
    ]
    for expect in ("pass", "fail"):
        if not any(example.expect == expect for example in examples):
            problems.append(
                document.problem(f"no example that must {expect}", "/examples", f"add one with 'expect: {expect}'")
            )  # fmt: skip
    return tuple(examples)


def _example(
    document: Document, pointer: str, item: Any, target: TargetKind, problems: list[Problem]
) -> Example | None:
    if not isinstance(item, dict) or not isinstance(item.get("context"), dict):
        problems.append(
            document.problem("an example needs name, expect and context", pointer, "add 'context:'")
        )
        return None
    before = len(problems)
    problems += document.unknown_keys(pointer, item, _EXAMPLE_KEYS)
    if item.get("expect") not in get_args(Expectation):
        advice = did_you_mean(str(item.get("expect")), get_args(Expectation))
        problems.append(
            document.problem(f"'{item.get('expect')}' is not a verdict", f"{pointer}/expect", advice)
        )
    for problem in unknown_fields(item["context"], SHAPES[target], VARIABLES[target]):
        problems.append(replace(problem, where=document.where(f"{pointer}/context"), what=f"{problem.what} at {problem.where}"))  # fmt: skip
    now = _now(document, pointer, str(item.get("now", _DEFAULT_NOW)), problems)
    if len(problems) > before:
        return None
    return Example(
        name=str(item.get("name", pointer)),
        fact=Fact(target, "example", item["context"]),
        now=now,
        expect=item["expect"],
        where=document.where(pointer),
    )


def _now(document: Document, pointer: str, text: str, problems: list[Problem]) -> Instant:
    try:
        return parse(text)
    except ProblemError as error:
        problems.append(replace(error.problems[0], where=document.where(f"{pointer}/now")))
        return Instant(0)


__all__ = ["SHIPPED", "Rule", "broken_examples", "load", "read", "read_all", "rule_files", "verdict_of"]
