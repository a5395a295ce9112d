# SPDX-License-Identifier: Apache-2.0
"""What does a document become under a JSON Patch (RFC 6902)? The three operations that repairs are written in: add, remove, replace."""

from collections.abc import Iterable, Mapping
from typing import Any

from registry.change import ABSENT
from registry.json_lines import unescape

Operation = Mapping[str, Any]


class PatchError(ValueError):
    """An operation names a place that is not there."""


def patched(document: Any, operations: Iterable[Operation]) -> Any:
    """The document after the operations, in order; the given one is left as it is. Raises PatchError.

    >>> patched({"required": ["a", "b"]}, [{"op": "remove", "path": "/required/1"}])
    {'required': ['a']}
    """
    for operation in operations:
        steps = steps_of(operation["path"])
        document = _changed(document, steps, operation["op"], operation.get("value"))
    return document


def steps_of(pointer: str) -> list[str]:
    """The names and indexes of a JSON pointer."""
    return [unescape(part) for part in pointer.split("/")[1:]]


def value_at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; ABSENT where nothing does."""
    for step in steps_of(pointer):
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return ABSENT
    return document


def _changed(value: Any, steps: list[str], kind: str, new: Any) -> Any:
    if not steps:
        return new
    step, *rest = steps
    if isinstance(value, dict):
        return _changed_object(value, step, rest, kind, new)
    if isinstance(value, list):
        return _changed_array(value, step, rest, kind, new)
    raise PatchError(f"there is no '{step}' inside a plain value")


def _changed_object(value: dict[str, Any], step: str, rest: list[str], kind: str, new: Any) -> Any:
    if step not in value and (rest or kind != "add"):
        raise PatchError(f"there is no member '{step}'")
    if rest:
        return {**value, step: _changed(value[step], rest, kind, new)}
    if kind == "remove":
        return {name: item for name, item in value.items() if name != step}
    return {**value, step: new}


def _changed_array(value: list[Any], step: str, rest: list[str], kind: str, new: Any) -> Any:
    index = len(value) if step == "-" else int(step) if step.isdecimal() else -1
    appends = not rest and kind == "add"
    if not 0 <= index < len(value) + appends:
        raise PatchError(f"there is no item '{step}'")
    if rest:
        return [*value[:index], _changed(value[index], rest, kind, new), *value[index + 1 :]]
    kept = value[index + 1 :] if kind != "add" else value[index:]
    return [*value[:index], *([] if kind == "remove" else [new]), *kept]
