# SPDX-License-Identifier: Apache-2.0
"""What every tracer can be asked, whatever it speaks: its services, which traces a window holds, and one trace whole."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from collectors.decoding import otlp_json
from collectors.decoding.otlp_words import Group
from collectors.pull.failure import SourceFailure
from collectors.pull.window import Window
from collectors.span import Decoded, Rejected
from terms.instant import Instant
from terms.problem import Problem, ProblemError

ALL = ""
"""The service that stands for all of them, where a tracer can be asked for all at once."""


class Seen(NamedTuple):
    """A trace as a search sums it up. `spans` is -1 where the tracer does not count; `held` is what came with the answer."""

    trace_id: str  # 32 hex digits
    end_at: Instant
    spans: int
    held: Any = None


class Found(NamedTuple):
    """The traces of one window. `is_full`: as many as were asked for at most, so there may be more."""

    traces: tuple[Seen, ...]
    is_full: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace whole. `is_partial`: the tracer itself says that some of it is missing for now."""

    decoded: Decoded
    is_partial: bool = False


class Tracer(Protocol):
    """One tracer during one pass. Every method raises SourceFailure when it got no answer that can be used."""

    @property
    def api(self) -> str:
        """Which of its APIs it was found to speak, to be remembered; empty when nothing was found out."""
        ...

    async def services(self) -> tuple[str, ...]:
        """What to keep a cursor for each: the services it knows, or ALL alone."""
        ...

    async def search(self, service: str, window: Window, limit: int) -> Found:
        """The traces with spans of the service in the window: all of them, unless the answer is full."""
        ...

    async def fetch(self, seen: Seen) -> Trace | None:
        """The trace of a search, or of an id alone; None when it is gone."""
        ...


def trace_of(groups: list[Group], trace_id: str) -> Trace:
    """The trace of these groups. One that cannot be decoded is rejected as a whole, and told: it must not stop the rest."""
    try:
        return Trace(otlp_json.decode_request({"resourceSpans": groups}))
    except ProblemError as error:
        return undecodable(trace_id, error)


def undecodable(trace_id: str, error: ProblemError) -> Trace:
    """A trace of which nothing could be read."""
    return Trace(Decoded(rejected=[Rejected("undecodable", f"trace {trace_id}: {error}")]))


def garbage(where: str, what: str) -> SourceFailure:
    """The failure of an answer that is JSON, and not of this kind of source."""
    return SourceFailure(
        "garbage", Problem(what, where, "check that the source is of the kind that was named")
    )


def names_of(listed: Any, where: str) -> tuple[str, ...]:
    """A list of texts, sorted, each once. Raises SourceFailure when it is none."""
    if listed is None:
        return ()
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise garbage(where, "answers something that is no list of names")
    return tuple(sorted({one for one in listed if one}))
