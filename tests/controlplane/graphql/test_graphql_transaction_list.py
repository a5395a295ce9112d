# SPDX-License-Identifier: Apache-2.0
"""Lists of transactions through the public API: a query with its errors, facets, a histogram, and pages both ways."""

from typing import Any

import pytest

FOUND = """
query($q: String!, $sort: TransactionSort) {
  transactions(query: $q, sort: $sort) { totalCount nodes { anchor { value } } }
}
"""
NARROWED = """
query($q: String!) {
  transactions(query: $q, first: 1) {
    totalCount
    facets(names: ["status", "system", "customer"]) { name title values { value title count chosen query } }
    histogram(buckets: 10) { bucketSeconds queryOfAll buckets { start end count stuck query } }
  }
}
"""
READING = """
query($text: String!, $caret: Int) {
  transactionQuery(text: $text, caret: $caret) {
    words { text field negated at length without } problems { what at length next } hints { what next }
    completions { word title query caret }
  }
}
"""


@pytest.fixture
def five_deals(world: Any, one_deal: Any) -> Any:
    """Five deals, two of them complete, one hour apart."""
    for number, (entity, until) in enumerate([("DE", 8), ("US", 8), ("DE", 4), ("UK", 2), ("DE", 5)], 1):
        world.happened(*one_deal(number, entity=entity, until=until, started=f"2026-11-18T0{number}:00:00Z"))
    return world


def found(world: Any, query: str, **sort: Any) -> list[str]:
    answer = world.ask(FOUND, q=query, sort=sort or None)["transactions"]
    values = [node["anchor"]["value"] for node in answer["nodes"]]
    assert answer["totalCount"] == len(values)
    return values


def test_a_query_narrows_as_its_filter_would(five_deals: Any) -> None:
    """The bar's text and the filter's fields are two ways to say one thing, and hold together."""
    assert found(five_deals, "") == ["SO-5", "SO-4", "SO-3", "SO-2", "SO-1"]
    assert found(five_deals, "status:completed") == ["SO-2", "SO-1"]
    assert found(five_deals, "system:erp") == ["SO-3"]
    assert found(five_deals, "invoice:INV-3 entity:DE") == ["SO-3"]
    assert found(five_deals, "INV-") == ["SO-5", "SO-3", "SO-2", "SO-1"]
    assert found(five_deals, "amount>11999 EUR -status:completed") == ["SO-5", "SO-3"]
    both = five_deals.ask(
        '{ transactions(query: "entity:DE", filter: {status: COMPLETED}) { nodes { anchor { value } } } }'
    )
    assert [node["anchor"]["value"] for node in both["transactions"]["nodes"]] == ["SO-1"]


def test_the_order_is_chosen(five_deals: Any) -> None:
    """The longest wait first is what an SRE opens the list for."""
    assert found(five_deals, "status:open", field="WAITED") == ["SO-4", "SO-3", "SO-5"]
    assert found(five_deals, "status:open", field="STARTED", descending=False) == ["SO-3", "SO-4", "SO-5"]


def test_pages_go_both_ways(five_deals: Any) -> None:
    """`last` and `before` lead back; both cursors at once name no page."""
    ask = (
        "query($f: Int! = 2, $a: String, $l: Int, $b: String) { transactions(first: $f, after: $a, last: $l, before: $b)"
        " { nodes { anchor { value } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } }"
    )

    def page(**given: Any) -> tuple[list[str], dict[str, Any]]:
        answer = five_deals.ask(ask, **given)["transactions"]
        return [node["anchor"]["value"] for node in answer["nodes"]], answer["pageInfo"]

    first, info = page()
    second, info = page(a=info["endCursor"])
    assert (first, second) == (["SO-5", "SO-4"], ["SO-3", "SO-2"])
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, True)
    back, info = page(l=2, b=info["startCursor"])
    assert (back, info["hasNextPage"], info["hasPreviousPage"]) == (first, True, False)
    assert page(l=1)[0] == ["SO-1"]
    refused = five_deals.post(ask, {"a": "x", "b": "y"}).json()
    assert "after and before together name no page" in refused["errors"][0]["message"]


def test_what_a_list_can_be_narrowed_by(five_deals: Any) -> None:
    """Counts under the other conditions, the query each click would make, and starts in buckets that lead to them."""
    answer = five_deals.ask(NARROWED, q="status:open entity:DE")["transactions"]
    facets = {one["name"]: one["values"] for one in answer["facets"]}
    assert [(one["value"], one["count"], one["chosen"]) for one in facets["status"]] == [
        ("open", 2, True), ("completed", 1, False), ("overdue", 1, False), ("stuck", 1, False),
    ]  # fmt: skip
    assert [one["query"] for one in facets["status"][:2]] == ["entity:DE", "status:open,completed entity:DE"]
    assert {one["value"]: one["count"] for one in facets["system"]} == {"netsuite": 1, "stripe": 1}
    assert [one["value"] for one in facets["customer"]] == ["CUST-3", "CUST-5"]
    histogram = answer["histogram"]
    assert sum(bucket["count"] for bucket in histogram["buckets"]) == answer["totalCount"] == 2
    first = histogram["buckets"][0]
    assert found(five_deals, first["query"]) == ["SO-3"]
    assert (first["start"], histogram["bucketSeconds"]) == ("2026-11-18T03:00:00Z", 900.0)


def test_a_query_that_is_wrong_is_refused_with_its_places(five_deals: Any) -> None:
    """The list is refused whole; the reading says where, so that a bar can point."""
    refused = five_deals.post(FOUND, {"q": "staus:open amount>x"}).json()["errors"][0]
    assert refused["extensions"]["code"] == "BAD_USER_INPUT"
    assert "query, character 1: there is no field 'staus' (did you mean 'status'?)" in refused["message"]
    assert "query, character 19: 'x' is not an amount" in refused["message"]
    reading = five_deals.ask(READING, text="INV-7 staus:open")["transactionQuery"]
    assert reading["problems"] == [
        {"what": "there is no field 'staus'", "at": 6, "length": 10, "next": "did you mean 'status'?"}
    ]
    assert [(word["text"], word["field"], word["without"]) for word in reading["words"]] == [
        ("INV-7", "text", "staus:open")
    ]


def test_a_query_is_completed_from_what_is_stored(five_deals: Any) -> None:
    """Keys, customers and entities of this installation, at the caret."""
    reading = five_deals.ask(READING, text="INV-3 status:open", caret=5)["transactionQuery"]
    assert reading["completions"] == [
        {"word": "invoice:INV-3", "title": "Business key (invoice)", "query": "invoice:INV-3 status:open", "caret": 13}
    ]  # fmt: skip
    reading = five_deals.ask(READING, text="entity:")["transactionQuery"]
    assert [one["query"] for one in reading["completions"]] == ["entity:DE", "entity:UK", "entity:US"]


def test_facets_that_are_none_are_refused(five_deals: Any) -> None:
    """A slip of the finger gets the word that was meant."""
    refused = five_deals.post('{ transactions { facets(names: ["stats"]) { name } } }').json()
    assert "did you mean 'status'?" in refused["errors"][0]["message"]
