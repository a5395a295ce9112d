# SPDX-License-Identifier: Apache-2.0
"""Walk (a) from JavaScript: the OpenTelemetry exporters for Node send to each door, and the span is found by its trace."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_plain import Served, serve

HERE = Path(__file__).with_name("js_exporter")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sender with its packages. Skipped where there is no Node, or no registry to fetch from outside of CI."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no Node on this machine: install it to run the tests of the JavaScript exporters")
    folder = tmp_path_factory.mktemp("js")
    for name in ("package.json", "package-lock.json", ".npmrc", "send.mjs"):
        shutil.copy(HERE / name, folder / name)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"the packages could not be fetched: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    return folder / "send.mjs"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = serve(tmp_path_factory.mktemp("served"))
    yield running
    running.kill()


@pytest.mark.parametrize("kind", ["http", "proto", "grpc"])
def test_an_exporter_for_node_is_understood(program: Path, served: Served, kind: str) -> None:
    """JSON and protobuf over HTTP, packed, and gRPC: acknowledged, and stored once."""
    trace = int(f"4bf92f3577b34da6a3ce929d0e0e{['http', 'proto', 'grpc'].index(kind) + 1:04x}", 16)
    grpc = f"http://127.0.0.1:{served.grpc_port}"
    url = grpc if kind == "grpc" else f"http://127.0.0.1:{served.port}/v1/traces"
    done = subprocess.run(
        ["node", str(program), kind, url, served.token, f"{trace:032x}"],
        cwd=program.parent, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert served.spans(trace) == 1
