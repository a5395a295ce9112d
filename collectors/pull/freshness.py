# SPDX-License-Identifier: Apache-2.0
"""Must a trace be fetched (again)? While it is young, or when its source sums it up otherwise than when we fetched it."""

from typing import NamedTuple

from collectors.pull.tracer import Seen
from terms.instant import Instant


class Known(NamedTuple):
    """A trace as its source summed it up when it was fetched last. `changed_at`: when that sum was new to us."""

    end_at: Instant
    spans: int
    changed_at: Instant
    fetched_at: Instant

    def is_restless(self, quiet_after: int) -> bool:
        """Whether it was fetched before it had been quiet for so long: once more will do, later.

        An end in the future says nothing; then it counts from when we saw it change.
        """
        return self.fetched_at < min(self.end_at, self.changed_at) + quiet_after


def needs_fetch(seen: Seen, known: Known | None, quiet_after: int) -> bool:
    """Whether the trace of a search is new, summed up otherwise than before, or was too young when it was fetched."""
    return known is None or differs(seen, known) or known.is_restless(quiet_after)


def differs(seen: Seen, known: Known) -> bool:
    """Whether the source sums it up otherwise than when it was fetched."""
    return (seen.end_at, seen.spans) != (known.end_at, known.spans)


def fetched(seen: Seen, known: Known | None, now: Instant) -> Known:
    """What is to be remembered of a trace that was fetched at `now`."""
    changed_at = now if known is None or differs(seen, known) else known.changed_at
    return Known(seen.end_at, seen.spans, changed_at, now)
