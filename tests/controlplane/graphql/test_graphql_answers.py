# SPDX-License-Identifier: Apache-2.0
"""What the API answers, over the real app: events go in through the OTLP door, figures and stories come out."""

from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from controlplane.graphql import schema
from dashboards import queries
from registry import canonical
from tests.controlplane.graphql.conftest import deal

PRINTED = Path(schema.__file__).with_name("schema.graphql")


def test_the_printed_schema_is_the_schema() -> None:
    """Whoever reads schema.graphql reads what the server answers."""
    assert PRINTED.read_text() == schema.build().as_str() + "\n", (
        "print it again with: python -m controlplane.graphql.schema"
    )


def test_everything_in_the_schema_is_described() -> None:
    """A type without a sentence is a type nobody can use without reading code."""
    types = schema.build()._schema.type_map.values()
    bare = [t.name for t in types if not t.name.startswith("__") and not t.description]
    assert bare == []


@pytest.mark.parametrize("name", list(queries.ALL))
def test_every_query_of_the_pages_fits(name: str) -> None:
    """No page asks for a field that is not there."""
    assert validate(schema.build()._schema, parse(queries.ALL[name])) == []


VARIABLES: dict[str, dict[str, Any]] = {
    "HOME": {"days": 30}, "MAP": {"days": 30}, "KPIS": {"days": 30}, "KPI": {"id": "invoice-latency", "days": 30},
    "TRANSACTIONS": {"query": "status:open", "sort": {}, "first": 200, "buckets": 60}, "STUCK": {"first": 200},
    "QUERY_COMPLETION": {"text": "sta", "caret": 3}, "QUERY_TROUBLE": {"text": "no:such", "caret": 7}, "FIND": {"key": "SO-1"},
    "SAVED_VIEW": {"id": "1"}, "DELETE_VIEW": {"input": {"id": "1", "idempotencyKey": "k"}},
    "SAVE_VIEW": {"input": {"name": "Mine", "query": "status:open", "idempotencyKey": "k"}},
    "SPAN_QUERY": {"text": "service:x"}, "PAYLOADS": {"id": "x"}, "SPANS": {"query": "service:x", "first": 200},
    "QUERY_READING": {"text": "status:open"}, "TRANSACTION": {"id": "x"}, "SUPPORTS": {"id": "x", "object": "invoice:I", "first": 50}, "TRACE": {"id": "0" * 32}, "CONTRACTS": {"first": 100}, "CONTRACT": {"subject": "invoice-issued"},
    "POLICIES": {"first": 200}, "KEY_QUALITY": {"first": 200}, "EXCEPTIONS": {"first": 200, "state": "OPEN"},
    "DIFF": {"subject": "invoice-issued"}, "WHAT_IF": {"document": "{}", "subject": "invoice-issued"}, "FRAME": {},
    "IS_THERE": {"subject": "x"}, "APPROVALS": {"first": 50}, "REGISTER_CONTRACT": {"input": {"document": "{", "idempotencyKey": "k"}},
    "CHANGE_LIFECYCLE": {"input": {"subject": "x", "version": "1", "to": "active", "idempotencyKey": "k"}},
    "DELETE_VERSION": {"input": {"subject": "x", "number": 1, "idempotencyKey": "k"}}, "RESTORE_VERSION": {"input": {"subject": "x", "number": 1, "idempotencyKey": "k"}},
    "APPROVE_FINDING": {"input": {"subject": "x", "fingerprint": "f", "reason": "r", "until": "2027-01-01T00:00:00Z", "idempotencyKey": "k"}},
    "WITHDRAW_APPROVAL": {"input": {"subject": "x", "fingerprint": "f", "idempotencyKey": "k"}},
    "DEPLOYMENTS": {}, "CAN_I_DEPLOY": {"application": "x", "version": "1", "to": "prod", "isFirst": False},
    "REPLAY": {"input": {"id": "EX-1", "idempotencyKey": "k"}},
    "SEPARATE": {"input": {"object": "invoice:I", "from": "order:O", "reason": "r", "idempotencyKey": "k"}},
    "JOIN": {"input": {"object": "invoice:I", "with": "order:O", "as": "PART", "reason": "r", "idempotencyKey": "k"}},
    "SOURCES": {"first": 50, "name": "x", "one": True},
    **{key: {"input": {"idempotencyKey": "k", "source": {"name": "X", "kind": "JAEGER", "address": "https://jaeger.invalid"}}} for key in ("TRY_SOURCE", "ADD_SOURCE")},
    **{key: {"input": {"name": "x", "idempotencyKey": "k"}} for key in (f"{verb}_SOURCE" for verb in ("TEST", "PAUSE", "RESUME", "REMOVE", "PULL", "CHANGE"))},
    "REVOKE_DECISION": {"input": {"id": "1", "reason": "r", "idempotencyKey": "k"}},
}  # fmt: skip


