# SPDX-License-Identifier: Apache-2.0
"""`throughline serve`: the control plane in one process. Everything that can be refused is refused before the port opens."""

import contextlib
import gc
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer
import uvicorn

from controlplane import settings as environment
from controlplane.app import SHOWS, create_app
from controlplane.data_directory import DataDirectory, write_private
from controlplane.http.traces_port import TracesPort
from controlplane.migrations import schema
from controlplane.parts import Parts, build
from controlplane.security.bind import bind_problem
from controlplane.settings import Settings
from terms.instant import wall_clock
from terms.problem import ProblemError

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = -1,
    role: Annotated[str, typer.Option(help="all, api, ingest, worker or scheduler.")] = "",
) -> None:
    """Run the control plane. Settings are THROUGHLINE_* environment variables; options win over them."""
    settings = environment.from_environment()
    if role:
        settings = replace(settings, role=environment.role(role))
    settings = replace(settings, host=host or settings.host, port=settings.port if port < 0 else port)
    problem = bind_problem(settings.host, settings.admin_token_file, settings.behind_proxy)
    if problem:
        raise ProblemError((problem,))
    with _held(settings), contextlib.ExitStack() as open_ports:
        listeners = [open_ports.enter_context(_listening(settings.host, settings.port, "--port"))]
        if settings.otlp_port:
            asked = _listening(settings.host, settings.otlp_port, "THROUGHLINE_OTLP_PORT")
            listeners.append(open_ports.enter_context(asked))
        _prepare_tables(settings)
        parts = build(settings, wall_clock)
        try:
            _announce(settings, parts)
            _run(settings, parts, listeners)
        finally:
            parts.database.close()


def _run(settings: Settings, parts: Parts, listeners: list[socket.socket]) -> None:
    app = create_app(parts)
    config = uvicorn.Config(
        TracesPort(app, settings.otlp_port) if settings.otlp_port else app,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        proxy_headers=settings.behind_proxy,
    )
    # A request of spans makes some 50,000 objects that all die with it: looking through the young ones every 700, and
    # again through all that was loaded at the start, costs an eighth of the intake (measured).
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    uvicorn.Server(config).run(sockets=listeners)


@contextlib.contextmanager
def _held(settings: Settings) -> Iterator[None]:
    """The data directory, ours alone. On PostgreSQL it holds only files, and several processes may share the database."""
    with DataDirectory(settings.data_dir):
        yield


@contextlib.contextmanager
def _listening(host: str, port: int, option: str) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise ProblemError(
                f"cannot listen: {error.strerror}",
                f"{host}:{port}",
                f"choose another with {option}",
            ) from error
        yield listener


def _prepare_tables(settings: Settings) -> None:
    if settings.is_embedded:
        schema.upgrade(settings.url)
        return
    found, wanted = schema.revisions(settings.url)
    if found != wanted:
        raise ProblemError(
            f"the database is at {found or 'no version'}, this program needs {wanted}",
            do="run: throughline db upgrade",
        )


def _announce(settings: Settings, parts: Parts) -> None:
    """The one-time link, where there are pages, goes to the terminal that started us; a demo's driver reads it, and its token,
    from private files."""
    link = parts.sign_in_url() if settings.role in SHOWS else ""
    if settings.demo:
        if link:
            write_private(settings.data_dir / "sign-in-url", link)
        write_private(settings.data_dir / "demo-token", parts.demo_token())
        return
    typer.echo(f"Throughline listens on {settings.host}:{settings.port}")
    typer.echo(
        f"Sign in once with {link}" if link else f"It is of the role {settings.role} and shows no pages."
    )
