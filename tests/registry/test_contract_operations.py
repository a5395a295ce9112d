# SPDX-License-Identifier: Apache-2.0
"""The operations of an API as people read them, alike from OpenAPI and AsyncAPI."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry import canonical
from registry.document import parse, read
from registry.operations import MOST, Operation, operations
from registry.statement import Note, Statement, statement

APIS = sorted((Path(canonical.__file__).with_name("canonical") / "apis").glob("*/*.json"))


def listed(document: dict[str, Any]) -> tuple[Operation, ...]:
    return operations(parse(json.dumps(document).encode(), "api.json"))


def openapi(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": paths} | more


@pytest.mark.parametrize("path", APIS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_shipped_api_is_readable(path: Path) -> None:
    """Each operation says what it does and what comes out."""
    document = read(path)
    found = operations(document)
    stated = [
        method
        for item in document.data["paths"].values()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    ]
    assert len(found) == len(stated) > 0
    for operation in found:
        assert operation.summary
        assert any(part.title.startswith("2") for part in operation.parts)


def test_what_goes_in_and_what_comes_out() -> None:
    """Parameters of path and operation together, the nearer one wins; bodies by media type; references followed."""
    (operation,) = listed(
        openapi(
            {
                "/invoices/{id}": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                    "post": {
                        "operationId": "pay", "summary": "Pay it.", "deprecated": True, "x-sunset": "2027-01-01",
                        "parameters": [{"name": "id", "in": "path", "required": True, "description": "Its number", "schema": {"type": "string", "maxLength": 9}}],
                        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Money"}}}},
                        "responses": {"200": {"description": "Paid."}, "4XX": {"description": "No.", "content": {"text/plain": {}}}},
                    },
                }
            },
            components={"schemas": {"Money": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "string"}}}}},
        )
    )  # fmt: skip
    assert (operation.id, operation.verb, operation.place) == ("pay", "POST", "/invoices/{id}")
    assert (operation.deprecated, operation.sunset) == (True, "2027-01-01")
    parts = {part.title: part for part in operation.parts}
    (parameter,) = parts["parameters"].fields
    assert (parameter.pointer, parameter.type, parameter.required) == ("id", "string", True)
    assert (parameter.description, parameter.constraints) == (
        "Its number",
        ("in path", "at most 9 characters"),
    )
    assert [field.pointer for field in parts["request body, required"].fields] == ["/amount"]
    assert parts["200"].fields == ()
    assert parts["4XX"].media_type == "text/plain"


def test_messages_of_a_channel() -> None:
    """What the application sends and receives, with the fields of each payload."""
    (sent,) = listed(
        {
            "asyncapi": "3.0.0", "info": {"title": "t", "version": "1.0.0"},
            "channels": {"invoices": {"address": "billing.invoices", "messages": {"issued": {
                "summary": "It was issued.", "contentType": "application/json",
                "payload": {"type": "object", "properties": {"id": {"type": "string"}}}}}}},
            "operations": {"tell": {"action": "send", "channel": {"$ref": "#/channels/invoices"}, "summary": "Tell finance."}},
        }
    )  # fmt: skip
    assert (sent.verb, sent.place, sent.summary) == ("send", "billing.invoices", "Tell finance.")
    assert [(part.title, part.description, [f.pointer for f in part.fields]) for part in sent.parts] == [
        ("issued", "It was issued.", ["/id"])
    ]


@pytest.mark.parametrize(
    ("root", "own", "said"),
    [
        pytest.param({}, {}, (), id="nothing-said"),
        pytest.param({"security": [{"key": []}]}, {}, ("needs key",), id="of-the-document"),
        pytest.param({"security": [{"key": []}]}, {"security": [{"a": ["read", "write"], "b": []}, {"c": []}]}, ("needs a (read, write) and b or c",), id="its-own"),
        pytest.param({"security": [{"key": []}]}, {"security": []}, ("open to everyone",), id="open"),
        pytest.param({}, {"security": [{"key": []}, {}]}, ("takes key, or nothing",), id="optional"),
        pytest.param({}, {"security": "key"}, (), id="malformed"),
        pytest.param({}, {"x-rate-limit": {"requests": 60, "window": "60s", "scope": "credential"}}, ("at most 60 requests in 60s for each credential",), id="rate"),
        pytest.param({}, {"x-rate-limit": "60/min", "x-idempotency": []}, (), id="other-words"),
        pytest.param({}, {"x-idempotency": {"header": "Key", "required": True, "window": "24h"}}, ("Key required, kept 24h: sent again, it is done once",), id="idempotency"),
    ],
)  # fmt: skip
def test_the_terms_of_an_operation(root: dict[str, Any], own: dict[str, Any], said: tuple[str, ...]) -> None:
    """Which credentials, how often, what happens to a request that is sent twice: as the document states it, or nothing."""
    (operation,) = listed(openapi({"/a": {"get": {"responses": {"200": {"description": ""}}} | own}}, **root))
    assert operation.terms == said


def test_each_part_has_an_example() -> None:
    """The document's own, by name or alone; else one that its schema accepts; none where nothing is said."""
    made = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 7}}}
    contents = {
        "a/named": {"schema": made, "examples": {"usual": {"value": {"n": 8}}}},
        "a/single": {"schema": made, "example": {"n": 9}},
        "a/made": {"schema": made},
        "a/none": {},
    }
    answer = {"responses": {"200": {"description": "", "content": contents}}}
    (operation,) = listed(openapi({"/a": {"get": answer}}))
    assert [part.example and json.loads(part.example)["n"] for part in operation.parts] == [8, 9, 7, ""]
    message = {"payload": made, "examples": [{"name": "empty"}, {"payload": {"n": 10}}]}
    (sent,) = listed(
        {
            "asyncapi": "3.0.0", "info": {"title": "t", "version": "1.0.0"},
            "channels": {"c": {"address": "c", "messages": {"m": message}}},
            "operations": {"o": {"action": "send", "channel": {"$ref": "#/channels/c"},
                                 "security": [{"$ref": "#/components/securitySchemes/sasl"}]}},
            "components": {"securitySchemes": {"sasl": {"type": "scramSha256"}}},
        }
    )  # fmt: skip
    assert json.loads(sent.parts[0].example) == {"n": 10}
    assert sent.terms == ("needs sasl",)


def test_what_a_document_says_of_itself() -> None:
    """For whom it is, and the author's notes; what is malformed is left out, and nothing fails."""
    (_, second) = canonical.versions("invoices-api")
    said = statement(second.document)
    assert said.consumers
    assert any(note.breaking and note.why for note in said.notes)
    odd = {"x-throughline": {"producers": ["a", 1], "consumers": "b", "changes": ["new", {"why": "x"}, 7]}}
    assert statement(parse(json.dumps(odd).encode(), "c.json")) == Statement(
        ("a",), (), (Note("new", "", False),)
    )


def test_a_list_without_end_is_cut() -> None:
    """Nobody reads more than 300 operations; fields end before that."""
    wide = {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(40)}}
    answer = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": wide}}}}}
    found = listed(openapi({f"/p{n}": {"get": answer} for n in range(400)}))
    assert len(found) == MOST
    assert len(found[0].parts[0].fields) == 40
    assert found[-1].parts[0].fields == ()
    assert operations(parse(b'{"type": "object"}', "c.json")) == ()
