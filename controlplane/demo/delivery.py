# SPDX-License-Identifier: Apache-2.0
"""Another team's runtime: a gateway and a workflow engine that deliver each invoice to its receiver's network.

It reads invoices where every client application does and reports with its own words and its own traces. What it does
comes together with the rest of a deal by the invoice number alone, read by extraction/kong.yaml and temporal.yaml.
"""

import contextlib
import threading
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from controlplane.demo.engine_spans import Reporter, Workflow, gateway_call
from controlplane.demo.line import AWAY, ControlPlane, Sandbox, Unanswered

CLIENT = "invoice-delivery"
EVERY_S = 1.0
TRIES = 3
_PAGE = 50
_ROUTE = "/einvoicing"
_FAILS_ONE_OF = 6


class NetworkError(ConnectionError):
    """The receiver's network did not answer in time."""


class Delivery:
    """A thread that delivers what is new. What was delivered is noted in a file, so that a restart delivers it no second time."""

    def __init__(
        self, server: ControlPlane, sandbox: Sandbox, place: Path, seed: int, stop: threading.Event
    ) -> None:
        self._server = server
        self._sandbox = sandbox
        self._note = place / "delivered.txt"
        self._seed = seed
        self._stop = stop
        self._delivered: set[str] = set()
        self._reporters: tuple[Reporter, Reporter] | None = None
        self._token = ""
        self._thread = threading.Thread(target=self._run, name="demo-delivery", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._thread.start()

    def join(self) -> None:
        """Waits for the delivery under way and for its spans; call it after `stop` is set."""
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        if self._note.exists():
            self._delivered.update(self._note.read_text().split())
        while not self._stop.wait(EVERY_S):
            with contextlib.suppress(*AWAY, Unanswered, OSError, ValueError):
                self._round()
        if self._reporters:
            for reporter in self._reporters:
                reporter.close()

    def _round(self) -> None:
        new = list(self._new())
        if not new:
            return
        gateway, engine = self._reporting()
        for number in reversed(new):
            if self._stop.is_set():
                return
            self._deliver(number, gateway, engine)
            self._delivered.add(number)
            with self._note.open("a") as note:
                note.write(f"{number}\n")

    def _new(self) -> Iterator[str]:
        """Invoices that were not delivered yet, newest first. Pages are read until one holds nothing new."""
        cursor: str | None = ""
        while cursor is not None:
            page = self._sandbox.read(
                CLIENT, f"/apis/invoices/v2/invoices?limit={_PAGE}{cursor and f'&cursor={cursor}'}"
            )
            numbers = [one["invoiceNumber"] for one in page["items"]]
            new = [number for number in numbers if number not in self._delivered]
            yield from new
            cursor = page["nextCursor"] if new else None

    def _deliver(self, number: str, gateway: Reporter, engine: Reporter) -> None:
        path = f"{_ROUTE}/invoices/{number}/deliveries"
        with gateway_call(gateway.tracer, "POST", path, _ROUTE) as headers:
            run = Workflow(engine.tracer, "DeliverInvoice", f"deliver-invoice/{number}", headers)
        with run.activity("FetchInvoice"):
            invoice = self._sandbox.read(CLIENT, f"/apis/invoices/v2/invoices/{number}")
        with run.activity("RenderInvoice"):
            document = _rendered(invoice)
        for attempt in range(1, TRIES + 1):
            try:
                with run.activity("TransmitInvoice"):
                    self._transmit(number, document, attempt)
            except NetworkError:
                continue
            break
        run.complete()

    def _transmit(self, number: str, document: bytes, attempt: int) -> None:
        """Hands the document to the network, which does not answer at first for one invoice in six."""
        drawn = blake2b(f"{self._seed}|{number}".encode(), digest_size=4).digest()
        if attempt == 1 and int.from_bytes(drawn) % _FAILS_ONE_OF == 0:
            self._stop.wait(0.2)
            raise NetworkError("the receiver's network did not answer")
        blake2b(document).digest()

    def _reporting(self) -> tuple[Reporter, Reporter]:
        """Both reporters; new ones where the server was started again, for it has written a new token."""
        token = self._server.token()
        if self._reporters is None or token != self._token:
            for old in self._reporters or ():
                old.close()
            endpoint = f"{self._server.url}/v1/traces"
            self._reporters = (
                Reporter("kong", "kong-internal", endpoint, token),
                Reporter("e-invoicing", "temporalio.contrib.opentelemetry._interceptor", endpoint, token),
            )
            self._token = token
        return self._reporters


def _rendered(invoice: dict[str, Any]) -> bytes:
    """The invoice as its receiver reads it."""
    lines = [f"{one['quantity']} x {one['item']}  {one['amount']}" for one in invoice["lines"]]
    return "\n".join([f"Invoice {invoice['invoiceNumber']}", *lines, f"Total {invoice['total']}"]).encode()
