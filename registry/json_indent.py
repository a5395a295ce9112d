# SPDX-License-Identifier: Apache-2.0
"""How is a JSON text made readable? New lines and spaces only: no number is read, no key moved, nothing rounded."""

import re
from decimal import Decimal
from typing import Any

from terms import canonical_json

_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_STEP = "  "


def indented(text: str) -> str:
    """The same valid JSON text, one member or item a line.

    >>> print(indented('{"a":[1.10,{}],"b":9007199254740993}'))
    {
      "a": [
        1.10,
        {}
      ],
      "b": 9007199254740993
    }
    """
    parts: list[str] = []
    depth, before = 0, ""
    for match in _MARK.finditer(text):
        mark = match.group()
        closes, opened = mark in ("}", "]"), before in ("{", "[")
        depth -= closes
        if before == "," or closes != opened:
            parts.append("\n" + _STEP * depth)
        parts.append(mark + " " if mark == ":" else mark)
        depth += mark in ("{", "[")
        before = mark
    return "".join(parts)


def written(value: Any) -> str:
    """A value as readable JSON, its members in the order they have, its numbers as exact decimals."""
    return indented(_text(value))


def _text(value: Any) -> str:
    match value:
        case dict():
            inner = (f"{canonical_json.text(name)}:{_text(item)}" for name, item in value.items())
            return "{" + ",".join(inner) + "}"
        case list() | tuple():
            return "[" + ",".join(_text(item) for item in value) + "]"
        case Decimal():
            return str(value)
        case _:
            return canonical_json.text(value)


def readable(text: str, syntax: str) -> str:
    """The text as people read it: JSON on a single line is indented, anything else stays as it was written."""
    return indented(text) if syntax == "json" and "\n" not in text.strip() else text
