# SPDX-License-Identifier: Apache-2.0
"""The operations of an API as people read them, alike from OpenAPI and AsyncAPI."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry import canonical
from registry.document import parse, read
from registry.operations import MOST, Operation, operations

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


def test_a_list_without_end_is_cut() -> None:
    """Nobody reads more than 300 operations; fields end before that."""
    wide = {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(40)}}
    answer = {"responses": {"200": {"description": "", "content": {"application/json": {"schema": wide}}}}}
    found = listed(openapi({f"/p{n}": {"get": answer} for n in range(400)}))
    assert len(found) == MOST
    assert len(found[0].parts[0].fields) == 40
    assert found[-1].parts[0].fields == ()
    assert operations(parse(b'{"type": "object"}', "c.json")) == ()
