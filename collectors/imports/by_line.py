# SPDX-License-Identifier: Apache-2.0
"""Is this file one document, or one on each line? Its first lines tell, and some of them may be broken."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson

FIRST = 10  # lines that are looked at
PROTOBUF = b"\n"  # the first field of an OTLP request, as protobuf writes it


def is_protobuf(begin: bytes) -> bool:
    """Whether a file of traces that begins so is protobuf."""
    return begin[:1] == PROTOBUF and begin.lstrip()[:1] not in (b"{", b"[")


def documents(lines: Iterable[bytes]) -> Iterator[Any]:
    """What the first lines say that are JSON of their own. None of a list, which may have an item on each line."""
    for line in islice((line for line in lines if line.strip()), FIRST):
        if line.lstrip()[:1] == b"[":
            return
        if (document := document_of(line)) is not None:
            yield document


def document_of(line: bytes) -> Any:
    """What a line says; None when that is no JSON."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
