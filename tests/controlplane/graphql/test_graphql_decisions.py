# SPDX-License-Identifier: Apache-2.0
"""Decisions over the API: taken once, told with what they changed, in the audit log, and taken back."""

from typing import Any

import pytest
from sqlmodel import select

from collectors.rederivation import from_events as rederive_process
from controlplane.audit import AuditRow
from controlplane.database import Actor
from tests.controlplane.graphql.conftest import deal

PARTS = (
    "decision { id kind object { text } other { text } reason decidedBy decidedAt revokedBy revokedReason }"
)
SEPARATE = f"""
mutation($input: SeparateInput!) {{ separate(input: $input) {{
  __typename
  ... on DecisionTaken {{ alreadyThere changed {PARTS} }}
  ... on DecisionRefused {{ kind message next }}
  ... on DecisionContradicts {{ message next {PARTS} }}
}} }}
"""
JOIN = SEPARATE.replace("SeparateInput", "JoinInput").replace("separate(", "join(")
REVOKE = f"""
mutation($input: RevokeDecisionInput!) {{ revokeDecision(input: $input) {{
  __typename
  ... on DecisionRevoked {{ alreadyRevoked changed {PARTS} }}
  ... on DecisionNotFound {{ message }}
}} }}
"""
STORY = """query($key: String!) { transactions(filter: {key: $key, process: "lead-to-cash"}) { nodes {
  id members { object { text } role why decisionId } decisions { id kind }
} } }"""
WRONG = {"object": "invoice:INV-1", "from": "order:SO-1", "reason": "seen on paper", "idempotencyKey": "k"}


def separate(world: Any, **more: Any) -> Any:
    return world.ask(SEPARATE, input=WRONG | more)["separate"]


def story(world: Any, key: str = "order:SO-1") -> Any:
    (found,) = world.ask(STORY, key=key)["transactions"]["nodes"]
    return found


def test_what_was_taken_apart_says_so_and_comes_back(world: Any) -> None:
    """The answer names the transactions that changed, the story shows the decision, and revoking restores it; all audited."""
    world.happened(*deal())
    before = story(world)
    taken = separate(world)
    assert (taken["__typename"], taken["alreadyThere"], taken["changed"]) == (
        "DecisionTaken",
        False,
        [before["id"]],
    )
    decision = taken["decision"]
    assert (decision["kind"], decision["object"]["text"], decision["decidedBy"], decision["reason"]) == (
        "APART", "invoice:INV-1", "Ada", "seen on paper",
    )  # fmt: skip
    after = story(world)
    assert "journal:JE-INV-1" not in {member["object"]["text"] for member in after["members"]}
    assert after["decisions"] == [{"id": decision["id"], "kind": "APART"}] or after["decisions"] == []
    assert separate(world)["alreadyThere"] is True
    world.judge()
    back = world.ask(REVOKE, input={"id": decision["id"], "reason": "it was right", "idempotencyKey": "b"})
    assert back["revokeDecision"]["decision"]["revokedBy"] == "Ada"
    assert story(world)["members"] == before["members"]
    rows = world.parts.database.read(
        lambda session: [row.reason for row in session.exec(select(AuditRow)).all()]
    )
    assert "apart: invoice:INV-1 and order:SO-1: seen on paper" in rows
    assert f"revoke decision {decision['id']}: it was right" in rows


def test_a_part_is_joined_by_a_word(world: Any) -> None:
    """An invoice that no event ties to its order hangs on it by decision, with who said so and why."""
    world.happened(*deal(until=3))
    world.happened(
        {
            "type": "invoice-issued",
            "system": "chargebee",
            "objects": {"invoice": "INV-9"},
            "at": "2026-11-19T08:00:00Z",
        }
    )
    said = {
        "object": "invoice:INV-9",
        "with": "order:SO-1",
        "as": "PART",
        "reason": "mail of Bob",
        "idempotencyKey": "k",
    }
    taken = world.ask(JOIN, input=said)["join"]
    assert taken["__typename"] == "DecisionTaken"
    found = story(world)
    member = next(one for one in found["members"] if one["object"]["text"] == "invoice:INV-9")
    assert (member["role"], member["why"], member["decisionId"]) == (
        "CHILD_OF", "belongs to order:SO-1, decided by Ada: mail of Bob", taken["decision"]["id"],
    )  # fmt: skip
    assert found["decisions"] == [{"id": taken["decision"]["id"], "kind": "PART"}]
    contradicting = separate(world, object="invoice:INV-9", idempotencyKey="k2")
    assert (contradicting["__typename"], contradicting["decision"]["id"]) == (
        "DecisionContradicts", taken["decision"]["id"],
    )  # fmt: skip
    nonsense = world.ask(JOIN, input=said | {"object": "customer:C", "idempotencyKey": "k3"})["join"]
    assert (nonsense["__typename"], nonsense["kind"]) == ("DecisionRefused", "means-nothing")
    missing = world.ask(REVOKE, input={"id": "12", "reason": "r", "idempotencyKey": "k"})["revokeDecision"]
    assert missing == {"__typename": "DecisionNotFound", "message": "there is no decision 12"}


