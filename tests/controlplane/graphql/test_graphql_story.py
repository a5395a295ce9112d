# SPDX-License-Identifier: Apache-2.0
"""A transaction's story through the public API: what was waited for, its own tracer, the owner of a stage, a good one beside it."""

from typing import Any

STORY = """
query($id: ID!) {
  transaction(id: $id) {
    milestones { name owner }
    spans { count onCriticalPath clockSuspect clockNote tracerUrl links { otherSpanId isOutgoing } }
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
    assert spans["clockNote"] == [None] * 4
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
    assert beside["differences"][0] == "“Posted to the ledger” took 1 d 15 h here and 4 h there."
    assert story(world, "SO-1")["comparison"] is None, "nothing else has completed"


def test_a_span_that_was_pushed_leads_to_its_own_tracer(world: Any, one_deal: Any) -> None:
    """An admin says where the spans of a token are shown; ids are put in; what the source tells nothing of has no link."""
    world.happened(*one_deal(1, until=4))
    add = """mutation($input: AddSourceInput!) { addSource(input: $input) {
      __typename ... on SourceRefused { problems { where } } } }"""
    source = {
        "name": "push:collector", "kind": "PUSH", "systems": ["chargebee"],
        "spanUrl": "https://tracer.example/t/{trace_id}?span={span_id}",
    }  # fmt: skip
    for refused in ("javascript:alert('{trace_id}')", "data:text/html,{trace_id}", "//x/{trace_id}",
                    "https://u:p@tracer.example/{trace_id}", "https://tracer.example/"):  # fmt: skip
        wrong = {"source": source | {"spanUrl": refused}, "idempotencyKey": "k"}
        told = world.ask(add, input=wrong)["addSource"]
        assert [one["where"] for one in told["problems"]] == ["spanUrl"], refused
    assert (
        world.ask(add, input={"source": source, "idempotencyKey": "k"})["addSource"]["__typename"]
        == "SourceKept"
    )
    assert story(world, "SO-1")["spans"]["tracerUrl"] == [
        None,
        *(f"https://tracer.example/t/{n:032x}?span={n:016x}" for n in (2, 3, 4)),
    ]


SUPPORTS = """
query($id: ID!, $object: String, $after: String) { transaction(id: $id) { members(object: $object) {
  object { text } supports(first: 2, after: $after) {
    totalCount holdCount pageInfo { hasNextPage endCursor } edges { cursor }
    nodes { child { text } parent { text } role state why rule ruleVersion at source eventId eventType decisionId refused recordedAt retractedAt }
  } } } }
"""


def test_all_that_supports_an_edge_is_told_in_pages(world: Any, one_deal: Any) -> None:
    """An invoice issued three times over: the first two, then the third; each with its event, rule and time."""
    deal = one_deal(1)
    again = [deal[3] | {"id": f"again/{n}", "at": f"2026-11-19T0{n}:00:00Z"} for n in (1, 2)]
    world.happened(*deal, *again)
    identity = world.ask("{ transactions { nodes { id } } }")["transactions"]["nodes"][0]["id"]

    def page(after: str | None = None) -> Any:
        (found,) = world.ask(SUPPORTS, id=identity, object="invoice:INV-1", after=after)["transaction"][
            "members"
        ]
        return found["supports"]

    first = page()
    assert (first["totalCount"], first["holdCount"], first["pageInfo"]["hasNextPage"]) == (3, 3, True)
    assert [one["at"] for one in first["nodes"]] == ["2026-11-18T20:00:00Z", "2026-11-19T01:00:00Z"]
    told = first["nodes"][0]
    assert (told["state"], told["role"], told["rule"], told["ruleVersion"], told["source"]) == (
        "HOLDS", "CHILD_OF", "invoice-of-order", 1, "/test/chargebee",
    )  # fmt: skip
    assert told["why"] == "invoice-issued of 18 Nov 20:00 says that invoice:INV-1 belongs to order:SO-1"
    rest = page(first["pageInfo"]["endCursor"])
    assert ([one["at"] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == (
        ["2026-11-19T02:00:00Z"], False,
    )  # fmt: skip
    wrong = world.post(SUPPORTS, {"id": identity, "object": "invoice:INV-1", "after": "-1"}).json()
    assert "is not a cursor of this list" in wrong["errors"][0]["message"]
