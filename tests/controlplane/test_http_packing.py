# SPDX-License-Identifier: Apache-2.0
"""Packed bodies: whatever packs them, they come out whole, and nobody can make the server hold more than it may."""

import gzip
import os
import zlib
from collections.abc import Callable

import pytest
import zstandard

from controlplane.http.packing import ENCODINGS, MIB, House, Refused, Room, unpacked

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}
BODIES = {"nothing": b"", "one": b"x", "alike": bytes(3 * MIB), "unlike": os.urandom(300_000)}


def a_room(limit: int = 64 * MIB, most: int = 128 * MIB) -> Room:
    return Room(House(most), limit)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_what_was_packed_comes_out(encoding: str, body: bytes) -> None:
    """One piece or two behind each other, of any size and kind; all of it is counted."""
    pack, room = PACK[encoding], a_room()
    assert unpacked(pack(body), encoding, room) == body
    assert unpacked(pack(body) + pack(body), encoding, a_room()) == body + body
    assert (room.held, room.house.held) == (len(body), len(body))
    room.leave()
    room.leave()
    assert room.house.held == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_is_refused_before_it_goes_off(encoding: str) -> None:
    """Zeros without end stop at the limit: 413, and little more than the limit was ever held."""
    bomb, room = PACK[encoding](bytes(96 * MIB)), a_room()
    with pytest.raises(Refused) as refused:
        unpacked(bomb, encoding, room)
    assert refused.value.status == 413
    assert room.held <= 64 * MIB


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_full_house_asks_to_come_back(encoding: str) -> None:
    """503 with Retry-After when all requests together hold too much; what leaves makes room."""
    house = House(2 * MIB)
    first, second = Room(house, MIB), Room(house, 4 * MIB)
    first.take(MIB, MIB)
    with pytest.raises(Refused) as refused:
        unpacked(PACK[encoding](bytes(2 * MIB)), encoding, second)
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    first.leave()
    second.leave()
    assert len(unpacked(PACK[encoding](bytes(2 * MIB)), encoding, second)) == 2 * MIB


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("cut", ["wrong bytes", "no end"])
def test_what_is_not_packed_so_is_refused(encoding: str, cut: str) -> None:
    """400 for other bytes, and for a body that ends too early."""
    body = b"these are other bytes" if cut == "wrong bytes" else PACK[encoding](os.urandom(9_999))[:-9]
    with pytest.raises(Refused) as refused:
        unpacked(body, encoding, a_room())
    assert refused.value.status == 400


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_many_tiny_pieces_are_read_each_once(encoding: str) -> None:
    """Ten thousand members of one byte, as a body made to be slow would have them."""
    assert unpacked(PACK[encoding](b"x") * 10_000, encoding, a_room()) == b"x" * 10_000
