# SPDX-License-Identifier: Apache-2.0
"""A transaction's story through the public API: what was waited for, its own tracer, the owner of a stage, a good one beside it."""

from typing import Any

STORY = """
query($id: ID!) {
  transaction(id: $id) {
    milestones { name owner }
    spans { count onCriticalPath clockSuspect tracerUrl links { otherSpanId isOutgoing } }
    comparison { other { anchor { value } } hops { name tookSeconds otherTookSeconds difference } differences }
    related { relation transaction { id } }
  }
}
"""


def story(world: Any, key: str) -> Any:
    found = world.ask("query($k: String!) { transactions(filter: {key: $k}) { nodes { id } } }", k=key)
    return world.ask(STORY, id=found["transactions"]["nodes"][0]["id"])["transaction"]


def test_a_story_tells_what_was_waited_for_and_what_is_usual(world: Any, one_deal: Any) -> None:
    """Every column is as long as the spans; the deal that waits is held against the one that completed, in words."""
    world.happened(*one_deal(1))
    world.happened(*one_deal(2, until=4, started="2026-11-18T09:00:00Z"))
    told = story(world, "SO-2")
    spans = told["spans"]
    assert (
        {len(spans[name]) for name in ("onCriticalPath", "clockSuspect", "tracerUrl")}
        == {spans["count"]}
        == {4}
    )
    assert (spans["onCriticalPath"], spans["clockSuspect"], spans["tracerUrl"]) == (
        [True] * 4,
        [False] * 4,
        [None] * 4,
    )
    assert spans["links"] == []
    assert {one["name"]: one["owner"] for one in told["milestones"]}["paid"] == "Collections"
    beside = told["comparison"]
    assert beside["other"]["anchor"]["value"] == "SO-1"
    hops = {hop["name"]: hop for hop in beside["hops"]}
    assert hops["activated"] == {
        "name": "activated",
        "tookSeconds": 14_400.0,
        "otherTookSeconds": 14_400.0,
        "difference": "SAME",
    }
    assert (hops["posted"]["difference"], hops["paid"]["difference"]) == ("SLOWER", "MISSING")
    assert beside["differences"][0] == "“Posted to the ledger” took 39 h here and 4 h there."
    assert story(world, "SO-1")["comparison"] is None, "nothing else has completed"
