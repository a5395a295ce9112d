# SPDX-License-Identifier: Apache-2.0
"""Saved views through the public API: each person's own, saved once for a key, opened by anybody who has the link."""

from typing import Any

from sqlalchemy import select

from controlplane.audit import AuditRow
from controlplane.saved_view import MOST_VIEWS

SAVE = """
mutation($input: SaveViewInput!) {
  saveView(input: $input) {
    __typename
    ... on ViewSaved { alreadyThere view { id name query sort { field descending } owner isOwn savedAt } }
    ... on ViewNameTaken { message view { query } }
    ... on ViewRefused { message problems { what at length next } }
  }
}
"""
DELETE = "mutation($input: DeleteViewInput!) { deleteView(input: $input) { alreadyGone } }"
OWN = "query($first: Int!, $after: String) { savedViews(first: $first, after: $after) { nodes { name query } pageInfo { hasNextPage endCursor } } }"


def save(
    world: Any, name: str, query: str = "status:stuck", *, key: str = "k1", person: str = "Ada", **more: Any
) -> Any:
    given = {"name": name, "query": query, "idempotencyKey": key} | more
    answer = world.client.post(
        "/graphql", json={"query": SAVE, "variables": {"input": given}}, headers=world.token("viewer", person)
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]["saveView"]


def own(world: Any, person: str = "Ada") -> list[str]:
    answer = world.client.post(
        "/graphql", json={"query": OWN, "variables": {"first": 50}}, headers=world.token("viewer", person)
    ).json()
    return [node["name"] for node in answer["data"]["savedViews"]["nodes"]]


def test_a_view_is_its_owners_and_its_link_is_open_to_all(world: Any) -> None:
    """Ada saves; Bob does not find it among his, opens it by its id, and cannot delete it."""
    kept = save(world, "  Stuck   in ERP ", sort={"field": "WAITED"})["view"]
    assert (kept["name"], kept["sort"], kept["isOwn"]) == (
        "Stuck in ERP",
        {"field": "WAITED", "descending": True},
        True,
    )
    assert (own(world), own(world, "Bob")) == (["Stuck in ERP"], [])
    bob = world.token("viewer", "Bob")
    ask = {
        "query": "query($id: ID!) { savedView(id: $id) { query owner isOwn } }",
        "variables": {"id": kept["id"]},
    }
    assert world.client.post("/graphql", json=ask, headers=bob).json()["data"]["savedView"] == {
        "query": "status:stuck", "owner": "Ada", "isOwn": False,
    }  # fmt: skip
    gone = {"query": DELETE, "variables": {"input": {"id": kept["id"], "idempotencyKey": "d"}}}
    assert (
        world.client.post("/graphql", json=gone, headers=bob).json()["data"]["deleteView"]["alreadyGone"]
        is True
    )
    assert own(world) == ["Stuck in ERP"]
    for already in (False, True):
        answer = world.client.post("/graphql", json=gone, headers=world.token("viewer", "Ada")).json()
        assert answer["data"]["deleteView"]["alreadyGone"] is already
    assert own(world) == []


def test_the_same_key_saves_once(world: Any) -> None:
    """After a lost answer the same press is asked for again: one view, the same id, one row in the audit log that tells of it."""
    first, again = save(world, "Mine"), save(world, "Mine")
    assert (first["alreadyThere"], again["alreadyThere"]) == (False, True)
    assert first["view"]["id"] == again["view"]["id"]
    assert save(world, "Mine", key="k1", person="Bob")["view"]["id"] != first["view"]["id"]
    reasons = world.parts.database.read(lambda s: s.execute(select(AuditRow.reason)).scalars().all())
    assert "save the view 'Mine'" in reasons


def test_a_name_is_taken_until_it_is_written_over(world: Any) -> None:
    """Nothing is lost by a name used twice; `replace` keeps the id, so that links follow."""
    first = save(world, "Mine")["view"]
    taken = save(world, "Mine", "entity:DE", key="k2")
    assert (taken["__typename"], taken["view"]["query"]) == ("ViewNameTaken", "status:stuck")
    over = save(world, "Mine", "entity:DE", key="k3", replace=True)["view"]
    assert (over["id"], over["query"]) == (first["id"], "entity:DE")


def test_what_cannot_be_kept_is_refused_with_its_place(world: Any) -> None:
    """A query that cannot be asked, a name that is none, more views than one person may keep."""
    refused = save(world, "Mine", "staus:open")
    assert refused["problems"] == [
        {"what": "there is no field 'staus'", "at": 0, "length": 10, "next": "did you mean 'status'?"}
    ]
    for name in (" ", "x" * 81):
        assert save(world, name)["message"] == "a view's name has 1 to 80 characters"
    for number in range(MOST_VIEWS):
        assert save(world, f"View {number:03d}", key=f"n{number}")["__typename"] == "ViewSaved"
    assert "delete one first" in save(world, "One more", key="n")["message"]
    page = world.ask(OWN, first=60)["savedViews"]
    rest = world.ask(OWN, first=60, after=page["pageInfo"]["endCursor"])["savedViews"]
    assert [node["name"] for node in page["nodes"] + rest["nodes"]] == [
        f"View {n:03d}" for n in range(MOST_VIEWS)
    ]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
