# SPDX-License-Identifier: Apache-2.0
"""The sandbox as a process: it binds its port, writes the connections file, says that it is ready, and ends on a signal."""

import json
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from sync.sandbox import credentials, faults
from sync.sandbox.app import create_sandbox
from sync.sandbox.ledger import Ledger
from terms.problem import ProblemError

_GRACE_S = 1  # held answers are not waited for


@dataclass(frozen=True, slots=True)
class RunSettings:
    """`port` 0 takes a free one; None leaves what the file has."""

    port: int
    file: Path
    credentials: Path | None = None
    webhooks: str | None = None
    seed: int = 7
    faults: str | None = None


def run(settings: RunSettings) -> None:
    """Serves until SIGTERM or SIGINT. Raises ProblemError when it cannot start."""
    wanted = faults.read(_json(settings.faults)) if settings.faults is not None else None
    listener = _bind(settings.port)
    port = listener.getsockname()[1]
    base_url = f"http://127.0.0.1:{port}"
    ledger = Ledger(settings.file)

    def ready() -> None:
        sys.stdout.write(f"sandbox ready at {base_url}\n")
        sys.stdout.flush()

    try:
        app = create_sandbox(
            ledger, seed=settings.seed, webhooks_url=settings.webhooks, with_faults=wanted, on_ready=ready
        )
        if settings.credentials is not None:
            credentials.write(settings.credentials, credentials.connections(ledger, base_url))
        _serve(app, listener)
    finally:
        ledger.close()
        listener.close()


def _serve(app: Any, listener: socket.socket) -> None:
    # The server raises the signal it was stopped by once more when it is done; being stopped is no failure.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: None)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=_GRACE_S,
        timeout_keep_alive=30,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _bind(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ProblemError(
            f"cannot be opened: {getattr(error, 'strerror', None) or error}",
            f"port {port}",
            "stop what uses it, or name another --port; 0 takes a free one",
        ) from error
    return listener


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ProblemError(
            f"is not JSON: {error}", "--faults", """such as '{"unavailable": 0.1}'"""
        ) from error
