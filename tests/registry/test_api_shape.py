# SPDX-License-Identifier: Apache-2.0
"""What is refused as an API document, with the place and what to do: nothing half-understood is ever compared."""

import json
from typing import Any

import pytest

from registry.document import parse
from terms.problem import ProblemError

INFO = {"info": {"title": "a", "version": "1"}}
EMPTY = {"openapi": "3.1.0", **INFO, "paths": {}}


def with_schemas(**schemas: Any) -> dict[str, Any]:
    return {**EMPTY, "components": {"schemas": schemas}}


def with_get(operation: Any) -> dict[str, Any]:
    return {**EMPTY, "paths": {"/a": {"get": operation}}}


REFUSED = {
    "unknown edition": ({**EMPTY, "openapi": "4.0.0"}, "/openapi", "is not an edition"),
    "edition as a number": ({**EMPTY, "openapi": 3.1}, "/openapi", "is not an edition"),
    "unknown edition of events": ({"asyncapi": "1.2.0", **INFO, "channels": {}}, "/asyncapi", "is not an edition"),
    "no paths": ({"openapi": "3.0.3", **INFO}, "/", "has no paths"),
    "no info": ({"openapi": "3.0.3", "paths": {}}, "/", "has no info"),
    "no channels": ({"asyncapi": "2.6.0", **INFO}, "/", "has no channels"),
    "paths as a list": ({**EMPTY, "paths": []}, "/paths", "paths must be an object"),
    "unknown dialect": ({**EMPTY, "jsonSchemaDialect": "urn:mine"}, "/jsonSchemaDialect", "is not known"),
    "remote reference": (with_schemas(A={"$ref": "https://x.example/a.json"}), "/components/schemas/A/$ref", "leaves the document"),
    "file reference": (with_get({"parameters": [{"$ref": "common.yaml#/limit"}]}), "/paths/~1a/get/parameters/0/$ref", "leaves the document"),
    "dangling reference of a schema": (
        with_schemas(A={"properties": {"b": {"$ref": "#/components/schemas/B"}}}), "/components/schemas/A/properties/b/$ref", "names nothing",
    ),
    "dangling reference of a response": (
        with_get({"responses": {"200": {"$ref": "#/components/responses/Gone"}}}), "/paths/~1a/get/responses/200/$ref", "names nothing",
    ),
    "reference to itself": (
        {**EMPTY, "components": {"responses": {"A": {"$ref": "#/components/responses/B"}, "B": {"$ref": "#/components/responses/A"}}}},
        "/components/responses/A/$ref", "without end",
    ),
    "schema that is itself": (
        with_schemas(A={"$ref": "#/components/schemas/B"}, B={"allOf": [{"$ref": "#/components/schemas/A"}]}), "", "without end",
    ),
    "unknown type": (with_schemas(A={"type": "text"}), "/components/schemas/A/type", "type must be"),
    "keyword of the wrong shape": (
        with_get({"responses": {"200": {"content": {"a/b": {"schema": {"maxLength": "x"}}}}}}),
        "/paths/~1a/get/responses/200/content/a~1b/schema/maxLength", "maxLength must be",
    ),
    "three-zero with a list of types": (
        {**with_schemas(A={"minimum": "1", "exclusiveMinimum": True}), "openapi": "3.0.3"}, "/components/schemas/A/exclusiveMinimum", "must be a number",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "pointer", "what"), REFUSED.values(), ids=REFUSED.keys())
def test_a_document_is_refused_with_place_and_reason(data: Any, pointer: str, what: str) -> None:
    """Each names the file, the line and the pointer, and says what to do."""
    with pytest.raises(ProblemError) as refused:
        parse(json.dumps(data, indent=1).encode(), "api.json")
    problem = refused.value.problems[0]
    assert what in problem.what
    assert f", at {pointer}" in problem.what
    assert problem.where.startswith("api.json:")
    assert problem.do


def test_a_schema_may_hold_itself() -> None:
    """Recursion through a property or a list ends in every value, so it is an ordinary schema."""
    node = {"properties": {"next": {"$ref": "#/components/schemas/Node"}, "$ref": {"type": "string"}}}
    assert parse(json.dumps(with_schemas(Node=node)).encode(), "api.json").type == "openapi"


def test_what_is_only_shown_is_not_looked_into() -> None:
    """Examples, defaults and extensions may hold anything, even what looks like a reference."""
    anything = {"$ref": "https://x.example/not-fetched"}
    shown = with_schemas(A={"type": "object", "default": anything, "example": anything, "x-note": anything})
    assert parse(json.dumps({**shown, "x-more": anything}).encode(), "api.json").type == "openapi"


def test_the_line_of_a_problem_in_yaml_is_that_of_its_key() -> None:
    """Paths hold slashes; the line is found all the same."""
    text = "openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths:\n  /a/b:\n    get:\n      parameters:\n        - $ref: '#/no'\n"
    with pytest.raises(ProblemError) as refused:
        parse(text.encode(), "api.yaml")
    assert refused.value.problems[0].where == "api.yaml:7"
