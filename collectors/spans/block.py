# SPDX-License-Identifier: Apache-2.0
"""How the attributes of some hundred spans are kept in one row: what repeats from span to span costs next to nothing."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import zstandard

from collectors.decoding import wire_attributes
from collectors.decoding.otlp_wire import Block, Said
from collectors.decoding.wire_attributes import WireAttributes

BLOCK = 512  # spans; larger ones compress a little better and cost more to read one span from
_LEVEL = 1  # a higher one gains nothing on what repeats this much
_ZLIB = b"\x78"  # how blocks of the first version begin
_JSON = b"["  # how those of the first and the second begin inside


def span_keys(block_id: int) -> range:
    """The keys of the spans of a block, by position: blocks are numbered in the order in which they arrive, and so are spans."""
    return range(block_id * BLOCK, (block_id + 1) * BLOCK)


def place(span_key: int) -> tuple[int, int]:
    """(block, position in it) of the span with that key.

    >>> place(span_keys(7)[3])
    (7, 3)
    """
    return divmod(span_key, BLOCK)


def pack(attributes: Iterable[Mapping[str, Any]]) -> bytes:
    """The block of these attributes: zstd over what came as OTLP as it came, and over JSON of what did not."""
    every = list(attributes)
    said = [one.said for one in every if type(one) is WireAttributes]
    if len(said) < len(every):
        said = [_said(one) for one in every]
    block = Block()
    block.spans.extend(said)
    return zstandard.compress(block.SerializeToString(), _LEVEL)


def unpack(body: bytes) -> list[dict[str, Any]]:
    """The attributes in a block, in the order in which they were packed."""
    found = _opened(body)
    return [_attributes(one) for one in found]


def unpack_some(body: bytes, positions: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The attributes at these positions of a block; the others are not read."""
    found = _opened(body)
    return {position: _attributes(found[position]) for position in positions}


def _said(one: Mapping[str, Any]) -> Any:
    return one.said if type(one) is WireAttributes else Said(json=orjson.dumps(one))


def _opened(body: bytes) -> Any:
    raw = zlib.decompress(body) if body.startswith(_ZLIB) else zstandard.decompress(body)
    return orjson.loads(raw) if raw.startswith(_JSON) else Block.FromString(raw).spans


def _attributes(one: Any) -> dict[str, Any]:
    if isinstance(one, dict):
        return one
    found: dict[str, Any] = orjson.loads(one.json) if one.json else wire_attributes.of_said(one)
    return found
