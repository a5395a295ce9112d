# SPDX-License-Identifier: Apache-2.0
"""What events say of a key that cannot all be true -> the finding people see. Which assertions hold is judged elsewhere."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from collectors.keys.finding import Demotion, KeyFinding
from collectors.stitching.alias import object_type
from collectors.stitching.stitch_event import Assertion
from terms.instant import Instant

REASONS: tuple[Demotion, ...] = ("conflict", "two-parents", "circle", "self-loop")
_NAMED = 3


class Contradiction(NamedTuple):
    """`said` without effect, in judged order, about the key `subject`; `others` are the keys it clashes with."""

    reason: Demotion
    subject: str
    others: tuple[str, ...]
    said: Sequence[Assertion]

    def touches(self, keys: Iterable[str]) -> bool:
        """Whether one of `keys` has part in it."""
        return any(one.child in keys or one.parent in keys for one in self.said)


def findings(contradictions: Iterable[Contradiction]) -> list[KeyFinding]:
    """One finding for each reason and key, whichever and however many processes came upon it; uses are distinct events."""
    grouped: dict[tuple[Demotion, str], list[Contradiction]] = {}
    for one in contradictions:
        grouped.setdefault((one.reason, one.subject), []).append(one)
    return [_finding(reason, subject, same) for (reason, subject), same in sorted(grouped.items())]


def _finding(reason: Demotion, subject: str, same: Sequence[Contradiction]) -> KeyFinding:
    events = sorted({a.event.event_id: a.event for one in same for a in one.said}.values())
    others = sorted({key for one in same for key in one.others} - {subject})
    named = ", ".join(others[:_NAMED]) + (f" and {len(others) - _NAMED} more" if len(others) > _NAMED else "")
    what = {
        "conflict": f"cannot be the same as {named}",
        "two-parents": f"is also said to belong to {named}",
        "circle": f"would stand above itself through {named}",
    }.get(reason, "is said to belong to itself")
    first, last = events[0], events[-1]
    return KeyFinding(
        reason, object_type(subject), first.source, subject, Instant(last.at), what, last.event_id, len(events),
        Instant(first.at),
    )  # fmt: skip
