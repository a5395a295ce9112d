# SPDX-License-Identifier: Apache-2.0
"""Who uses a contract, what runs where and what an API offers: over the API, and on the pages of the whole app."""

from typing import Any

import pytest
from sqlalchemy import event

from collectors.bulk import Bulk
from collectors.contract_use import counting as contract_use
from collectors.span import BusinessEvent
from controlplane.database import Actor
from dashboards import queries
from registry import canonical, declaration_store, deployment_store
from registry.declaration import read
from terms.instant import DAY, Instant

WRITER = """
name: billing-worker
version: 2.3.0
owner: Billing
produces:
  - {subject: invoice-issued, version: "1.1.0"}
"""
READER = """
name: ledger-feed
version: 7.1.0
consumes:
  - {subject: invoice-issued, version: "1.0.0", fields: [/invoice_number]}
"""


@pytest.fixture
def line(world: Any) -> Any:
    """A writer and a reader of invoices; the reader runs in prod, the writer in dev."""

    def declare(session: Any) -> None:
        now: Instant = world.parts.clock()
        for text in (WRITER, READER):
            declaration_store.declare(session, read(text.encode(), "application.yaml", now))
        deployment_store.record_deployment(session, "billing-worker", "2.3.0", "dev", now, "ci")
        for name in ("dev", "test", "stage", "prod"):
            deployment_store.record_deployment(session, "ledger-feed", "7.1.0", name, now, "ci")

    world.parts.database.write(declare, actor=Actor("token", "ci"), reason="test")
    return world


def test_declared_use_stands_beside_where_it_runs(line: Any) -> None:
    """Who writes and reads which versions and fields, and each version against what runs."""
    contract = line.ask(queries.CONTRACT, subject="invoice-issued")["contract"]
    assert [(one["application"], one["role"], one["environments"]) for one in contract["applications"]] == [
        ("billing-worker", "produces", ["dev"]),
        ("ledger-feed", "consumes", ["dev", "prod", "stage", "test"]),
    ]
    assert contract["applications"][1]["fields"] == ["/invoice_number"]
    matrix = contract["matrix"]
    assert [column["application"] for column in matrix["columns"]] == ["billing-worker", "ledger-feed"]
    rows = {row["version"]: [cell["status"] for cell in row["cells"]] for row in matrix["rows"]}
    assert rows["1.0.0"] == ["", "declared"]
    assert rows["1.1.0"][0] == "declared"
    assert rows["1.1.0"][1] in ("compatible", "undecided", "breaking")