@pytest.mark.parametrize("name", list(queries.ALL))
def test_every_query_of_the_pages_is_answered_on_an_empty_database(world: Any, name: str) -> None:
    """The first look at a new installation shows empty pages, no errors."""
    world.ask(queries.ALL[name], **VARIABLES[name])


def test_who_asks_and_what_answers(world: Any) -> None:
    """A page knows the caller's permissions and the installation's systems."""
    data = world.ask(
        "{ me { name kind roles permissions } instance { demo now systems { name role } } }", "viewer"
    )
    assert data["me"]["name"] == "Ada"
    assert data["me"]["roles"] == ["viewer"]
    assert "exceptions:replay" not in data["me"]["permissions"]
    assert data["instance"]["now"] == "2026-11-20T12:00:00Z"
    assert {"name": "netsuite", "role": "erp"} in data["instance"]["systems"]


def test_a_deal_is_told_from_order_to_cash(world: Any, one_deal: Any) -> None:
    """Eight events of four systems become one completed transaction with milestones, members, spans and reasons."""
    world.happened(*one_deal())
    node = world.ask("{ transactions { totalCount nodes { id status sentence anchor { text } } } }")[
        "transactions"
    ]
    assert node["totalCount"] == 1
    (found,) = node["nodes"]
    assert found["anchor"]["text"] == "order:SO-1"
    assert found["status"] == "COMPLETED"
    assert found["sentence"] == "Completed in 1 d 4 h."
    told = world.ask(queries.TRANSACTION, id=found["id"])["transaction"]
    assert [m["state"] for m in told["milestones"]] == ["REACHED"] * 8
    assert told["amount"] == {"amount": "12000.00", "currency": "EUR"}
    assert told["durationSeconds"] == 28 * 3600
    assert [e["type"] for e in told["events"]][:2] == ["order-placed", "customer-created"]
    assert told["members"][0]["role"] == "ANCHOR"
    invoice = next(m for m in told["members"] if m["object"]["text"] == "invoice:INV-1")
    assert (invoice["role"], invoice["parent"]["text"], invoice["rule"]) == (
        "CHILD_OF",
        "order:SO-1",
        "invoice-of-order",
    )
    assert "invoice-issued" in invoice["why"]
    spans = told["spans"]
    assert spans["count"] == 8
    assert all(len(column) == 8 for name, column in spans.items() if name not in ("count", "links"))
    assert spans["durationSeconds"][0] == 0.25
    assert spans["system"][0] == "salesforce"
    assert spans["status"][0] == "unset"
    assert spans["startedAt"][0] == "2026-11-18T08:00:00Z"


