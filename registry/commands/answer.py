# SPDX-License-Identifier: Apache-2.0
"""How does a verb answer? Words for people or JSON on standard output, the reason of a refusal on standard error."""

import os
from enum import StrEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

from terms.problem import Problem


class Format(StrEnum):
    """How a list or one value is written."""

    TEXT = "text"
    JSON = "json"


WIDE = 120
"""Columns of what is no terminal: the log of a CI job, a file, a pipe."""


def console(*, stderr: bool = False) -> Console:
    """Where a verb prints. Contract texts are shown as they are: a [bracket] is no markup, a :word: no emoji."""
    shown = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not shown.is_terminal and "COLUMNS" not in os.environ:
        shown.width = WIDE
    return shown


def refuse(problems: tuple[Problem, ...], code: int, heading: str = "NO VERDICT") -> NoReturn:
    """Says why there is no answer, and exits. The reason is never on the way an answer takes."""
    to = console(stderr=True)
    for problem in problems:
        to.print(Text.assemble((f" {heading} ", "bold white on red"), f" {problem.what}"))
        if problem.where:
            to.print(Text(f"  where  {problem.where}"))
        if problem.do:
            to.print(Text(f"  next   {problem.do}", "cyan"))
    raise typer.Exit(code)
