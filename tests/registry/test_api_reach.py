# SPDX-License-Identifier: Apache-2.0
"""A change in a schema that many operations share is told with the operations that send or get it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from registry.api.reach import Reach
from registry.check import check_documents
from registry.cli import app
from registry.document import parse
from registry.sources import Versions
from registry.verdict import Verdict


def body(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def orders_api(currency: dict[str, Any], orders: int = 1) -> dict[str, Any]:
    """Orders hold money through their lines; `GET /health` holds none."""
    more = {
        f"/orders{n}": {"get": {"responses": {"200": {"description": "ok", **body("Order")}}}}
        for n in range(1, orders)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders", "version": "1.0.0"},
        "paths": {
            "/orders": {
                "parameters": [{"$ref": "#/components/parameters/Tenant"}],
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/NewOrder"},
                    "responses": {"201": {"description": "made"}},
                },
                "get": {"responses": {"200": {"description": "all", **body("Order")}}},
            },
            "/health": {"get": {"responses": {"204": {"description": "well"}}}},
            **more,
        },
        "webhooks": {"paid": {"post": {"requestBody": body("Money"), "responses": {"204": {"description": "ok"}}}}},
        "components": {
            "parameters": {"Tenant": {"name": "tenant", "in": "header", "schema": {"$ref": "#/components/schemas/Name"}}},
            "requestBodies": {"NewOrder": body("Order")},
            "schemas": {
                "Name": {"type": "string", "maxLength": 40},
                "Order": {"type": "object", "properties": {"lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}}},
                "Line": {"type": "object", "properties": {"price": {"$ref": "#/components/schemas/Money"}, "of": {"$ref": "#/components/schemas/Order"}}},
                "Money": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "string"}, "currency": currency}},
                "Idle": {"type": "string"},
            },
        },
    }  # fmt: skip


def reach(data: dict[str, Any]) -> Reach:
    return Reach(parse(json.dumps(data).encode(), "api.json").schema)


ASYNC_2 = {
    "asyncapi": "2.6.0", "info": {"title": "Events", "version": "1.0.0"},
    "channels": {"order/placed": {"publish": {"message": {"$ref": "#/components/messages/Placed"}}},
                 "order/lost": {"subscribe": {"message": {"payload": {"type": "string"}}}}},
    "components": {"messages": {"Placed": {"payload": {"$ref": "#/components/schemas/Order"}}}, "schemas": {"Order": {"type": "object"}}},
}  # fmt: skip
ASYNC_3 = {
    "asyncapi": "3.0.0", "info": {"title": "Events", "version": "1.0.0"},
    "channels": {"orders": {"messages": {"placed": {"payload": {"$ref": "#/components/schemas/Order"}}}}},
    "operations": {"tellOrder": {"action": "send", "channel": {"$ref": "#/channels/orders"}}},
    "components": {"schemas": {"Order": {"type": "object"}}},
}  # fmt: skip


ASYNC_3_TWO = {
    "asyncapi": "3.0.0", "info": {"title": "Events", "version": "1.0.0"},
    "channels": {"orders": {"messages": {"placed": {"$ref": "#/components/messages/Placed"}, "lost": {"$ref": "#/components/messages/Lost"}}}},
    "operations": {
        "tellPlaced": {"action": "send", "channel": {"$ref": "#/channels/orders"}, "messages": [{"$ref": "#/channels/orders/messages/placed"}]},
        "hearAll": {"action": "receive", "channel": {"$ref": "#/channels/orders"}},
    },
    "components": {"messages": {"Placed": {"payload": {"type": "object"}}, "Lost": {"payload": {"type": "object"}}}},
}  # fmt: skip
BY_REFERENCE = {
    "openapi": "3.1.0", "info": {"title": "Orders", "version": "1.0.0"},
    "paths": {"/orders": {"$ref": "#/components/pathItems/Orders"}},
    "components": {
        "pathItems": {"Orders": {"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/An%20order"}}}}}}}},
        "schemas": {"An order": {"type": "object"}},
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("data", "pointer", "operations"),
    [
        pytest.param(orders_api({}), "/components/schemas/Money/required", ("POST /orders", "GET /orders", "webhook POST paid"), id="through bodies, items and a circle"),
        pytest.param(orders_api({}), "/components/schemas/Name/maxLength", ("POST /orders", "GET /orders"), id="a parameter of the path counts for each of its operations"),
        pytest.param(orders_api({}), "/components/schemas/Idle", (), id="a schema that nothing uses"),
        pytest.param(orders_api({}), "/paths/~1health/get", (), id="an operation of its own is no shared part"),
        pytest.param(BY_REFERENCE, "/components/schemas/An order", ("GET /orders",), id="through a path item by reference and a name with a space"),
        pytest.param(BY_REFERENCE, "/components/pathItems/Orders/get", ("GET /orders",), id="a shared path item itself"),
        pytest.param(ASYNC_3_TWO, "/components/messages/Lost", ("receive hearAll",), id="AsyncAPI 3, an operation about one message alone"),
        pytest.param(ASYNC_3_TWO, "/channels/orders/messages/placed", ("send tellPlaced", "receive hearAll"), id="AsyncAPI 3, a message of a channel"),
        pytest.param(ASYNC_2, "/components/schemas/Order", ("publish order/placed",), id="AsyncAPI 2 by channel"),
        pytest.param(ASYNC_3, "/components/schemas/Order", ("send tellOrder",), id="AsyncAPI 3 by operation"),
    ],
)  # fmt: skip
def test_a_shared_part_names_the_operations_that_come_to_it(
    data: dict[str, Any], pointer: str, operations: tuple[str, ...]
) -> None:
    assert reach(data).operations(pointer) == operations


def verdict(orders: int) -> Verdict:
    old, new = (
        parse(json.dumps(orders_api(currency, orders)).encode(), f"{name}.json")
        for name, currency in (("old", {"type": "string"}), ("new", {"type": "string", "maxLength": 3}))
    )
    return check_documents(new, Versions((old,), complete=False))


def test_a_break_in_money_says_which_calls_it_breaks_and_how_many_more() -> None:
    finding = verdict(orders=9).of_level("breaking")[0]

    assert finding.used_by == ("POST /orders", "GET /orders", "GET /orders1", "GET /orders2", "GET /orders3")
    assert finding.users == "POST /orders, GET /orders, GET /orders1, GET /orders2, GET /orders3 and 6 more"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_gate_tells_it_in_every_form_that_people_read(tmp_path: Path, form: str) -> None:
    for name, currency in (("old", {"type": "string"}), ("new", {"type": "string", "maxLength": 3})):
        (tmp_path / f"{name}.json").write_text(json.dumps(orders_api(currency)))

    said = CliRunner().invoke(
        app, ["check", str(tmp_path / "new.json"), "--against", str(tmp_path / "old.json"), "--format", form]
    )

    assert said.exit_code == 1
    assert "webhook POST paid" in said.stdout
