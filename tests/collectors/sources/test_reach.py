# SPDX-License-Identifier: Apache-2.0
"""How far has every source told? Whoever judges asks only after those that somebody waits for, and hears the same of them."""

from sqlmodel import Session

from collectors.sources import reach, store, traffic
from collectors.sources.source import Source
from collectors.sources.store import Headers
from collectors.sources.traffic import BUCKET
from controlplane.database import Actor, Database
from terms.instant import HOUR, MINUTE, Instant

NOW = Instant(1_700_000_000_000_000)
UNSENT = Instant(NOW - 7 * MINUTE)
LAST = Instant(NOW - 2 * MINUTE)


def test_those_waited_for_have_told_as_far_as_among_all(database: Database) -> None:
    """One that pushes unasked is waited for by nobody; one that pushes and may not be silent has told up to its last contact."""

    def fill(session: Session) -> None:
        for source in (
            Source("erp", "push", max_silence=HOUR, settle=0),
            Source("crm", "push", max_silence=None),
            Source("tracer", "jaeger", "http://127.0.0.1:1", begin_at=Instant(NOW - HOUR)),
            Source("quiet", "push", systems=("stripe",)),
        ):
            store.add(session, source, Headers(), Instant(NOW - HOUR), "test")
        for name in ("erp", "crm", "push:anybody"):
            for at in (NOW - 2 * BUCKET, LAST):
                traffic.count(session, name, 1, 0, [], [], Instant(at))
        traffic.tell_systems(session, "erp", ["netsuite"])

    database.write(fill, actor=Actor("machine", "test"), reason="test")
    every = database.read(lambda session: reach.reaches(session, NOW, UNSENT, runs_flows=True))
    waited = database.read(lambda session: reach.waited_for(session, NOW, UNSENT, runs_flows=True))

    assert set(waited) == {one for one in every if one.max_silence is not None}
    assert [one.source for one in every] == ["crm", "erp", "push:anybody", "quiet", "throughline", "tracer"]
    by_name = {one.source: (one.watermark, one.systems) for one in waited}
    assert by_name == {
        "erp": (LAST, {"netsuite"}),
        "quiet": (NOW - HOUR, {"stripe"}),
        "throughline": (UNSENT, frozenset()),
        "tracer": (NOW - HOUR, frozenset()),
    }
