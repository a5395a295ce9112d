# SPDX-License-Identifier: Apache-2.0
"""Decodes every file below a folder of public traces and event logs, and says what came of each: nothing may crash.

    python bench/conformance_traces.py PATH

A file is taken, or refused with a sentence that says why; a decoder that raises anything else is a crash, and fails the run.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from collectors.decoding.cloudevents import decode as decode_events
from collectors.definitions import load
from collectors.imports.batch import EVENTS
from collectors.imports.batch import decode as decode_batch
from collectors.imports.file import batches
from collectors.pull import lenient
from collectors.pull.tracer import trace_of
from collectors.span import Decoded
from terms.instant import wall_clock
from terms.problem import ProblemError


def main() -> None:
    parser = argparse.ArgumentParser(description="Decode public traces.")
    parser.add_argument("path", type=Path)
    folder = parser.parse_args().path
    if not folder.is_dir():
        parser.error(f"{folder} is not a folder")
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    total: Counter[str] = Counter()
    for path in found:
        outcome, counts = outcome_of(path)
        total.update({outcome: 1, **counts})
        told = " ".join(f"{key}={n}" for key, n in sorted(counts.items()) if n)
        print(f"{outcome:8} {path.relative_to(folder)}  {told}")
    figures = {
        key: total[key] for key in ("taken", "refused", "crashed", "spans", "events", "rejected", "pulled")
    }
    print(json.dumps({"files": len(found), **figures}))
    sys.exit(bool(total["crashed"]) or not found)


def outcome_of(path: Path) -> tuple[str, Counter[str]]:
    """`taken`, `refused` or `crashed`, with what the file held. `pulled` are the spans the reader of tracers' answers found."""
    counts: Counter[str] = Counter()
    definitions = load()
    try:
        for batch in batches(path):
            now = wall_clock()
            decoded = decode_batch(batch, definitions.extractor, now)
            if batch.path == EVENTS:
                assert len(decode_events(batch.body, definitions.extractor, now).events) == len(
                    decoded.events
                )
            counts.update(spans=len(decoded.spans), events=len(decoded.events))
            counts.update(rejected=len(decoded.rejected) + len(batch.left_out))
        counts.update(pulled=len(as_pulled(path).spans))
    except ProblemError as problem:
        print(f"         {problem}")
        return "refused", counts
    except Exception as error:  # noqa: BLE001 a crash is what this looks for
        print(f"         {type(error).__name__}: {error}")
        return "crashed", counts
    return "taken", counts


def as_pulled(path: Path) -> Decoded:
    """The spans of an OTLP document as the reader of tracers' answers takes it; nothing for any other file."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return Decoded()
    if not isinstance(document, dict) or "resourceSpans" not in document:
        return Decoded()
    taken = Decoded()
    for trace_id, groups in lenient.by_trace(document, path.name).items():
        taken.spans.extend(trace_of(groups, trace_id).decoded.spans)
    return taken


if __name__ == "__main__":
    main()
