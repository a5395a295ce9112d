# SPDX-License-Identifier: Apache-2.0
"""Fills the board: sends the history through the ordinary OTLP door, then each deal's next spans when their time comes."""

import threading

from controlplane.demo import history
from controlplane.demo.line import AWAY, ControlPlane, Unanswered
from controlplane.demo.place import Memory
from terms.instant import Clock, Instant

AGAIN_AFTER_S = 0.5
TRIES = 200
NEXT_AFTER_S = 15.0


class Filling:
    """A thread that sends. What was sent before is known by its ids and stored once, so it may begin anew."""

    def __init__(self, server: ControlPlane, memory: Memory, clock: Clock, stop: threading.Event) -> None:
        self.done = threading.Event()
        self._server = server
        self._memory = memory
        self._clock = clock
        self._stop = stop
        self._until = memory.history_until
        self._failure = ""
        self._thread = threading.Thread(target=self._fill, name="demo-history", daemon=True)

    def start(self) -> None:
        """Begins; returns at once. `done` is set when all of the past is on the board."""
        self._thread.start()

    def sent_until(self) -> Instant:
        """Everything up to this instant is durable in the control plane."""
        return self._until

    def missing(self) -> list[str]:
        """What kept the history from being complete, if anything did."""
        if self._failure:
            return [f"the history is not complete: {self._failure}"]
        return [] if self.done.is_set() else ["the history was not sent to its end"]

    def join(self) -> None:
        """Waits for the request under way; call it after `stop` is set."""
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _fill(self) -> None:
        plan = history.planned(self._memory.seed, self._memory.started_at)
        while not self._stop.is_set():
            until = self._clock()
            for body in history.requests(plan, until, self._until):
                if not self._sent(body):
                    self.done.set()
                    return
            self._until = until
            self.done.set()
            self._stop.wait(NEXT_AFTER_S)

    def _sent(self, body: bytes) -> bool:
        """Whether the server has it; a server that is away or busy is asked again for some minutes."""
        for _ in range(TRIES):
            if self._stop.is_set():
                return False
            try:
                self._server.send_spans(body)
            except (*AWAY, Unanswered, FileNotFoundError) as error:
                self._failure = str(error)
                self._stop.wait(AGAIN_AFTER_S)
            else:
                self._failure = ""
                return True
        return False
