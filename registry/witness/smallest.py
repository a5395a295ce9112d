# SPDX-License-Identifier: Apache-2.0
"""How small can a document be made while it still proves its point? Members and items are dropped until none can be."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from registry.effort import spend
from registry.json_value import key

Path = tuple[str | int, ...]
_LONG_TEXT = 8


def smallest(value: Any, proves: Callable[[Any], bool]) -> Any:
    """The value without every member and item it can do without; dropping any one more would destroy the proof."""
    moves, place, failed = list(_moves(value)), 0, 0
    known: set[Any] = set()  # what does not prove it; equal items leave equal arrays
    while failed < len(moves):
        smaller = moves[place % len(moves)](value)
        spend(1 + len(moves) // 16)
        asked = key(smaller)
        if asked not in known and proves(smaller):
            value, moves, failed = smaller, list(_moves(smaller)), 0
            known.clear()
        else:
            known.add(asked)
            place, failed = place + 1, failed + 1
    return value


def _moves(value: Any) -> Iterator[Callable[[Any], Any]]:
    """Every way to make it a little smaller."""
    yield from (partial(_without, path=path) for path in _places(value))
    yield from (partial(_with, path=path, text=text) for path, text in _shorter_texts(value))


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of all members and items, outer ones first, of arrays the last item first."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = [(index, value[index]) for index in reversed(range(len(value)))]
    yield from ((*path, step) for step, _ in inner)
    for step, item in inner:
        yield from _places(item, (*path, step))


def _shorter_texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    match value:
        case str() if len(value) > _LONG_TEXT:
            less = len(value) // 2
            while less:
                yield path, value[:-less]
                less //= 2
        case dict():
            for name, item in value.items():
                yield from _shorter_texts(item, (*path, name))
        case list():
            for index, item in enumerate(value):
                yield from _shorter_texts(item, (*path, index))


def _without(value: Any, path: Path) -> Any:
    step, *rest = path
    if isinstance(value, dict):
        if not rest:
            return {name: item for name, item in value.items() if name != step}
        return {name: _without(item, tuple(rest)) if name == step else item for name, item in value.items()}
    if not rest:
        return [item for index, item in enumerate(value) if index != step]
    return [_without(item, tuple(rest)) if index == step else item for index, item in enumerate(value)]


def _with(value: Any, path: Path, text: str) -> Any:
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {name: _with(item, rest, text) if name == step else item for name, item in value.items()}
    return [_with(item, rest, text) if index == step else item for index, item in enumerate(value)]
