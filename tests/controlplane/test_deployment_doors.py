# SPDX-License-Identifier: Apache-2.0
"""The doors of deployments: what is taken, what is refused, and who may write."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from controlplane.database import Actor, Database
from controlplane.http import doors
from controlplane.http.deployments import ROOT, deployment_routes
from controlplane.security import store
from controlplane.security.caller import Credentials
from controlplane.security.permissions import Role

FILE = "name: erp-sync\nversion: '2.3'\nconsumes:\n- {subject: invoice-issued, version: ^1.0, fields: [/total]}\n"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    return migrated_sqlite_url


@pytest.fixture
def client(database: Database, clock: Any) -> Iterator[TestClient]:
    credentials = Credentials(database, clock)
    app = Starlette(
        routes=deployment_routes(database, clock),
        middleware=doors.layers(credentials),
        exception_handlers=doors.exception_handlers(),  # type: ignore[arg-type]
    )
    with TestClient(
        app, base_url=f"https://testserver{ROOT}", headers=token(database, clock, "ci")
    ) as client:
        yield client


def token(database: Database, clock: Any, role: Role) -> dict[str, str]:
    text = database.write(
        lambda s: store.create_token(s, "pipeline", role, clock()),
        actor=Actor("person", "Ada"),
        reason="test",
    )
    return {"Authorization": f"Bearer {text}"}


def push(client: TestClient, text: str = FILE, query: str = "") -> Any:
    return client.post(f"/applications{query}", content=text, headers={"content-type": "application/yaml"})


def test_a_declaration_is_taken_once(client: TestClient) -> None:
    """New is 201, the same again 200; the version may come from the pipeline."""
    assert (push(client).status_code, push(client).status_code) == (201, 200)
    assert push(client, query="?version=4f2c1a9").json()["version"] == "4f2c1a9"
    found = client.get("/applications?subject=invoice-issued").json()["applications"]
    assert {one["version"] for one in found} == {"2.3", "4f2c1a9"}
    assert found[0]["uses"] == [
        {"role": "consumes", "subject": "invoice-issued", "version": "^1.0", "fields": ["/total"], "optional": False}
    ]  # fmt: skip


def test_a_deployment_says_who_recorded_it(client: TestClient) -> None:
    """The caller's name stands with it; sent again it is the same deployment."""
    push(client)
    body = {"application": "erp-sync", "version": "2.3", "environment": "dev"}
    first = client.post("/deployments", json=body)
    assert (first.status_code, first.json()["recordedBy"], first.json()["endedAt"]) == (200, "pipeline", None)
    assert client.post("/deployments", json=body).json() == first.json()
    assert client.get("/deployments?environment=dev").json() == {"deployments": [first.json()]}
    assert client.delete("/deployments/dev/erp-sync").json()["endedAt"]
    assert client.delete("/deployments/dev/erp-sync").status_code == 404


def test_environments_can_be_set(client: TestClient) -> None:
    """As rows in their order; a rule that is none is refused with its place."""
    wanted = {"environments": [{"name": "build", "after": "", "rule": "ignore"}, {"name": "live", "after": "build", "rule": "refuse"}]}  # fmt: skip
    assert client.put("/environments", json=wanted).json() == wanted
    assert client.get("/environments").json() == wanted
    wanted["environments"][1]["rule"] = "refuze"
    refused = client.put("/environments", json=wanted)
    assert (refused.status_code, refused.json()["where"]) == (400, "/environments/1/rule")


def test_the_matrix_of_a_subject_nobody_knows_is_empty(client: TestClient) -> None:
    """No version, no column, no error."""
    assert client.get("/deployment-matrix?subject=nobody").json() == {
        "subject": "nobody",
        "columns": [],
        "rows": [],
    }


REFUSED = {
    "a file with a typo": (lambda c: push(c, FILE.replace("fields", "feilds")), "unknown key 'feilds'"),
    "no file": (lambda c: push(c, ""), "is not a mapping"),
    "a deployment without a version": (lambda c: c.post("/deployments", json={"application": "a"}), "'version' is missing"),
    "a deployment of nothing known": (
        lambda c: c.post("/deployments", json={"application": "a", "version": "1", "environment": "dev"}), "no record of a 1",
    ),
    "a question without a place": (lambda c: c.get("/can-i-deploy?application=a&version=1"), "'to' is missing"),
    "a question with a typo": (lambda c: c.get("/can-i-deploy?application=a&version=1&to=dev&frist=1"), "unknown parameter 'frist'"),
    "a policy there is none of": (lambda c: c.get("/can-i-deploy?application=a&version=1&to=dev&policy=x"), "no rules for the policy"),
    "an environment there is none of": (lambda c: c.get("/can-i-deploy?application=a&version=1&to=x"), "no environment 'x'"),
    "environments that are none": (lambda c: c.put("/environments", json=[]), "are not a list"),
    "no environments": (lambda c: c.put("/environments", json={"environments": []}), "no environment is named"),
}  # fmt: skip


@pytest.mark.parametrize(("send", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_right_is_refused(client: TestClient, send: Any, said: str) -> None:
    """With the reason, in problem+json."""
    answer = send(client)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert said in answer.json()["detail"]


def test_a_reader_may_look_but_not_record(client: TestClient, database: Database, clock: Any) -> None:
    """What runs where is everyone's to see; only pipelines and architects write it."""
    viewer = token(database, clock, "viewer")
    assert client.get("/deployments", headers=viewer).status_code == 200
    assert client.post("/deployments", json={}, headers=viewer).status_code == 403
    assert client.put("/environments", json={}, headers=viewer).status_code == 403
