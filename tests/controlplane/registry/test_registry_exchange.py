# SPDX-License-Identifier: Apache-2.0
"""A registry goes into a directory tree and comes out as the same registry elsewhere; and as one xRegistry document."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from registry.cli import app

ROOT = "/apis/registry/v1"
ODD = "price%2Flist%20%C3%BC"


def cli(served: Any, *arguments: str) -> str:
    environment = {"THROUGHLINE_URL": served.url, "THROUGHLINE_TOKEN": served.token("architect")}
    answer = CliRunner().invoke(app, list(arguments), env=environment)
    assert answer.exit_code == 0, (answer.output, answer.exception)
    return answer.output


def fill(served: Any) -> None:
    """Subjects in every state, with references, settings, approvals, bytes that a parser would change, and a deletion."""
    http = served.http
    money = b'{ "x-throughline": {"version": "1.0.0", "owner": "finance"},\n  "maximum": 1.50 }'
    http.post(f"{ROOT}/subjects/money/versions", content=money)
    refers = {"references": [{"name": "m", "subject": "money", "version": 1}], "version": "1.0.0",
              "domain": "pricing", "labels": {"tier": "gold"}, "event_type": "com.acme.price", "retention": "P7Y"}  # fmt: skip
    first = {"x-throughline": refers, "properties": {"total": {"$ref": "m"}}}
    assert http.post(f"{ROOT}/subjects/{ODD}/versions", json=first).status_code == 201
    second = {**first, "x-throughline": {**refers, "version": "2.0.0"}, "description": "newer"}
    http.post(f"{ROOT}/subjects/{ODD}/versions", json=second)
    at = f"{ROOT}/subjects/{ODD}/versions/1/lifecycle"
    http.post(at, json={"to": "deprecated", "successor": "2.0.0"})
    http.post(at, json={"to": "sunset", "sunset": "2027-06-01T00:00:00Z"})
    http.put(f"{ROOT}/subjects/{ODD}/config", json={"compatibility": "FULL", "policy": "codegen"})
    http.put(f"{ROOT}/subjects/{ODD}/config?group=2", json={"compatibility": "NONE"})
    approval = {"fingerprint": "0123456789ab", "reason": "agreed", "until": "2027-01-31"}
    http.post(f"{ROOT}/subjects/{ODD}/approvals", json=approval)
    http.post(
        f"{ROOT}/subjects/idea/versions", json={"x-throughline": {"version": "0.1.0", "lifecycle": "draft"}}
    )
    http.post(
        f"{ROOT}/subjects/gone/versions",
        content=b"type: object\n",
        headers={"content-type": "application/yaml"},
    )
    http.delete(f"{ROOT}/subjects/gone")
    confluent = {
        "schema": '{"type": "array"}',
        "schemaType": "JSON",
        "metadata": {"properties": {"team": "a"}},
    }
    assert http.post("/apis/ccompat/v7/subjects/kafka-value/versions", json=confluent).status_code == 200
    http.put(f"{ROOT}/config", json={"policy": "lenient"})


def tree(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def test_a_tree_makes_the_same_registry_elsewhere(
    served: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, serve: Any
) -> None:
    """Exported again from there, it is the same tree byte by byte; importing twice changes nothing."""
    fill(served)
    one, two = tmp_path / "one", tmp_path / "two"
    cli(served, "export", str(one))
    other = serve(tmp_path_factory.mktemp("other"))
    assert "0 versions" not in cli(other, "import", str(one))
    cli(other, "export", str(two))
    assert tree(two) == tree(one)
    assert "0 versions new or changed" in cli(other, "import", str(one))
    files = tree(one)
    assert (
        files["money/1-1.0.0.json"]
        == b'{ "x-throughline": {"version": "1.0.0", "owner": "finance"},\n  "maximum": 1.50 }'
    )
    assert files["gone/1-1.0.0.yaml"] == b"type: object\n"
    for path in (
        f"{ROOT}/subjects/{ODD}",
        f"{ROOT}/subjects/idea",
        f"{ROOT}/event-types/com.acme.price",
        "/apis/ccompat/v7/subjects/kafka-value/versions/1",
        f"{ROOT}/subjects?search=newer",
    ):
        assert other.http.get(path).json() == served.http.get(path).json(), path
    assert other.http.get("/apis/ccompat/v7/subjects/gone/versions").status_code == 404


def test_an_id_that_stands_for_something_else_is_not_taken(
    served: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, serve: Any
) -> None:
    """Messages bear ids: another content under the same one would be read wrongly. New ids are given when asked for."""
    fill(served)
    cli(served, "export", str(tmp_path))
    other = serve(tmp_path_factory.mktemp("other"))
    other.http.post(
        f"{ROOT}/subjects/mine/versions", json={"x-throughline": {"version": "1.0.0"}, "title": "mine"}
    )
    environment = {"THROUGHLINE_URL": other.url, "THROUGHLINE_TOKEN": other.token("architect")}
    refused = CliRunner().invoke(app, ["import", str(tmp_path)], env=environment)
    assert "stands for other content" in str(refused.exception)
    cli(other, "import", str(tmp_path), "--new-ids")
    assert other.http.get(f"{ROOT}/subjects/money").json()["owner"] == "finance"


def test_an_xregistry_document_holds_all_that_can_be_seen(served: Any, tmp_path: Path) -> None:
    """Groups by domain, versions with their format and state, messages where an event type is bound."""
    fill(served)
    cli(served, "export", str(tmp_path), "--xregistry")
    made = json.loads((tmp_path / "registry.xreg.json").read_text())
    price = made["schemagroups"]["pricing"]["schemas"]["price~2Flist~20~C3~BC"]
    assert (price["name"], price["versionscount"], price["labels"]["tier"]) == ("price/list ü", 2, "gold")
    old, new = price["versions"]["1.0.0"], price["versions"]["2.0.0"]
    assert (old["isdefault"], new["isdefault"]) == (False, True)
    assert old["deprecated"] == {
        "effective": "2026-11-20T12:00:00Z", "removal": "2027-06-01T00:00:00Z", "alternative": "price/list ü@2.0.0",
    }  # fmt: skip
    assert (new["format"], new["schema"]["description"]) == ("JSONSchema/Draft-2020-12", "newer")
    message = made["messagegroups"]["pricing"]["messages"]["com.acme.price"]
    assert message["envelopemetadata"]["type"]["value"] == "com.acme.price"
    assert message["dataschemauri"] == price["xid"]
    kafka = made["schemagroups"]["default"]["schemas"]["kafka-value"]
    assert kafka["versions"]["1.0.0"]["format"] == "JSONSchema/Draft-07"


@pytest.mark.parametrize(
    "said",
    [{"versions": [{}]}, {"versions": "all"}, {"config": {"colour": "red"}}, {"approvals": [{}]},
     {"versions": [{"document": "{}", "syntax": "json", "version": "1.0.0", "number": 0, "schema_id": 1, "lifecycle": "active"}]}],
    ids=["empty", "text", "config", "approval", "number"],
)  # fmt: skip
def test_what_was_never_exported_is_not_taken(served: Any, said: Any) -> None:
    """A wrong part is told, and nothing of the rest is stored."""
    answer = served.http.post(f"{ROOT}/subjects/bad/import", json=said)
    assert answer.status_code == 422, answer.text
    assert "bad" not in served.http.get(f"{ROOT}/names").json()["subjects"]
