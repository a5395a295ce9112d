# SPDX-License-Identifier: Apache-2.0
"""`throughline db`: bring the database to this version's tables, or check that it is there."""

import contextlib
from collections.abc import Iterator

import typer

from controlplane import settings as environment
from controlplane.data_directory import DataDirectory
from controlplane.migrations import schema
from controlplane.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The database's tables.")


@app.command()
def upgrade() -> None:
    """Apply the migrations that are missing. The engine's own tables are left alone."""
    settings = environment.from_environment()
    with _held(settings):
        before, after = schema.upgrade(settings.url)
    typer.echo(f"at {after}" if before == after else f"upgraded from {before or 'empty'} to {after}")


@app.command()
def check() -> None:
    """Exit 0 when the tables are those of this version, 1 when they are not."""
    settings = environment.from_environment()
    found, wanted = schema.revisions(settings.url)
    typer.echo(f"database {found or 'empty'}, this version {wanted}")
    raise typer.Exit(0 if found == wanted else 1)


@contextlib.contextmanager
def _held(settings: Settings) -> Iterator[None]:
    if not settings.is_embedded:
        yield
        return
    with DataDirectory(settings.data_dir):
        yield
