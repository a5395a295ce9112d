# SPDX-License-Identifier: Apache-2.0
"""What the API refuses: hostile documents, missing permissions, wrong input. Always with a reason, never with a 5xx."""

import json
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_introspection_query, parse

from controlplane.graphql import schema
from controlplane.graphql.measure import measure
from controlplane.security.caller import Caller
from controlplane.security.permissions import FIELDS, GRANTS, ROLES, ROUTES, field_permission, route_row
from terms.problem import ProblemError

GRAPHQL_TYPE = "application/graphql-response+json"
DOUBLING = "query { ...F0 } " + " ".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60)
) + " fragment F60 on Query { me { name } }"  # fmt: skip
DEEP = "{ violations { nodes { " + "transaction { violations { " * 6 + "id" + " } }" * 6 + " } } }"
NESTED = "{ transactions(first: 200) { nodes { events { objects { type } } members { object { type } parent { type } } } } }"
ALIASES = "{ " + " ".join(f"a{n}: me {{ name }}" for n in range(31)) + " }"
CYCLE = "query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }"


def deep_variables() -> str:
    return (
        '{"query": "query($f: TransactionFilter) { transactions(filter: $f) { totalCount } }", "variables": {"f": '
        + ('{"process": ' * 3_000 + "1" + "}" * 3_000 + "}}")
    )


HOSTILE: dict[str, tuple[Any, str]] = {
    "syntax": ("{ me {", "Syntax Error"),
    "unknown field": ("{ me { nmae } }", "Did you mean 'name'?"),
    "unknown argument": ("{ line(day: 3) { open } }", "Unknown argument"),
    "unknown type in a variable": ("query($x: Nope) { me { name } }", "Unknown type"),
    "empty": ("", "No GraphQL query"),
    "only a comment": ("# nothing", "Syntax Error"),
    "no operation": ("fragment F on Query { me { name } }", ""),
    "tokens": ("{ " + "me { name } " * 400 + "}", "tokens"),
    "deep": (DEEP, "levels deep; the limit is 10"),
    "aliases": (ALIASES, "31 aliases"),
    "top fields": ("{ " + " ".join(f"a{n % 29}: me {{ name }}" for n in range(25)) + " }", "fields at the top"),
    "cost": (NESTED, "objects as its cost"),
    "repeated kpis": ("{ " + " ".join(f"k{n}: kpis {{ id }}" for n in range(12)) + " }", "objects as its cost"),
    "spans of many": ("{ transactions(first: 50) { nodes { spans { spanId } } } }", "objects as its cost"),
    "directives": ("{ " + " ".join(f"a{n}: me @include(if: true) {{ name @skip(if: false) }}" for n in range(11)) + " }", "directives"),
    "fragment doubling": (DOUBLING, "far more"),
    "fragment cycle": (CYCLE, "Cannot spread fragment"),
    "introspection in circles": ("{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }", "introspection depth"),
    "page too large": ("{ transactions(first: 201) { totalCount } }", "ask for 0 to 200"),
    "page negative": ("{ violations(first: -1) { totalCount } }", "ask for 0 to 200"),
    "window too long": ("{ line(days: 100000) { open } }", "ask for 1 to 366"),
    "int too large": ("{ line(days: 99999999999) { open } }", "Int cannot represent"),
    "bad instant": ('{ kpis(asOf: "yesterday") { id } }', "not an RFC 3339 time"),
    "instant without a zone": ('{ kpis(asOf: "2026-01-01T00:00:00") { id } }', "no zone"),
    "instant long ago": ('{ kpis(asOf: "0001-01-01T00:00:00Z") { id } }', "before 1970"),
    "cursor of nobody": ('{ transactions(after: "x") { totalCount } }', "is not a cursor"),
    "cursor of violations": ('{ violations(after: "zz-zz") { totalCount } }', "is not a cursor"),
    "cursor of exceptions": ('{ exceptions(after: "[1,2]") { totalCount } }', "is not a cursor"),
    "cursor of contracts": ('{ contracts(after: "x") { totalCount } }', "is not a cursor"),
    "long idempotency key": ('mutation { replayException(input: {id: "1", idempotencyKey: "' + "k" * 201 + '"}) { __typename } }', "1 to 200 characters"),
    "subscription": ("subscription { me }", ""),
}  # fmt: skip


