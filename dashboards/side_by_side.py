# SPDX-License-Identifier: Apache-2.0
"""How do two texts differ, line by line? The rows of a side-by-side view, with long runs of equal lines folded away."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 3
MOST_LINES = 20_000
MOST_ROWS = 1_500

Part = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Side:
    """One line of one text: its number, and its parts, each marked when it differs from the other side."""

    number: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: `kind` is same, differs, removed, added, or folded with the count of lines that were left out."""

    kind: str
    old: Side | None = None
    new: Side | None = None
    folded: int = 0


def rows(
    old: str, new: str, shown: tuple[Collection[int], Collection[int]], *, whole: bool = False
) -> tuple[Row, ...]:
    """The rows in order. Lines whose numbers are in `shown` (old, new) are never folded; `whole` folds nothing.

    Empty for texts of more than 20,000 lines; at most 1,500 rows, the rest folded.
    """
    before, after = old.splitlines(), new.splitlines()
    if len(before) + len(after) > MOST_LINES:
        return ()
    full = list(_aligned(before, after))
    if whole:
        return _cut(full)
    keep = {place for place, row in enumerate(full) if row.kind != "same" or _is_shown(row, shown)}
    near = {place + step for place in keep for step in range(-AROUND, AROUND + 1)}
    return _cut(list(_folded(full, near)))


def _aligned(old: list[str], new: list[str]) -> Iterator[Row]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        for step in range(max(b - a, d - c)):
            left = old[a + step] if a + step < b else None
            right = new[c + step] if c + step < d else None
            yield _row(kind, left, right, a + step + 1, c + step + 1)


def _row(kind: str, left: str | None, right: str | None, a: int, c: int) -> Row:
    if kind == "equal" or left is None or right is None:
        word = "same" if kind == "equal" else "removed" if right is None else "added"
        old = None if left is None else Side(a, ((left, False),))
        return Row(word, old, None if right is None else Side(c, ((right, False),)))
    start, end = _common(left, right)
    return Row("differs", Side(a, _parts(left, start, end)), Side(c, _parts(right, start, end)))


def _common(left: str, right: str) -> tuple[int, int]:
    """How many characters both lines share at their start and, beyond that, at their end."""
    most = min(len(left), len(right))
    start = next((i for i in range(most) if left[i] != right[i]), most)
    end = next((i for i in range(most - start) if left[-1 - i] != right[-1 - i]), most - start)
    return start, end


def _parts(line: str, start: int, end: int) -> tuple[Part, ...]:
    stop = len(line) - end
    pieces = ((line[:start], False), (line[start:stop], True), (line[stop:], False))
    return tuple(piece for piece in pieces if piece[0])


def _is_shown(row: Row, shown: tuple[Collection[int], Collection[int]]) -> bool:
    return any(
        side is not None and side.number in lines
        for side, lines in zip((row.old, row.new), shown, strict=True)
    )


def _folded(full: list[Row], near: Collection[int]) -> Iterator[Row]:
    waiting = 0
    for place, row in enumerate(full):
        if place not in near:
            waiting += 1
            continue
        if waiting:
            yield Row("folded", folded=waiting)
            waiting = 0
        yield row
    if waiting:
        yield Row("folded", folded=waiting)


def _cut(found: list[Row]) -> tuple[Row, ...]:
    if len(found) <= MOST_ROWS:
        return tuple(found)
    rest = sum(row.folded or 1 for row in found[MOST_ROWS:])
    return (*found[:MOST_ROWS], Row("folded", folded=rest))
