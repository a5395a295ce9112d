# SPDX-License-Identifier: Apache-2.0
"""One text for one JSON value: keys sorted, no spaces, numbers as exact decimals. Hashes are taken over it."""

import json
from decimal import Decimal
from hashlib import sha256
from typing import Any


def text(value: Any) -> str:
    """The canonical text. Equal documents give equal text; `1.0` and `1` stay apart, as do integers beyond 2^53.

    RFC 8785 would turn numbers into doubles and so merge 9007199254740993 with ...992.

    >>> text({"b": 1, "a": Decimal("1.10")})
    '{"a":1.10,"b":1}'
    """
    return "".join(_parts(value))


def sha256_hex(value: Any) -> str:
    """SHA-256 of the canonical text, 64 hex digits."""
    return sha256(text(value).encode()).hexdigest()


def _parts(value: Any) -> list[str]:
    match value:
        case dict():
            items = [f"{json.dumps(key)}:{text(value[key])}" for key in sorted(value)]
            return ["{", ",".join(items), "}"]
        case list() | tuple():
            return ["[", ",".join(text(item) for item in value), "]"]
        case Decimal():
            return [str(value)]
        case _:
            return [json.dumps(value, ensure_ascii=True)]
