# SPDX-License-Identifier: Apache-2.0
"""docs/bring-your-runtime.md: the rule it shows loads and holds, and the runtime it hands out is read by what is proposed for it."""

import os
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from textwrap import indent
from typing import Any

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from collectors.definitions import load
from collectors.extraction.example import broken_examples
from collectors.extraction.file import read_extraction
from collectors.extraction.suggestion import suggest
from collectors.span import Origin, Span
from terms import yaml_lines
from terms.instant import parse
from terms.problem import Problem

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "examples" / "parcel-desk" / "parcel_desk.py"
PAGE = (ROOT / "docs" / "bring-your-runtime.md").read_text()


def parcel_desk() -> Any:
    """The runtime, loaded from where a reader runs it."""
    spec = spec_from_file_location("parcel_desk", RUNTIME)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_rule_on_the_page_loads_and_its_example_holds() -> None:
    """What a reader copies works."""
    (content,) = re.findall(r"```yaml\n(kind: extraction\n.*?)```", PAGE, re.DOTALL)
    problems: list[Problem] = []
    rule = read_extraction(yaml_lines.load(content.encode(), "the page"), problems)
    assert problems == []
    assert rule is not None
    assert broken_examples(rule) == []


def test_the_relations_on_the_page_can_be_written_so() -> None:
    """The fragment is what stands in a reading that makes an event."""
    (objects,) = re.findall(r"```yaml\n(objects:\n.*?)```", PAGE, re.DOTALL)
    head = "kind: extraction\nid: a\nversion: 1\ntitle: A\nexamples: []\nreadings:\n  - id: b\n    event: c\n"
    problems: list[Problem] = []

    rule = read_extraction(yaml_lines.load((head + indent(objects, "    ")).encode(), "the page"), problems)

    assert problems == []
    assert rule is not None
    said = {one.role for word in rule.readings[0].objects for one in word.relations}
    assert said == {"child_of", "parent_of", "same_as", "link", "succeeds"}


def test_the_limits_in_working_time_end_as_the_page_for_architects_says(tmp_path: Path) -> None:
    """Ordered on a Friday at 14:00: two working days, and ten hours of them."""
    page = (ROOT / "docs" / "architect.md").read_text()
    (milestones,) = re.findall(r"```yaml\n(milestones:\n.*?)```", page, re.DOTALL)
    (calendar,) = re.findall(r"```yaml\n(kind: calendar .*?)```", page, re.DOTALL)
    (tmp_path / "office.yaml").write_text(calendar)
    (tmp_path / "site.yaml").write_text(
        "kind: process\nid: site\nversion: 1\ntitle: Site\nanchor: site\ncompleted_when: [billed]\n"
        "edges: [{id: p, child: panel, parent: site, role: child_of}, {id: b, child: bill, parent: site, role: child_of}]\n"
        + milestones
    )
    process = load((tmp_path,)).process("site")
    assert process is not None
    begun, half = process.milestone("begun"), process.milestone("half")
    assert begun is not None
    assert half is not None
    friday = parse("2026-10-02T14:00:00+02:00")
    assert begun.due_after(friday) == parse("2026-10-06T14:00:00+02:00")
    assert half.due_after(friday) == parse("2026-10-06T10:00:00+02:00")


def test_the_runtime_it_hands_out_is_read_by_what_is_proposed_for_it(monkeypatch: Any) -> None:
    """Five orders that the server knows, and a rule that makes an event of each shipment and names the order on every step."""
    kept = InMemorySpanExporter()
    runtime = parcel_desk()
    monkeypatch.setattr(runtime, "OTLPSpanExporter", lambda: kept)
    monkeypatch.setattr(runtime, "BatchSpanProcessor", SimpleSpanProcessor)
    orders = [f"SO-{n}" for n in range(5)]
    assert runtime.main(orders) == 0
    spans = [
        Span(
            Origin("parcel-desk", one.instrumentation_scope.name, {}), one.context.trace_id.to_bytes(16, "big"),
            one.context.span_id.to_bytes(8, "big"), None, one.name, 1, one.start_time, one.end_time, 0, None, dict(one.attributes or {}),
        )
        for one in kept.get_finished_spans()
        if one.instrumentation_scope and one.context and one.start_time and one.end_time
    ]  # fmt: skip
    assert len(spans) == 15
    (found,) = suggest(
        spans, load().extractor, lambda _: dict.fromkeys(orders, frozenset({"order"})), "a test"
    )
    assert (found.events, found.names) == (1, 1)
    assert "from: parcel.for" in found.content


def test_the_runtime_it_hands_out_says_that_nobody_took_its_spans() -> None:
    """A reader with a typing mistake in the address must not look for parcels that never came."""
    nobody = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, str(RUNTIME), "SO-1", "SO-2"],
        env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": nobody, "OTEL_EXPORTER_OTLP_TIMEOUT": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said.startswith(f"parcel-desk: 6 spans could not be sent to {nobody}: ")
    assert "OTEL_EXPORTER_OTLP_HEADERS" in said
