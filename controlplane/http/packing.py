# SPDX-License-Identifier: Apache-2.0
"""How is a packed body unpacked without trusting it? Piece by piece, under a limit of its own and one for all that is held."""

import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import zstandard

from terms.problem import Problem

KIB = 1024
MIB = 1024 * KIB
STEP = MIB  # bytes unpacked between two looks at the limits
BUSY_AFTER_S = 1  # when a client that met a full house may try again

# How each is made, and how many packed bytes it is given at a time. zstd cannot be told how much to make of them: a block
# of 4 bytes may stand for 128 KiB, so 256 bytes make 8 MiB at the most. 8 MiB of window is what RFC 8878 (3.1.1.1.2) asks of
# every decoder, and no more is granted.
_UNPACKERS: Mapping[str, tuple[Callable[[], Any], int]] = {
    "gzip": (lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), 64 * KIB),
    "deflate": (lambda: zlib.decompressobj(zlib.MAX_WBITS), 64 * KIB),
    "zstd": (lambda: zstandard.ZstdDecompressor(max_window_size=8 * MIB).decompressobj(), 256),
}
ENCODINGS = tuple(_UNPACKERS)


class Refused(Exception):  # noqa: N818 it ends the reading and is never seen outside the guard
    """The body is not taken: the HTTP status, the problem, and headers that the answer needs."""

    def __init__(self, status: int, problem: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(problem))
        self.status = status
        self.problem = problem
        self.headers = headers or {}


@dataclass(slots=True)
class House:
    """The bytes of all bodies held at this moment, together never more than `most`."""

    most: int
    held: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give_back(self, size: int) -> None:
        with self._lock:
            self.held -= size

    def take(self, size: int) -> None:
        """Raises Refused (503 with Retry-After) when the house is full."""
        with self._lock:
            if self.held + size > self.most:
                problem = Problem(
                    "too much is being read at this moment; nothing was kept of it", do="send it again"
                )
                raise Refused(503, problem, {"Retry-After": str(BUSY_AFTER_S)})
            self.held += size


@dataclass(slots=True)
class Room:
    """What one request holds of the house, and may hold at most. Given back as a whole."""

    house: House
    limit: int
    held: int = 0

    def take(self, size: int, so_far: int) -> None:
        """Raises Refused when the body is `so_far` bytes long and that is too long, or when the house is full."""
        if so_far > self.limit:
            raise too_large(self.limit)
        self.house.take(size)
        self.held += size

    def leave(self) -> None:
        """Gives everything back; safe to call twice."""
        self.house.give_back(self.held)
        self.held = 0


def unpacked(body: bytes, encoding: str, room: Room) -> bytes:
    """What gzip (RFC 1952, all members), deflate (RFC 1950) or zstd (RFC 8878, all frames) hold, each byte taken in `room`.

    Raises Refused: 400 for what is not of the encoding or ends too early, 413 and 503 for what is too much.
    """
    result = bytearray()
    for piece in _pieces(body, encoding):
        room.take(len(piece), len(result) + len(piece))
        result += piece
    return bytes(result)


def too_large(limit: int) -> Refused:
    """The refusal of a body that is larger than its route takes."""
    size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // KIB} KiB"
    return Refused(413, Problem(f"the body is larger than {size}", do="send it in smaller parts"))


def _pieces(body: bytes, encoding: str) -> Iterator[bytes]:
    """Each member or frame in turn. The body is handed over in parts, so that many tiny members cost no more than one."""
    view, position = memoryview(body), 0
    make, part_size = _UNPACKERS[encoding]
    while position < len(view):
        unpacker = make()
        while not unpacker.eof:
            part = view[position : position + part_size]
            if not part:
                raise Refused(
                    400, Problem(f"the {encoding} body ends too early", "Content-Encoding", "send all of it")
                )
            position += len(part)
            yield from _steps(unpacker, part, encoding)
        position -= len(unpacker.unused_data)


def _steps(unpacker: Any, part: memoryview, encoding: str) -> Iterator[bytes]:
    try:
        if encoding == "zstd":
            yield unpacker.decompress(part)
            return
        yield unpacker.decompress(part, STEP)
        while unpacker.unconsumed_tail and not unpacker.eof:
            yield unpacker.decompress(unpacker.unconsumed_tail, STEP)
    except (zlib.error, zstandard.ZstdError) as error:
        raise Refused(400, Problem(f"the body is not {encoding}", "Content-Encoding")) from error
