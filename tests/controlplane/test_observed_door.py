# SPDX-License-Identifier: Apache-2.0
"""Architects draft contracts from what was really sent; nobody sees personal or confidential values there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.testclient import TestClient

from collectors.payloads.store import payloads_under
from controlplane.database import Actor, Database
from controlplane.http import doors
from controlplane.http.observed import observed_routes
from controlplane.security import store
from controlplane.security.caller import Credentials
from controlplane.security.permissions import Role
from registry import canonical
from registry import store as contracts
from sync import observed
from sync.tables import StepRow

ACTOR = Actor("person", "Ada")
DOOR = "/apis/registry/v1/observed"


@pytest.fixture
def database_url(migrated_sqlite_url: str) -> str:
    return migrated_sqlite_url


@pytest.fixture
def client(database: Database, clock: Any) -> Iterator[TestClient]:
    app = Starlette(
        routes=observed_routes(database, observed.payloads, payloads_under),
        middleware=doors.layers(Credentials(database, clock)),
        exception_handlers=doors.exception_handlers(),  # type: ignore[arg-type]
    )
    with TestClient(app, base_url="https://testserver") as client:
        yield client


def bearer(database: Database, clock: Any, role: Role) -> dict[str, str]:
    def create(session: Session) -> str:
        return store.create_token(session, "someone", role, clock())

    return {"Authorization": f"Bearer {database.write(create, actor=ACTOR, reason='test')}"}


def sent(database: Database, name: str, *payloads: Any) -> None:
    """Business events of runs, as the runtime records them."""

    def tell(session: Session) -> None:
        for number, payload in enumerate(payloads):
            session.add(
                StepRow(
                    step_id=number + 1,
                    run_id="r",
                    step=f"{name}/{number}",
                    name=name,
                    started_at=number,
                    ended_at=number,
                    document=json.dumps(payload) if payload is not None else "",
                )
            )

    database.write(tell, actor=Actor("machine", "test"), reason="test")


def test_the_newest_payloads_come_first_and_no_more_than_asked(
    client: TestClient, database: Database, clock: Any
) -> None:
    """Events without a document, and of other subjects, are left out."""
    sent(database, "order/placed", {"n": 1}, None, {"n": 2}, {"n": 3})
    headers = bearer(database, clock, "ci")
    found = client.get(f"{DOOR}/order%2Fplaced?limit=2", headers=headers).json()
    assert found == {"subject": "order/placed", "payloads": [{"n": 3}, {"n": 2}], "classes": {}}
    assert client.get(f"{DOOR}/nobody", headers=headers).json()["payloads"] == []


def test_values_of_confidential_and_personal_fields_are_masked(
    client: TestClient, database: Database, clock: Any
) -> None:
    """The classes are those the registered versions of the subject state."""
    contract = next(c for c in canonical.load() if c.subject == "customer-created")
    database.write(
        lambda session: contracts.register(session, contract, clock()), actor=ACTOR, reason="register"
    )
    sent(database, "customer-created", {"customer_id": "C-1", "customer_name": "Ada", "tax_id": "DE1"})
    found = client.get(f"{DOOR}/customer-created", headers=bearer(database, clock, "ci")).json()
    assert found["payloads"] == [{"customer_id": "C-1", "customer_name": "Xxx", "tax_id": "XX0"}]
    assert found["classes"]["/customer_name"] == "personal"


def test_payloads_are_not_for_everyone_who_may_read_contracts(
    client: TestClient, database: Database, clock: Any
) -> None:
    """A viewer is refused; so is a number of payloads that cannot be meant."""
    assert client.get(f"{DOOR}/x", headers=bearer(database, clock, "viewer")).status_code == 403
    assert client.get(f"{DOOR}/x").status_code == 401
    refused = client.get(f"{DOOR}/x?limit=0", headers=bearer(database, clock, "ci"))
    assert (refused.status_code, "limit" in refused.text) == (400, True)