@pytest.fixture
def world(empty_world: Any) -> Any:
    return empty_world


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_document_is_refused_with_a_reason(world: Any, name: str) -> None:
    """4xx or an answer with errors, and a message that says what to change."""
    query, words = HOSTILE[name]
    answer = world.post(query)
    assert answer.status_code in (200, 400), answer.text
    errors = answer.json()["errors"]
    assert any(words in error["message"] for error in errors), errors
    assert not any("our side" in error["message"] for error in errors), errors


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (deep_variables(), "application/json", 400),
        ('{"query": "{ me { name } }", "variables": {"a": NaN}}', "application/json", 400),
        ('{"query": 7}', "application/json", 400),
        ('{"query": "{ me { name } }", "variables": []}', "application/json", 400),
        ('{"query": "{ me { name } }", "extensions": 7}', "application/json", 400),
        ('[{"query": "{ me { name } }"}]', "application/json", 400),
        ('"text"', "application/json", 400),
        ("7", "application/json", 400),
        ("null", "application/json", 400),
        ("{}", "application/json", 400),
        ("{", "application/json", 400),
        ("query={me{name}}", "application/x-www-form-urlencoded", 400),
        ("{ me { name } }", "text/plain", 400),
        ('{"query": "{ me { name } }", "operationName": 7}', "application/json", 400),
        ('{"query": "{ me { name } }", "operationName": "Other"}', "application/json", 400),
        ("x" * 300_000, "application/json", 413),
    ],
)  # fmt: skip
def test_a_hostile_body_is_refused(world: Any, body: str, kind: str, status: int) -> None:
    """What is not one GraphQL request is told so."""
    headers = {"Content-Type": kind, "Accept": GRAPHQL_TYPE, **world.token()}
    answer = world.client.post("/graphql", content=body.encode(), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("variables", ["{", '{"a": NaN}', "[" * 5_000, '"x"', "7"])
def test_hostile_variables_in_an_address_are_refused(world: Any, variables: str) -> None:
    """GET is guarded like POST, though its body is in the address."""
    params = {"query": "{ me { name } }", "variables": variables}
    answer = world.client.get("/graphql", params=params, headers=world.token())
    assert answer.status_code == 400


def test_doubling_fragments_cost_no_time() -> None:
    """Sixty fragments, each spread twice, stand for 10^18 fields: who counted them one by one would not be back."""
    found = measure(schema.build()._schema, parse(DOUBLING), None, {})
    assert found.cost == 1_000_000


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ me { name } }", {}, 1),
        ("{ transactions { totalCount } }", {}, 50),
        ("{ transactions(first: 3) { nodes { id } } }", {}, 6),
        ("query($n: Int!) { transactions(first: $n) { nodes { id } } }", {"n": 7}, 14),
        ("query($n: Int = 4) { transactions(first: $n) { nodes { id } } }", {}, 8),
        ("query($n: Int!) { transactions(first: $n) { nodes { id } } }", {"n": 9_999}, 400),
        ("{ transactions(first: 2) { nodes { amount { amount } milestones { name } } } }", {}, 16),
        ("{ transactions(last: 3) { nodes { id } } }", {}, 6),
        ("{ transactions(first: 2) { facets { name } nodes { id } } }", {}, 29),
        (
            "{ transactions(first: 2) { ...F } } fragment F on TransactionConnection { facets { name } edges { node { id } } }",
            {},
            31,
        ),
        ("query A { me { name } } query B { me { name } me { kind } }", {}, 1),
    ],
)
def test_the_cost_is_the_number_of_objects_an_answer_may_hold(query: str, variables: Any, cost: int) -> None:
    """Pages multiply what each item holds, plain lists count as five, scalars are free."""
    assert measure(schema.build()._schema, parse(query), "A", variables).cost == cost


def test_introspection_is_for_those_who_signed_in(world: Any) -> None:
    """Tools can read the schema with any token; strangers cannot."""
    query = get_introspection_query()
    assert "data" in world.post(query, role="viewer").json()
    assert world.client.post("/graphql", json={"query": query}).status_code == 401
    assert world.client.get("/graphql", params={"query": query}).status_code == 401


