# SPDX-License-Identifier: Apache-2.0
"""Row numbers counted from 1, table by table. A small number takes half the bytes of a row id, in every row and index that names it.

They are taken in the transaction that stores what bears them: what is rolled back is taken again. Some are left unused, by what
turns out to be stored already.

A process remembers which numbers the texts and ids of late bear, for as long as nobody else took numbers: every transaction
that takes some leaves a mark of its own, by which the next one here knows that it was the last.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from collectors import tables
from collectors.bulk import Bulk
from terms.tenant import TENANT

Series = Literal[
    "label", "resource", "operation", "trace", "block", "event", "event_data", "object", "txn", "edge", "milestone"
]  # fmt: skip
_LOCK = 0x6E756D62  # a lock number of our own among those of the database
_MARK = "mark"  # stands among the series, and is none: its number is drawn, not counted
_REMEMBERED = 20_000  # numbers of a series; some 4 MB of objects' keys
# Each time one of them is four times as many, the tables are analyzed.
_GROWING: tuple[Series, ...] = ("block", "event")

T = TypeVar("T")
Known = dict[Series, dict[Any, int]]


class _Memory(NamedTuple):
    """Numbers looked up or given by the last transactions of this process, and what parts of the walk know beside them.

    It holds while `left` is what is stored. The mark in it says so by itself; the numbers do where somebody leaves no mark, as
    a process of an earlier version does while an upgrade goes from one to the next.
    """

    left: dict[str, int]
    known: Known
    parts: dict[type, Any]


_memories: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()


class Numbers:
    """The next numbers of each series, as this transaction sees them; nobody else takes any until it ends.

    `known` are numbers that were looked up or given of late, by what bears them.
    """

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        bulk.lock(_LOCK + TENANT)
        self._stored: dict[str, int] = dict(bulk.select("series, next_no", "row_number", "tenant", [TENANT]))
        self._next = dict(self._stored)
        # Taken out until the end: a transaction that fails leaves nothing behind that is not stored.
        memory = _memories.pop(bulk.connection.engine, None)
        holds = memory is not None and memory.left == self._stored
        self.known: Known = memory.known if memory is not None and holds else defaultdict(dict)
        self._forgets = False
        self._parts: dict[type, Any] = memory.parts if memory is not None and holds else {}

    def take(self, series: Series, count: int) -> range:
        """`count` numbers that nothing else has, ascending."""
        first = self._next.get(series, 1)
        self._next[series] = first + count
        return range(first, first + count)

    def recall(self, part: type[T]) -> T:
        """What a part of the walk knows by heart, empty at first. Whatever it tells is to be kept up by all that take numbers."""
        if self._forgets:
            return part()
        found: T = self._parts.setdefault(part, part())
        return found

    def forget(self) -> None:
        """Says that this transaction changes or removes what somebody may know by heart: from now on nobody knows anything."""
        self.known = defaultdict(dict)
        self._parts = {}
        self._forgets = True
        self._next[_MARK] = 0

    def keep(self) -> None:
        """Writes down what was taken."""
        if self._next != self._stored:
            self._next[_MARK] = secrets.randbits(62)
        taken = {name: no for name, no in self._next.items() if self._stored.get(name) != no}
        known = [(no, name) for name, no in taken.items() if name in self._stored]
        self._bulk.update(tables.RowNumberRow, "next_no", "series", known)
        new = [(name, no) for name, no in taken.items() if name not in self._stored]
        self._bulk.insert(tables.RowNumberRow, "series, next_no", new)
        if any(
            _times_four(self._stored.get(name, 1)) < _times_four(self._next.get(name, 1)) for name in _GROWING
        ):
            self._bulk.analyze()
        for numbers in self.known.values():
            if len(numbers) > _REMEMBERED:
                for name in list(islice(numbers, len(numbers) - _REMEMBERED // 2)):
                    del numbers[name]
        _memories[self._bulk.connection.engine] = _Memory(self._next, self.known, self._parts)


def _times_four(number: int) -> int:
    """How often 1 was made four times as many to come to the number; below 64 it does not matter how a statement is planned."""
    return (max(number, 63).bit_length() + 1) // 2


@contextmanager
def numbering(bulk: Bulk) -> Iterator[Numbers]:
    """Numbers for what is stored inside. They are written down at its end; an error has to roll the transaction back."""
    numbers = Numbers(bulk)
    yield numbers
    numbers.keep()