def test_may_it_go_there(line: Any) -> None:
    """The answer with its reasons; an unknown version is never a yes; an unknown place is the asker's mistake."""
    ask = {"application": "billing-worker", "to": "test", "isFirst": False}
    known = line.ask(queries.CAN_I_DEPLOY, version="2.3.0", **ask)["canIDeploy"]
    assert known["answer"] in ("YES", "NO", "UNDECIDED")
    assert known["compared"] >= 1
    unknown = line.ask(queries.CAN_I_DEPLOY, version="9.9.9", **ask)["canIDeploy"]
    assert unknown["answer"] == "UNDECIDED"
    assert unknown["reasons"][0]["next"]
    nowhere = line.post(queries.CAN_I_DEPLOY, ask | {"version": "2.3.0", "to": "moon"}).json()
    assert nowhere["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    board = line.ask(queries.DEPLOYMENTS)
    assert [one["name"] for one in board["environments"]] == ["dev", "test", "stage", "prod"]
    runs = {(one["application"], one["environment"]): one["promotion"] for one in board["deployments"]}
    assert runs["billing-worker", "dev"]["answer"] == known["answer"]
    assert runs["ledger-feed", "prod"] is None


def test_an_event_has_an_example_and_an_api_its_operations(world: Any) -> None:
    """The example keeps the contract; operations come in the document's order with what goes in and out."""
    event = world.ask(queries.CONTRACT, subject="journal-posted")["contract"]["version"]
    assert event["operations"] == []
    (example,) = event["examples"]
    check = 'query($p: [String!]!) { validate(subject: "journal-posted", payloads: $p) { ... on PayloadsChecked { valid } } }'
    assert world.ask(check, p=[example])["validate"]["valid"] == 1


@pytest.mark.parametrize(
    "path",
    ["/contracts", "/contracts?search=invoice&type=json-schema", "/contracts/invoice-issued", "/contracts/invoice-issued/diff",
     "/contracts/invoice-issued/diff?from=1.1.0&to=1.0.0&mode=FULL&policy=codegen", "/contracts/what-if", "/contracts/deployments",
     "/contracts/deployments?application=billing-worker&version=2.3.0&to=test"],
)  # fmt: skip
def test_the_pages_of_contracts_are_answered_by_the_whole_app(line: Any, path: str) -> None:
    """For every role that may read contracts and more; nobody else is let in."""
    for role in ("viewer", "architect", "steward"):
        answer = line.client.get(path, headers=line.token(role))
        assert answer.status_code == 200, answer.text[:500]
    assert line.client.get(path, headers=line.token("ingest")).status_code == 403


def called(world: Any, *seen: tuple[str, str, str]) -> None:
    """Somebody used a version: (subject, version, application) each, the day before the clock's."""
    events = [
        BusinessEvent(application, f"{subject}{version}", "call", Instant(world.parts.clock() - DAY), "", (),
                      contract_subject=subject, contract_version=version)
        for subject, version, application in seen
    ]  # fmt: skip
    world.parts.database.write(
        lambda session: contract_use.count(Bulk(session), (), (), events, ()),
        actor=Actor("machine", "test"),
        reason="test",
    )


def test_real_use_is_told_of_events_and_apis_alike(line: Any) -> None:
    """The list and the contract say how much, by which version and whom; a pipeline may ask, and reads nothing of customers."""
    called(
        line, ("invoice-issued", "1.1.0", "billing-worker"), ("invoices-api", "1.0.0", "partner-portal"),
        ("invoices-api", "2.0.0", "partner-portal"), ("invoices-api", "9.9.9", "weekly-export"),
    )  # fmt: skip
    ask = "{ contracts(first: 200) { nodes { subject type use { uses applications lastSeenAt versions { version uses } } } } }"
    found = {one["subject"]: one for one in line.ask(ask, "ci")["contracts"]["nodes"]}
    assert found["invoice-issued"]["use"]["uses"] == 1
    assert (found["invoices-api"]["type"], found["invoices-api"]["use"]) == ("openapi", {
        "uses": 3, "applications": 2, "lastSeenAt": "2026-11-19T12:00:00Z",
        "versions": [{"version": version, "uses": 1} for version in ("1.0.0", "2.0.0", "9.9.9")],
    })  # fmt: skip
    assert found["payments-api"]["use"] == {"uses": 0, "applications": 0, "lastSeenAt": None, "versions": []}
    page = """query($after: String) { contract(subject: "invoices-api") { use { since daily { day uses } } observed(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { application version lifecycle declared } } } }"""
    first = line.ask(page)["contract"]
    assert first["use"] == {"since": "2026-10-22", "daily": [{"day": "2026-11-19", "uses": 3}]}
    end = first["observed"]["pageInfo"]
    rest = line.ask(page, after=end["endCursor"])["contract"]["observed"]
    assert (end["hasNextPage"], rest["pageInfo"]["hasNextPage"], rest["totalCount"]) == (True, False, 3)
    assert [one["lifecycle"] for one in (*first["observed"]["nodes"], *rest["nodes"])] == [
        "deprecated",
        "active",
        None,
    ]
    refused = line.post(page, {"after": "use:{"}).json()
    assert "not a cursor" in refused["errors"][0]["message"]
    years = line.post("{ contracts { nodes { use(days: 4000) { uses } } } }").json()
    assert "ask for 1 to 366" in years["errors"][0]["message"]


def test_a_list_asks_the_database_as_often_for_many_as_for_few(line: Any) -> None:
    """Use, standing and facets of a page are read for all its contracts together."""
    called(line, *((subject, "1.0.0", "x") for subject in canonical.subjects()))
    statements: list[str] = []

    def note(*said: Any) -> None:
        statements.append(said[2])

    engine, variables = line.parts.database.engine, {"facets": ["owner", "domain"]}
    event.listen(engine, "before_cursor_execute", note)
    counts = []
    for first in (2, 2, 10):
        statements.clear()
        line.ask(queries.CONTRACTS, first=first, **variables)
        counts.append(len([one for one in statements if "contract" in one]))
    event.remove(engine, "before_cursor_execute", note)
    assert counts[1] == counts[2] <= 10


def test_contracts_are_narrowed_by_facets_with_counts(world: Any) -> None:
    """Counts of the whole list or of what a search and a filter leave; a facet there is none of is told so."""
    ask = "query($s: String, $f: ContractFilter, $n: [String!]) { contracts(first: 2, search: $s, filter: $f) { totalCount facets(names: $n) { name values { value count } } } }"

    def facets(**given: Any) -> tuple[int, dict[str, dict[str, int]]]:
        found = world.ask(ask, **given)["contracts"]
        counts = {one["name"]: {v["value"]: v["count"] for v in one["values"]} for one in found["facets"]}
        return found["totalCount"], counts

    total, every = facets()
    assert sum(every["type"].values()) == sum(every["lifecycle"].values()) == total
    assert set(every) == {"domain", "owner", "steward", "audience", "lifecycle", "type", "mode"}
    few, narrowed = facets(f={"domain": "billing"}, n=["domain", "owner"])
    assert narrowed["domain"] == {"billing": few}
    assert set(narrowed) == {"domain", "owner"}
    found, searched = facets(s="INVOICE buyer_reference", n=["domain"])
    assert searched["domain"] == {"billing": found}
    refused = world.post(ask, {"n": ["colour"]}).json()
    assert "is not a facet" in refused["errors"][0]["message"]
