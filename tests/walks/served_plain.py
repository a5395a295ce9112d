# SPDX-License-Identifier: Apache-2.0
"""A server that is no demo: an admin's token from a file, and ports for OTLP."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx2
from sync_sandbox import wait_until

ROOT = Path(__file__).parents[2]


@dataclass
class Served:
    """A server that is no demo: with ports for gRPC and for traces alone, and an admin's token."""

    port: int
    grpc_port: int
    otlp_port: int
    token: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.cli", "serve", "--port", str(self.port)],
            cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self._is_ready, 60)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def spans(self, trace: int) -> int:
        """How many spans it shows of that trace."""
        answer = httpx2.post(
            f"http://127.0.0.1:{self.port}/graphql",
            json={
                "query": "query T($id: ID!) { trace(id: $id) { count } }",
                "variables": {"id": f"{trace:032x}"},
            },
            headers={"authorization": f"Bearer {self.token}"},
        ).json()
        return int(answer["data"]["trace"]["count"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(folder: Path) -> Served:
    """One on free ports, started, with its data in that folder."""
    secret, token = folder / "admin-token", "0123456789abcdef" * 4
    secret.write_text(token)
    secret.chmod(0o600)
    port, grpc_port, otlp_port = free_port(), free_port(), free_port()
    running = Served(port, grpc_port, otlp_port, token, {
        **os.environ, "THROUGHLINE_DATA_DIR": str(folder / "data"), "THROUGHLINE_ADMIN_TOKEN_FILE": str(secret),
        "THROUGHLINE_GRPC_PORT": str(grpc_port), "THROUGHLINE_OTLP_PORT": str(otlp_port),
    })  # fmt: skip
    running.start()
    return running
