# SPDX-License-Identifier: Apache-2.0
"""What was made or read lately, kept so that it need not be made again: a bounded memory that several threads may share."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values used last, at most `most`; the one unused for longest goes first. Never keeps a value that failed to be made.

    >>> lengths = Recent[str, int](2)
    >>> [lengths.get(word, lambda: len(word)) for word in ("one", "three", "one")]
    [3, 5, 3]
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of the key; made when it is not there, outside the lock, so perhaps by two threads at once."""
        found = self.peek(key)
        if found is None:
            found = make()
            self.put(key, found)
        return found

    def peek(self, key: K) -> V | None:
        """The value when it is there."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        """Keeps the value."""
        with self._lock:
            self._held[key] = value
            self._held.move_to_end(key)
            if len(self._held) > self._most:
                self._held.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._held.clear()
