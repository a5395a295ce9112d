# SPDX-License-Identifier: Apache-2.0
"""What does observed use tell that nobody declared? Counts of the world come in, remarks about contracts go out.

Pure: who counts is none of this room's business. A version that flows is used, whatever its lifecycle says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from registry.deployment import Declaration
from terms import instant
from terms.instant import Instant

_LEAVING = ("deprecated", "sunset", "retired")


@dataclass(frozen=True, slots=True)
class Seen:
    """An application was seen with a contract version: how often, when first and last."""

    subject: str
    version: str
    application: str
    uses: int
    first_seen: Instant
    last_seen: Instant


@dataclass(frozen=True, slots=True)
class Use:
    """One thing seen, beside what is known: the version's lifecycle (empty: no such version is registered), and whether
    the application declared that it writes or reads this subject."""

    seen: Seen
    lifecycle: str
    is_declared: bool

    @property
    def is_leaving(self) -> bool:
        """The version is on its way out, and is used all the same."""
        return self.lifecycle in _LEAVING


def judged(
    seen: Iterable[Seen], lifecycles: Mapping[tuple[str, str], str], declarations: Sequence[Declaration]
) -> tuple[Use, ...]:
    """Each thing seen with what is known of it, in the order given. `lifecycles` is by (subject, version)."""
    declared = {(one.application, use.subject) for one in declarations for use in one.uses}
    return tuple(
        Use(one, lifecycles.get((one.subject, one.version), ""), (one.application, one.subject) in declared)
        for one in seen
    )


def in_words(seen: Iterable[Seen]) -> tuple[str, ...]:
    """Who uses, as a refusal tells it: the application, how often, and when last; most used first."""
    ordered = sorted(seen, key=lambda one: (-one.uses, one.application))
    return tuple(
        f"{one.application} ({one.uses} times, last on {instant.day(one.last_seen)})" for one in ordered
    )
