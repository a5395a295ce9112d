# SPDX-License-Identifier: Apache-2.0
"""The part of SOQL that a poll needs: one object, fields of it and of its parents, children, conditions joined by AND."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from terms import instant
from terms.problem import ProblemError

_QUERY = re.compile(
    r"\s*SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CHILDREN = re.compile(r"\(\s*SELECT\s+(?P<fields>[\w.,\s]+?)\s+FROM\s+(?P<object>\w+)\s*\)", re.IGNORECASE)
_CONDITION = re.compile(r"([\w.]+)\s*(>=|<=|!=|=|>|<)\s*('(?:[^'\\]|\\.)*'|\S+)")

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a is not None and a >= b,
    "<=": lambda a, b: a is not None and a <= b,
    ">": lambda a, b: a is not None and a > b,
    "<": lambda a, b: a is not None and a < b,
}


@dataclass(frozen=True, slots=True)
class Query:
    """`children` holds the fields of each child relationship asked for."""

    fields: tuple[str, ...]
    children: Mapping[str, tuple[str, ...]]
    object: str
    conditions: tuple[tuple[str, str, Any], ...]
    order: tuple[str, ...]
    limit: int | None


def parse(text: str) -> Query:
    """The query. Raises ProblemError with a sentence for a MALFORMED_QUERY."""
    children = {each["object"]: _names(each["fields"]) for each in _CHILDREN.finditer(text)}
    match = _QUERY.fullmatch(_CHILDREN.sub("", text))
    if match is None:
        raise ProblemError("unexpected token: the query must be SELECT fields FROM object")
    return Query(
        fields=tuple(name for name in _names(match["fields"]) if name),
        children=children,
        object=match["object"],
        conditions=tuple(
            _condition(each) for each in re.split(r"\s+AND\s+", match["where"] or "", flags=re.I) if each
        ),
        order=_names(match["order"]) if match["order"] else (),
        limit=int(match["limit"]) if match["limit"] else None,
    )


def accepts(query: Query, record: Mapping[str, Any]) -> bool:
    """Whether the record meets every condition."""
    return all(
        _COMPARE[compare](_comparable(value_at(record, name), wanted), wanted)
        for name, compare, wanted in query.conditions
    )


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """The value of a field, or of a parent's field written with points."""
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def sorter(path: str) -> Callable[[Mapping[str, Any]], str]:
    """Sorts by a field of text or time."""
    return lambda record: str(value_at(record, path))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(","))


def _condition(text: str) -> tuple[str, str, Any]:
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        raise ProblemError(f"unexpected token: {text.strip()}")
    name, compare, literal = match.groups()
    return name, compare, _literal(literal)


def _literal(text: str) -> Any:
    if text.startswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    words = {"true": True, "false": False, "null": None}
    if text.lower() in words:
        return words[text.lower()]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return instant.parse(text)


def _comparable(value: Any, wanted: Any) -> Any:
    """A stored date-time is text; compared with an instant it becomes one."""
    if isinstance(value, str) and isinstance(wanted, int) and not isinstance(wanted, bool):
        try:
            return instant.parse(value)
        except ProblemError:
            return None
    return value
