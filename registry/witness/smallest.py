# SPDX-License-Identifier: Apache-2.0
"""How small can a document be made while it still proves its point? Members and items are dropped until none can be."""

from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]
_LONG_TEXT = 8


def smallest(value: Any, proves: Callable[[Any], bool]) -> Any:
    """The value without every member and item it can do without; dropping any one more would destroy the proof."""
    while (smaller := _smaller(value, proves)) is not None:
        value = smaller
    return value


def _smaller(value: Any, proves: Callable[[Any], bool]) -> Any | None:
    dropped = (_without(value, path) for path in _places(value))
    found = next((each for each in dropped if proves(each)), None)
    if found is not None:
        return found
    shorter = (_with(value, path, text) for path, text in _shorter_texts(value))
    return next((each for each in shorter if proves(each)), None)


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
            yield path, value[: len(value) // 2]
            yield path, value[:-1]
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
