# SPDX-License-Identifier: Apache-2.0
"""A breaking finding shows the document that proves it; what no rule could decide is decided by a document."""

import json
from typing import Any

import pytest

from registry.check import check_documents
from registry.document import Document, parse
from registry.sources import Versions
from registry.verdict import Verdict, from_json


def document(made: dict[str, Any], name: str) -> Document:
    """The contract as if read from a file of that name."""
    return parse(json.dumps(made).encode(), name)


def checked(
    old: dict[str, Any], new: dict[str, Any], mode: str = "BACKWARD", policy: str = "validation"
) -> Verdict:
    """The verdict with witnesses."""
    return check_documents(
        document(new, "new.json"), Versions((document(old, "old.json"),), True), mode, policy, witnesses=True
    )


ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "state": {"enum": ["open", "paid"]}, "note": {"type": "string"}},
}


def test_every_breaking_finding_has_a_witness_of_its_own() -> None:
    """Three things break at once, and each is shown by a document that is refused for that reason."""
    new = {
        "type": "object",
        "required": ["id", "state"],
        "properties": {"id": {"type": "string", "minLength": 1}, "state": {"enum": ["open"]}, "note": {}},
    }
    verdict = checked(ORDER, new)
    shown = {f.rule: f.witness for f in verdict.of_level("breaking")}
    assert all(f.confirmed for f in verdict.of_level("breaking"))
    assert {rule: witness and witness.pointer for rule, witness in shown.items()} == {
        "min-length-added": "/id",
        "required-added": "",
        "values-removed": "/state",
    }
    state = shown["values-removed"]
    assert state is not None
    assert json.loads(state.document) == {"id": "", "state": "paid"}
    assert state.refusal == '"paid" is not one of ["open"]'


def test_forward_the_new_contract_accepts_what_the_old_one_refuses() -> None:
    """Whoever still reads with the old contract meets the witness."""
    new = {**ORDER, "properties": {**ORDER["properties"], "state": {"enum": ["open", "paid", "void"]}}}
    (finding,) = checked(ORDER, new, "FORWARD").of_level("breaking")
    assert finding.witness is not None
    assert (finding.witness.accepted_by, finding.witness.refused_by) == ("new.json", "old.json")
    assert json.loads(finding.witness.document) == {"id": "", "state": "void"}


def test_a_witness_settles_what_is_undecided() -> None:
    """Alternatives were regrouped so that no rule can tell; a document can, and so the verdict is breaking."""
    old = {"anyOf": [{"type": "string", "maxLength": 4}, {"minLength": 2, "maxLength": 6}]}
    new = {"anyOf": [{"type": "string", "maxLength": 5}, {"minLength": 9}]}
    without = check_documents(document(new, "new.json"), Versions((document(old, "old.json"),), True))
    assert without.status == "undecided"
    verdict = checked(old, new)
    assert verdict.status == "breaking"
    (finding,) = verdict.of_level("breaking")
    assert finding.confirmed
    assert finding.witness is not None
    assert json.loads(finding.witness.document) == "aaaaaa"


def test_what_is_about_no_document_needs_no_witness() -> None:
    """A change of format breaks generated code only: it is confirmed by itself, under the policy that calls it breaking."""
    old, new = {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}
    (finding,) = checked(old, new, policy="codegen").of_level("breaking")
    assert finding.confirmed
    assert finding.witness is None


def test_a_verdict_with_witnesses_survives_json_and_is_the_same_again() -> None:
    """Equal contracts give equal witnesses, and what is written is read again."""
    new = {**ORDER, "additionalProperties": False}
    verdict = checked(ORDER, new)
    assert from_json(json.loads(json.dumps(verdict.as_json()))) == verdict == checked(ORDER, new)


@pytest.mark.parametrize("mode", ["BACKWARD", "FORWARD", "FULL"])
def test_witnesses_change_no_verdict_that_was_decided(mode: str) -> None:
    """Searching for documents makes undecided findings breaking, and nothing else."""
    new = {"type": "object", "properties": {"id": {"type": ["string", "null"]}, "extra": {"type": "integer"}}}
    plain = check_documents(document(new, "new.json"), Versions((document(ORDER, "old.json"),), True), mode)
    assert checked(ORDER, new, mode).policies == plain.policies


def api(sent: dict[str, Any], answered: dict[str, Any], version: str = "3.0.3") -> dict[str, Any]:
    """An OpenAPI document with one operation whose body is sent, and whose answer is read."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}}
    answer = {"application/json": {"schema": answered}}
    return {
        "openapi": version,
        "info": {"title": "Orders", "version": "1"},
        "paths": {
            "/orders": {
                "post": {
                    "requestBody": {"content": content},
                    "responses": {"200": {"description": "placed", "content": answer}},
                }
            }
        },
        "components": {"schemas": {"Sent": sent}},
    }


def test_a_body_of_an_api_is_proven_by_the_party_that_reads_it() -> None:
    """What is sent is refused by the new provider; what is answered is refused by a consumer of the old document."""
    amount = {"type": "object", "properties": {"amount": {"type": "integer", "nullable": True}}}
    limited = {"type": "object", "properties": {"amount": {"type": "integer", "maximum": 9}}}
    old = api(amount, {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}})
    new = api(limited, {"type": "object", "properties": {"id": {"type": "string"}}})
    found = {f.rule: f for f in checked(old, new).of_level("breaking")}
    assert all(f.confirmed for f in found.values())
    shown = {
        rule: (f.witness.accepted_by, json.loads(f.witness.document))
        for rule, f in found.items()
        if f.witness
    }
    assert shown == {
        "request-body.maximum-added": ("old.json", {"amount": 10}),
        "request-body.type-narrowed": ("old.json", {"amount": None}),
        "response-body.required-removed": ("new.json", {}),
    }


def test_a_removed_operation_is_confirmed_by_itself() -> None:
    """That an operation is gone needs no document to prove it."""
    old = api({"type": "string"}, {"type": "string"})
    new = {**old, "paths": {"/orders": {}}}
    found = checked(old, new).of_level("breaking")
    assert found
    assert all(f.confirmed and f.witness is None for f in found)
