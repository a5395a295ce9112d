# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts check`: many contracts against their earlier versions, in the format a pipeline wants."""

import gc
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from registry.commands.answer import WIDE, console, refuse
from registry.report import json
from registry.report.report import NO_VERDICT, UNREACHABLE, UNREADABLE, Report
from registry.server import UnreachableError
from terms.problem import ProblemError, did_you_mean


class Format(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    GITHUB = "github"
    SARIF = "sarif"


class FailOn(StrEnum):
    """The least level that makes the check fail."""

    BREAKING = "breaking"
    WARNING = "warning"


def check(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Contract files (JSON or YAML), or folders of them.")
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PLACE",
            help="What they must be compatible with: a file or folder, a git revision (main:contracts/), a registry's URL, or a "
            "shipped contract (invoice-issued, invoice-issued@1.0.0). Several files are versions of one contract, the latest last.",
        ),
    ] = None,
    mode: Annotated[
        str,
        typer.Option(
            help="BACKWARD, FORWARD or FULL, each also with _TRANSITIVE. Without it the manifest's, else the old contract's own, "
            "else BACKWARD."
        ),
    ] = "",
    policy: Annotated[
        str, typer.Option(help="The rule set that decides: validation, lenient or codegen. Without it the manifest's, else validation.")
    ] = "",
    output: Annotated[Format, typer.Option("--format", help="How the answer is written.")] = Format.TEXT,
    fail_on: Annotated[FailOn, typer.Option(help="The least level that fails the check.")] = FailOn.BREAKING,
    manifest: Annotated[
        Path | None, typer.Option(help="The manifest; without it contracts.yaml beside the files or above them.")
    ] = None,
    approvals: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A file of approvals, besides those of the manifest.")
    ] = None,
    on: Annotated[
        str, typer.Option(metavar="DATE", help="The day approvals and sunsets are held to; without it today, in UTC.")
    ] = "",
    write: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=FILE", help="Write the answer into a file too, such as sarif=contracts.sarif."),
    ] = None,
) -> None:  # fmt: skip
    """Say whether contracts are compatible with their earlier versions, with the place, reason and fix of every finding.

    Exit code: 0 all compatible, 1 one is breaking or undecided, 2 usage or a file that cannot be read, 4 the registry does
    not answer.
    """
    from registry.candidate import gather
    from registry.gate import Asked, run

    try:
        also = [target(each) for each in write or []]
        asked = Asked(day(on), mode, policy)
        with uncollected():
            report = run(gather(paths, manifest), against or (), asked, approvals or ())
        for form, file in also:
            store(_rendered(report, form), file)
    except ProblemError as error:
        gone = isinstance(error, UnreachableError)
        if output is Format.JSON:
            sys.stdout.write(json.refusal(error.problems, "unreachable" if gone else NO_VERDICT))
        refuse(error.problems, UNREACHABLE if gone else UNREADABLE)
    if output is Format.TEXT:
        from registry.report import text

        console().print(text.render(report))
    else:
        sys.stdout.write(_rendered(report, output))
    raise typer.Exit(report.exit_code(fail_on.value))


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the search for cycles inside: a check makes none worth finding, and looking costs a sixth of large documents' time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def day(text: str) -> date:
    """The day meant; empty is today, in UTC. Raises ProblemError for what is no date."""
    if not text:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ProblemError(f"'{text}' is not a date", "--on", "write it like 2027-01-31") from error


def target(text: str) -> tuple[Format, Path]:
    """What `--write FORMAT=FILE` means. Raises ProblemError for another text."""
    form, _, file = text.partition("=")
    if form not in tuple(Format) or not file:
        known = [each.value for each in Format]
        advice = did_you_mean(form, known) if form not in known else "write it like sarif=contracts.sarif"
        raise ProblemError(f"'{text}' is not a format and a file", "--write", advice)
    return Format(form), Path(file)


def _rendered(report: Report, form: Format) -> str:
    if form is Format.TEXT:
        from registry.report import text

        plain = Console(file=io.StringIO(), width=WIDE, highlight=False, markup=False, emoji=False)
        with plain.capture() as captured:
            plain.print(text.render(report))
        return captured.get()
    written: str = import_module(f"registry.report.{form.value}").render(report)
    return written


def store(text: str, file: Path) -> None:
    """Writes an answer into a file. Raises ProblemError where that cannot be."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProblemError(
            f"cannot be written: {error.strerror}", str(file), "choose another file"
        ) from error
