# SPDX-License-Identifier: Apache-2.0
"""A rule as it was written and compiled: what must hold for a kind of target, and what to say when it does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from policies.fact import Fact, TargetKind
from terms.instant import Instant

if TYPE_CHECKING:  # the engine below it is for those who compile: who only stores findings never loads it
    from policies.cel import Expression

Severity = Literal["critical", "error", "warning", "info"]
Expectation = Literal["pass", "fail", "error"]


@dataclass(frozen=True, slots=True)
class Example:
    """A target whose verdict the author knows. `now` is when the rule looks at it. `error`: no answer may come out."""

    name: str
    fact: Fact
    now: Instant
    expect: Expectation
    where: str  # file:line


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """When to look again although nothing happened: `after` microseconds from the first of the milestones that is reached, unless `until` is."""

    milestones: tuple[str, ...]
    after: int
    until: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with expressions in it: texts and expressions in turn, beginning with a text."""

    texts: tuple[str, ...]
    expressions: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Breach:
    """One place in a target where a builtin rule does not hold. `path` is a JSON pointer that names it for good."""

    path: str
    message: str


# A rule in Python, shipped by us only: the breaches of one target; none when the rule holds.
Builtin = Callable[[Fact, Mapping[str, Any], Instant], tuple[Breach, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `when` says whom it concerns (None: all), `holds` what must be true; a builtin rule has `builtin` instead."""

    id: str
    version: int
    title: str
    description: str
    target: TargetKind
    severity: Severity
    remediation: str
    owner: str
    tags: tuple[str, ...]
    controls: tuple[str, ...]  # the outside demands it answers, such as "SOX cut-off"
    params: Mapping[str, Any]
    when: "Expression | None"
    holds: "Expression | None"
    builtin: Builtin | None = field(repr=False)
    message: Message | None
    path: str
    time_limit: TimeLimit | None
    examples: tuple[Example, ...] = field(repr=False)
    source: str  # the file

    @property
    def expression(self) -> str:
        """What must hold, as text for people."""
        if self.holds is None:
            return f"builtin {self.builtin.__name__ if self.builtin else ''}"
        return f"{self.when.text}\n  implies {self.holds.text}" if self.when else self.holds.text
