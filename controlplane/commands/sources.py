# SPDX-License-Identifier: Apache-2.0
"""`throughline sources`: where spans come from, set up and watched from the command line.

A credential is never an argument, where every process of the machine could read it: it comes from a variable or a file.
"""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from controlplane.commands.client import ask
from terms import duration
from terms.instant import SECOND
from terms.problem import ProblemError

app = typer.Typer(no_args_is_help=True, help="Set up and watch where spans come from.")

_PARTS = """name kind state address services systems headerNames allowPrivate spanUrl api watermark behindSeconds
  everySeconds settleSeconds overlapSeconds quietAfterSeconds limit maxSilenceSeconds lastContactAt
  throughput { totalAccepted totalDuplicates totalRejected } rejections { reason count lastWhat } flags { reason count lastWhat } truncationCount
  error { kind what where next failures } progress { running windows traces spans service nextAt }"""
LIST = """query Sources($after: String) { sources(first: 50, after: $after) { pageInfo { hasNextPage endCursor }
  nodes { name kind state watermark behindSeconds throughput { totalAccepted totalRejected } truncationCount error { what next } } } }"""
SHOW = f"query Source($name: String!) {{ source(name: $name) {{ {_PARTS} }} }}"
_REFUSED = "... on SourceRefused { problems { what where next } }"
ADD = f"mutation Add($input: AddSourceInput!) {{ addSource(input: $input) {{ __typename {_REFUSED} }} }}"
CHANGE = f"mutation Change($input: ChangeSourceInput!) {{ changeSource(input: $input) {{ __typename ... on SourceNotFound {{ message }} {_REFUSED} }} }}"
TEST = """mutation Test($input: SourceNameInput!) { testSource(input: $input) { __typename
  ... on SourceAnswered { api services traces spans isFull elapsedSeconds } ... on SourceFailed { what where next }
  ... on SourceNotFound { message } ... on SourceRefused { problems { what where next } } } }"""
DO = """mutation Do($input: SourceNameInput!) { %sSource(input: $input) { __typename ... on SourceNotFound { message } %s } }"""

Name = Annotated[str, typer.Argument(help="The source.")]


Url = Annotated[str, typer.Option(help="Where it is: https://..., or file:///folder.")]
Services = Annotated[
    list[str] | None, typer.Option("--service", help="Pull only this service; may be repeated.")
]
Systems = Annotated[
    list[str] | None,
    typer.Option("--system", help="A system whose stages wait for it; without one, those its events name."),
]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", help="Sent along: NAME=env:VARIABLE or NAME=file:PATH; may be repeated."),
]
Every = Annotated[str, typer.Option(help="Between two pulls, such as 30s.")]
Settle = Annotated[str, typer.Option(help="How young is too young to be pulled.")]
Overlap = Annotated[str, typer.Option(help="How late spans may come.")]
QuietAfter = Annotated[str, typer.Option(help="A trace is done when quiet for so long.")]
Limit = Annotated[int | None, typer.Option(help="Traces of one answer.")]
MaxSilence = Annotated[str, typer.Option(help="How long it may be behind; 0s: nobody waits for it.")]
SpanUrl = Annotated[str, typer.Option(help="Address of a span there, with {trace_id} and {span_id}.")]


@app.command()
def add(
    name: Name,
    kind: Annotated[str, typer.Option(help="jaeger, tempo, zipkin, files or push.")],
    url: Url = "",
    service: Services = None,
    system: Systems = None,
    header: Headers = None,
    since: Annotated[str, typer.Option(help="Pull from then on, RFC 3339; an hour ago without it.")] = "",
    every: Every = "",
    settle: Settle = "",
    overlap: Overlap = "",
    quiet_after: QuietAfter = "",
    limit: Limit = None,
    max_silence: MaxSilence = "",
    allow_private: Annotated[bool, typer.Option(help="Allow a private or plain http address.")] = False,
    span_url: SpanUrl = "",
) -> None:
    """Set up a source; it is pulled within a second. Adding the same one again changes nothing."""
    source: dict[str, Any] = {
        "name": name,
        "kind": kind.upper(),
        "address": url,
        "services": service or [],
        "systems": system or [],
        "headers": [_header(one) for one in header or []],
        "allowPrivate": allow_private,
        "spanUrl": span_url,
        **_lengths(every, settle, overlap, quiet_after, max_silence),
    }
    if since:
        source["beginAt"] = since
    if limit is not None:
        source["limit"] = limit
    _accepted(ask(ADD, {"input": {"source": source, "idempotencyKey": f"cli:{name}"}})["addSource"])
    typer.echo(f"{name} is set up")


@app.command()
def change(
    name: Name,
    url: Url = "",
    service: Services = None,
    system: Systems = None,
    header: Headers = None,
    every: Every = "",
    settle: Settle = "",
    overlap: Overlap = "",
    quiet_after: QuietAfter = "",
    limit: Limit = None,
    max_silence: MaxSilence = "",
    allow_private: Annotated[
        bool | None,
        typer.Option(
            "--allow-private/--public-only", help="Whether its address may be private or plain http."
        ),
    ] = None,
    span_url: Annotated[
        str | None, typer.Option(help="Address of a span there, with {trace_id} and {span_id}; empty: none.")
    ] = None,
) -> None:
    """Change what is given of a source; all else stays, and it goes on where it stood. A list replaces the one there was.

    A new address needs its headers again: a credential is never sent where nobody asked for it.
    """
    given: dict[str, Any] = {
        "address": url or None,
        "services": service,
        "systems": system,
        "headers": [_header(one) for one in header] if header else None,
        "limit": limit,
        "allowPrivate": allow_private,
        "spanUrl": span_url,
        **_lengths(every, settle, overlap, quiet_after, max_silence),
    }
    changed = {key: value for key, value in given.items() if value is not None}
    if not changed:
        _fail(f"nothing of {name} is to be changed; say what, such as --every 30s")
    asked = {"name": name, "idempotencyKey": f"cli:change:{name}", **changed}
    _accepted(ask(CHANGE, {"input": asked})["changeSource"])
    typer.echo(f"{name} is changed: {', '.join(changed)}")


