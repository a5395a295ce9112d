# SPDX-License-Identifier: Apache-2.0
"""Row ids: 63-bit integers that grow, made by the application so that no database has to hand them out."""

import itertools
import secrets
import threading
import time

from terms.instant import Instant

_EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_COUNTER_BITS = 14
_WRITER_BITS = 8

_lock = threading.Lock()
_writer = secrets.randbits(_WRITER_BITS)
_counter = itertools.count()
_last_ms = 0


def next_row_id() -> int:
    """An id greater than every one this process made before, so that rows are appended to an index, never spread.

    41 bits of milliseconds, 14 of a counter, 8 drawn at start to keep processes apart; the unique indexes over
    business keys, not this id, are what makes an intake idempotent.
    """
    return row_ids(1)[0]


def row_ids(count: int) -> range:
    """`count` ids in one go, ascending, each `stride` apart (see `range.step`)."""
    global _last_ms, _counter
    step = 1 << _WRITER_BITS
    with _lock:
        now = max(time.time_ns() // 1_000_000 - _EPOCH_MS, _last_ms)
        if now > _last_ms:
            _counter = itertools.count()
        start = next(_counter)
        _last_ms = now
        # Taking more ids than one millisecond holds borrows from the milliseconds to come.
        _counter = itertools.count(start + count)
        first = ((now << _COUNTER_BITS) + start) * step + _writer
        _last_ms = now + ((start + count) >> _COUNTER_BITS)
        if _last_ms > now:
            _counter = itertools.count((start + count) & ((1 << _COUNTER_BITS) - 1))
    return range(first, first + count * step, step)


def first_row_id(instant: Instant) -> int:
    """The least id that may be made at that instant or later; 0 for one before there were ids."""
    return row_ids_in(max(instant - _EPOCH_MS * 1_000, 0))


def row_ids_in(duration_us: int) -> int:
    """How far apart two ids are that were made so many microseconds apart, to the millisecond."""
    return (duration_us // 1_000) << (_COUNTER_BITS + _WRITER_BITS)
