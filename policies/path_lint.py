# SPDX-License-Identifier: Apache-2.0
"""Which paths of an expression name a field that its target does not have?

The engine takes a context as a map of anything, so `tx.stauts` would only fail when the rule runs. This reads the tokens of
the expression and follows each path through the declared shape; list macros bind their variable to the list's element.
"""

import re

from policies.fact import Shape
from terms.problem import Problem, did_you_mean

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
      | (?P<text>[rR]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      | (?P<name>[A-Za-z_]\w*|\d+)
      | (?P<dot>\.\??)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_MACROS = {"all", "exists", "exists_one", "filter", "map"}
_ANY = Shape("any")

Token = tuple[str, str]  # kind, word


def unknown_paths(text: str, roots: dict[str, Shape]) -> list[Problem]:
    """A problem for each path that leaves the shapes of `roots` (variable -> shape), with the nearest known field."""
    tokens: list[Token] = [
        (str(match.lastgroup), match.group()) for match in _TOKEN.finditer(text) if match.lastgroup != "skip"
    ]
    problems: list[Problem] = []
    known = dict(roots)
    for at, (kind, word) in enumerate(tokens):
        if kind == "name" and word in known and (at == 0 or tokens[at - 1][0] != "dot"):
            _follow(tokens, at, known, problems)
    return problems


def _follow(tokens: list[Token], start: int, known: dict[str, Shape], problems: list[Problem]) -> None:
    """Walks one path from its variable; remembers in `known` what a macro's variable stands for."""
    path = tokens[start][1]
    shape, at = known[path], start + 1
    while True:
        field, after = _next_field(tokens, at)
        if field is None:
            return
        if _word(tokens, after) == "(":
            if field in _MACROS and after + 1 < len(tokens):
                known[tokens[after + 1][1]] = shape.item if shape.kind == "list" and shape.item else _ANY
            if field != "filter":
                return
            at = _after_parenthesis(tokens, after)  # a filtered list still holds the same elements
            continue
        inner = _inner(shape, field)
        if inner is None:
            names = list(shape.fields or ())
            advice = did_you_mean(field, names) if names else f"'{path}' is a plain value"
            problems.append(Problem(f"unknown field '{field}'", f"{path}.{field}", advice))
            return
        path, shape, at = f"{path}.{field}", inner, after


def _inner(shape: Shape, field: str) -> Shape | None:
    """The shape one field further, None where the shape has no such field."""
    if shape.kind == "record":
        return (shape.fields or {}).get(field)
    if shape.kind in ("map", "list"):
        return shape.item or _ANY
    return None if shape.kind == "leaf" else _ANY


def _next_field(tokens: list[Token], at: int) -> tuple[str | None, int]:
    """The field named at `at` (`.name`, `.?name`, `["name"]`, `[0]`) and the position after it."""
    kind = tokens[at][0] if at < len(tokens) else ""
    if kind == "dot" and at + 1 < len(tokens):
        return tokens[at + 1][1], at + 2
    if _word(tokens, at) == "[" and _word(tokens, at + 2) == "]":
        inner_kind, word = tokens[at + 1]
        if inner_kind == "text" or word.isdigit():
            return word.strip("\"'"), at + 3
    return None, at


def _after_parenthesis(tokens: list[Token], at: int) -> int:
    depth = 0
    for position in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[position][1], 0) if tokens[position][0] == "other" else 0
        if depth == 0:
            return position + 1
    return len(tokens)


def _word(tokens: list[Token], at: int) -> str:
    return tokens[at][1] if at < len(tokens) else ""


def unknown_fields(value: object, shape: Shape, path: str) -> list[Problem]:
    """A problem for each field of `value` that its shape does not declare, with the nearest known field."""
    if isinstance(value, dict) and shape.kind == "record":
        fields = shape.fields or {}
        stray = [
            Problem(f"unknown field '{name}'", f"{path}.{name}", did_you_mean(str(name), list(fields)))
            for name in value
            if name not in fields
        ]
        return stray + [
            problem
            for name, item in value.items()
            if name in fields
            for problem in unknown_fields(item, fields[name], f"{path}.{name}")
        ]
    if isinstance(value, list) and shape.item is not None:
        return [problem for item in value for problem in unknown_fields(item, shape.item, f"{path}[]")]
    return []
