# SPDX-License-Identifier: Apache-2.0
"""Where spans went, through GraphQL."""

from typing import Any

from collectors.retention import store as retention_store
from collectors.retention.store import Archived
from controlplane.database import Actor
from terms.instant import Instant

ADA = Actor("person", "Ada")


def test_what_left_the_database_is_listed(world: Any) -> None:
    """Newest first, a page at a time; without limits nothing ever leaves."""
    query = """query R($after: String) { retention { keepDays spanMegabytes
        archives(first: 1, after: $after) { nodes { path spans startedFrom } pageInfo { hasNextPage endCursor } } } }"""
    assert world.ask(query)["retention"]["archives"]["nodes"] == []
    for number in (1, 2):
        gone = Archived(
            number, f"/archive/{number}.parquet", "00", 10, number, 5_000_000_000, 6_000_000_000, Instant(9)
        )
        world.parts.database.write(
            lambda session, gone=gone: retention_store.remove(session, (gone.archive_id,), gone), actor=ADA, reason="test"
        )  # fmt: skip
    first = world.ask(query)["retention"]
    assert (first["keepDays"], first["archives"]["nodes"][0]["path"]) == (None, "/archive/2.parquet")
    second = world.ask(query, after=first["archives"]["pageInfo"]["endCursor"])["retention"]["archives"]
    assert second["nodes"] == [
        {"path": "/archive/1.parquet", "spans": 1, "startedFrom": "1970-01-01T00:00:05Z"}
    ]
    assert second["pageInfo"]["hasNextPage"] is False