def test_a_list_is_paged_and_filtered(world: Any, one_deal: Any) -> None:
    """Pages neither repeat nor skip; filters narrow; an unknown id is nothing."""
    for number, (entity, until) in enumerate([("DE", 8), ("US", 8), ("DE", 4), ("UK", 2)], 1):
        world.happened(*one_deal(number, entity=entity, until=until, started=f"2026-11-18T0{number}:00:00Z"))
    seen, after = [], None
    while True:
        page = world.ask(
            "query($after: String) { transactions(first: 3, after: $after) { edges { cursor node { anchor { value } } }"
            " pageInfo { hasNextPage endCursor hasPreviousPage } } }",
            after=after,
        )["transactions"]
        seen += [edge["node"]["anchor"]["value"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["SO-4", "SO-3", "SO-2", "SO-1"]
    ask = "query($f: TransactionFilter) { transactions(filter: $f) { nodes { anchor { value } } } }"
    for wanted, found in [
        ({"legalEntity": "DE"}, ["SO-3", "SO-1"]),
        ({"status": "COMPLETED"}, ["SO-2", "SO-1"]),
        ({"key": "SO-2"}, ["SO-2"]),
        ({"key": "invoice:INV-3"}, ["SO-3"]),
        ({"waitingFor": "posted"}, ["SO-3"]),
        ({"overdue": True}, ["SO-4", "SO-3"]),
        ({"startedFrom": "2026-11-18T03:00:00Z", "startedBefore": "2026-11-18T04:00:00Z"}, ["SO-3"]),
        ({"process": "renewal-amendment"}, []),
    ]:
        nodes = world.ask(ask, f=wanted)["transactions"]["nodes"]
        assert [node["anchor"]["value"] for node in nodes] == found, wanted
    assert world.ask('{ transaction(id: "00") { id } }')["transaction"] is None


def test_the_first_screen_says_whether_money_moves(world: Any, one_deal: Any) -> None:
    """One sentence, one figure per currency, and the hop that does not flow with its reason."""
    empty = world.ask("{ line { sentence } }")["line"]
    assert empty["sentence"] == "No deal has come in during the last 30 days."
    world.happened(*one_deal(1))
    assert (
        world.ask("{ line { sentence } }")["line"]["sentence"]
        == "1 of 1 deal reached the ledger; nothing is stuck."
    )
    world.happened(*one_deal(2, until=4, started="2026-11-17T08:00:00Z"), *one_deal(3, until=4, entity="US"))
    line = world.ask(queries.HOME, days=30)["line"]
    assert line["sentence"] == (
        "1 of 3 deals reached the ledger; EUR 12,000 and USD 12,000 are stuck in 2; "
        "the oldest waits 2 d for NetSuite DE."
    )
    assert line["oldest"]["anchor"]["value"] == "SO-2"
    assert line["oldestSeconds"] == 64 * 3600
    hops = {hop["id"]: hop for hop in line["hops"]}
    ledger = hops["billing-to-erp"]
    assert (ledger["volume"], ledger["waiting"], ledger["overdue"], ledger["failed"]) == (1, 2, 2, 0)
    assert (ledger["state"], ledger["reason"]) == ("SLOW", "2 of 2 waiting are overdue")
    assert [money["currency"] for money in ledger["atRisk"]] == ["EUR", "USD"]
    assert hops["crm-to-billing"]["state"] == "OK"
    stuck = world.ask("{ stuck { totalCount nodes { anchor { value } sentence } } }")["stuck"]
    told = {node["anchor"]["value"]: node["sentence"] for node in stuck["nodes"]}
    assert told.keys() == {"SO-2", "SO-3"}
    assert told["SO-2"] == "Waits for NetSuite DE: “Posted to the ledger” was due 2 d ago."


def test_a_kpi_is_given_with_its_n_and_its_open_items(world: Any, one_deal: Any) -> None:
    """Thirty deals, five of them not invoiced yet: all thirty count."""
    deals = [one_deal(n, until=3 if n > 25 else 8, started="2026-11-16T08:00:00Z") for n in range(1, 31)]
    world.happened(*(event for deal in deals for event in deal))
    kpi = world.ask(queries.KPI, id="invoice-latency", days=30)["kpi"]
    assert (kpi["n"], kpi["open"], kpi["unit"], kpi["statistic"]) == (30, 5, "SECONDS", "p50")
    assert kpi["value"] == pytest.approx(4 * 3600)
    assert kpi["targetMet"] is True
    assert len(kpi["series"]["day"]) == len(kpi["series"]["value"]) == 30
    both = world.ask("{ kpis { id byLegalEntity { name n series { day } } } }")["kpis"]
    latency = next(one for one in both if one["id"] == "invoice-latency")
    assert latency["byLegalEntity"]["name"] == ["DE"]
    assert world.ask('{ kpi(id: "none") { id } }')["kpi"] is None
    us = world.ask('{ kpi(id: "invoice-latency", legalEntity: "US") { n value } }')["kpi"]
    assert us == {"n": 0, "value": None}


def test_what_ends_before_it_begins_is_left_out_of_a_kpi_and_counted(world: Any, one_deal: Any) -> None:
    """Two systems whose clocks differ by hours tell no latency."""
    deal = one_deal(1, until=4)
    deal[3]["at"] = "2026-11-18T13:00:00Z"
    world.happened(*deal, *one_deal(2, until=4))
    told = world.ask('{ kpi(id: "invoice-latency") { n clockSuspect } }')["kpi"]
    assert told == {"n": 1, "clockSuspect": 1}


def test_contracts_with_versions_fields_and_traffic(world: Any, one_deal: Any) -> None:
    """The shipped contracts are there, with the verdict between versions and what really flowed."""
    world.happened(*one_deal())
    contract = world.ask(queries.CONTRACT, subject="invoice-issued", version="1.0.0")["contract"]
    assert [version["semver"] for version in contract["versions"]][:2] == ["1.0.0", "1.1.0"]
    assert contract["versions"][0]["verdict"] is None
    assert contract["versions"][1]["verdict"]["status"] == "COMPATIBLE"
    total = next(f for f in contract["version"]["fields"] if f["pointer"] == "/invoice_number")
    assert (total["type"], total["classification"]) == ("string", "internal")
    assert contract["traffic"] == [
        {
            "version": "1.0.0", "events": 1, "firstSeenAt": "2026-11-18T20:00:00Z", "lastSeenAt": "2026-11-18T20:00:00Z",
            "legalEntities": ["DE"],
        }
    ]  # fmt: skip
    page = world.ask(
        "{ contracts(first: 2) { totalCount nodes { subject } pageInfo { endCursor hasNextPage } } }"
    )["contracts"]
    assert page["totalCount"] == len(canonical.subjects())
    rest = world.ask(
        "query($a: String) { contracts(after: $a) { nodes { subject } } }", a=page["pageInfo"]["endCursor"]
    )
    assert len(rest["contracts"]["nodes"]) == len(canonical.subjects()) - 2
    found = world.ask('{ contracts(search: "RECEIVABLE") { nodes { subject } } }')["contracts"]["nodes"]
    assert {"subject": "invoice-issued"} in found
    assert world.ask('{ contract(subject: "none") { subject } }')["contract"] is None


def test_violations_lead_to_their_transaction(world: Any, one_deal: Any) -> None:
    """An invoice not posted in time breaks a rule; the rule's page counts it and its money."""
    world.happened(*one_deal(1, until=4))
    page = world.ask(queries.POLICIES, first=50)
    late = next(v for v in page["violations"]["nodes"] if v["transaction"])
    assert late["transaction"]["anchor"]["value"] == "SO-1"
    assert late["state"] == "OPEN"
    rule = next(policy for policy in page["policies"] if policy["id"] == late["rule"])
    assert rule["openViolations"] == 1
    assert rule["moneyAtRisk"] == [{"amount": "12000.00", "currency": "EUR"}]
    assert not rule["source"].startswith("/")
    told = world.ask(queries.TRANSACTION, id=late["targetKey"])["transaction"]
    assert [v["id"] for v in told["violations"]] == [late["id"]]
    world.happened(*one_deal(1))
    resolved = world.ask(queries.POLICIES, first=50, state="RESOLVED")["violations"]
    assert [v["id"] for v in resolved["nodes"]] == [late["id"]]


def failed(one_deal: Any) -> list[dict[str, Any]]:
    """A deal whose invoice journal was refused, as the runtime tells it."""
    event = {
        "type": "throughline.exception-opened", "system": "netsuite", "at": "2026-11-18T21:00:00Z",
        "objects": {"exception": "EX-ABCDEFGH", "order": "SO-1", "invoice": "INV-1"},
        "also": {"legal_entity": "DE", "message": "October is closed."},
    }  # fmt: skip
    return [*one_deal(1, until=4), event]


def test_a_failed_deal_shows_its_exception_and_is_replayed_once(world: Any, one_deal: Any) -> None:
    """From the exception to its story and back; pressing replay twice with one key is one replay."""
    world.happened(*failed(one_deal))
    exception_id = world.exception()
    page = world.ask(queries.EXCEPTIONS, first=10, state="OPEN")["exceptions"]
    assert page["moneyAtRisk"] == [{"amount": "12000.00", "currency": "EUR"}]
    (item,) = page["nodes"]
    assert item["transaction"]["anchor"] == {"type": "order", "value": "SO-1"}
    told = world.ask(queries.TRANSACTION, id=item["transaction"]["id"])["transaction"]
    assert told["status"] == "FAILED"
    assert told["sentence"] == "October is closed. “Posted to the ledger” has waited 40 h."
    assert [e["id"] for e in told["exceptions"]] == [exception_id]
    assert "FAILED" in [m["state"] for m in told["milestones"]]
    hop = next(h for h in world.ask(queries.HOME, days=30)["line"]["hops"] if h["id"] == "billing-to-erp")
    assert (hop["state"], hop["failed"]) == ("BROKEN", 1)
    assert hop["reason"].startswith("1 failed: the posting period is closed")

    def press(key: str, **more: Any) -> Any:
        return world.ask(queries.REPLAY, input={"id": exception_id, "idempotencyKey": key, **more})[
            "replayException"
        ]

    first = press("one", reason="October is open again")
    assert first["__typename"] == "ReplayStarted"
    assert first["alreadyAsked"] is False
    assert press("one") == first | {"alreadyAsked": True}
    again = press("two")
    assert again["__typename"] == "ExceptionNotOpen"
    assert again["message"] == f"exception {exception_id} is being replayed already"
    missing = world.ask(queries.REPLAY, input={"id": "EX-NONE", "idempotencyKey": "three"})["replayException"]
    assert missing == {"__typename": "ExceptionNotFound", "message": "there is no exception EX-NONE"}


def test_exceptions_are_paged_by_money(world: Any) -> None:
    """Most money first; the next page goes on behind the last one."""
    for number, minor in enumerate((500, 900, 900, 100), 1):
        world.exception(exception_id=f"EX-{number}", run_id=f"r{number}", amount_minor=minor)
    query = "query($a: String) { exceptions(first: 2, after: $a) { totalCount nodes { id } pageInfo { endCursor hasNextPage } } }"
    one = world.ask(query)["exceptions"]
    two = world.ask(query, a=one["pageInfo"]["endCursor"])["exceptions"]
    assert [node["id"] for node in [*one["nodes"], *two["nodes"]]] == ["EX-2", "EX-3", "EX-1", "EX-4"]
    assert (one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"], two["totalCount"]) == (
        True,
        False,
        4,
    )


def test_a_story_names_its_chain(world: Any) -> None:
    """The order that began a subscription leads to its amendment, and back, through the subscription."""
    world.happened(
        *deal(until=3),
        {
            "type": "renewal-amended", "system": "salesforce", "at": "2026-11-19T08:00:00Z",
            "objects": {"amendment": "AMD-1", "subscription": "SUB-1"},
        },
    )  # fmt: skip
    query = """{ transactions { nodes { anchor { text } related {
      relation through { text } transaction { anchor { text } } } } } }"""
    found = {one["anchor"]["text"]: one["related"] for one in world.ask(query)["transactions"]["nodes"]}
    chain = {"order:SO-1": ("AFTER", "amendment:AMD-1"), "amendment:AMD-1": ("BEFORE", "order:SO-1")}
    assert found == {
        anchor: [
            {
                "relation": relation,
                "through": {"text": "subscription:SUB-1"},
                "transaction": {"anchor": {"text": other}},
            }
        ]
        for anchor, (relation, other) in chain.items()
    }
