# SPDX-License-Identifier: Apache-2.0
"""The control plane as a user runs it: `throughline serve` in a process that can be killed, and a client of its API."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2]
READY_S = 60


class ControlPlane:
    """One data directory; `start` and `kill` may alternate on it."""

    def __init__(
        self, folder: Path, database_url: str = "", connections: Path | None = None, sandbox_url: str = ""
    ) -> None:
        self.data = folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "serve.log"
        self._environment = {
            **os.environ,
            "THROUGHLINE_DATA_DIR": str(self.data),
            "THROUGHLINE_DEMO": "1",
            "THROUGHLINE_POLL_S": "0.3",
            **({"THROUGHLINE_DATABASE_URL": database_url} if database_url else {}),
            **({"THROUGHLINE_CONNECTIONS": str(connections)} if connections else {}),
            **({"THROUGHLINE_SANDBOX_URL": sandbox_url} if sandbox_url else {}),
        }
        if database_url:
            self._run("db", "upgrade").wait(READY_S)
        self.start()

    def start(self) -> None:
        """Returns once the server says it is ready."""
        (self.data / "demo-token").unlink(missing_ok=True)
        self._process = self._run("serve", "--port", str(self.port))
        ends_at = time.monotonic() + READY_S
        while True:
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < ends_at, self._log.read_text()
            try:
                if httpx2.get(f"{self.url}/readyz").status_code == 200:
                    break
            except httpx2.TransportError:
                time.sleep(0.05)
        token = (self.data / "demo-token").read_text()
        self.http = httpx2.Client(base_url=self.url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    def kill(self) -> None:
        """As a power cut would: no handler of ours runs."""
        self._process.kill()
        self._process.wait()
        self.http.close()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)
            self.http.close()

    @property
    def sign_in_url(self) -> str:
        return (self.data / "sign-in-url").read_text()

    def send(self, body: bytes) -> None:
        """Spans through the ordinary door; returns when they were acknowledged."""
        answer = self.http.post(
            "/v1/traces", content=body, headers={"content-type": "application/x-protobuf"}
        )
        assert answer.status_code == 200, answer.text

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer without errors."""
        answer = self.http.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def _run(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "controlplane.cli", *arguments],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )
