# SPDX-License-Identifier: Apache-2.0
"""The search for spans through the public API: what it finds, what it looked at, where a query is wrong, what is promoted."""

from typing import Any

from collectors.spans import promotion_store
from controlplane.database import Actor

FIND = """
query($q: String!, $first: Int!, $after: String) {
  spans(query: $q, first: $first, after: $after) {
    scanned isCut pageInfo { hasNextPage endCursor } nodes { name traceId system status startedAt durationSeconds attributes }
  }
}
"""


def found(world: Any, query: str) -> list[str]:
    """The names of all that is found, two a page."""
    names: list[str] = []
    after = None
    while True:
        page = world.ask(FIND, q=query, first=2, after=after)["spans"]
        names += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return names
        after = page["pageInfo"]["endCursor"]


def test_spans_are_found_by_what_they_say(world: Any, one_deal: Any) -> None:
    """By key, name, service, time and attribute; the newest first, page after page."""
    world.happened(*one_deal(1))
    assert len(found(world, "")) == 8
    assert found(world, "key:invoice:INV-1") == ["payment-settled", "journal-posted", "invoice-issued"]
    assert found(world, "journal") == ["journal-posted", "journal-posted"]
    assert found(world, "service:nobody") == []
    assert found(world, "started>=2026-11-18 @throughline.system:netsuite") == [
        "journal-posted",
        "journal-posted",
    ]
    page = world.ask(FIND, q="name:order*", first=50, after=None)["spans"]
    (node,) = page["nodes"]
    assert (page["scanned"], page["isCut"], node["system"], node["durationSeconds"]) == (
        8,
        False,
        "salesforce",
        0.25,
    )
    assert node["startedAt"] == "2026-11-18T08:00:00Z"


def test_a_wrong_query_over_spans_says_where(world: Any) -> None:
    """The list refuses it, the reading points at the place."""
    refused = world.post(FIND, {"q": "post @http.route:/x", "first": 5}).json()["errors"][0]
    assert "query, character 6: '@http.route' is not promoted" in refused["message"]
    reading = world.ask('{ spanQuery(text: "servce:x") { problems { what at length next } } }')["spanQuery"]
    assert reading["problems"] == [
        {"what": "there is no field 'servce'", "at": 0, "length": 8, "next": "did you mean 'service'?"}
    ]
    assert (
        "is not a cursor"
        in world.post(FIND, {"q": "", "first": 5, "after": "x"}).json()["errors"][0]["message"]
    )


def test_what_is_promoted_is_told_with_its_progress(world: Any, one_deal: Any) -> None:
    """Declared, being filled in, ready: then it is found without a stretch of time."""
    world.happened(*one_deal(1))
    names = ("span.links", "throughline.system")
    ask = "{ promotedAttributes { name isReady blocks lookedAt } }"

    def step() -> bool:
        clock = world.parts.clock
        return bool(
            world.parts.database.write(
                lambda s: promotion_store.step(s, names, clock()),
                actor=Actor("machine", "test"),
                reason="test",
            )
        )

    step()
    told = {one["name"]: one for one in world.ask(ask)["promotedAttributes"]}
    assert told["throughline.system"] == {
        "name": "throughline.system",
        "isReady": False,
        "blocks": 1,
        "lookedAt": 0,
    }
    assert "errors" in world.post(FIND, {"q": "@throughline.system:stripe", "first": 5}).json()
    step()
    world.parts.clock.advance(120)
    step()
    assert all(one["isReady"] for one in world.ask(ask)["promotedAttributes"])
    assert found(world, "@throughline.system:stripe") == ["payment-settled"]
