# SPDX-License-Identifier: Apache-2.0
"""`throughline traces`: brings files of spans and event logs in, through the same doors as everything else.

With THROUGHLINE_URL the batches go to that server. Without it the roof may hand in a way to store them here: the
context's object then has `open_sink()`, a context manager of a sink.
"""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from collectors.imports.batch import Batch, Sink, Taken
from collectors.imports.file import KINDS, batches
from collectors.imports.http_sink import UnreachableError, http_sink
from terms.problem import ProblemError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Import traces and event logs.")

UNREACHABLE = 4
_REASONS = 5  # rejected items told one by one; the count tells the rest. Lines that were refused are all told


@app.callback()
def traces() -> None:
    """Import traces and event logs."""


@app.command("import")
def import_files(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help=f"{KINDS}.")],
    source: Annotated[
        str, typer.Option(help="The source the events of a log bear; the file's name otherwise.")
    ] = "",
    mapping: Annotated[
        Path | None, typer.Option(help="YAML that says what the columns of a CSV file mean.")
    ] = None,
) -> None:
    """Store the spans or events of files. Importing a file again changes nothing.

    Exits 0 when all was taken, 1 when some was rejected, 2 for a file or server that cannot be used, 4 when nobody answers.
    """
    try:
        with _sink(ctx) as sink:
            counts = _import(files, source, mapping, sink)
    except UnreachableError as error:
        typer.echo(f"throughline: {error}", err=True)
        raise typer.Exit(UNREACHABLE) from error
    for reason in (*counts.broken, *counts.reasons[:_REASONS]):
        typer.echo(f"throughline: rejected: {reason}", err=True)
    typer.echo(counts.sentence())
    if counts.rejected:
        raise typer.Exit(1)


@dataclass(slots=True)
class _Counts:
    files: int = 0
    items: int = 0
    rejected: int = 0
    dangling: int = 0
    new: int = 0
    known: int = 0
    is_told: bool = True
    broken: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, batch: Batch, taken: Taken) -> None:
        """Counts a batch, and what became of it."""
        self.items += batch.items + len(batch.left_out)
        self.rejected += taken.rejected + len(batch.left_out)
        self.dangling += batch.dangling
        self.new += taken.new or 0
        self.known += taken.known or 0
        self.is_told &= taken.new is not None and taken.known is not None
        self.broken.extend(batch.left_out)
        (self.broken if taken.has_refused else self.reasons).extend(taken.reasons)

    def sentence(self) -> str:
        """One sentence for people."""
        files = "1 file" if self.files == 1 else f"{self.files:,} files"
        text = f"{self.items - self.rejected:,} of {self.items:,} spans and events stored from {files}"
        if self.is_told:
            text += f": {self.new:,} new, {self.known:,} there already"
        if self.broken:
            text += f"; {len(self.broken):,} {'line' if len(self.broken) == 1 else 'lines'} not read"
        if self.dangling:
            text += f"; {self.dangling:,} references to objects that the file does not describe are kept as unknown"
        return text


def _import(files: list[Path], source: str, mapping: Path | None, sink: Sink) -> _Counts:
    counts = _Counts()
    total = sum(path.stat().st_size for path in files if path.is_file())
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Importing", total=total)
        for path in files:
            for batch in batches(path, source, mapping):
                counts.add(batch, sink(batch))
                progress.update(task, advance=batch.read_bytes)
            counts.files += 1
    return counts


def _sink(ctx: typer.Context) -> AbstractContextManager[Sink]:
    url, token = os.environ.get("THROUGHLINE_URL", ""), os.environ.get("THROUGHLINE_TOKEN", "")
    if url:
        if not token:
            raise ProblemError(
                "no credential", "THROUGHLINE_TOKEN", "set it to a service token (tl_...) of that server"
            )
        return http_sink(url, token)
    open_sink = getattr(ctx.obj, "open_sink", None)
    if open_sink is None:
        raise ProblemError(
            "no server is named",
            "THROUGHLINE_URL",
            "set it, and THROUGHLINE_TOKEN, to the server that is to take the file",
        )
    sink: AbstractContextManager[Sink] = open_sink()
    return sink
