# SPDX-License-Identifier: Apache-2.0
"""Which changes of an AsyncAPI document break those who listen and those who send, in both editions."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from registry.compare import compare
from registry.document import parse
from registry.rules import BACKWARD, FORWARD, rules

TEXT = {"type": "string"}
PAID = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": TEXT, "state": {"enum": ["open", "paid"]}},
}
INFO = {"title": "Payments", "version": "1.0.0"}


def in_2() -> dict[str, Any]:
    """An application that sends one message and takes another, as AsyncAPI 2.6 says it."""
    return {
        "asyncapi": "2.6.0",
        "info": INFO,
        "servers": {"main": {"url": "broker.example", "protocol": "kafka"}},
        "channels": {
            "paid/{region}": {
                "parameters": {"region": {"schema": TEXT}},
                "subscribe": {"message": {"$ref": "#/components/messages/Paid"}},
            },
            "refund": {"publish": {"message": {"$ref": "#/components/messages/Refund"}}},
        },
        "components": _components(),
    }


def in_3() -> dict[str, Any]:
    """The same application, as AsyncAPI 3.0 says it."""
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "servers": {"main": {"host": "broker.example", "protocol": "kafka"}},
        "channels": {
            "paid": {"address": "paid/{region}", "parameters": {"region": {}}, "messages": {"Paid": {"$ref": "#/components/messages/Paid"}}},
            "refund": {"address": "refund", "messages": {"Refund": {"$ref": "#/components/messages/Refund"}}},
        },
        "operations": {
            "sendPaid": {"action": "send", "channel": {"$ref": "#/channels/paid"}, "messages": [{"$ref": "#/channels/paid/messages/Paid"}]},
            "takeRefund": {"action": "receive", "channel": {"$ref": "#/channels/refund"}},
        },
        "components": _components(),
    }  # fmt: skip


def _components() -> dict[str, Any]:
    headers = {"type": "object", "properties": {"trace": TEXT}}
    return {
        "messages": {
            "Paid": {"payload": {"$ref": "#/components/schemas/Paid"}, "headers": headers, "contentType": "application/json"},
            "Refund": {"payload": {"$ref": "#/components/schemas/Refund"}, "bindings": {"kafka": {"key": TEXT}}},
        },
        "schemas": {"Paid": json.loads(json.dumps(PAID)), "Refund": json.loads(json.dumps(PAID))},
    }  # fmt: skip


def schema(api: Any, name: str) -> Any:
    return api["components"]["schemas"][name]


def message(api: Any, name: str) -> Any:
    return api["components"]["messages"][name]


Edit = Callable[[Any], Any]
CASES: dict[str, tuple[Edit, dict[str, tuple[str, str]]]] = {
    "more is promised of what is sent": (
        lambda api: schema(api, "Paid")["required"].append("state"), {"sent-payload.required-added": ("safe", "breaking")},
    ),
    "more is asked of what is received": (
        lambda api: schema(api, "Refund")["required"].append("state"), {"received-payload.required-added": ("breaking", "safe")},
    ),
    "a value may be sent that was not": (
        lambda api: schema(api, "Paid")["properties"]["state"]["enum"].append("void"), {"sent-payload.values-added": ("breaking", "safe")},
    ),
    "a header is limited": (
        lambda api: message(api, "Paid")["headers"]["properties"].update(trace={"type": "string", "maxLength": 9}),
        {"sent-headers.max-length-added": ("safe", "breaking")},
    ),
    "the content type changes": (
        lambda api: message(api, "Paid").update(contentType="application/avro"), {"message-content-type-changed": ("breaking", "breaking")},
    ),
    "a binding changes": (lambda api: message(api, "Refund")["bindings"]["kafka"].update(key={"type": "integer"}), {"binding-changed": ("warning", "warning")}),
    "the protocol changes": (lambda api: api["servers"]["main"].update(protocol="amqp"), {"server-protocol-changed": ("breaking", "breaking")}),
    "the description changes": (lambda api: message(api, "Paid").update(summary="an invoice was paid"), {}),
    "a payload of another format": (
        lambda api: message(api, "Paid").update(schemaFormat="application/vnd.apache.avro;version=1.9.0", payload={"type": "record"}),
        {"payload-format-changed": ("breaking", "breaking")},
    ),
}  # fmt: skip
ONLY_2: dict[str, tuple[Edit, dict[str, tuple[str, str]]]] = {
    "channel removed": (lambda api: api["channels"].pop("refund"), {"channel-removed": ("breaking", "safe")}),
    "no longer sent": (lambda api: api["channels"]["paid/{region}"].pop("subscribe"), {"send-operation-removed": ("breaking", "safe")}),
    "one more message sent": (
        lambda api: api["channels"]["paid/{region}"]["subscribe"].update(
            message={"oneOf": [{"$ref": "#/components/messages/Paid"}, {"$ref": "#/components/messages/Refund"}]}
        ),
        {"sent-message-added": ("warning", "breaking")},
    ),
    "channel parameter limited": (
        lambda api: api["channels"]["paid/{region}"]["parameters"]["region"].update(schema={"enum": ["eu"]}), {"channel-parameter.enum-added": ("breaking", "safe")},
    ),
}  # fmt: skip
ONLY_3: dict[str, tuple[Edit, dict[str, tuple[str, str]]]] = {
    "channel moved": (lambda api: api["channels"]["refund"].update(address="refunds"), {"channel-address-changed": ("breaking", "breaking")}),
    "no longer received": (lambda api: api["operations"].pop("takeRefund"), {"receive-operation-removed": ("breaking", "safe")}),
    "format written out": (
        lambda api: message(api, "Paid").update(payload={"schemaFormat": "application/vnd.aai.asyncapi+json;version=3.0.0", "schema": PAID}), {},
    ),
    "reply narrowed": (
        lambda api: (
            api["operations"]["sendPaid"].update(reply={"channel": {"$ref": "#/channels/refund"}}),
            schema(api, "Refund")["required"].append("state"),
        ),
        {"received-payload.required-added": ("breaking", "safe")},
    ),
}  # fmt: skip


def levels(old: Any, new: Any) -> dict[str, tuple[str, ...]]:
    documents = [parse(json.dumps(each).encode(), "events.json") for each in (old, new)]
    return {
        change.id: tuple(rules()[change.id, way, "validation"].level.value for way in (BACKWARD, FORWARD))
        for change in compare(*documents)
    }


@pytest.mark.parametrize("edition", [in_2, in_3])
@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES.keys())
def test_a_change_is_named_and_judged(edition: Callable[[], Any], edit: Edit, expected: Any) -> None:
    """What is sent is judged for those who listen, what is received for those who send, the same in both editions."""
    new = edition()
    edit(new)
    assert levels(edition(), new) == expected


@pytest.mark.parametrize(("edit", "expected"), ONLY_2.values(), ids=ONLY_2.keys())
def test_what_only_the_second_edition_says(edit: Edit, expected: Any) -> None:
    """Operations named by what others do, alternatives of messages, schemas of channel parameters."""
    new = in_2()
    edit(new)
    assert levels(in_2(), new) == expected


@pytest.mark.parametrize(("edit", "expected"), ONLY_3.values(), ids=ONLY_3.keys())
def test_what_only_the_third_edition_says(edit: Edit, expected: Any) -> None:
    """Addresses apart from names, operations apart from channels, replies, schemas with their format."""
    new = in_3()
    edit(new)
    assert levels(in_3(), new) == expected


def test_moving_to_the_third_edition_changes_nothing() -> None:
    """The same application in another edition keeps its promises to all who talk to it."""
    assert levels(in_2(), in_3()) == {}
