# SPDX-License-Identifier: Apache-2.0
"""Which characters does a class in a pattern stand for? Sets of code points, as sorted ranges; what RE2's classes mean."""

TOP = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


def union(*many: Ranges) -> Ranges:
    """All code points of any of the ranges."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(piece for ranges in many for piece in ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def complement(ranges: Ranges) -> Ranges:
    """All code points outside the ranges."""
    found, following = [], 0
    for low, high in union(ranges):
        if low > following:
            found.append((following, low - 1))
        following = high + 1
    if following <= TOP:
        found.append((following, TOP))
    return tuple(found)


DIGIT: Ranges = ((48, 57),)
UPPER: Ranges = ((65, 90),)
LOWER: Ranges = ((97, 122),)
WORD = union(DIGIT, UPPER, LOWER, ((95, 95),))
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE}
CONTROLS = {"t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "a": 7}
NAMED = {
    "alpha": union(UPPER, LOWER),
    "alnum": union(DIGIT, UPPER, LOWER),
    "digit": DIGIT,
    "lower": LOWER,
    "upper": UPPER,
    "word": WORD,
    "space": union(SPACE, ((11, 11),)),
    "blank": ((9, 9), (32, 32)),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "xdigit": union(DIGIT, ((65, 70), (97, 102))),
}
# The part of each general category that is ASCII: enough to make a text, not to judge one.
CATEGORIES = {
    "L": union(UPPER, LOWER),
    "Lu": UPPER,
    "Ll": LOWER,
    "N": DIGIT,
    "Nd": DIGIT,
    "P": NAMED["punct"],
    "Latin": union(UPPER, LOWER),
}
