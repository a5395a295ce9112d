# SPDX-License-Identifier: Apache-2.0
"""A whole app over an empty SQLite file, and a short way to tell it what happened: real OTLP through the real door."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import migrated
import pytest
from starlette.testclient import TestClient

from controlplane.app import create_app
from controlplane.database import Actor
from controlplane.parts import Parts, build
from controlplane.security import store
from controlplane.security.permissions import Role
from controlplane.settings import Settings
from sync.tables import RunRow, SyncExceptionRow
from terms.instant import Instant, parse
from terms.row_id import next_row_id

# Tracers as real servers are shared with the tests of the collectors.
sys.path.append(str(Path(__file__).parents[2] / "collectors"))

ADA = Actor("person", "Ada")
GRAPHQL_TYPE = "application/graphql-response+json"


class World:
    """The app as it runs, and what a test says to it."""

    def __init__(self, parts: Parts, client: TestClient) -> None:
        self.parts, self.client = parts, client
        self._spans = 0

    def token(self, role: Role = "admin", name: str = "Ada") -> dict[str, str]:
        text = self.parts.database.write(
            lambda s: store.create_token(s, name, role, self.parts.clock()), actor=ADA, reason="test"
        )
        return {"Authorization": f"Bearer {text}"}

    def post(self, query: Any, variables: Any = None, role: Role = "admin", **headers: str) -> Any:
        body = {"query": query, "variables": variables}
        return self.client.post(
            "/graphql", json=body, headers={"Accept": GRAPHQL_TYPE, **self.token(role), **headers}
        )

    def ask(self, query: str, /, role: Role = "admin", **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = self.post(query, variables, role)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    def happened(self, *events: dict[str, Any]) -> None:
        """Each event comes as a span of its own; all in one request."""
        spans = [self._span(event) for event in events]
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "runtime"}}]}
        body = {
            "resourceSpans": [
                {"resource": resource, "scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}
            ]
        }
        answer = self.client.post(
            "/v1/traces",
            content=json.dumps(body),
            headers={
                "Authorization": f"Bearer {self.parts.credentials.boot_token}",
                "Content-Type": "application/json",
            },
        )
        assert answer.status_code == 200, answer.text
        assert answer.json() == {}, answer.json()
        self.judge()

    def judge(self) -> None:
        """What the worker does with the list of changed transactions."""
        self.parts.database.write(
            lambda s: self.parts.governance.drain(s, self.parts.clock()),
            actor=Actor("machine", "test"),
            reason="test",
        )

    def _span(self, event: dict[str, Any]) -> dict[str, Any]:
        self._spans += 1
        at = parse(event["at"]) * 1000
        attributes = {
            "cloudevents.event_id": event.get("id", f"e{self._spans}"),
            "cloudevents.event_source": f"/test/{event['system']}",
            "cloudevents.event_type": event["type"],
            "throughline.event_time": event["at"],
            "throughline.system": event["system"],
            **{f"throughline.object.{kind}": value for kind, value in event["objects"].items()},
            **{f"throughline.{key}": value for key, value in event.get("also", {}).items()},
            **event.get("attributes", {}),
        }
        values = {
            key: {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
            for key, value in attributes.items()
        }
        return {
            "traceId": f"{self._spans:032x}",
            "spanId": f"{self._spans:016x}",
            "name": event["type"],
            "kind": 1,
            "startTimeUnixNano": str(at),
            "endTimeUnixNano": str(at + 250_000_000),
            "attributes": [{"key": key, "value": value} for key, value in values.items()],
        }

    def exception(self, **values: Any) -> str:
        """An open exception as the runtime leaves one."""
        at = self.parts.clock()
        row = {
            "exception_id": "EX-ABCDEFGH",
            "run_id": "lead-to-cash/post-invoice/INV-1",
            "flow": "lead-to-cash",
            "stage": "post-invoice",
            "step": "post the journal",
            "system": "netsuite",
            "error_class": "period_closed",
            "code": "PERIOD_CLOSED",
            "fingerprint": "netsuite/period_closed",
            "sentence": "NetSuite DE refused the journal of INV-1: October is closed.",
            "message": "The posting period is closed.",
            "advice": "Open October in NetSuite, then replay.",
            "business_key": "SO-1",
            "objects": json.dumps(["order:SO-1", "invoice:INV-1"]),
            "amount_minor": 1_200_000,
            "currency": "EUR",
            "legal_entity": "DE",
            "opened_at": at,
            "last_seen_at": at,
            "attempts": 1,
        } | values

        def leave(session: Any) -> None:
            session.add(SyncExceptionRow(**row))
            if session.get(RunRow, (1, row["run_id"])) is None:
                session.add(
                    RunRow(
                        run_id=row["run_id"], run_sequence=next_row_id(), flow=row["flow"], stage=row["stage"],
                        deal="order:SO-1", object="invoice:INV-1", state="failed", inbox_id=0, created_at=at,
                    )
                )  # fmt: skip

        self.parts.database.write(leave, actor=ADA, reason="test")
        return str(row["exception_id"])


def deal(
    number: int = 1, *, started: str = "2026-11-18T08:00:00Z", entity: str = "DE", until: int = 8
) -> list[dict[str, Any]]:
    """A new-business deal, as far as the stage `until`: one event each four hours."""
    order, invoice, customer = f"SO-{number}", f"INV-{number}", f"CUST-{number}"
    places = {"legal_entity": entity, "region": "EMEA"}
    money = {
        "amount_minor": 1_200_000,
        "currency": {"DE": "EUR", "US": "USD", "UK": "GBP", "CA": "CAD"}[entity],
    }
    line = [
        ("order-placed", "salesforce", {"order": order, "customer": customer, "opportunity": f"006{number}"}, money),
        ("customer-created", "chargebee", {"customer": customer, "order": order}, {}),
        ("subscription-activated", "chargebee", {"subscription": f"SUB-{number}", "order": order, "customer": customer}, {}),
        ("invoice-issued", "chargebee", {"invoice": invoice, "order": order, "subscription": f"SUB-{number}", "customer": customer}, money),
        ("journal-posted", "netsuite", {"journal": f"JE-{invoice}", "invoice": invoice}, money),
        ("payment-settled", "stripe", {"payment": f"pi_{number}", "invoice": invoice, "customer": customer}, money),
        ("journal-posted", "netsuite", {"journal": f"JE-pi_{number}", "payment": f"pi_{number}"}, money),
        ("crm-updated", "salesforce", {"order": order}, {}),
    ]  # fmt: skip
    start = parse(started)
    contract = {"contract.version": "1.0.0"}
    return [
        {
            "id": f"{order}/{place}",
            "type": kind,
            "system": system,
            "objects": objects,
            "at": _later(start, 4 * place),
            "also": places | extra | ({"contract.subject": kind} | contract if kind != "crm-updated" else {}),
        }
        for place, (kind, system, objects, extra) in enumerate(line[:until])
    ]


def _later(start: Instant, hours: int) -> str:
    from terms.instant import HOUR, text

    return text(Instant(start + hours * HOUR))


@contextmanager
def running(path: Path, clock: Any) -> Iterator[World]:
    settings = Settings(data_dir=path, demo=True)
    migrated.started(path, clock)
    parts = build(settings, clock)
    # The lifespan is not entered: no worker runs beside a test.
    yield World(parts, TestClient(create_app(parts), base_url="https://testserver", follow_redirects=False))
    parts.database.close()


@pytest.fixture
def world(tmp_path: Path, clock: Any) -> Iterator[World]:
    with running(tmp_path, clock) as one:
        yield one


@pytest.fixture(scope="module")
def empty_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One app for all tests of a module that store nothing."""
    with running(tmp_path_factory.mktemp("world"), lambda: parse("2026-11-20T12:00:00Z")) as one:
        yield one


@pytest.fixture
def one_deal() -> Any:
    return deal


@pytest.fixture
def run() -> Any:
    return lambda coroutine: asyncio.run(coroutine)
