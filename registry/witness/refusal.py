# SPDX-License-Identifier: Apache-2.0
"""Why is a value refused, and by which part of the schema? So that a witness shows its own finding, not the neighbour's."""

from collections.abc import Iterator
from typing import Any

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from registry import words
from registry.evaluate import CANNOT_SAY, required, validator
from registry.json_lines import escape
from registry.schema import Node, Schema
from registry.witness.keyword import REFERENCES, led_to

_MOST_ERRORS = 200


def refusal(schema: Schema, node: Node, place: str, value: Any) -> ValidationError | None:
    """The error that the keyword or node at the place raises; None when the value is not refused there."""
    try:
        for error in _errors(schema, node, value):
            steps = tuple(error.absolute_schema_path)
            if any(_is_at(place, pointer, error) for pointer in _pointers(schema, node, steps)):
                return error
    except CANNOT_SAY:
        pass
    return None


def main_refusal(schema: Schema, node: Node, value: Any) -> ValidationError | None:
    """The error that says most about why the value is refused; None when it is valid."""
    found: ValidationError | None = best_match(validator(schema).evolve(schema=node.raw).iter_errors(value))
    return found


def said(error: ValidationError) -> tuple[str, str]:
    """The error in words, shortened, and the pointer into the value."""
    return words.refusal(error), "".join(f"/{escape(str(step))}" for step in error.absolute_path)


def _errors(schema: Schema, node: Node, value: Any) -> Iterator[ValidationError]:
    waiting = list(validator(schema).evolve(schema=node.raw).iter_errors(value))
    for _ in range(_MOST_ERRORS):
        if not waiting:
            return
        error = waiting.pop(0)
        yield error
        waiting.extend(error.context or ())


def _pointers(schema: Schema, node: Node, steps: tuple[str | int, ...]) -> Iterator[str]:
    """Where the keyword may stand in the document: the validator goes through references without telling."""
    raw: Any = node.raw
    for keyword in REFERENCES if steps else ():
        target = led_to(schema, node, keyword)
        if target is not None:
            yield from _pointers(schema, target, steps)
    pointer = node.pointer
    for place, step in enumerate(steps):
        if isinstance(raw, dict) and step not in raw:
            return
        pointer = f"{pointer}/{escape(str(step))}"
        raw = raw[step]
        if isinstance(raw, dict) and place + 1 < len(steps) and any(k in raw for k in REFERENCES):
            yield from _pointers(schema, Node(pointer, raw), steps[place + 1 :])
            return
        if not isinstance(raw, dict | list):
            break
    yield pointer


def _is_at(place: str, pointer: str, error: ValidationError) -> bool:
    """Whether an error is the one the place is about; of `required` each name is a place of its own."""
    inside = place.removeprefix(f"{pointer}/")
    names: Any = error.validator_value
    if error.validator == "required" and inside != place and inside.isdecimal():
        return error.message == required(names[int(inside)])
    return pointer == place or place.startswith(f"{pointer}/") or pointer.startswith(f"{place}/")
