# SPDX-License-Identifier: Apache-2.0
"""The expressions of a rule file, compiled and linted, every problem told with the file's line."""

import re
from collections.abc import Mapping
from typing import Any

from policies.cel import Expression, compile_expression
from policies.definition import Message, TimeLimit
from policies.fact import SHAPES, VARIABLES, Shape, TargetKind
from policies.path_lint import unknown_paths
from terms.instant import HOUR, MINUTE, SECOND
from terms.problem import Problem, ProblemError, did_you_mean
from terms.yaml_lines import Document

_HOLE = re.compile(r"\{([^{}]*)\}")
_DURATION = re.compile(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_DEADLINE_KEYS = ("from", "until", "after")


def compiled(
    document: Document, pointer: str, target: TargetKind, params: Mapping[str, Any], problems: list[Problem]
) -> Expression | None:
    """The truth-valued expression at the pointer; None, with problems added, when it does not compile or names what is not there."""
    text = document.data[pointer[1:]]
    return _compiled(document, pointer, text.strip(), target, params, problems, must_be_bool=True)


def compile_message(
    document: Document, target: TargetKind, params: Mapping[str, Any], problems: list[Problem]
) -> Message:
    """The message with each `{expression}` compiled."""
    parts = _HOLE.split(document.data["message"].strip())
    expressions = [
        _compiled(document, "/message", text.strip(), target, params, problems, must_be_bool=False)
        for text in parts[1::2]
    ]
    return Message(tuple(parts[::2]), tuple(item for item in expressions if item is not None))


def time_limit(document: Document, params: Mapping[str, Any], problems: list[Problem]) -> TimeLimit | None:
    """`deadline: {from: milestone or list of them, until: milestone, after: 4h | params.name}`; None, with problems added, when it is not so."""
    data = document.data["deadline"]
    wrong = document.unknown_keys("/deadline", data, _DEADLINE_KEYS)
    wrong += document.missing_keys("/deadline", data, ("from", "after"))
    after = str(data.get("after", ""))
    if after.startswith("params."):
        name = after.removeprefix("params.")
        if name not in params:
            wrong.append(document.problem(f"there is no parameter '{name}'", "/deadline/after", did_you_mean(name, tuple(params))))  # fmt: skip
        after = str(params.get(name, "0s"))
    length = duration(after)
    if length is None and not wrong:
        wrong.append(document.problem(f"'{after}' is not a duration", "/deadline/after", "write it like 4h, 90m or 1h30m"))  # fmt: skip
    problems += wrong
    if wrong or length is None:
        return None
    until, begins = data.get("until"), data["from"]
    milestones = tuple(map(str, begins)) if isinstance(begins, list) else (str(begins),)
    return TimeLimit(milestones, length, None if until is None else str(until))


def duration(text: str) -> int | None:
    """Microseconds of `4h`, `90m`, `1h30m`, `20s`: the form CEL's `duration()` reads too. None when it is not one.

    >>> duration("1h30m") == 90 * MINUTE, duration("4 h"), duration("")
    (True, None, None)
    """
    match = _DURATION.fullmatch(text)
    if not match:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * HOUR + minutes * MINUTE + seconds * SECOND


def _compiled(
    document: Document,
    pointer: str,
    text: str,
    target: TargetKind,
    params: Mapping[str, Any],
    problems: list[Problem],
    *,
    must_be_bool: bool,
) -> Expression | None:
    roots = {
        VARIABLES[target]: SHAPES[target],
        "params": Shape("record", dict.fromkeys(params, Shape("any"))),
        "now": Shape("leaf"),
    }
    wrong = [
        document.problem(f"{found.what} ({found.where})", pointer, found.do)
        for found in unknown_paths(text, roots)
    ]
    try:
        expression = compile_expression(text, VARIABLES[target], must_be_bool=must_be_bool)
    except ProblemError as error:
        (found,) = error.problems
        wrong.append(document.problem(f"{found.what}, {found.where}", pointer, found.do))
        expression = None
    problems += wrong
    return None if wrong else expression
