# SPDX-License-Identifier: Apache-2.0
"""The demo from the command to the last line: start both systems, fill the board, close deals, and mind the server.

The orchestrator is a user like any other: it reaches the control plane through its public doors with a credential. What
it does can be done twice: the same command on the same data directory goes on where it was.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from controlplane.demo import deals, tell
from controlplane.demo.account import Accounts
from controlplane.demo.callers import Callers
from controlplane.demo.filling import Filling
from controlplane.demo.line import AWAY, OF_THIS_START, ControlPlane, Sandbox, Unanswered
from controlplane.demo.place import Place
from controlplane.demo.process import Process, command
from controlplane.demo.profile import ENTITIES
from terms.instant import Clock
from terms.problem import ProblemError

RESTARTS = 5
READY_WITHIN_S = 60
DONE_WITHIN_S = 170
AT_FIRST = 24  # deals of a demo that runs on
FIRST_BATCH = 4  # the failing renewal is among them, and is not kept waiting by the rest
BREATH_S = 0.25
TELL_EVERY_S = 30
_SERVER = (sys.executable, "-m", "controlplane.demo.server")
# Rare enough that a deal still gets through in seconds, often enough that every kind is seen.
FAULTS = '{"unavailable": 0.03, "timeout_after_effect": 0.02, "duplicate_webhook": 0.05}'


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked for. A port of 0 is any free one; no seed is that of the data directory, or 7."""

    deals: int | None
    seed: int | None
    port: int
    sandbox_port: int
    data_dir: Path
    exits: bool
    opens_browser: bool


def run(options: Options, clock: Clock, console: Console) -> int:
    """Runs the demo to its end and returns the exit code. Raises ProblemError for what keeps it from starting."""
    began = time.monotonic()
    place = Place(options.data_dir)
    try:
        with _stop_on_signals() as stop:
            demo = Demo(options, place, clock, console, stop)
            try:
                demo.start(began)
                return demo.until_accounted(began + DONE_WITHIN_S) if options.exits else demo.until_stopped()
            finally:
                demo.stop()
    finally:
        place.close()


