# SPDX-License-Identifier: Apache-2.0
"""A worker does what it is asked, looks again when asked meanwhile, and outlives a piece of work that fails."""

import threading

from controlplane.jobs import Job, Schedule, Worker


def test_work_that_fails_is_told_and_tried_again() -> None:
    """One poisoned piece must not end the worker: the next asking finds it there."""
    told: list[str] = []
    done = threading.Event()
    tries = iter((ValueError("poison"), False))

    def work() -> bool:
        outcome = next(tries)
        if isinstance(outcome, ValueError):
            raise outcome
        done.set()
        return bool(outcome)

    worker = Worker("w", work, lambda name, error: (told.append(f"{name}: {error}"), worker.ask())[1])
    worker.start()
    worker.ask()
    assert done.wait(5)
    worker.stop()
    assert told == ["w: poison"]


def test_work_goes_on_while_there_is_more() -> None:
    """Asked once, a worker drains all that waits."""
    left = [3]
    empty = threading.Event()

    def work() -> bool:
        left[0] -= 1
        if not left[0]:
            empty.set()
        return left[0] > 0

    worker = Worker("w", work, lambda name, error: None)
    worker.start()
    worker.ask()
    assert empty.wait(5)
    worker.stop()
    assert left == [0]


def test_what_is_asked_shortly_after_is_done_in_one_go() -> None:
    """A deal that is told in a hundred requests within a moment is not judged a hundred times, and yet after the last of them."""
    looks: list[int] = []
    asked = 0
    first, last = threading.Event(), threading.Event()

    def work() -> bool:
        looks.append(asked)
        first.set()
        if asked == 100:
            last.set()
        return False

    worker = Worker("w", work, lambda name, error: None, apart_s=0.5)
    worker.start()
    worker.ask()
    assert first.wait(5)
    for asked in range(1, 101):  # noqa: B007 the work sees how far it is
        worker.ask()
    assert last.wait(5)
    worker.stop()
    assert looks == [0, 100]


def test_a_worker_that_rests_stops_at_once() -> None:
    """A stop does not wait until the next look would be due."""
    done = threading.Event()
    worker = Worker("w", lambda: bool(done.set()), lambda name, error: None, apart_s=600)
    worker.start()
    worker.ask()
    assert done.wait(5)
    worker.stop()


def test_the_schedule_asks_again_and_again() -> None:
    """A job fires without anybody's doing, until the schedule is stopped."""
    fired = threading.Semaphore(0)
    schedule = Schedule((Job("tick", 0.05, fired.release),))
    schedule.start()
    assert all(fired.acquire(timeout=5) for _ in range(3))
    schedule.stop()
