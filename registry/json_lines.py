# SPDX-License-Identifier: Apache-2.0
"""On which line of a JSON text does a pointer stand? Asked only for findings, so loading stays fast."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any

_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def escape(part: str) -> str:
    """One part of a JSON pointer (RFC 6901).

    >>> escape("a/b~c")
    'a~1b~0c'
    """
    return part.replace("~", "~0").replace("/", "~1")


def unescape(part: str) -> str:
    """The name an escaped part of a pointer stands for."""
    return part.replace("~1", "/").replace("~0", "~")


def lines(text: str) -> dict[str, int]:
    """The 1-based line of every member and item of a valid JSON text; a member's line is that of its key.

    >>> lines('{"a": 1,\\n "b": [2,\\n 3]}')
    {'': 1, '/a': 1, '/b': 2, '/b/0': 2, '/b/1': 3}
    """
    breaks = [match.start() for match in re.finditer("\n", text)]
    found = {"": 1}
    # One frame for each open container: its pointer, and the next index of an array or None in an object.
    open_frames: list[tuple[str, int | None]] = []
    pending: str | None = None  # the pointer of the member whose value comes next
    wants_key = False
    for match in _MARK.finditer(text):
        mark = match.group()
        line = bisect_right(breaks, match.start()) + 1
        if mark in ("}", "]"):
            open_frames.pop()
            wants_key = False
        elif mark == ",":
            pointer, index = open_frames[-1]
            wants_key = index is None
            if index is not None:
                open_frames[-1] = (pointer, index + 1)
        elif mark == ":":
            wants_key = False
        elif wants_key:
            pending = f"{open_frames[-1][0]}/{escape(json.loads(mark))}"
            found[pending] = line
        else:
            here = pending if pending is not None else ""
            if open_frames and open_frames[-1][1] is not None:
                here = f"{open_frames[-1][0]}/{open_frames[-1][1]}"
                found[here] = line
            pending = None
            if mark in ("{", "["):
                open_frames.append((here, 0 if mark == "[" else None))
                wants_key = mark == "{"
    return found


def depth(text: str, limit: int) -> int:
    """The line where a JSON text goes deeper than so many levels; the last one when it never does.

    >>> depth('[\\n[\\n[]]]', 2)
    3
    """
    level = 0
    for match in _MARK.finditer(text):
        level += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match.group(), 0)
        if level > limit:
            return text.count("\n", 0, match.start()) + 1
    return text.count("\n") + 1


def find(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """The 1-based line of each pointer of a valid JSON text and of all that is around it; what does not exist is left out.

    What is not asked for is skipped by the parser, so a few pointers into megabytes cost no more than parsing them.

    >>> find('{"a": 1,\\n "b": [2,\\n {"c": 3}]}', ["/b/1/c", "/z"])
    {'': 1, '/b': 2, '/b/1': 3, '/b/1/c': 3}
    """
    wanted: dict[str, Any] = {}
    for pointer in pointers:
        here = wanted
        for part in pointer.split("/")[1:]:
            here = here.setdefault(unescape(part), {})
    places: dict[str, int] = {}
    _find(text, _BEGIN.match(text).end(), "", wanted, places)  # type: ignore[union-attr]
    found, line, before = {"": 1}, 1, 0
    for place, pointer in sorted((place, pointer) for pointer, place in places.items()):
        line, before = line + text.count("\n", before, place), place
        found[pointer] = line
    return found


_BEGIN = re.compile(r"[ \t\n\r]*")
_NAME = re.compile(r'[ \t\n\r]*("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*')
_AFTER = re.compile(r"[ \t\n\r]*([,\]}])[ \t\n\r]*")
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def _find(text: str, at: int, pointer: str, wanted: dict[str, Any], places: dict[str, int]) -> int:
    """Notes where the wanted members of the value at a place stand; returns where the value ends."""
    opening = text[at]
    if not wanted or opening not in "{[":
        return int(_scan(text, at)[1])
    index, at = 0, _BEGIN.match(text, at + 1).end()  # type: ignore[union-attr]
    mark = text[at]
    while mark not in "}]":
        name, place = str(index), at
        if opening == "{":
            key = _NAME.match(text, at)
            assert key is not None, "the text was parsed before"
            name, at = json.loads(key[1]) if "\\" in key[1] else key[1][1:-1], key.end()
        if name in wanted:
            here = f"{pointer}/{escape(name)}"
            places[here] = place
            at = _find(text, at, here, wanted[name], places)
        else:
            at = _scan(text, at)[1]
        after = _AFTER.match(text, at)
        assert after is not None, "the text was parsed before"
        mark, at, index = after[1], after.end(), index + 1
        if mark != ",":
            return after.end(1)
    return at + 1


def nearest(found: dict[str, int], pointer: str) -> int:
    """The line of the pointer, or of the closest thing around it that has one."""
    while pointer and pointer not in found:
        pointer = pointer.rpartition("/")[0]
    return found.get(pointer, 1)
