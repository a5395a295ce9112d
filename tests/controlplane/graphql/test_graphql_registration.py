# SPDX-License-Identifier: Apache-2.0
"""Registering, moving on and accepting over the API: each once, whoever presses twice; what is refused says which way is open."""

import json
from typing import Any

import pytest
from sqlmodel import select

from controlplane.audit import AuditRow
from tests.controlplane.graphql.test_graphql_compatibility import ASK, DRAFT

REGISTER = """
mutation($input: RegisterContractInput!) {
  registerContract(input: $input) {
    __typename
    ... on ContractRegistered { alreadyThere contract { subject currentVersion } version { number semver lifecycle verdict { status } } }
    ... on DraftUnreadable { problems { what where next } }
    ... on ContractIncompatible { verdict { status findings { rule } } }
    ... on ContractRefused { kind message next }
    ... on ContractNotFound { message }
  }
}
"""
MOVE = """
mutation($input: ChangeLifecycleInput!) {
  changeLifecycle(input: $input) {
    __typename
    ... on LifecycleChanged { alreadyThere contract { lifecycle } version { semver lifecycle successor deprecatedAt sunsetAt retiredAt } }
    ... on ContractRefused { kind message next }
    ... on ContractNotFound { message }
  }
}
"""
APPROVE = """
mutation($input: ApproveFindingInput!) {
  approveFinding(input: $input) {
    __typename
    ... on FindingApproved { subject fingerprint reason approvedBy until }
    ... on ContractRefused { kind message where next }
    ... on ContractNotFound { message }
  }
}
"""
VALIDATE = """
query($subject: String!, $version: String, $payloads: [String!]!) {
  validate(subject: $subject, version: $version, payloads: $payloads) {
    __typename
    ... on PayloadsChecked { version valid payloads { valid problems { what where next } } }
    ... on ContractNotFound { message }
  }
}
"""
ODD = "billing/Rechnung ü"


def document(version: str, **properties: Any) -> str:
    said = {"subject": ODD, "version": version, "owner": "Billing", "compatibility": "BACKWARD"}
    return json.dumps({"x-throughline": said, "type": "object", "properties": properties})


def register(world: Any, text: str, **more: Any) -> Any:
    return world.ask(REGISTER, input={"document": text, "idempotencyKey": "k", **more})["registerContract"]


def move(world: Any, version: str, to: str, **more: Any) -> Any:
    given = {"subject": ODD, "version": version, "to": to, "idempotencyKey": "k"} | more
    return world.ask(MOVE, input=given)["changeLifecycle"]


def test_a_version_is_registered_once(world: Any) -> None:
    """The same content is the same version; a break is kept out when asked; a taken version and bad text are answers."""
    first = register(world, document("1.0.0", a={"type": "string"}))
    assert (first["__typename"], first["alreadyThere"]) == ("ContractRegistered", False)
    assert first["contract"] == {"subject": ODD, "currentVersion": "1.0.0"}
    assert register(world, document("1.0.0", a={"type": "string"}))["alreadyThere"] is True
    broken = document("2.0.0", a={"type": "integer"})
    kept_out = register(world, broken, ifCompatible=True)
    assert kept_out["verdict"]["status"] == "BREAKING"
    assert register(world, document("1.0.0", a=True))["kind"] == "version-taken"
    assert register(world, "{")["problems"][0]["where"] == "draft:1"
    assert register(world, "{}")["__typename"] == "ContractNotFound"
    taken = register(world, broken)
    assert (taken["version"]["number"], taken["version"]["verdict"]["status"]) == (2, "BREAKING")


