# SPDX-License-Identifier: Apache-2.0
"""How much work may a question take? Steps are counted, seconds never, so that a verdict is the same on every machine.

A step is about what a validator does for one keyword: a microsecond or two. What is remembered from an earlier question costs
as many steps as it did when it was found out, so that no answer depends on what was asked before.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Answer = TypeVar("Answer")

QUESTION = 100_000
"""Steps of one question before it is given up; about a tenth of a second."""


ENDLESS = 1 << 62
"""More steps than anything takes: a question that only the one around it limits."""


class SpentError(Exception):
    """The question took more steps than it may."""


class _Meter(threading.local):
    left: int = ENDLESS


_METER = _Meter()


def spend(steps: int = 1) -> None:
    """Counts steps of the question that this thread works on. Raises SpentError when it has none left."""
    _METER.left -= steps
    if _METER.left < 0:
        raise SpentError


def within(steps: int, ask: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The answer; `otherwise` when it takes more than so many steps, or than are left of the question around it.

    A question that goes too deep for the interpreter counts as too long.
    """
    with _limited(steps):
        try:
            return ask()
        except (SpentError, RecursionError):
            return otherwise


def found_within(steps: int, values: Iterator[Answer]) -> Iterator[Answer]:
    """The values, as far as they are found within so many steps for all of them."""
    while steps > 0:
        with _limited(steps):
            try:
                value = next(values)
            except (StopIteration, SpentError, RecursionError):
                return
            left = _METER.left
        steps = left
        yield value


def measured(ask: Callable[[], Answer]) -> tuple[Answer, int]:
    """The answer, and the steps it took."""
    before = _METER.left
    answer = ask()
    return answer, before - _METER.left


@contextmanager
def _limited(steps: int) -> Iterator[None]:
    around = _METER.left
    _METER.left = allowed = min(steps, max(around, 0))
    try:
        yield
    finally:
        _METER.left = around - (allowed - max(_METER.left, 0))