def test_every_field_has_a_permission_entry_and_every_entry_a_field() -> None:
    """Deny by default: a new field is refused to everyone until somebody decides who may read it."""
    types = [
        t
        for t in schema.build()._schema.type_map.values()
        if isinstance(t, GraphQLObjectType) and not t.name.startswith("__")
    ]
    fields = {f"{t.name}.{name}" for t in types for name in t.fields}
    assert [name for name in sorted(fields) if field_permission(*name.split(".")) is None] == []
    for root in ("Query", "Mutation"):
        assert root not in FIELDS, "each entrance is decided for itself"
    known = fields | {t.name for t in types}
    assert [name for name in FIELDS if name not in known] == []


def test_every_route_of_the_app_has_a_permission_entry(world: Any) -> None:
    """A page or a door that is not in the table is not there, whoever mounts it; nothing answers a stranger."""
    open_paths = {row.path for row in ROUTES if row.permission is None}
    assert open_paths == {"/healthz", "/readyz", "/sign-in", "/webhooks/{connection}"}
    routes = [route for route in world.client.app.routes if hasattr(route, "path")]
    assert len(routes) == len(world.client.app.routes) > 15
    for route in routes:
        path = route.path.replace("{path:path}", "x").replace(":path}", "}")
        path = "/".join("x" if part.startswith("{") else part for part in path.split("/")).replace(
            "{kpi}", "x"
        )
        for method in (route.methods or {"GET", "POST"}) - {"HEAD"}:
            row = route_row(path, method)
            assert row is not None, f"{method} {route.path} has no entry"
            assert method in row.methods, f"{method} {route.path} has no entry for this method"
            if row.permission is not None:
                answer = world.client.request(method, path, json={} if method == "POST" else None)
                assert answer.status_code == 401, f"{method} {route.path} answers a stranger"
                lacking = next((role for role in ROLES if row.permission not in GRANTS[role]), None)
                if lacking:
                    refused = world.client.request(
                        method, path, json={} if method == "POST" else None, headers=world.token(lacking)
                    )
                    assert refused.status_code == 403, f"{method} {route.path} answers the role {lacking}"