def test_a_version_moves_through_its_life(world: Any) -> None:
    """Deprecated with a successor, sunset with its day, retired by force with a reason; each step once, each in the audit log."""
    register(world, document("1.0.0", a={"type": "string"}))
    register(world, document("1.1.0", a={"type": "string"}, b={"type": "string"}))
    assert move(world, "9", "deprecated")["__typename"] == "ContractNotFound"
    refused = move(world, "1.0.0", "sunset", sunsetAt="2027-01-01T00:00:00Z")
    assert refused["kind"] == "transition"
    assert "deprecated" in refused["next"]
    gone = move(world, "1.0.0", "deprecated", successor="1.1.0", reason="one field more")
    assert (gone["version"]["lifecycle"], gone["version"]["successor"]) == ("deprecated", f"{ODD}@1.1.0")
    assert gone["version"]["deprecatedAt"] == "2026-11-20T12:00:00Z"
    assert move(world, "1.0.0", "deprecated")["alreadyThere"] is True
    ending = move(world, "1.0.0", "sunset", sunsetAt="2027-01-01T00:00:00Z")
    assert ending["version"]["sunsetAt"] == "2027-01-01T00:00:00Z"
    assert move(world, "1.0.0", "retired", reason="x" * 1_001)["kind"] == "invalid"
    early = move(world, "1.0.0", "retired")
    assert "2027-01-01" in early["message"]
    forced = move(world, "1.0.0", "retired", force=True, reason="it was never used")
    assert forced["version"]["lifecycle"] == "retired"
    rows = world.parts.database.read(lambda session: session.exec(select(AuditRow)).all())
    assert any("it was never used" in str(row) and "retired, forced" in str(row) for row in rows)


def test_an_accepted_break_is_marked_in_the_verdict(world: Any) -> None:
    """By fingerprint, with a reason and an end; whose approval it was stands beside the finding."""
    asked = world.ask(ASK, document=DRAFT)["compatibility"]["verdict"]
    worst = asked["findings"][0]
    given = {"subject": "invoice-issued", "fingerprint": worst["fingerprint"], "reason": "agreed with finance",
             "until": "2026-12-31T00:00:00Z", "idempotencyKey": "k"}  # fmt: skip
    kept = world.ask(APPROVE, input=given)["approveFinding"]
    assert (kept["approvedBy"], kept["reason"]) == ("Ada", "agreed with finance")
    again = world.ask(ASK, document=DRAFT)["compatibility"]["verdict"]
    marked = next(f for f in again["findings"] if f["fingerprint"] == worst["fingerprint"])
    assert "agreed with finance" in marked["approval"]
    other = world.ask(APPROVE, input=given | {"subject": "none"})["approveFinding"]
    assert other["__typename"] == "ContractNotFound"
    for wrong, where in (({"reason": " "}, "reason"), ({"until": "2020-01-01T00:00:00Z"}, "until")):
        refused = world.ask(APPROVE, input=given | wrong)["approveFinding"]
        assert (refused["kind"], refused["where"]) == ("invalid", where)


@pytest.mark.parametrize(
    ("query", "given", "said"),
    [
        pytest.param(REGISTER, {"document": "{}", "idempotencyKey": " "}, "idempotency key", id="no-key"),
        pytest.param(MOVE, {"subject": "x", "version": "1", "to": "active", "idempotencyKey": ""}, "idempotency key", id="no-key-to-move"),
        pytest.param(APPROVE, {"subject": "invoice-issued", "fingerprint": "f", "reason": "r", "until": "2027-01-01T00:00:00Z", "idempotencyKey": ""}, "idempotency key", id="no-key-to-approve"),
    ],
)  # fmt: skip
def test_malformed_requests_are_errors_of_the_caller(
    world: Any, query: str, given: dict[str, Any], said: str
) -> None:
    """Told in full, nothing stored."""
    body = world.post(query, {"input": given}).json()
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert said in body["errors"][0]["message"]


def test_payloads_are_held_against_a_version(world: Any) -> None:
    """Each gets its problems with pointers; text that is no JSON is a problem of that payload, not of the request."""
    register(world, document("1.0.0", a={"type": "string", "pattern": "^x"}))
    answer = world.ask(VALIDATE, subject=ODD, payloads=['{"a": "xy"}', '{"a": 7}', "{", '{"a": 1e400}'])[
        "validate"
    ]
    assert (answer["version"], answer["valid"]) == ("1.0.0", 1)
    assert [one["valid"] for one in answer["payloads"]] == [True, False, False, False]
    assert answer["payloads"][1]["problems"][0]["where"] == "/a"
    none = world.ask(VALIDATE, subject=ODD, version="9", payloads=[])["validate"]
    assert none["__typename"] == "ContractNotFound"
    many = world.post(VALIDATE, {"subject": ODD, "payloads": ["{}"] * 201}).json()
    assert many["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
