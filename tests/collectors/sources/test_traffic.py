# SPDX-License-Identifier: Apache-2.0
"""What is counted of a source: each thing once, on both databases, and again when so long ago that it is forgotten."""

from collectors.sources import traffic
from collectors.span import Flagged, Rejected
from controlplane.database import Actor, Database
from terms.instant import Instant

NOW = Instant(1_700_000_000_000_000)
TWINS = [Rejected("bad_trace_id", "span 'a': its trace id is none", "a/00/1")] * 2


def counts(database: Database) -> tuple[dict[str, int], dict[str, int]]:
    """(rejected, flagged) by reason."""
    found = database.read(lambda s: (traffic.rejections(s, "t"), traffic.flags(s, "t")))
    return tuple({one.reason: one.count for one in by.get("t", ())} for by in found)  # type: ignore[return-value]


def test_the_same_again_is_counted_once_and_a_twin_in_one_request_twice(database: Database) -> None:
    """Two spans that nothing tells apart are two; the request sent again adds none; another source has its own counts."""

    def take(source: str, now: Instant) -> None:
        flagged = [Flagged("clock_off", "span 'b': its clock is off", "b/01/1")]
        database.write(
            lambda s: traffic.count(s, source, 1, 0, TWINS, flagged, now),
            actor=Actor("machine", "test"),
            reason="test",
        )

    take("t", NOW)
    take("t", Instant(NOW + 1))
    take("other", NOW)
    assert counts(database) == ({"bad_trace_id": 2}, {"clock_off": 1})
    later = Instant(NOW + traffic.KEPT + 2)
    database.write(lambda s: traffic.forget_old(s, later), actor=Actor("machine", "test"), reason="forget")
    take("t", later)
    assert counts(database) == ({"bad_trace_id": 4}, {"clock_off": 2})
