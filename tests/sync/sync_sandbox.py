# SPDX-License-Identifier: Apache-2.0
"""The stand-ins as a process, and deals for them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from terms import instant
from terms.instant import DAY, Instant, wall_clock

ROOT = Path(__file__).parents[2]


class Sandbox:
    """Stand-ins of the four systems in a process of their own."""

    def __init__(self, folder: Path) -> None:
        self.connections = folder / "connections.json"
        self._file = folder / "sandbox.sqlite3"
        self._process = subprocess.Popen(
            [
                sys.executable, "-c", "from sync.cli import app; app()", "run", "--port", "0",
                "--file", str(self._file), "--credentials", str(self.connections), "--seed", "7",
            ],
            cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "ready" in line, line
        self.http = httpx2.Client(base_url=line.split()[-1], timeout=30)
        self._quicken()

    def _quicken(self) -> None:
        """Systems that settle at once and clients that do not wait long: the tests' time is not the demo's."""
        document = json.loads(self.connections.read_text())
        for row in document["connections"]:
            row["timeout_s"], row["settle_s"] = 0.8, 0.3
        self.connections.write_text(json.dumps(document))

    def send_webhooks_to(self, url: str) -> None:
        self.http.put("/sandbox/webhooks", json={"url": url}).raise_for_status()

    def faults(self, **faults: float) -> None:
        self.http.put("/sandbox/faults", json=faults).raise_for_status()

    def deals(self, *deals: dict[str, Any]) -> None:
        self.http.post("/sandbox/deals", json={"deals": deals}).raise_for_status()

    def records(self, system: str, type_: str) -> list[dict[str, Any]]:
        found = self.http.get("/sandbox/ledger", params={"system": system}).json()["records"]
        return [record for record in found if record["type"] == type_]

    def summary(self) -> dict[str, Any]:
        return dict(self.http.get("/sandbox/summary").json())

    def period(self, entity: str, month: str, act: str) -> None:
        self.http.post(f"/sandbox/periods/{entity}/{month}/{act}").raise_for_status()

    def stop(self) -> None:
        self.http.close()
        self._process.terminate()
        self._process.communicate(timeout=20)


def deal(
    number: int, kind: str = "New Business", *, entity: str = "US", now: Instant | None = None, **more: Any
) -> dict[str, Any]:
    """A deal whose business times lie within the last days."""
    end = now or wall_clock()

    def at(days: float) -> str:
        return instant.text(Instant(end - round(days * DAY)))

    region = {"US": "AMER", "CA": "AMER"}.get(entity, "EMEA")
    currency = {"US": "USD", "CA": "CAD", "DE": "EUR", "UK": "GBP"}[entity]
    return {
        "kind": kind, "number": number, "customer": {"id": f"CUST-{number}", "name": f"Customer {number}"},
        "legal_entity": entity, "region": region, "currency": currency, "amount_minor": 1_200_000, "item": "PLATFORM",
        "quantity": 10, "closed_at": at(0.05), "quoted_at": at(0.06), "activated_at": at(0.03), "invoiced_at": at(0.02),
        "paid_at": at(0.01), **more,
    }  # fmt: skip


def wait_until(
    holds: Callable[[], bool], within_s: float = 120.0, otherwise: Callable[[], object] = lambda: ""
) -> None:
    """Waits for it, and fails with what `otherwise` says when it does not come."""
    ends_at = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends_at, f"it did not happen in time: {otherwise()}"
        time.sleep(0.05)
