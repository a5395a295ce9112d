# SPDX-License-Identifier: Apache-2.0
"""The schedule: one table of what is due how often. A job only asks for work; the work itself runs elsewhere."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.schedulers.background import BackgroundScheduler

# A firing that is left out while the one before still asks loses nothing: on a busy machine no operator needs to hear of it.
logging.getLogger("apscheduler").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Job:
    """`ask` is called every `every_s` seconds on a scheduler thread and must return at once."""

    name: str
    every_s: float
    ask: Callable[[], None]


class Schedule:
    """Fires the jobs while it runs. A firing that comes late is made up for once, not once per miss."""

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        self._scheduler = BackgroundScheduler(timezone="UTC")
        for job in jobs:
            self._scheduler.add_job(
                job.ask,
                "interval",
                seconds=job.every_s,
                id=job.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)


class Worker:
    """A thread that does one kind of work when asked, and again while there is more.

    `work` returns whether more waits. Asking while it works makes it look once more, so no request is lost. An
    error is told to `on_error` and the work is tried again at the next asking: the rows it works on are still there.
    `interrupt` breaks off what the work has begun elsewhere, when the worker stops. Two askings are answered at least
    `apart_s` seconds one after the other; what is asked meanwhile is done in one go.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], bool],
        on_error: Callable[[str, Exception], None],
        interrupt: Callable[[], None] = lambda: None,
        apart_s: float = 0.0,
    ) -> None:
        self.name = name
        self._apart_s = apart_s
        self._interrupt = interrupt
        self._work = work
        self._on_error = on_error
        self._asked = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask(self) -> None:
        self._asked.set()

    def stop(self) -> None:
        """Lets the present piece of work end, then stops."""
        self._ending.set()
        self._asked.set()
        self._interrupt()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._asked.wait()
            self._asked.clear()
            next_at = time.monotonic() + self._apart_s
            try:
                while not self._ending.is_set() and self._work():
                    pass
            except Exception as error:  # noqa: BLE001 one bad piece must not end the worker
                self._on_error(self.name, error)
            self._ending.wait(max(0.0, next_at - time.monotonic()))
