# SPDX-License-Identifier: Apache-2.0
"""A problem: what is wrong, where, and what to do next. Every door turns it into its own words."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input. `where` is a JSON pointer, `file:line`, span id or field name; may be empty."""

    what: str
    where: str = ""
    do: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.do})" if self.do else ""
        return f"{place}{self.what}{advice}"


class ProblemError(ValueError):
    """Raised where an input cannot be taken. Carries one or more problems; `str` lists them, a line each."""

    def __init__(self, what: str | tuple[Problem, ...], where: str = "", do: str = "") -> None:
        self.problems = (Problem(what, where, do),) if isinstance(what, str) else what
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """`did you mean 'x'?` for the nearest known word, else the list of known words.

    >>> did_you_mean("mileston", ["milestones", "anchor"])
    "did you mean 'milestones'?"
    """
    near = get_close_matches(word, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return "it may be one of: " + ", ".join(sorted(known))
