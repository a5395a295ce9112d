# SPDX-License-Identifier: Apache-2.0
"""A tracer becomes a source from the command line: its traces come by themselves, through a kill -9 as well."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_plain import ROOT, Served, serve
from sync_sandbox import wait_until
from tracer_servers import Served as Tracer
from tracer_servers import Told, Traces, jaeger

from terms.instant import MINUTE, wall_clock


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    running = serve(tmp_path)
    yield running
    running.kill()


def throughline(server: Served, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **server.environment,
        "THROUGHLINE_URL": f"http://127.0.0.1:{server.port}",
        "THROUGHLINE_TOKEN": server.token,
        "COLUMNS": "200",
        **more,
    }
    return subprocess.run(
        [sys.executable, "-m", "controlplane.cli", "sources", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_tracer_is_pulled_by_itself_and_after_a_kill(server: Served) -> None:
    """Added with a credential from a variable, tried, pulled, killed with its server, and pulled on from where it stood."""
    now = wall_clock()
    traces = Traces([Told(n, 1, now - n * MINUTE) for n in range(2, 8)])
    tracer = Tracer(jaeger(traces))
    added = throughline(
        server, "add", "erp-jaeger", "--kind", "jaeger", "--url", tracer.url, "--allow-private", "--every", "1s",
        "--settle", "1s", "--header", "authorization=env:JAEGER_TOKEN", JAEGER_TOKEN="Bearer s3cret",
    )  # fmt: skip
    assert (added.returncode, added.stdout) == (0, "erp-jaeger is set up\n"), added.stderr
    wait_until(lambda: all(server.spans(n) == 1 for n in range(2, 8)), 60)
    assert {headers.get("authorization") for _, _, headers in tracer.asked} == {"Bearer s3cret"}
    tried = throughline(server, "test", "erp-jaeger")
    assert "erp-jaeger answers (v3 summaries)" in tried.stdout, tried.stderr
    assert "erp-jaeger" in throughline(server, "list").stdout
    assert "s3cret" not in throughline(server, "show", "erp-jaeger").stdout
    server.kill()
    traces.told.append(Told(99, 1, wall_clock()))
    server.start()
    wait_until(lambda: server.spans(99) == 1, 60)
    changed = throughline(server, "change", "erp-jaeger", "--every", "30s", "--max-silence", "2h")
    assert (changed.returncode, changed.stdout) == (
        0,
        "erp-jaeger is changed: everySeconds, maxSilenceSeconds\n",
    )
    kept = throughline(server, "show", "erp-jaeger").stdout
    assert "everySeconds: 30.0" in kept
    assert "headerNames: ['authorization']" in kept
    assert throughline(server, "pause", "erp-jaeger").returncode == 0
    refused = throughline(server, "pull", "erp-jaeger")
    assert (refused.returncode, "it is paused" in refused.stderr) == (1, True)
    assert throughline(server, "remove", "erp-jaeger").returncode == 0
    assert server.spans(99) == 1
    tracer.stop()


def test_a_secret_is_no_argument_and_a_mistake_is_told(server: Served) -> None:
    """The command says what to write instead, and which field is wrong."""
    words = ("add", "x", "--kind", "jaeger", "--url", "https://jaeger.example")
    argument = throughline(server, *words, "--header", "authorization=Bearer s3cret")
    assert (argument.returncode, "env:VARIABLE" in argument.stderr) == (2, True)
    wrong = throughline(server, *words, "--limit", "0")
    assert (wrong.returncode, "limit: is not between 1 and 10,000" in wrong.stderr) == (1, True)
    assert throughline(server, "show", "x").returncode == 1
    assert "say what, such as --every 30s" in throughline(server, "change", "x").stderr
    absent = throughline(server, "change", "x", "--every", "30s")
    assert (absent.returncode, "No such source" in absent.stderr or "no source" in absent.stderr) == (1, True)


def test_the_link_to_a_tracer_is_taken_away_with_an_empty_text(server: Served) -> None:
    """Not given, it stays as it is; given empty, it is none any more, and may be set again."""
    template = "https://jaeger.example/trace/{trace_id}"
    words = ("--kind", "jaeger", "--url", "https://jaeger.example", "--span-url", template)
    assert throughline(server, "add", "linked", *words).returncode == 0
    throughline(server, "pause", "linked")
    assert throughline(server, "change", "linked", "--every", "30s").returncode == 0
    assert f"spanUrl: {template}" in throughline(server, "show", "linked").stdout
    taken = throughline(server, "change", "linked", "--span-url", "")
    assert (taken.returncode, taken.stdout) == (0, "linked is changed: spanUrl\n")
    shown = throughline(server, "show", "linked").stdout
    assert template not in shown
    assert "everySeconds: 30.0" in shown
    assert throughline(server, "change", "linked", "--span-url", template).returncode == 0
    assert f"spanUrl: {template}" in throughline(server, "show", "linked").stdout
