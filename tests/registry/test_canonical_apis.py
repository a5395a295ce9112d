# SPDX-License-Identifier: Apache-2.0
"""The domain APIs that ship: six of them in two versions, complete, with examples that keep their own schemas."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from registry import canonical
from registry.compare import compare
from registry.document import read
from registry.verdict import judge

FILES = sorted(canonical.FOLDER.glob("apis/*/*.json"))
IDS = [f"{path.parent.name}@{path.stem}" for path in FILES]
METHODS = ("get", "post", "put", "patch", "delete")
APIS = ("billing-events-api", "contracts-api", "customer-accounts-api", "invoices-api", "payments-api", "revenue-postings-api")  # fmt: skip


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def operations(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in api["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method} {path}", item[method]


def resolved(api: dict[str, Any], node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        here: Any = api
        for part in node["$ref"].removeprefix("#/").split("/"):
            here = here[part.replace("~1", "/").replace("~0", "~")]
        node = here
    return node


def contents(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every media type of every request and answer."""
    for name, operation in operations(api):
        if "requestBody" in operation:
            yield f"{name} request", operation["requestBody"]["content"]["application/json"]
        for status, answer in operation["responses"].items():
            yield f"{name} {status}", next(iter(resolved(api, answer)["content"].values()))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_six_apis_ship_in_two_versions() -> None:
    """A version to leave and one to go to, each with its owner."""
    assert [f"{name}@{version}" for name in APIS for version in ("1.0.0", "2.0.0")] == IDS


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_an_api_says_who_answers_for_it(path: Path) -> None:
    """Owner, steward, producers, consumers; the old version when it ends and what comes after, the new one what changed."""
    document = read(path)
    said = document.data["info"]["x-throughline"]
    assert document.type == "openapi"
    assert (said["subject"], said["version"]) == (path.parent.name, path.stem)
    assert document.data["info"]["version"] == path.stem
    assert all(said[key] for key in ("owner", "steward", "domain", "audience", "producers", "retention"))
    if path.stem == "1.0.0":
        ending = [said[key] for key in ("lifecycle", "successor", "deprecated", "sunset")]
        assert ending == ["deprecated", "2.0.0", "2026-09-01", "2027-06-30"]
    else:
        assert said["lifecycle"] == "active"
        assert said["consumers"]
        assert all(change["why"] and "breaking" in change for change in said["changes"])


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_operation_states_its_terms(path: Path) -> None:
    """Authentication, rate limit, idempotency of writes, paging of lists, and problem+json for what goes wrong."""
    api = loaded(path)
    second = path.stem == "2.0.0"
    for name, operation in operations(api):
        assert operation["security"], name
        assert operation["x-rate-limit"]["requests"] > 0, name
        names = {
            resolved(api, one)["name"]: resolved(api, one)["required"]
            for one in operation.get("parameters", ())
        }
        if not name.startswith("get"):
            assert names["Idempotency-Key"] is second, name
        if "page" in operation["summary"].lower() or (name.count("/") == 1 and name.startswith("get")):
            assert names.keys() >= ({"cursor", "limit"} if second else {"page", "perPage"}), name
        assert operation.get("deprecated", False) is not second, name
        assert {"400", "401", "403", "429"} <= operation["responses"].keys(), name
        for status, answer in operation["responses"].items():
            kind = next(iter(resolved(api, answer)["content"]))
            assert kind == ("application/json" if status < "400" else "application/problem+json"), (
                name,
                status,
            )
            if status < "400":
                assert "RateLimit-Remaining" in answer["headers"], name


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_reference_leads_somewhere(path: Path) -> None:
    """Nothing is fetched, and nothing that is defined is left unused."""
    api = loaded(path)
    found = set(references(api))
    for ref in found:
        assert resolved(api, {"$ref": ref}) is not None
    for kind in ("schemas", "parameters", "responses", "headers"):
        for name in api["components"][kind]:
            assert f"#/components/{kind}/{name}" in found, name


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_example_keeps_its_schema(path: Path) -> None:
    """What a reader copies is accepted."""
    api = loaded(path)
    whole = Registry().with_resource("urn:api", Resource(api, DRAFT202012))
    count = 0
    for name, content in contents(api):
        schema = {"$ref": f"urn:api{content['schema']['$ref']}"}
        for example in content["examples"].values():
            errors = list(Draft202012Validator(schema, registry=whole).iter_errors(example["value"]))
            assert not errors, (name, errors[0].message)
            count += 1
    assert count > 10


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_money_is_never_a_number(path: Path) -> None:
    """Amounts are decimal texts, and in the new version each stands with its currency."""
    api = loaded(path)

    def walk(node: Any, name: str = "") -> None:
        if not isinstance(node, dict):
            return
        assert node.get("type") != "number", name
        if name in ("amount", "total", "amountDue", "debit", "credit", "unitPrice", "due", "value"):
            kind = node.get("type") or node.get("$ref", "").rpartition("/")[2]
            assert kind in ("string", "Money"), name
        for key, value in node.items():
            for inner, child in value.items() if key == "properties" else [("", value)]:
                walk(child, inner)

    for name, schema in api["components"]["schemas"].items():
        walk(schema, name)


@pytest.mark.parametrize("name", APIS)
def test_the_new_version_breaks_where_it_says(name: str) -> None:
    """Going from 1 to 2 is breaking, and the document owns up to it."""
    old, new = (read(canonical.FOLDER / "apis" / name / f"{version}.0.0.json") for version in (1, 2))
    verdict = judge([(old, compare(old, new))], new)
    assert verdict.status == "breaking"
    assert any(f.rule == "parameter-became-required" for f in verdict.findings)
    assert sum(change["breaking"] for change in new.data["info"]["x-throughline"]["changes"]) >= 4