ENTRANCES = {
    "Query.me": "{ me { name } }",
    "Query.instance": "{ instance { version } }",
    "Query.line": "{ line { open } }",
    "Query.contracts": "{ contracts { totalCount } }",
    "Query.contract": '{ contract(subject: "x") { subject } }',
    "Query.diff": '{ diff(subject: "x") { subject } }',
    "Query.compatibility": '{ compatibility(document: "{}") { __typename } }',
    "Query.transactions": "{ transactions { totalCount } }",
    "Query.transaction": '{ transaction(id: "x") { id } }',
    "Query.transactionQuery": '{ transactionQuery(text: "x") { text } }',
    "Query.savedViews": "{ savedViews { nodes { id } } }",
    "Query.savedView": '{ savedView(id: "x") { id } }',
    "Mutation.saveView": 'mutation { saveView(input: {name: "a", idempotencyKey: "k"}) { __typename } }',
    "Mutation.deleteView": 'mutation { deleteView(input: {id: "x", idempotencyKey: "k"}) { alreadyGone } }',
    "Query.spans": "{ spans { scanned } }",
    "Query.spanQuery": '{ spanQuery(text: "x") { text } }',
    "Query.promotedAttributes": "{ promotedAttributes { name } }",
    "Query.trace": '{ trace(id: "x") { count } }',
    "Query.retention": "{ retention { keepDays } }",
    "Mutation.stopRederivation": 'mutation { stopRederivation(input: {id: "1", idempotencyKey: "k"}) { __typename } }',
    "Mutation.resumeRederivation": 'mutation { resumeRederivation(input: {id: "1", idempotencyKey: "k"}) { __typename } }',
    "Query.decisions": "{ decisions { totalCount } }",
    "Query.keyQuality": "{ keyQuality { totalCount } }",
    "Query.rederivations": "{ rederivations { id } }",
    "Query.definitions": "{ definitions { since } }",
    "Query.ruleSuggestion": '{ ruleSuggestion(service: "x") { content } }',
    "Mutation.separate": 'mutation { separate(input: {object: "a:1", from: "b:1", reason: "r", idempotencyKey: "k"}) { __typename } }',
    "Mutation.join": 'mutation { join(input: {object: "a:1", with: "b:1", as: SAME, reason: "r", idempotencyKey: "k"}) { __typename } }',
    "Mutation.revokeDecision": 'mutation { revokeDecision(input: {id: "1", reason: "r", idempotencyKey: "k"}) { __typename } }',
    "Query.stuck": "{ stuck { totalCount } }",
    "Query.kpis": "{ kpis { id } }",
    "Query.kpi": '{ kpi(id: "x") { id } }',
    "Query.policies": "{ policies { id } }",
    "Query.violations": "{ violations { totalCount } }",
    "Query.exceptions": "{ exceptions { totalCount } }",
    "Query.exception": '{ exception(id: "x") { id } }',
    "Query.environments": "{ environments { name } }",
    "Query.deployments": "{ deployments { version } }",
    "Query.canIDeploy": '{ canIDeploy(application: "x", version: "1", to: "prod") { answer } }',
    "Query.approvals": "{ approvals { totalCount } }",
    "Query.validate": '{ validate(subject: "x", payloads: []) { __typename } }',
    "Query.sources": "{ sources { totalCount } }",
    "Query.source": '{ source(name: "x") { name } }',
    "Mutation.addSource": 'mutation { addSource(input: {idempotencyKey: "k", source: {name: "X", kind: JAEGER}}) { __typename } }',
    "Mutation.changeSource": 'mutation { changeSource(input: {name: "x", idempotencyKey: "k"}) { __typename } }',
    "Mutation.trySource": 'mutation { trySource(input: {idempotencyKey: "k", source: {name: "X", kind: JAEGER}}) { __typename } }',
    "Mutation.pauseSource": 'mutation { pauseSource(input: {name: "x", idempotencyKey: "k"}) { __typename } }',
    "Mutation.resumeSource": 'mutation { resumeSource(input: {name: "x", idempotencyKey: "k"}) { __typename } }',
    "Mutation.removeSource": 'mutation { removeSource(input: {name: "x", idempotencyKey: "k"}) { __typename } }',
    "Mutation.pullSource": 'mutation { pullSource(input: {name: "x", idempotencyKey: "k"}) { __typename } }',
    "Mutation.testSource": 'mutation { testSource(input: {name: "x", idempotencyKey: "k"}) { __typename } }',
    "Mutation.registerContract": 'mutation { registerContract(input: {document: "{", idempotencyKey: "k"}) { __typename } }',
    "Mutation.changeLifecycle": 'mutation { changeLifecycle(input: {subject: "x", version: "1", to: "active", idempotencyKey: "k"}) { __typename } }',
    "Mutation.approveFinding": 'mutation { approveFinding(input: {subject: "x", fingerprint: "f", reason: "r", until: "2027-01-01T00:00:00Z", idempotencyKey: "k"}) { __typename } }',
    "Mutation.withdrawApproval": 'mutation { withdrawApproval(input: {subject: "x", fingerprint: "f", idempotencyKey: "k"}) { __typename } }',
    "Mutation.deleteVersion": 'mutation { deleteVersion(input: {subject: "x", number: 1, idempotencyKey: "k"}) { __typename } }',
    "Mutation.restoreVersion": 'mutation { restoreVersion(input: {subject: "x", number: 1, idempotencyKey: "k"}) { __typename } }',
    "Mutation.replayException": 'mutation { replayException(input: {id: "x", idempotencyKey: "k"}) { __typename } }',
}


@pytest.mark.parametrize("name", list(ENTRANCES))
def test_each_entrance_is_open_to_exactly_the_roles_that_have_its_permission(
    world: Any, run: Any, name: str
) -> None:
    """A role reads what its row grants, in a page as over HTTP; a stranger reads nothing."""
    permission = FIELDS[name]
    assert world.client.post("/graphql", json={"query": ENTRANCES[name]}).status_code == 401
    for role in ROLES:
        if "me" not in GRANTS[role]:
            assert world.post(ENTRANCES[name], role=role).status_code == 403
            continue
        body = world.post(ENTRANCES[name], role=role).json()
        is_answered = "errors" not in body
        assert is_answered == (permission in GRANTS[role]), (role, body)
        if not is_answered:
            assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            assert permission in body["errors"][0]["message"]
            assert name in body["errors"][0]["message"]
            assert "data" not in body
    assert set(ENTRANCES) == {key for key in FIELDS if key.startswith(("Query.", "Mutation."))}