def test_decisions_are_a_list_of_pages(world: Any) -> None:
    """Newest first; those that stand, or those that do not."""
    ids = [
        separate(world, object=f"invoice:INV-{n}", idempotencyKey=f"k{n}")["decision"]["id"] for n in range(3)
    ]
    world.ask(REVOKE, input={"id": ids[1], "reason": "r", "idempotencyKey": "k"})
    query = """query($after: String, $standing: Boolean) { decisions(first: 2, after: $after, standing: $standing) {
      totalCount pageInfo { hasNextPage endCursor } nodes { id } edges { cursor } } }"""
    page = world.ask(query)["decisions"]
    assert (page["totalCount"], [one["id"] for one in page["nodes"]]) == (3, [ids[2], ids[1]])
    rest = world.ask(query, after=page["pageInfo"]["endCursor"])["decisions"]
    assert ([one["id"] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([ids[0]], False)
    assert [one["id"] for one in world.ask(query, standing=False)["decisions"]["nodes"]] == [ids[1]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"object": "INV-1"}, "is not an object", id="no type"),
        pytest.param({"object": "invoice:"}, "is not an object", id="no id"),
        pytest.param({"reason": " "}, "a reason has 1 to", id="no reason"),
        pytest.param({"idempotencyKey": ""}, "an idempotency key has", id="no key"),
    ],
)
def test_half_a_decision_is_refused_with_the_place(world: Any, given: dict[str, str], said: str) -> None:
    """Bad input is an error that says what is missing where; nothing is stored."""
    answer = world.post(SEPARATE, {"input": WRONG | given}).json()
    assert said in answer["errors"][0]["message"]
    assert world.ask("{ decisions { totalCount } }")["decisions"]["totalCount"] == 0


def test_a_viewer_may_look_and_not_decide(world: Any) -> None:
    """Deciding is a permission of its own."""
    assert "errors" in world.post(SEPARATE, {"input": WRONG}, role="viewer").json()
    assert world.ask("{ decisions { totalCount } }", role="viewer")["decisions"]["totalCount"] == 0


def test_a_derivation_on_its_way_is_stopped_and_resumed(world: Any) -> None:
    """The job that brings processes into force waits when asked to, and goes on; one that is through says so."""
    world.happened(*deal())
    database, clock = world.parts.database, world.parts.clock
    known = world.parts.definitions
    actor = Actor("machine", "test")
    database.write(lambda s: rederive_process.step(s, known, clock()), actor=actor, reason="test")
    listed = "{ rederivations { id kind names state done total } }"
    (job,) = world.ask(listed)["rederivations"]
    assert (job["kind"], job["state"]) == ("process", "RUNNING")

    def turn(word: str) -> Any:
        query = f"""mutation($input: TurnRederivationInput!) {{ {word}Rederivation(input: $input) {{
          __typename ... on RederivationTurned {{ rederivation {{ state }} }} }} }}"""
        return world.ask(query, input={"id": job["id"], "idempotencyKey": "k"})[f"{word}Rederivation"]

    assert turn("stop")["rederivation"]["state"] == "STOPPED"
    assert turn("resume")["rederivation"]["state"] == "RUNNING"
    goes_on = True
    while goes_on:
        _, goes_on = database.write(
            lambda s: rederive_process.step(s, known, clock()), actor=actor, reason="test"
        )
    assert world.ask(listed)["rederivations"][0]["state"] == "DONE"
    assert turn("stop")["__typename"] == "RederivationNotRunning"