class Demo:
    """Both processes, and how far the demo has come."""

    def __init__(
        self, options: Options, place: Place, clock: Clock, console: Console, stop: threading.Event
    ) -> None:
        self._options = options
        self._place = place
        self._clock = clock
        self._console = console
        self._stop = stop
        self._sandbox_process = Process("sandbox", place.path)
        self._server_process = Process("server", place.path)
        self._connections = place.path / "connections.json"
        self._restarts = 0
        # A server that outlived a killed demo is ended first: it would hold the directory, unwatched.
        self._server_process.stop()
        self._memory = place.memory(
            options.seed,
            options.port,
            options.sandbox_port,
            self._sandbox_process.pid() is not None,
            clock(),
        )
        self._sandbox = Sandbox(f"http://127.0.0.1:{self._memory.sandbox_port}", self._connections)
        self._server = ControlPlane(f"http://127.0.0.1:{self._memory.port}", place.path)
        self._closed: list[deals.LiveDeal] = []
        self._filling = Filling(self._server, self._memory, clock, stop)
        self._callers = Callers(self._server, self._sandbox, self._memory.seed, stop)
        self._delivery: Any = None

    def start(self, began: float) -> None:
        """Starts both, says where they are, closes the first deals and begins to fill the board."""
        with tell.progress(self._console, "starting the control plane and the stand-ins of four systems"):
            self._start_sandbox()
            self._start_server()
            self._wait_until_ready(self._sandbox_process, self._sandbox)
            self._forget_accounts()
            self._wait_until_ready(self._server_process, self._server)
        tell.welcome(
            self._console,
            self._server.sign_in_url(),
            self._sandbox.url,
            self._memory,
            time.monotonic() - began,
        )
        if self._options.opens_browser:
            tell.open_browser(self._server.sign_in_url())
        wanted = AT_FIRST if self._options.deals is None else self._options.deals
        self._close_deals(min(FIRST_BATCH, wanted))
        self._filling.start()
        self._close_deals(wanted)
        self._callers.start()
        # Loaded when the first page is there already: the OpenTelemetry SDK takes its share of the first seconds.
        delivery = import_module("controlplane.demo.delivery")
        self._delivery = delivery.Delivery(
            self._server, self._sandbox, self._place.path, self._memory.seed, self._stop
        )
        self._delivery.start()

    def until_stopped(self) -> int:
        """Closes a deal now and then until it is told to stop."""
        pause = Random(self._memory.seed)  # noqa: S311 a made-up rhythm, not a secret
        next_deal_at = time.monotonic() + 10
        tell_at, told_full = time.monotonic() + 2, False
        said = ""
        while not self._stop.wait(BREATH_S):
            self._mind_server()
            now = time.monotonic()
            if self._filling.done.is_set() and now > next_deal_at:
                self._close_deals(self._memory.next_deal + 1)
                next_deal_at = now + pause.uniform(12, 25)
            if self._filling.done.is_set() and (not told_full or now > tell_at):
                told_full, tell_at = True, now + TELL_EVERY_S
                said = tell.news(self._console, self._server, said)
        return 0

    def until_accounted(self, until: float) -> int:
        """Waits until every deal has ended or waits for a person, tells the sums, and says whether all is well: 0 or 1."""
        accounts = Accounts(self._server, self._sandbox, self._closed)
        with tell.progress(self._console, f"{len(self._closed)} deals on their way") as say:
            while not (self._filling.done.is_set() and accounts.settled()):
                if time.monotonic() > until or self._stop.wait(BREATH_S):
                    break
                self._mind_server()
                accounts.look()
                say(accounts.in_short())
        accounts.close()
        missing = [*accounts.missing(), *self._filling.missing()]
        tell.summary(self._console, accounts, self._server, missing)
        return 1 if missing else 0

    def stop(self) -> None:
        """Ends both processes in order, the server first: the sandbox keeps its webhooks for the next time."""
        self._stop.set()
        try:
            with tell.progress(self._console, "stopping"):
                self._filling.join()
                self._callers.join()
                if self._delivery is not None:
                    self._delivery.join()
        finally:
            # Even when nobody listens any more: Ctrl-C ends the reader of our pipe as well.
            self._server_process.stop()
            self._sandbox_process.stop()
        tell.farewell(self._console, self._place.path)

    def _start_sandbox(self) -> None:
        webhooks = f"{self._server.url}/webhooks"
        if self._sandbox_process.pid() is not None and self._sandbox.is_ready():
            self._sandbox.send_webhooks_to(webhooks)
            return
        self._sandbox_process.stop()
        place, memory = self._place.path, self._memory
        # The server waits for this file, and must not read the one of another port.
        self._connections.unlink(missing_ok=True)
        words = command("sandbox", "run", "--port", str(memory.sandbox_port), "--seed", str(memory.seed))
        words += ["--file", str(place / "sandbox.sqlite3"), "--credentials", str(self._connections)]
        words += ["--webhooks", webhooks, "--faults", FAULTS]
        self._sandbox_process.start(words, {})

    def _forget_accounts(self) -> None:
        """Once for a data directory: what a person maps later stays mapped."""
        if not self._memory.next_deal:
            for entity in ENTITIES:
                self._sandbox.forget_account(entity.code, deals.UNMAPPED_ITEM)

    def _start_server(self) -> None:
        place = self._place.path
        for name in OF_THIS_START:
            (place / name).unlink(missing_ok=True)
        self._server_process.start(
            [
                *_SERVER,
                str(self._connections),
                "serve",
                "--host",
                "127.0.0.1",
                "--port",
                str(self._memory.port),
            ],
            {
                "THROUGHLINE_DATA_DIR": str(place),
                "THROUGHLINE_CONNECTIONS": str(self._connections),
                "THROUGHLINE_DEMO": "1",
                "THROUGHLINE_SANDBOX_URL": self._sandbox.url,
            },
        )

    def _wait_until_ready(self, process: Process, server: Sandbox | ControlPlane) -> None:
        until = time.monotonic() + READY_WITHIN_S
        while not server.is_ready():
            process.must_live()
            if time.monotonic() > until:
                raise ProblemError(
                    f"the {process.name} is not ready after {READY_WITHIN_S} s", str(process.log)
                )
            if self._stop.wait(0.05):
                raise ProblemError("stopped while starting")

    def _mind_server(self) -> None:
        """Starts the server again when it died. Raises ProblemError when that happens too often."""
        code = self._server_process.ended()
        if code is None:
            return
        if self._restarts >= RESTARTS:
            raise ProblemError(
                f"the server ended {RESTARTS + 1} times, last with {code}", str(self._server_process.log)
            )
        self._restarts += 1
        tell.restarting(self._console, code)
        try:
            self._start_server()
            self._wait_until_ready(self._server_process, self._server)
        except ProblemError:
            if self._server_process.ended() is None:
                raise
            return  # it died once more while it started; the next look counts that too
        tell.restarted(self._console, self._server.sign_in_url())

    def _close_deals(self, upto: int) -> None:
        """Closes the deals of positions up to `upto`. Those of a former start are only counted: they are closed already."""
        month = deals.month_start(self._memory.started_at)
        wanted = range(len(self._closed), max(upto, self._memory.next_deal))
        batch = [deals.deal(self._memory.seed, position, self._clock(), month) for position in wanted]
        try:
            if batch:
                self._sandbox.close_deals(batch)
        except AWAY as error:
            raise ProblemError(
                f"the sandbox does not answer: {error}", str(self._sandbox_process.log)
            ) from error
        except Unanswered as error:
            raise ProblemError(f"the sandbox did not take the deals: {error}", self._sandbox.url) from error
        self._closed += batch
        self._remember(next_deal=len(self._closed))

    def _remember(self, next_deal: int) -> None:
        history_until = self._filling.sent_until()
        self._memory = replace(self._memory, next_deal=next_deal, history_until=history_until)
        self._place.remember(self._memory)


@contextmanager
def _stop_on_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second one ends the process at once."""
    stop = threading.Event()

    def heard(number: int, _frame: object) -> None:
        if stop.is_set():
            sys.exit(128 + number)
        stop.set()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
