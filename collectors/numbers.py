# SPDX-License-Identifier: Apache-2.0
"""Row numbers counted from 1, table by table. A small number takes half the bytes of a row id, in every row and index that names it.

They are taken in the transaction that stores what bears them: what is rolled back is taken again, and none is skipped.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from collectors import tables
from collectors.bulk import Bulk
from terms.tenant import TENANT

Series = Literal[
    "label", "resource", "operation", "trace", "block", "event", "event_data", "object", "txn", "edge", "milestone"
]  # fmt: skip
_LOCK = 0x6E756D62  # a lock number of our own among those of the database


class Numbers:
    """The next numbers of each series, as this transaction sees them.

    `known` are numbers it has looked up or given, by what bears them: several requests stored in it ask once.
    """

    def __init__(self, bulk: Bulk) -> None:
        self.known: dict[Series, dict[Any, int]] = defaultdict(dict)
        self._bulk = bulk
        self._stored: dict[str, int] = {}
        self._next: dict[str, int] = {}
        self._is_read = False

    def take(self, series: Series, count: int) -> range:
        """`count` numbers that nothing else has, ascending."""
        if not self._is_read:
            self._bulk.lock(_LOCK + TENANT)
            rows = self._bulk.select("series, next_no", "row_number", "tenant", [TENANT])
            self._stored = dict(rows)
            self._next = dict(self._stored)
            self._is_read = True
        first = self._next.get(series, 1)
        self._next[series] = first + count
        return range(first, first + count)

    def keep(self) -> None:
        """Writes down what was taken."""
        taken = {name: no for name, no in self._next.items() if self._stored.get(name) != no}
        known = [(no, name) for name, no in taken.items() if name in self._stored]
        self._bulk.update(tables.RowNumberRow, "next_no", "series", known)
        new = [(name, no) for name, no in taken.items() if name not in self._stored]
        self._bulk.insert(tables.RowNumberRow, "series, next_no", new)


@contextmanager
def numbering(bulk: Bulk) -> Iterator[Numbers]:
    """Numbers for what is stored inside. They are written down at its end; an error has to roll the transaction back."""
    numbers = Numbers(bulk)
    yield numbers
    numbers.keep()
