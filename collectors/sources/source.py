# SPDX-License-Identifier: Apache-2.0
"""A source: where spans and events come from, what is taken from it and how, and which systems it tells of."""

import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from terms.instant import HOUR, MINUTE, SECOND, Instant
from terms.problem import Problem, did_you_mean

Kind = Literal["jaeger", "tempo", "zipkin", "files", "push", "runtime"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TRACERS: frozenset[Kind] = frozenset({"jaeger", "tempo", "zipkin"})
PULLED: frozenset[Kind] = TRACERS | {"files"}

RUNTIME = "throughline"
"""The name of the embedded runtime as a source."""

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
BEGINNING = Instant(0)
MOST_SERVICES = 500
LARGEST_LIMIT = 10_000
LONGEST = 200

FILE_SCHEMES = ("file", "memory", "s3", "gs", "gcs", "az", "abfs", "abfss")
"""Where files may lie. What speaks HTTP to any host (http, ftp ...) would pass the check of addresses by."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source. Durations are microseconds.

    `services` empty: all of them. `systems` are those whose stages wait for this source; empty: those its events name.
    Pulled ones are asked every `every`, from `begin_at` on, for [watermark - `overlap`, now - `settle`), at most `limit`
    traces an answer; a trace is fetched again until it has been quiet for `quiet_after`. Behind for longer than
    `max_silence` a source is silent; None: its silence means nothing. `allow_private`: an admin allowed a private or a
    plain http address. `span_url` leads to a span in its own tracer, with {trace_id} and {span_id}.
    """

    name: str
    kind: Kind
    address: str = ""
    services: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    begin_at: Instant = BEGINNING
    every: int = 30 * SECOND
    settle: int = 60 * SECOND
    overlap: int = 15 * MINUTE
    quiet_after: int = 5 * MINUTE
    limit: int = 200
    max_silence: int | None = HOUR
    allow_private: bool = False
    span_url: str = ""
    enabled: bool = True

    @property
    def is_pulled(self) -> bool:
        """Whether we go and fetch from it."""
        return self.kind in PULLED

    def link(self, trace_id: str, span_id: str) -> str | None:
        """The span in the source's own tracer; None without a template.

        >>> Source("j", "jaeger", span_url="https://j.test/trace/{trace_id}?uiFind={span_id}").link("ab", "cd")
        'https://j.test/trace/ab?uiFind=cd'
        """
        if not self.span_url:
            return None
        return self.span_url.replace("{trace_id}", trace_id).replace("{span_id}", span_id)


def problems_of(source: Source) -> tuple[Problem, ...]:
    """What is wrong with a source as it was asked for; empty when it can be taken. Addresses are checked again when used."""
    found: list[Problem] = []
    is_name = len(source.name) <= LONGEST and source.name.isprintable()
    if not (is_name if source.kind == "push" else NAME.fullmatch(source.name)):
        do = "use small letters, digits, dots and hyphens, at most 63 of them"
        found.append(Problem("is not a name", "name", do))
    if source.kind not in KINDS:
        return (
            *found,
            Problem(f"'{source.kind}' is no kind of source", "kind", did_you_mean(source.kind, KINDS)),
        )
    found += [*_address_problems(source), *_number_problems(source)]
    for key, names in (("services", source.services), ("systems", source.systems)):
        if len(names) > MOST_SERVICES or any(not name or len(name) > LONGEST for name in names):
            found.append(Problem(f"names more than {MOST_SERVICES}, or one that is empty or too long", key))
    if source.span_url and not _is_span_url(source.span_url):
        do = "write an http(s) address with {trace_id}, such as https://tracer.example/trace/{trace_id}?uiFind={span_id}"
        found.append(Problem("is not a template of an address", "spanUrl", do))
    return tuple(found)


def _address_problems(source: Source) -> list[Problem]:
    if not source.is_pulled:
        return (
            []
            if not source.address
            else [Problem(f"a {source.kind} source has no address", "address", "leave it out")]
        )
    try:
        parts = urlsplit(source.address)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if source.kind == "files":
        if "::" in source.address or parts.scheme not in FILE_SCHEMES:
            kinds = ", ".join(f"{scheme}://" for scheme in FILE_SCHEMES)
            return [Problem("is not the address of a folder", "address", f"begin it with one of {kinds}")]
        return []
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return [
            Problem("is not the address of a tracer", "address", "write it like https://jaeger.example:16686")
        ]
    if parts.username or parts.password or parts.query or parts.fragment:
        do = "give credentials as headers; leave out everything from ? or # on"
        return [Problem("holds more than scheme, host, port and path", "address", do)]
    if parts.scheme == "http" and not source.allow_private:
        do = "use https, or have an admin allow it for this source (allowPrivate)"
        return [Problem("is not encrypted", "address", do)]
    return []


def _number_problems(source: Source) -> list[Problem]:
    found = [
        Problem("is negative", key, "write a duration of 0 or more")
        for key, value in (
            ("settle", source.settle),
            ("overlap", source.overlap),
            ("quietAfter", source.quiet_after),
        )
        if value < 0
    ]
    if source.every < SECOND:
        found.append(Problem("is less than a second", "every", "ask every second at most"))
    if not 1 <= source.limit <= LARGEST_LIMIT:
        found.append(Problem(f"is not between 1 and {LARGEST_LIMIT:,}", "limit"))
    least = source.settle + source.every if source.is_pulled else SECOND
    if source.max_silence is not None and source.max_silence < least:
        do = f"allow at least {least // SECOND} s: what is settling is never here yet"
        found.append(Problem("is shorter than the source needs when all is well", "maxSilence", do))
    return found


def _is_span_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and parts.username is None
        and "{trace_id}" in text
        and text.isprintable()
    )
