# SPDX-License-Identifier: Apache-2.0
"""Which changes of an API break its consumers: a table of what people really do to OpenAPI documents."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.check import check_documents
from registry.compare import compare
from registry.document import Document, parse
from registry.rules import BACKWARD, FORWARD, POLICIES, rules
from registry.sources import Versions

TODAY = date(2026, 6, 1)
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
ORDER = {
    "type": "object",
    "required": ["sku"],
    "properties": {
        "sku": TEXT,
        "count": {"type": "integer", "minimum": 1},
        "state": {"type": "string", "enum": ["open", "paid"]},
        "id": {"type": "string", "readOnly": True},
        "secret": {"type": "string", "writeOnly": True},
        "note": {"type": "string", "nullable": True},
        "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    },
}


def an_api() -> dict[str, Any]:
    """An API with one of each: two operations, parameters, a body, a response with a header, a callback, security."""
    ref = {"$ref": "#/components/schemas/Order"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Orders", "version": "1.0.0"},
        "servers": [{"url": "https://orders.example"}],
        "security": [{"key": []}],
        "paths": {
            "/orders/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
                "get": {
                    "operationId": "getOrder",
                    "tags": ["orders"],
                    "parameters": [{"$ref": "#/components/parameters/limit"}],
                    "responses": {
                        "200": {
                            "description": "the order",
                            "headers": {"ETag": {"required": True, "schema": TEXT}, "Age": {"schema": WHOLE}},
                            "content": {"application/json": {"schema": ref}},
                        },
                        "404": {"description": "no such order"},
                    },
                },
            },
            "/orders": {
                "post": {
                    "operationId": "placeOrder",
                    "security": [{"oauth": ["write"]}],
                    "requestBody": {"content": {"application/json": {"schema": ref}}},
                    "responses": {"201": {"description": "placed"}},
                    "callbacks": {
                        "paid": {
                            "{$request.body#/url}": {
                                "post": {
                                    "requestBody": {"content": {"application/json": {"schema": {"type": "string", "maxLength": 9}}}},
                                    "responses": {"200": {"description": "taken"}},
                                }
                            }
                        }
                    },
                }
            },
        },
        "components": {
            "schemas": {"Order": copy.deepcopy(ORDER)},
            "parameters": {"limit": {"name": "limit", "in": "query", "schema": WHOLE}},
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://id.example", "scopes": {"write": ""}}}},
            },
        },
    }  # fmt: skip


def document(data: Any, name: str = "api.json") -> Document:
    return parse(json.dumps(data).encode(), name)


def get(api: Any) -> Any:
    return api["paths"]["/orders/{id}"]["get"]


def post(api: Any) -> Any:
    return api["paths"]["/orders"]["post"]


def order(api: Any) -> Any:
    return api["components"]["schemas"]["Order"]


def limit(api: Any) -> Any:
    return api["components"]["parameters"]["limit"]


def called(api: Any) -> Any:
    return post(api)["callbacks"]["paid"]["{$request.body#/url}"]["post"]


def put(place: Callable[[Any], Any], *path_and_value: Any) -> Callable[[Any], None]:
    """An edit that sets what stands at the end of a path below the place."""
    *path, last, value = path_and_value

    def edit(api: Any) -> None:
        here = place(api)
        for step in path:
            here = here[step]
        here[last] = value

    return edit


def cut(place: Callable[[Any], Any], *path: Any) -> Callable[[Any], None]:
    """An edit that removes what stands at the end of a path below the place."""
    *steps, last = path

    def edit(api: Any) -> None:
        here = place(api)
        for step in steps:
            here = here[step]
        del here[last]

    return edit


def whole(api: Any) -> Any:
    return api


PROPERTIES = "properties"
# The edit, and each id it leads to with its levels: BACKWARD, FORWARD.
CASES: dict[str, tuple[Callable[[Any], None], dict[str, tuple[str, str]]]] = {
    "operation removed": (cut(whole, "paths", "/orders", "post"), {"operation-removed": ("breaking", "safe")}),
    "path removed": (cut(whole, "paths", "/orders"), {"operation-removed": ("breaking", "safe")}),
    "operation added": (put(whole, "paths", "/orders", "get", {"responses": {}}), {"operation-added": ("safe", "breaking")}),
    "operationId changed": (put(get, "operationId", "readOrder"), {"operation-id-changed": ("safe", "safe")}),
    "tag changed": (put(get, "tags", ["sales"]), {"tag-removed": ("safe", "safe"), "tag-added": ("safe", "safe")}),
    "path parameter renamed": (
        lambda api: api["paths"].update({"/orders/{key}": _renamed(api["paths"].pop("/orders/{id}"))}), {},
    ),
    "parameter became required": (put(limit, "required", True), {"parameter-became-required": ("breaking", "safe")}),
    "parameter removed": (cut(get, "parameters"), {"parameter-removed": ("warning", "safe")}),
    "parameter moved": (put(limit, "in", "header"), {"parameter-moved": ("breaking", "breaking")}),
    "parameter style changed": (put(limit, "style", "pipeDelimited"), {"parameter-style-changed": ("breaking", "breaking")}),
    "default style written out": (put(limit, "style", "form"), {}),
    "required parameter added": (
        put(get, "parameters", [{"$ref": "#/components/parameters/limit"}, {"name": "q", "in": "query", "required": True}]),
        {"required-parameter-added": ("breaking", "warning")},
    ),
    "parameter limited": (put(limit, "schema", {"type": "integer", "maximum": 9}), {"request-parameter.maximum-added": ("breaking", "safe")}),
    "parameter default changed": (put(limit, "schema", {**WHOLE, "default": 5}), {"request-parameter.default-changed": ("warning", "warning")}),
    "parameter number to text": (put(limit, "schema", TEXT), {"request-parameter.type-widened": ("safe", "breaking")}),
    "parameter to a list sent one by one": (
        put(limit, "schema", {"type": "array", "items": WHOLE}), {"request-parameter.type-widened": ("safe", "breaking")},
    ),
    "request body removed": (cut(post, "requestBody"), {"request-body-removed": ("breaking", "safe")}),
    "request body became required": (put(post, "requestBody", "required", True), {"request-body-became-required": ("breaking", "safe")}),
    "request media type renamed": (
        lambda api: post(api)["requestBody"]["content"].update({"text/csv": post(api)["requestBody"]["content"].pop("application/json")}),
        {"request-media-type-removed": ("breaking", "safe"), "request-media-type-added": ("safe", "breaking")},
    ),
    "request media type widened to a range": (
        lambda api: post(api)["requestBody"]["content"].update({"application/*": post(api)["requestBody"]["content"].pop("application/json")}),
        {"request-media-type-added": ("safe", "breaking")},
    ),
    "property became required": (
        put(order, "required", ["sku", "count"]),
        {"request-body.required-added": ("breaking", "safe"), "response-body.required-added": ("safe", "breaking")},
    ),
    "optional property added": (
        put(order, PROPERTIES, "colour", TEXT),
        {"request-body.property-added-to-open": ("safe", "warning"), "response-body.property-added-to-open": ("safe", "warning")},
    ),
    "optional property removed": (
        cut(order, PROPERTIES, "count"),
        {"request-body.property-removed-from-open": ("warning", "safe"), "response-body.property-removed-from-open": ("warning", "safe")},
    ),
    "enum value added": (
        put(order, PROPERTIES, "state", "enum", ["open", "paid", "void"]),
        {"request-body.values-added": ("safe", "breaking"), "response-body.values-added": ("breaking", "safe")},
    ),
    "what is not sent in a request changed": (
        put(order, PROPERTIES, "id", "maxLength", 9), {"response-body.max-length-added": ("safe", "breaking")},
    ),
    "what is not sent in a response changed": (
        put(order, PROPERTIES, "secret", "maxLength", 9), {"request-body.max-length-added": ("breaking", "safe")},
    ),
    "null no longer allowed": (
        cut(order, PROPERTIES, "note", "nullable"),
        {"request-body.type-narrowed": ("breaking", "safe"), "response-body.type-narrowed": ("safe", "breaking")},
    ),
    "the bound itself allowed": (
        cut(order, PROPERTIES, "price", "exclusiveMinimum"),
        {"request-body.minimum-lowered": ("safe", "breaking"), "response-body.minimum-lowered": ("breaking", "safe")},
    ),
    "written as 3.1": (
        lambda api: (
            api.update(openapi="3.1.0"), order(api)[PROPERTIES].update(note={"type": ["string", "null"]}, price={"type": "number", "exclusiveMinimum": 0}),
        ),
        {},
    ),
    "response status removed": (cut(post, "responses", "201"), {"response-status-removed": ("breaking", "safe")}),
    "error status removed": (cut(get, "responses", "404"), {"error-response-status-removed": ("safe", "safe")}),
    "status covered by a range": (
        lambda api: get(api)["responses"].update({"2XX": get(api)["responses"].pop("200")}), {"response-status-added": ("safe", "breaking")},
    ),
    "response header removed": (cut(get, "responses", "200", "headers", "Age"), {"response-header-removed": ("warning", "safe")}),
    "required response header removed": (cut(get, "responses", "200", "headers", "ETag"), {"required-response-header-removed": ("breaking", "safe")}),
    "response header became optional": (cut(get, "responses", "200", "headers", "ETag", "required"), {"response-header-became-optional": ("breaking", "safe")}),
    "response header widened": (put(get, "responses", "200", "headers", "Age", "schema", {"type": "number"}), {"response-header.type-widened": ("breaking", "safe")}),
    "callback narrowed": (
        put(called, "requestBody", "content", "application/json", "schema", "maxLength", 5), {"callback-body.max-length-lowered": ("safe", "breaking")},
    ),
    "callback removed": (cut(post, "callbacks"), {"callback-operation-removed": ("breaking", "safe")}),
    "security of an operation added": (put(get, "security", [{"key": [], "oauth": []}]), {"security-added": ("breaking", "safe")}),
    "security of an operation opened": (put(get, "security", [{"key": []}, {}]), {"security-removed": ("safe", "breaking")}),
    "scope added": (put(post, "security", [{"oauth": ["write", "admin"]}]), {"security-scope-added": ("breaking", "safe")}),
    "alternative removed": (
        put(post, "security", [{"key": []}]),
        {"security-alternative-removed": ("breaking", "safe"), "security-alternative-added": ("safe", "breaking")},
    ),
    "security of all changed once": (put(whole, "security", [{"key": [], "oauth": []}]), {"security-added": ("breaking", "safe")}),
    "credentials sent elsewhere": (put(whole, "components", "securitySchemes", "key", "in", "query"), {"security-scheme-changed": ("breaking", "breaking")}),
    "server removed": (cut(whole, "servers"), {"server-removed": ("safe", "safe")}),
    "words changed": (put(get, "summary", "Read one order"), {}),
}  # fmt: skip


def _renamed(path: Any) -> Any:
    return {**path, "parameters": [{**path["parameters"][0], "name": "key"}]}


def levels(old: Any, new: Any, policy: str = "validation") -> dict[str, tuple[str, str]]:
    return {
        change.id: tuple(rules()[change.id, way, policy].level.value for way in (BACKWARD, FORWARD))
        for change in compare(document(old), document(new), TODAY)
    }  # type: ignore[return-value]


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES.keys())
def test_a_change_is_named_and_judged(edit: Callable[[Any], None], expected: dict[str, Any]) -> None:
    """Each edit leads to exactly these facts, with their levels for old consumers (BACKWARD) and old providers (FORWARD)."""
    old, new = an_api(), an_api()
    edit(new)
    assert levels(old, new) == expected


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES.keys())
def test_the_way_back_is_the_mirror(edit: Callable[[Any], None], expected: dict[str, Any]) -> None:
    """Undoing a change is judged backwards as the change is judged forwards: no rule lacks its mirror."""
    old, new = an_api(), an_api()
    edit(new)
    there, back = levels(old, new), levels(new, old)
    assert sorted(backward for backward, _ in there.values()) == sorted(
        forward for _, forward in back.values()
    )
    assert sorted(forward for _, forward in there.values()) == sorted(
        backward for backward, _ in back.values()
    )


def test_an_api_does_not_differ_from_itself() -> None:
    """The same document twice, and with its keys in another order, has no changes."""
    turned = json.loads(json.dumps(an_api(), sort_keys=True))
    assert levels(an_api(), an_api()) == levels(an_api(), turned) == {}


ON_SUNSET = {"deprecated": True, "x-sunset": "2026-05-31"}
LIFECYCLES: dict[str, tuple[Any, Callable[[Any], None], dict[str, tuple[str, str]]]] = {
    "deprecated, no day named": (
        {}, put(get, "deprecated", True), {"operation-deprecated-without-sunset": ("warning", "safe")},
    ),
    "deprecated with a day": (
        {}, lambda api: get(api).update(ON_SUNSET), {"operation-deprecated": ("safe", "safe")},
    ),
    "deprecated too late for a stable operation": (
        {"x-stability-level": "stable"}, lambda api: get(api).update({"deprecated": True, "x-sunset": "2026-08-01"}),
        {"operation-deprecated": ("safe", "safe"), "sunset-too-soon": ("breaking", "breaking")},
    ),
    "deprecated in time for a beta operation": (
        {"x-stability-level": "beta"}, lambda api: get(api).update({"deprecated": True, "x-sunset": "2026-08-01"}),
        {"operation-deprecated": ("safe", "safe")},
    ),
    "removed when its day has come": (ON_SUNSET, cut(whole, "paths", "/orders/{id}", "get"), {"operation-removed-after-sunset": ("safe", "safe")}),
    "removed before its day": (
        {"deprecated": True, "x-sunset": "2026-06-02"}, cut(whole, "paths", "/orders/{id}", "get"), {"operation-removed-before-sunset": ("breaking", "safe")},
    ),
    "removed on a day nobody can read": (
        {"deprecated": True, "x-sunset": "soon"}, cut(whole, "paths", "/orders/{id}", "get"), {"operation-removed-before-sunset": ("breaking", "safe")},
    ),
    "sunset brought forward": (
        {"deprecated": True, "x-sunset": "2027-01-01"}, put(get, "x-sunset", "2026-12-01T00:00:00Z"), {"sunset-moved-closer": ("warning", "safe")},
    ),
    "sunset put off": ({"deprecated": True, "x-sunset": "2027-01-01"}, put(get, "x-sunset", "2027-06-01"), {"sunset-moved-later": ("safe", "warning")}),
    "sunset taken away": (ON_SUNSET, cut(get, "x-sunset"), {"sunset-removed": ("warning", "safe")}),
    "deprecation taken back": ({"deprecated": True}, cut(get, "deprecated"), {"operation-reactivated": ("safe", "safe")}),
    "draft removed": ({"x-stability-level": "draft"}, cut(whole, "paths", "/orders/{id}", "get"), {"unstable-operation-changed": ("safe", "safe")}),
    "draft changed": ({"x-stability-level": "draft"}, put(get, "responses", {}), {"unstable-operation-changed": ("safe", "safe")}),
    "made less stable": ({"x-stability-level": "stable"}, put(get, "x-stability-level", "alpha"), {"stability-lowered": ("breaking", "safe")}),
}  # fmt: skip


@pytest.mark.parametrize(("before", "edit", "expected"), LIFECYCLES.values(), ids=LIFECYCLES.keys())
def test_an_end_that_was_announced_breaks_nobody(
    before: Any, edit: Callable[[Any], None], expected: dict[str, Any]
) -> None:
    """An operation may go on its day, not before; nothing is promised of drafts; a stated level keeps its notice."""
    old, new = an_api(), an_api()
    get(old).update(before)
    get(new).update(before)
    edit(new)
    assert levels(old, new) == expected


def test_without_a_day_no_sunset_has_come() -> None:
    """Who does not say what day it is gets the careful answer."""
    old, new = an_api(), an_api()
    get(old).update(ON_SUNSET)
    del new["paths"]["/orders/{id}"]["get"]
    (change,) = compare(document(old), document(new))
    assert change.id == "operation-removed-before-sunset"


POLICY_CASES = {
    "a value added to a response": (put(order, PROPERTIES, "state", "enum", ["open", "paid", "void"]), "response-body.values-added", ("breaking", "safe", "breaking")),
    "an optional property removed": (cut(order, PROPERTIES, "count"), "response-body.property-removed-from-open", ("warning", "safe", "breaking")),
    "operationId changed": (put(get, "operationId", "readOrder"), "operation-id-changed", ("safe", "safe", "breaking")),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "rule", "expected"), POLICY_CASES.values(), ids=POLICY_CASES.keys())
def test_a_policy_is_a_point_of_view(edit: Callable[[Any], None], rule: str, expected: Any) -> None:
    """Tolerant consumers live with what generated ones do not; levels are those of validation, lenient and codegen."""
    old, new = an_api(), an_api()
    edit(new)
    assert tuple(levels(old, new, policy)[rule][0] for policy in POLICIES) == expected


NAMED = {
    "alternative removed by name": (
        {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
        {"oneOf": [{"$ref": "#/components/schemas/A"}]},
        "named-alternative-removed",
    ),
    "part added": (
        {"allOf": [{"$ref": "#/components/schemas/A"}]},
        {"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
        "named-part-added",
    ),
    "discriminator value renamed": (
        {"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "k", "mapping": {"a": "A"}}},
        {"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "k", "mapping": {"b": "A"}}},
        "discriminator-mapping-removed",
    ),
    "keyword without effect": ({"type": "array", "maximum": 5}, {"type": "array", "maximum": 4}, "idle-keyword-changed"),
    "constraint that nothing can meet": (
        {"type": "array", "items": {"type": "string"}, "contains": {"type": "integer"}, "minContains": 1},
        {"type": "array", "items": {"type": "string"}, "contains": {"type": "integer"}, "minContains": 2},
        "constraint-tightened",
    ),
    "value taken out of an open list": ({"type": "string", "x-extensible-enum": ["a", "b"]}, {"type": "string", "x-extensible-enum": ["a"]}, "extensible-values-removed"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "rule"), NAMED.values(), ids=NAMED.keys())
def test_what_authors_say_is_told_beside_what_values_show(before: Any, after: Any, rule: str) -> None:
    """Names of alternatives and parts, discriminators and keywords without effect: the sets of values do not show them."""
    apis = []
    for schema in (before, after):
        api = an_api()
        thing = {"type": "object", "properties": {"k": {"type": "string"}}}
        api["components"]["schemas"].update(A=thing, B=thing)
        order(api)[PROPERTIES]["more"] = schema
        apis.append(api)
    assert f"request-body.{rule}" in levels(*apis)


def test_an_open_list_of_values_may_grow() -> None:
    """x-extensible-enum says that consumers expect new values, so one more breaks nobody."""
    old, new = an_api(), an_api()
    for api, values in ((old, ["a"]), (new, ["a", "b"])):
        order(api)[PROPERTIES]["kind"] = {"type": "string", "x-extensible-enum": values}
    assert set(levels(old, new).values()) == {("safe", "safe")}


def test_a_finding_is_shown_with_its_place_and_line() -> None:
    """The gate points into both files, at the key that changed."""
    old, new = an_api(), an_api()
    del post(new)["requestBody"]
    documents = [
        parse(json.dumps(each, indent=1).encode(), f"{name}.json")
        for name, each in (("old", old), ("new", new))
    ]
    verdict = check_documents(documents[1], Versions((documents[0],), complete=False), on=TODAY)
    (finding,) = verdict.of_level("breaking")
    lines = documents[0].text.splitlines()
    assert finding.pointer_old == "/paths/~1orders/post/requestBody"
    assert lines[int(finding.where_old.removeprefix("old.json:")) - 1].strip() == '"requestBody": {'
    assert (finding.rule, finding.what) == ("request-body-removed", "the request body was removed")


def test_the_gate_answers_for_files_of_apis(tmp_path: Path) -> None:
    """The command compares two YAML files, shows pointer and line of what is gone, and fails the job."""
    old, new = an_api(), an_api()
    del new["paths"]["/orders"]
    for name, data in (("old", old), ("new", new)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False))
    command = ["contracts", "check", "new.yaml", "--against", "old.yaml"]
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *command],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip
    assert done.returncode == 1
    line = (tmp_path / "old.yaml").read_text().splitlines().index("    post:") + 1
    assert f"/paths/~1orders/post  old.yaml:{line}" in done.stdout
    assert "an operation was removed  [operation-removed]" in done.stdout
