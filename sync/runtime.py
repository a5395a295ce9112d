# SPDX-License-Identifier: Apache-2.0
"""The sync runtime: what comes in is kept, what is due is started, what runs is carried to its end.

Everything it needs is handed in, so that one process can hold it beside the rest or alone.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b, sha256
from typing import Any, TypeVar

import httpx2
from sqlmodel import Session

from sync import bank_poll, crm_poll, exceptions, inbox, inbox_rows, runs, stage, store
from sync.connection import Connection, System
from sync.connectors.chargebee import Chargebee
from sync.connectors.netsuite import NetSuite
from sync.connectors.reading import ReadError
from sync.connectors.salesforce import Salesforce
from sync.connectors.stripe import Stripe
from sync.connectors.webhook import StaleWebhook, Unreadable, Unsigned, WebhookEvent
from sync.effects import Means, Read, Write
from sync.failure import Failure, InterruptedRunError
from sync.flows import lead_to_cash, reconciliation, renewal_amendment
from sync.inbox_rows import Receipt, Signal
from sync.runs import Run
from sync.stage import Flow, Systems, Validate
from terms.instant import DAY, SECOND, Clock, Instant
from terms.problem import ProblemError

T = TypeVar("T")

LOOK_BACK = DAY  # how far the first poll ever looks back
IDLE_S = 0.5  # how long the dispatcher sleeps when nobody wakes it
CHECK_EVERY_S = 5.0
BATCH = 100
POOL = 24  # connections to one system

STAGES: Mapping[str, Flow] = {
    f"{inbox.LEAD_TO_CASH}/order": lead_to_cash.order,
    f"{inbox.LEAD_TO_CASH}/activation": lead_to_cash.activation,
    f"{inbox.LEAD_TO_CASH}/invoice": lead_to_cash.invoice,
    f"{inbox.LEAD_TO_CASH}/payment": lead_to_cash.payment,
    f"{inbox.LEAD_TO_CASH}/reconciliation": reconciliation.reconciliation,
    f"{inbox.RENEWAL_AMENDMENT}/amendment": renewal_amendment.amendment,
    f"{inbox.RENEWAL_AMENDMENT}/recalculation": renewal_amendment.recalculation,
    f"{inbox.RENEWAL_AMENDMENT}/payment": renewal_amendment.payment,
    f"{inbox.RENEWAL_AMENDMENT}/reconciliation": reconciliation.reconciliation,
}


@dataclass(frozen=True, slots=True)
class RuntimeSettings:
    """`seed` is of retry jitter only. `executor_id` names this process to the engine: the same one after a restart."""

    engine_url: str
    executor_id: str = "local"
    seed: int = 0
    workers: int = 16


@dataclass(frozen=True, slots=True)
class UnknownConnection:
    """No configured system of that name sends webhooks here."""

    name: str


@dataclass(frozen=True, slots=True)
class Polled:
    """`taken` deals or statement lines are new; `problem` says why the system could not be read, empty when it could."""

    taken: int
    problem: str = ""


class Runtime:
    """Started once in a process. Its methods may be called from any thread but an event loop."""

    def __init__(
        self,
        settings: RuntimeSettings,
        *,
        read: Read,
        write: Write,
        clock: Clock,
        validate: Validate,
        connections: tuple[Connection, ...],
        on_error: Callable[[str, Exception], None] = lambda _where, _error: None,
    ) -> None:
        """Raises ProblemError when one of the four systems is not configured."""
        self._settings, self._read, self._write, self._clock = settings, read, write, clock
        self._validate, self._on_error = validate, on_error
        self._http = httpx2.Client(
            limits=httpx2.Limits(max_connections=4 * POOL, max_keepalive_connections=POOL)
        )
        self._connections = {connection.name: connection for connection in connections}
        self._systems = _systems(connections, self._http, clock)
        # The durable engine and what it stands on take 20 MB: a process without a runtime never loads them.
        from sync.engine import Engine

        self._engine = Engine(
            settings.engine_url,
            settings.executor_id,
            {name: partial(self._execute, flow) for name, flow in STAGES.items()},
            settings.workers,
        )
        self._stopping, self._ended, self._wake = threading.Event(), threading.Event(), threading.Event()
        self._dispatcher = threading.Thread(target=self._dispatch_loop, name="sync-dispatch", daemon=True)
        self._checked_at = Instant(0)

    def start(self) -> None:
        """Takes up what was left unfinished, then starts whatever is due."""
        self._engine.start()
        self._dispatcher.start()

    def stop(self, drain_s: float = 5.0) -> None:
        """Lets running stages end for up to `drain_s` seconds. What is cut off goes on at the next start."""
        self._stopping.set()
        self._wake.set()
        if self._dispatcher.is_alive():
            self._dispatcher.join()
        self._engine.drain(drain_s)
        self._ended.set()
        self._engine.stop(0)
        self._http.close()

    def wake(self) -> None:
        """Something may be due: a replay was asked for, a signal came in."""
        self._wake.set()

    def poll(self, now: Instant) -> Polled:
        """Asks the CRM for won deals since the last time and keeps the new ones. A CRM that is away is no error."""
        name = next(each.name for each in self._connections.values() if each.system == "salesforce")
        since = self._read(lambda s: store.position(s, name))
        try:
            found = self._systems.salesforce.closed_won(Instant(now - LOOK_BACK) if since is None else since)
        except ReadError as error:
            return Polled(0, error.message)
        taken = self._write(lambda s: crm_poll.keep(s, name, found, now), "poll the CRM")
        if taken:
            self.wake()
        return Polled(taken)

    def poll_bank(self, now: Instant) -> Polled:
        """Asks the ERP which receipts it matched with the bank's statement since the last time, and keeps the new ones."""
        name = next(each.name for each in self._connections.values() if each.system == "netsuite")
        since = self._read(lambda s: store.position(s, name))
        try:
            found = self._systems.netsuite.cleared(Instant(now - LOOK_BACK) if since is None else since)
        except ReadError as error:
            return Polled(0, error.message)
        if all(line.at == since for line in found):  # kept the last time
            return Polled(0)
        taken = self._write(lambda s: bank_poll.keep(s, name, found, now), "poll the ERP's bank")
        if taken:
            self.wake()
        return Polled(taken)

    def webhook(
        self, connection_name: str, headers: Mapping[str, str], body: bytes, now: Instant
    ) -> Receipt | Unsigned | StaleWebhook | UnknownConnection:
        """Stores the event of a webhook that proves its sender; the answer comes after the commit."""
        connection = self._connections.get(connection_name)
        if connection is None or connection.system not in ("chargebee", "stripe"):
            return UnknownConnection(connection_name)
        try:
            if connection.system == "stripe":
                event = self._systems.stripe.webhook(headers, body, now)
            else:
                event = self._systems.chargebee.webhook(headers, body)
        except Unsigned as refusal:
            return refusal
        except Unreadable as error:
            told, event_id = str(error), sha256(body).hexdigest()
            return self._write(
                lambda s: inbox.reject_unreadable(
                    s, connection_name, connection.system, body, event_id, told, now
                ),
                f"unreadable webhook of {connection_name}",
            )
        signal = _signal(connection_name, event)
        receipt = self._write(lambda s: inbox_rows.receive(s, signal, now), f"webhook {event.event_id}")
        self.wake()
        return receipt

    def dispatch(self, now: Instant) -> int:
        """Starts the stages that may start now. Returns how many signals and runs it moved."""
        moved = 0
        if self._read(lambda s: inbox_rows.due(s, now, 1)):
            moved = self._write(lambda s: inbox.dispatch(s, now, BATCH), "dispatch the inbox")
        queued = self._read(lambda s: runs.not_handed_over(s, BATCH))
        for run in queued:
            # Enqueued before it is marked: a crash in between enqueues the same workflow id again, which does nothing.
            self._engine.enqueue(
                f"{run.flow}/{run.stage}", run.workflow_id, {"run_id": run.run_id}, str(run.deal)
            )
        if queued:
            self._write(lambda s: runs.hand_over(s, queued), "hand runs to the engine")
        return moved + len(queued)

    def check(self, now: Instant) -> None:
        """Finds runs the engine has lost or given up, which no code of a flow can tell of."""
        unfinished = self._read(runs.unfinished)
        states = self._engine.states([run.workflow_id for run in unfinished])
        lost = [run for run in unfinished if run.workflow_id not in states]
        if lost:
            self._write(lambda s: runs.hand_over(s, lost, handed_over=False), "hand runs to the engine again")
        for run in unfinished:
            if states.get(run.workflow_id) == "broken":
                self._write(partial(_give_up, run=run, now=now), f"give up {run.run_id}")

    def _execute(self, flow: Flow, arguments: dict[str, Any]) -> None:
        """Runs one stage inside the engine."""
        means = Means(self._guarded_write, self._clock, self._pause, self._jitter)
        stage.execute(
            arguments["run_id"], flow, self._systems, means, self._read, self._validate, self._guarded_step
        )
        self.wake()

    def _guarded_write(self, fn: Callable[[Session], T], reason: str) -> T:
        if self._ended.is_set():
            raise InterruptedRunError
        return self._write(fn, reason)

    def _guarded_step(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if self._ended.is_set():
            raise InterruptedRunError
        try:
            return self._engine.step(name, work)
        except Exception:
            if self._ended.is_set():  # the engine went away below the flow: its run is unfinished, not failed
                raise InterruptedRunError from None
            raise

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise InterruptedRunError

    def _jitter(self, words: str) -> float:
        digest = blake2b(f"{self._settings.seed} {words}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / 2**48

    def _dispatch_loop(self) -> None:
        while not self._stopping.is_set():
            try:
                now = self._clock()
                moved = self.dispatch(now)
                if now - self._checked_at >= CHECK_EVERY_S * SECOND:
                    self._checked_at = now
                    self.check(now)
            except Exception as error:  # noqa: BLE001 the rows are still there: the next turn takes them
                self._on_error("sync-dispatch", error)
                moved = 0
            if not moved:
                self._wake.wait(IDLE_S)
                self._wake.clear()


def _give_up(session: Session, run: Run, now: Instant) -> None:
    deal = runs.deal_of(session, run)
    current = runs.run(session, run.run_id)
    if (
        deal is None
        or current is None
        or (current.state, current.round) not in (("queued", run.round), ("running", run.round))
    ):
        return
    failure = Failure(
        run.stage, "throughline", "intermittent", "", "it was taken up too often without an end", f"{run.stage} of {deal.number}"
    )  # fmt: skip
    exceptions.fail(
        session, run, failure, deal, [deal.key, deal.customer, deal.subscription], deal.amount, now
    )


def _signal(connection_name: str, event: WebhookEvent) -> Signal:
    reference = event.po_number or ""
    if event.type.startswith("payment_intent."):
        found = event.raw["data"]["object"].get("metadata") or {}
        reference = str(found.get("invoice_id", ""))
    payload = json.dumps(event.raw)
    return Signal(
        connection_name, event.event_id, event.type, event.object_id, reference, payload, event.occurred_at
    )


def _systems(connections: tuple[Connection, ...], http: httpx2.Client, clock: Clock) -> Systems:
    by_system: dict[System, Connection] = {connection.system: connection for connection in connections}
    missing = [name for name in ("salesforce", "chargebee", "stripe", "netsuite") if name not in by_system]
    if missing:
        raise ProblemError(
            f"no connection to {', '.join(missing)}",
            "THROUGHLINE_CONNECTIONS",
            "add it to the connections file",
        )
    return Systems(
        Salesforce(by_system["salesforce"], http),
        Chargebee(by_system["chargebee"], http),
        Stripe(by_system["stripe"], http),
        NetSuite(by_system["netsuite"], http, clock),
        {name: connection.settle_s for name, connection in by_system.items()},
    )