def test_a_fragment_hides_no_field(world: Any) -> None:
    """Spans are for those who may read spans, wherever in the document they are asked for."""
    query = '{ transaction(id: "x") { ...A } } fragment A on Transaction { ... on Transaction { s: violations { transaction { spans { spanId } } } } }'
    assert "errors" not in world.post(query, role="viewer").json()
    refused = world.post(
        "{ contracts { nodes { ...C } } } fragment C on Contract { traffic { events } }", role="ci"
    ).json()
    assert "Contract.traffic" in refused["errors"][0]["message"]


def test_a_stranger_in_process_is_told_to_sign_in(world: Any, run: Any) -> None:
    """A page that asks for nobody gets an answer it can turn into the sign-in."""
    from controlplane.front import _sources
    from controlplane.graphql.service import Service

    service = Service(_sources(world.parts, lambda: None))
    answer = run(service.ask("{ me { name } }", {}, None))
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    asked = run(service.ask("{ me { name } }", {}, Caller("Ada", "person", ("viewer",))))
    assert asked == {"data": {"me": {"name": "Ada"}}}


def test_a_failure_of_ours_is_masked_and_logged(world: Any, run: Any, caplog: Any) -> None:
    """A broken source shows an id and nothing else; a full queue and wrong input are told as what they are."""
    from dataclasses import replace

    from controlplane.database import BusyError
    from controlplane.front import _sources
    from controlplane.graphql.service import Service

    def ask(error: Exception) -> Any:
        async def broken(*_: Any) -> Any:
            raise error

        service = Service(replace(_sources(world.parts, lambda: None), replay=broken))
        query = 'mutation { replayException(input: {id: "x", idempotencyKey: "k"}) { __typename } }'
        return run(service.ask(query, {}, Caller("Ada", "person", ("admin",))))

    hidden = ask(RuntimeError("password=hunter2"))
    assert hidden["data"] is None
    assert "hunter2" not in json.dumps(hidden)
    assert hidden["errors"][0]["extensions"]["id"] in caplog.text
    assert "hunter2" in caplog.text
    assert ask(BusyError("full"))["errors"][0]["extensions"]["code"] == "BUSY"
    told = ask(ProblemError("is odd", "x", "make it even"))["errors"][0]
    assert told["message"] == "x: is odd (make it even)"
    assert told["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("accept", "query", "status", "kind", "has_data"),
    [
        (GRAPHQL_TYPE, "{ me { name } }", 200, GRAPHQL_TYPE, True),
        ("application/json", "{ me { name } }", 200, "application/json", True),
        ("*/*", "{ me { name } }", 200, "application/json", True),
        (f"{GRAPHQL_TYPE}, application/json;q=0.9", "{ me { name } }", 200, GRAPHQL_TYPE, True),
        (GRAPHQL_TYPE, "{ nope }", 400, GRAPHQL_TYPE, False),
        (GRAPHQL_TYPE, "{", 400, GRAPHQL_TYPE, False),
        ("application/json", "{ nope }", 200, "application/json", False),
        ("application/json", "{", 200, "application/json", False),
        (GRAPHQL_TYPE, "query($x: Int!) { line(days: $x) { open } }", 400, GRAPHQL_TYPE, False),
        (GRAPHQL_TYPE, "{ line(days: 0) { open } }", 200, GRAPHQL_TYPE, True),
    ],
)  # fmt: skip
def test_graphql_over_http(
    world: Any, accept: str, query: str, status: int, kind: str, has_data: bool
) -> None:
    """Media types and statuses of the GraphQL-over-HTTP draft: a request error has no data and is 400 where that is known."""
    answer = world.post(query, Accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert ("data" in answer.json()) == has_data


def test_get_asks_and_changes_nothing(world: Any) -> None:
    """Queries may come in the address; a mutation may not, and other methods are not known."""
    headers = world.token()
    assert world.client.get("/graphql", params={"query": "{ me { name } }"}, headers=headers).json()["data"]
    mutation = ENTRANCES["Mutation.replayException"]
    assert world.client.get("/graphql", params={"query": mutation}, headers=headers).status_code in (400, 405)
    wrong = world.client.put("/graphql", json={"query": "{ me { name } }"}, headers=headers)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    page = world.client.get("/graphql", headers=headers | {"Accept": "text/html"})
    assert page.status_code == 404, "no query editor is served"
