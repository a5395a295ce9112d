# SPDX-License-Identifier: Apache-2.0
"""Asking about versions and drafts over the API: the same verdict as the gate in CI gives, and nothing stored."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry.check import check_documents
from registry.document import parse
from registry.sources import versions

DRAFT = (Path(__file__).parents[3] / "examples/drafts/invoice-issued-breaking.json").read_text()
FINDING = """
  rule level levels { policy level } direction pointerOld pointerNew whereOld whereNew what before after why fix message
  against confirmed witness { document acceptedBy refusedBy refusal pointer } patch approval fingerprint
"""
VERDICT = f"verdict {{ status mode policy difference policies {{ policy status }} findings {{ {FINDING} }} }}"
ASK = f"""
query($document: String!, $subject: String, $mode: String, $policy: String) {{
  compatibility(document: $document, subject: $subject, mode: $mode, policy: $policy) {{
    __typename
    ... on Compatibility {{ subject old {{ name version text }} new {{ name text }} {VERDICT} }}
    ... on DraftUnreadable {{ problems {{ what where next }} }}
    ... on ContractNotFound {{ message }}
  }}
}}
"""
DIFF = f"""
query($subject: String!, $from: String, $to: String, $policy: String, $mode: String) {{
  diff(subject: $subject, from: $from, to: $to, policy: $policy, mode: $mode) {{
    subject old {{ version text }} new {{ version text }} {VERDICT}
  }}
}}
"""


def test_a_draft_gets_the_verdict_of_the_gate(world: Any) -> None:
    """The same status, findings and fingerprints as `throughline contracts check`; the registry stays as it was."""
    answer = world.ask(ASK, role="viewer", document=DRAFT)["compatibility"]
    assert answer["__typename"] == "Compatibility"
    assert answer["subject"] == "invoice-issued"
    gate = check_documents(parse(DRAFT.encode(), "draft.json"), versions("invoice-issued"))
    verdict = answer["verdict"]
    assert verdict["status"] == gate.status.upper() == "BREAKING"
    assert {p["policy"]: p["status"].lower() for p in verdict["policies"]} == gate.policies
    assert [f["fingerprint"] for f in verdict["findings"]] == [f.fingerprint for f in gate.findings]
    worst = verdict["findings"][0]
    assert worst["why"]
    assert worst["fix"]
    assert {level["policy"] for level in worst["levels"]} == {"validation", "lenient", "codegen"}
    assert worst["witness"] or not worst["confirmed"]
    assert any(finding["patch"] for finding in verdict["findings"])
    line = int(worst["whereNew"].rpartition(":")[2])
    assert worst["pointerNew"].rpartition("/")[2].strip('"') in answer["new"]["text"].splitlines()[line - 1]
    page = world.ask('{ contract(subject: "invoice-issued") { versions { number } } }')["contract"]
    assert len(page["versions"]) == 2


@pytest.mark.parametrize(
    ("document", "what", "where"),
    [
        pytest.param('{"a": 1,\n"a": 2}', "stands twice", "draft:2", id="duplicate-key"),
        pytest.param("{", "is not JSON", "draft:1", id="not-json"),
        pytest.param("[1]", "is an array", "draft:1", id="not-an-object"),
        pytest.param('{"$ref": "https://elsewhere.example/x"}', "leaves the document", "draft:", id="remote"),
        pytest.param('{"a":' * 70 + "1" + "}" * 70, "nested deeper than 64", "draft", id="deep"),
        pytest.param("a: [", "", "draft", id="not-yaml"),
    ],
)  # fmt: skip
def test_a_bad_draft_is_answered_with_what_where_and_next(
    world: Any, document: str, what: str, where: str
) -> None:
    """Not an error of the API: an answer that the page can show beside the text."""
    answer = world.ask(ASK, document=document, subject="invoice-issued")["compatibility"]
    assert answer["__typename"] == "DraftUnreadable"
    first = answer["problems"][0]
    assert what in first["what"]
    assert first["where"].startswith(where)
    assert first["next"]


def test_a_draft_on_one_line_gets_lines_that_say_something(world: Any) -> None:
    """A minified document is indented before it is compared, so that a finding has a line."""
    answer = world.ask(ASK, document=json.dumps(json.loads(DRAFT)))["compatibility"]
    lines = {int(f["whereNew"].rpartition(":")[2]) for f in answer["verdict"]["findings"]}
    assert max(lines) > 1
    assert len(answer["new"]["text"].splitlines()) > 50


def test_a_draft_of_an_unknown_subject_is_told_so(world: Any) -> None:
    """Neither a guess nor a pass."""
    none = world.ask(ASK, document='{"type": "object"}')["compatibility"]
    assert "names no subject" in none["message"]
    unknown = world.ask(ASK, document='{"type": "object"}', subject="a/ü b")["compatibility"]
    assert "there is no contract 'a/ü b'" in unknown["message"]


def test_mode_and_policy_must_be_known(world: Any) -> None:
    """A typing mistake is not quietly another question."""
    body = world.post(ASK, {"document": DRAFT, "policy": "strict"}).json()
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    full = world.ask(ASK, document=DRAFT, mode="full", policy="codegen")["compatibility"]["verdict"]
    assert (full["mode"], full["policy"]) == ("FULL", "codegen")


def test_two_versions_side_by_side(world: Any) -> None:
    """By number or semantic version; the latest against the one before by default; backwards when asked so."""
    usual = world.ask(DIFF, subject="invoice-issued")["diff"]
    assert (usual["old"]["version"], usual["new"]["version"]) == ("1.0.0", "1.1.0")
    assert usual["verdict"]["status"] == "COMPATIBLE"
    assert usual["verdict"]["findings"]
    back = world.ask(DIFF, **{"subject": "invoice-issued", "from": "2", "to": "1.0.0"})["diff"]
    assert (back["old"]["version"], back["new"]["version"]) == ("1.1.0", "1.0.0")
    proven = back["verdict"]["findings"][0]
    assert proven["witness"]["acceptedBy"] == "invoice-issued@1.1.0"
    assert json.loads(proven["witness"]["document"])
    assert json.loads(proven["patch"])[0]["op"]
    same = world.ask(DIFF, subject="invoice-issued", to="1")["diff"]
    assert same["verdict"]["findings"] == []
    assert world.ask(DIFF, subject="invoice-issued", to="9.9.9")["diff"] is None
    assert world.ask(DIFF, subject="none")["diff"] is None


def test_a_contract_that_refers_to_another_is_read_with_it(world: Any) -> None:
    """Drafts and pages of a contract with references: judged, compared and shown with what they refer to."""
    from tests.controlplane.graphql.test_graphql_registration import register

    said = {"subject": "shared/money", "version": "1.0.0"}
    money = {
        "x-throughline": said,
        "type": "object",
        "properties": {"amount": {"type": "string"}},
        "required": ["amount"],
    }
    register(world, json.dumps(money))

    def priced(version: str, **more: Any) -> str:
        told = {
            "subject": "priced",
            "version": version,
            "references": [{"name": "urn:money", "subject": "shared/money", "version": 1}],
        }
        return json.dumps(
            {"x-throughline": told, "type": "object", "properties": {"price": {"$ref": "urn:money"}} | more}
        )

    first = register(world, priced("1.0.0"))
    assert first["__typename"] == "ContractRegistered", first
    register(world, priced("1.1.0", note={"type": "string"}))
    fields = '{ contract(subject: "priced") { version { fields { pointer } examples } } }'
    version = world.ask(fields)["contract"]["version"]
    assert {field["pointer"] for field in version["fields"]} == {"/price", "/price/amount", "/note"}
    assert json.loads(version["examples"][0])["price"]["amount"]
    assert world.ask(DIFF, subject="priced")["diff"]["verdict"]["status"] in ("COMPATIBLE", "BREAKING")
    draft = world.ask(ASK, document=priced("2.0.0", price={"type": "string"}))["compatibility"]
    assert draft["verdict"]["status"] == "BREAKING"
