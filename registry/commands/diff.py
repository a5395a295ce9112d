# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts diff`: what is different, without a word on whether it matters. Needs no server."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from registry import git_source, sources
from registry.commands.answer import Format, console
from registry.compare import compare
from registry.document import Document, parse
from registry.verdict import shown
from terms.problem import ProblemError


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A file, a shipped contract, or main:contracts/invoice.json.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    output: Annotated[Format, typer.Option("--format", help="How the changes are written.")] = Format.TEXT,
) -> None:  # fmt: skip
    """List every change from OLD to NEW, with its place in both. Exit code 0, or 2 for what cannot be read."""
    before, after = _one(old), _one(new)
    changes = compare(before, after)
    if output is Format.JSON:
        rows = [
            {
                "change": c.id, "pointer_old": c.pointer_old, "pointer_new": c.pointer_new, "before": shown(c.before),
                "after": shown(c.after),
            }
            for c in changes
        ]  # fmt: skip
        said = {"old": before.name, "new": after.name, "changes": rows}
        sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("change", "at", "before", "after"):
        table.add_column(column, overflow="fold")
    for c in changes:
        table.add_row(
            Text(c.id, "bold"), c.pointer_new or c.pointer_old or "/", shown(c.before), shown(c.after)
        )
    console().print(table if changes else "no change")


def _one(text: str) -> Document:
    if Path(text).exists() or not git_source.is_git(text):
        return sources.one(text)
    tree = git_source.read(text, Path())
    if not tree.is_file:
        raise ProblemError("is a folder, or not in that revision", text, "name one file of the revision")
    return parse(tree.files[0].content, tree.files[0].name)
