# SPDX-License-Identifier: Apache-2.0
"""A file to import -> bounded batches, each the body of one request to a door. A server takes them, or the same code here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from collectors.decoding import cloudevents, otlp
from collectors.extraction.extractor import Extractor
from collectors.payloads.payload import Inspect, nothing
from collectors.span import Decoded
from terms.instant import Instant
from terms.problem import ProblemError
from terms.strict_json import strict_json

TRACES = "/v1/traces"
EVENTS = "/events"
JSON_TYPE = "application/json"
PROTOBUF_TYPE = "application/x-protobuf"
EVENTS_TYPE = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of one request to the door at `path`. `items` are spans or events; `read_bytes` of the file led to it.

    `dangling` counts references to objects that the file does not describe; they are kept under the type `unknown`.
    `left_out` says why items of the file are not in the body at all. `line` names the line of a file that this is
    (`traces.jsonl:7`): where the door refuses the body, that line is rejected and the rest of the file goes on. `flaw` says
    why it will, where that is known beforehand.
    """

    path: str
    content_type: str
    body: bytes
    items: int
    read_bytes: int
    dangling: int = 0
    left_out: tuple[str, ...] = ()
    line: str = ""
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a sink made of a batch: how many were rejected, with some of the reasons. The rest is durable.

    `new` were stored now and `known` were there already; None: the server does not say.
    `has_refused`: nothing of the body was taken, and the one reason tells the line.
    """

    rejected: int
    reasons: tuple[str, ...] = ()
    new: int | None = None
    known: int | None = None
    has_refused: bool = False


def refused(batch: Batch, why: str) -> Taken:
    """What became of a line that the door refused."""
    return Taken(batch.items, (f"{batch.line}: {batch.flaw or why}",), 0, 0, has_refused=True)


Sink = Callable[[Batch], Taken]


def of_events(
    events: Sequence[bytes], read_bytes: int, dangling: int = 0, left_out: Sequence[str] = ()
) -> Batch:
    """One request for the events door, of CloudEvents that are JSON already."""
    body = b"[" + b",".join(events) + b"]"
    return Batch(EVENTS, EVENTS_TYPE, body, len(events), read_bytes, dangling, tuple(left_out))


def zoned(time: str) -> str:
    """The time as the log writes it; one without a zone is UTC.

    >>> zoned("2026-01-03 08:00:00"), zoned("2026-01-03T08:00:00-05:00")
    ('2026-01-03T08:00:00Z', '2026-01-03T08:00:00-05:00')
    """
    has_zone = time.endswith(("Z", "z")) or "+" in time[10:] or "-" in time[10:]
    return time if has_zone else f"{time.replace(' ', 'T')}Z"


def decode(batch: Batch, rules: Extractor, now: Instant, inspect: Inspect = nothing) -> Decoded:
    """What a door makes of the batch's body. Raises ProblemError for the undecodable."""
    if batch.path == EVENTS:
        strict_json(batch.body)
        return cloudevents.decode(batch.body, rules, now, inspect)
    is_protobuf = batch.content_type == PROTOBUF_TYPE
    decoded = otlp.decode_protobuf(batch.body) if is_protobuf else otlp.decode_json(batch.body)
    return decoded.with_payloads(inspect)


def contents(path: Path) -> bytes:
    """The bytes of a file. Raises ProblemError that names it when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", where=str(path)) from error


def parts(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    """`items` in stretches of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
