# SPDX-License-Identifier: Apache-2.0
"""What an event carried is kept apart: masked before it is stored, held to its contract, and forgotten in time."""

import json
from typing import Any

from sqlalchemy import text

from collectors.retention.keep import Keep
from controlplane.retention import Retention
from registry import canonical
from terms.instant import DAY, Instant, wall_clock

ORDER = "SO-1"
CUSTOMER = next(one for one in canonical.load() if one.subject == "customer-created")
ASKED = """query T($id: ID!) { transaction(id: $id) { events {
    payload { document verdict contractSubject problems { what where } } } } }"""


def document(**changed: Any) -> dict[str, Any]:
    """A payload that keeps the contract of customers, but for what is changed."""
    made: dict[str, Any] = {
        "event_id": "customer-created/CUS-1", "occurred_at": "2026-11-20T10:00:00Z", "customer_id": "CUS-1",
        "order_number": ORDER, "legal_entity": "DE", "region": "EMEA",
    }  # fmt: skip
    return made | changed


def post(world: Any, data: dict[str, Any], version: str = CUSTOMER.semver, event_id: str = "e1") -> None:
    words = {
        "throughline.object.order": ORDER, "throughline.system": "chargebee",
        "throughline.contract.subject": CUSTOMER.subject, "throughline.contract.version": version,
    }  # fmt: skip
    event = {
        "specversion": "1.0", "id": event_id, "source": "/crm", "type": "order-placed", "time": "2026-11-20T10:00:00Z",
        "data": words | data,
    }  # fmt: skip
    answer = world.client.post(
        "/events", content=json.dumps(event),
        headers={
            "Authorization": f"Bearer {world.parts.credentials.boot_token}", "Content-Type": "application/cloudevents+json",
        },
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (200, {"rejected": []})


def payloads(world: Any, role: str = "operator") -> list[Any]:
    (one,) = world.ask("{ transactions { nodes { id } } }")["transactions"]["nodes"]
    events = world.ask(ASKED, role=role, id=one["id"])["transaction"]["events"]
    return [event["payload"] for event in events]


def stored(world: Any) -> str:
    return str(
        world.parts.database.read(lambda s: [tuple(row) for row in s.execute(text("SELECT * FROM payload"))])
    )


def test_a_payload_is_masked_before_it_is_stored(world: Any) -> None:
    """No row of the database ever held the name; the shape is left, and what is public."""
    post(world, document(customer_name="Ada Lovelace", tax_id="DE123456789"))
    (payload,) = payloads(world)
    shown = json.loads(payload["document"])
    assert (shown["customer_name"], shown["tax_id"]) == ("Xxx Xxxxxxxx", "XX000000000")
    assert (shown["customer_id"], payload["verdict"], payload["problems"]) == ("CUS-1", "KEPT", [])
    assert not [name for name in shown if name.startswith("throughline.")]
    assert "Ada" not in stored(world)


def test_a_payload_that_breaks_its_contract_is_kept_and_says_where(world: Any) -> None:
    """The event counts all the same. What is said of a masked field quotes nothing of it."""
    post(world, document(customer_name=4711, region="MARS"))
    (payload,) = payloads(world)
    problems = {each["where"]: each["what"] for each in payload["problems"]}
    assert (payload["verdict"], set(problems)) == ("BROKEN", {"/customer_name", "/region"})
    assert "MARS" in problems["/region"]
    assert "4711" not in stored(world)


def test_where_no_contract_says_what_fields_are_all_values_are_masked(world: Any) -> None:
    """Of what is unknown nothing is shown, and nothing is said about it."""
    post(world, document(customer_name="Ada"), version="9.9.9")
    (payload,) = payloads(world)
    assert (json.loads(payload["document"])["customer_id"], payload["verdict"]) == ("XXX-0", "UNJUDGED")


def test_a_span_may_carry_the_payload_of_its_event(world: Any) -> None:
    """It is taken out of the span, where nobody would mask it."""
    carried = json.dumps(document(customer_name="Ada"))
    event = {
        "at": "2026-11-20T10:00:00Z", "type": "order-placed", "system": "crm", "objects": {"order": ORDER},
        "also": {"contract.subject": CUSTOMER.subject, "contract.version": CUSTOMER.semver},
        "attributes": {"cloudevents.event_data": carried},
    }  # fmt: skip
    world.happened(event)
    (payload,) = payloads(world)
    assert json.loads(payload["document"])["customer_name"] == "Xxx"
    spans = world.ask('{ trace(id: "00000000000000000000000000000001") { attributes } }')["trace"]
    assert "event_data" not in spans["attributes"][0]


def test_only_those_who_clear_exceptions_see_payloads(world: Any) -> None:
    """A viewer's question is refused, and told which permission it lacks."""
    post(world, document())
    (one,) = world.ask("{ transactions { nodes { id } } }")["transactions"]["nodes"]
    refused = world.post(ASKED, {"id": one["id"]}, role="viewer").json()
    assert "payloads:read" in refused["errors"][0]["message"]


def test_payloads_are_forgotten_before_their_events(world: Any) -> None:
    """After their days the event is still there, and its payload is not."""
    post(world, document())
    database = world.parts.database
    later = Instant(wall_clock() + 31 * DAY)
    Retention(database, wall_clock, Keep(), None, payload_days=30).step()
    assert payloads(world) != [None]
    assert Retention(database, lambda: later, Keep(), None, payload_days=30).step() is False
    assert payloads(world) == [None]
