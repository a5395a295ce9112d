# SPDX-License-Identifier: Apache-2.0
"""How does a verb answer? Words for people or JSON on standard output, the reason of a refusal on standard error."""

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


def console(*, stderr: bool = False) -> Console:
    """Where a verb prints. Contract texts are shown as they are: a [bracket] is no markup, a :word: no emoji."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


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
