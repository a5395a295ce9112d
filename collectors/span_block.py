# SPDX-License-Identifier: Apache-2.0
"""How the attributes of some hundred spans are kept in one row: what repeats from span to span costs next to nothing."""

import zlib
from collections.abc import Iterable
from typing import Any

import orjson
import zstandard

_LEVEL = 1  # a higher one gains nothing on what repeats this much
_ZLIB = b"\x78"  # how blocks of the first version begin


def pack(attributes: Iterable[dict[str, Any]]) -> bytes:
    """The block of these attributes: zstd over a JSON list of objects."""
    return zstandard.compress(orjson.dumps(list(attributes)), _LEVEL)


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The attributes in a block, in the order in which they were packed."""
    raw = zlib.decompress(body) if body.startswith(_ZLIB) else zstandard.decompress(body)
    found: list[dict[str, Any]] = orjson.loads(raw)
    return found