def _lengths(every: str, settle: str, overlap: str, quiet_after: str, max_silence: str) -> dict[str, float]:
    """The lengths of time that were given, in seconds."""
    lengths = {
        "everySeconds": every,
        "settleSeconds": settle,
        "overlapSeconds": overlap,
        "quietAfterSeconds": quiet_after,
        "maxSilenceSeconds": max_silence,
    }
    return {key: _seconds(text, key) for key, text in lengths.items() if text}


@app.command("list")
def list_sources() -> None:
    """Every source: how it is, how far behind, what came in a week, and what to do about its last error."""
    table = Table("name", "kind", "state", "behind", "taken", "rejected", "truncated", "last error, next")
    after = None
    while True:
        page = ask(LIST, {"after": after})["sources"]
        for one in page["nodes"]:
            error, came = one["error"], one["throughput"]
            table.add_row(
                one["name"],
                one["kind"].lower(),
                one["state"].lower(),
                f"{one['behindSeconds']:,.0f} s",
                f"{came['totalAccepted']:,}",
                f"{came['totalRejected']:,}",
                str(one["truncationCount"] or ""),
                f"{error['what']}: {error['next']}" if error else "",
            )
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    Console().print(table)


@app.command()
def show(name: Name) -> None:
    """All that is known of one source; of its headers only the names."""
    found = ask(SHOW, {"name": name})["source"]
    if found is None:
        _fail(f"there is no source '{name}'")
    for key, value in found.items():
        typer.echo(f"{key}: {value}")


@app.command()
def test(name: Name) -> None:
    """Ask a source for its services and a trace; nothing is stored. Exits 1 when it gives no answer that can be used."""
    answer = _asked(TEST, "test", name)
    if answer["__typename"] == "SourceFailed":
        _fail(f"{answer['where']}: {answer['what']} ({answer['next']})")
    services = ", ".join(answer["services"]) or "none named"
    typer.echo(
        f"{name} answers ({answer['api'] or 'no API found out'}) in {answer['elapsedSeconds']:.2f} s; services: {services}"
    )
    more = ", perhaps more" if answer["isFull"] else ""
    typer.echo(f"{answer['traces']} traces in the last hour{more}; one of them has {answer['spans']} spans")


@app.command()
def pause(name: Name) -> None:
    """Stop pulling it, in the middle of a pull as well."""
    _asked(DO % ("pause", ""), "pause", name)
    typer.echo(f"{name} is paused")


@app.command()
def resume(name: Name) -> None:
    """Go on pulling where it stood."""
    _asked(DO % ("resume", ""), "resume", name)
    typer.echo(f"{name} goes on")


@app.command()
def pull(name: Name) -> None:
    """Have it asked at once."""
    _asked(DO % ("pull", _REFUSED), "pull", name)
    typer.echo(f"{name} is asked now")


@app.command()
def remove(name: Name) -> None:
    """Forget a source, its credentials and how far it was pulled. The spans it brought stay."""
    _asked(DO % ("remove", ""), "remove", name)
    typer.echo(f"{name} is removed")


def _asked(document: str, verb: str, name: str) -> dict[str, Any]:
    found = ask(document, {"input": {"name": name, "idempotencyKey": f"cli:{verb}:{name}"}})
    answer: dict[str, Any] = found[f"{verb}Source"]
    return _accepted(answer)


def _accepted(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, unless it is a refusal: then each problem is told and the command exits with 1."""
    if answer["__typename"] == "SourceRefused":
        for problem in answer["problems"]:
            typer.echo(f"throughline: {problem['where']}: {problem['what']} ({problem['next']})", err=True)
        raise typer.Exit(1)
    if answer["__typename"] == "SourceNotFound":
        _fail(answer["message"])
    return answer


def _fail(what: str) -> None:
    typer.echo(f"throughline: {what}", err=True)
    raise typer.Exit(1)


def _seconds(text: str, where: str) -> float:
    length = duration.parse(text)
    if length is None:
        raise ProblemError(f"'{text}' is no duration", where, "write it like 30s, 15m or 1h 30m")
    return length / SECOND


def _header(text: str) -> dict[str, str]:
    name, _, place = text.partition("=")
    kind, _, where = place.partition(":")
    if not name or kind not in ("env", "file") or not where:
        do = "write NAME=env:VARIABLE or NAME=file:PATH: an argument can be read by every process"
        raise ProblemError("says no place of a header's value", "--header", do)
    if kind == "env":
        if where not in os.environ:
            raise ProblemError("is not set", where, "set the variable to the header's value")
        return {"name": name, "value": os.environ[where].strip()}
    try:
        return {"name": name, "value": Path(where).read_text().strip()}
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"cannot be read: {error}", where) from error
