# SPDX-License-Identifier: Apache-2.0
"""Chance and ids, both derived: the same seed and the same words give the same answer, in whatever order they are asked."""

from hashlib import blake2b

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def unit(seed: int, *words: object) -> float:
    """A number in [0, 1)."""
    return int.from_bytes(_digest(seed, words)[:6]) / 2**48


def token(length: int, seed: int, *words: object) -> str:
    """`length` letters and digits, at most 43."""
    number = int.from_bytes(_digest(seed, words))
    found = ""
    while len(found) < length:
        number, index = divmod(number, len(_DIGITS))
        found += _DIGITS[index]
    return found


def salesforce_id(prefix: str, seed: int, *words: object) -> str:
    """18 characters: 15 that differ by case, and 3 that repeat the cases for readers who ignore them."""
    short = prefix + token(12, seed, prefix, *words)
    suffix = ""
    for start in (0, 5, 10):
        capitals = sum(
            1 << place for place, letter in enumerate(short[start : start + 5]) if letter.isupper()
        )
        suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals]
    return short + suffix


def _digest(seed: int, words: tuple[object, ...]) -> bytes:
    return blake2b(repr((seed, words)).encode(), digest_size=32).digest()
