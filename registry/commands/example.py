# SPDX-License-Identifier: Apache-2.0
"""`throughline contracts example`: valid documents of a contract, to copy, to test with, to show."""

import sys
from typing import Annotated

import typer

from registry.commands.answer import refuse
from registry.report.report import UNREADABLE
from terms.problem import Problem, ProblemError


def example(
    contract: Annotated[
        str, typer.Argument(metavar="CONTRACT", help="SUBJECT, SUBJECT@VERSION or a file (JSON or YAML).")
    ],
    full: Annotated[
        bool, typer.Option("--full", help="With every field, not only those that are required.")
    ] = False,
    count: Annotated[int, typer.Option(min=1, max=50, help="How many different documents.")] = 1,
    at: Annotated[
        str,
        typer.Option(
            metavar="POINTER",
            help="A schema inside the document, such as /components/schemas/Invoice of an API.",
        ),
    ] = "",
) -> None:
    """Write example documents of a contract, each valid, one JSON document after the other.

    Exit code: 0, or 2 for a contract that cannot be read or that no document satisfies.
    """
    from registry import json_indent, sources
    from registry.example import examples

    try:
        document = sources.one(contract)
        node = document.schema.target(f"#{at.removeprefix('#')}") if at else document.schema.root
        if node is None or (document.type != "json-schema" and not at):
            what = "has no schema at that place" if at else "is an API; its schemas stand inside"
            raise ProblemError(
                what, f"{document.name} {at}".strip(), "name one with --at /components/schemas/..."
            )
        found = examples(document.schema, node, full=full, count=count)
    except ProblemError as error:
        refuse(error.problems, UNREADABLE, "NO EXAMPLE")
    if not found:
        what = "no document was found that satisfies it"
        refuse(
            (Problem(what, contract, "look for keywords that contradict each other"),),
            UNREADABLE,
            "NO EXAMPLE",
        )
    for value in found:
        sys.stdout.write(json_indent.written(value) + "\n")
