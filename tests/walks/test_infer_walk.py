# SPDX-License-Identifier: Apache-2.0
"""Brownfield: applications send events that nobody wrote a contract for; the command drafts one from what the server has seen."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from served_plane import ControlPlane

from registry.document import parse

TYPE = "basket-checked-out"


def basket(number: int) -> dict[str, Any]:
    """What a shop sends: a note comes with every fourth, a voucher with one only."""
    made: dict[str, Any] = {
        "basket": f"B-{number}",
        "total": f"{number}.50",
        "currency": "EUR",
        "at": f"2026-11-{number % 28 + 1:02}T09:00:00Z",
        "lines": [{"sku": f"SKU-{n}", "quantity": n + 1} for n in range(number % 3)],
        "shopper": {"email": f"ada{number}@example.com", "age": 30 + number % 5},
    }
    if number % 4 == 0:
        made["note"] = "ring twice" if number % 8 else None
    return made | ({"voucher": "SPRING"} if number == 7 else {})


def send(plane: ControlPlane, first: int, count: int, **more: str) -> list[dict[str, Any]]:
    """So many events through the ordinary door; returns their data."""
    sent = [basket(number) for number in range(first, first + count)]
    events = [
        {"specversion": "1.0", "id": f"e-{first}-{number}", "source": "/shop", "type": TYPE, "time": "2026-11-10T09:00:00Z",
         "data": {**data, "throughline.object.order": data["basket"], **more}}
        for number, data in enumerate(sent)
    ]  # fmt: skip
    answer = plane.http.post(
        "/events", content=json.dumps(events), headers={"content-type": "application/cloudevents-batch+json"}
    )
    assert (answer.status_code, answer.json()) == (200, {"rejected": []})
    return sent


def command(plane: ControlPlane, *words: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    given = {"THROUGHLINE_URL": plane.url, "THROUGHLINE_TOKEN": (plane.data / "demo-token").read_text()}
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", "contracts", *words],
        env={**kept, **given}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shares(draft: dict[str, Any]) -> dict[str, float]:
    return {name: each["x-observed"]["share"] for name, each in draft["properties"].items()}


def test_a_contract_is_drafted_from_what_applications_sent(plane: ControlPlane, tmp_path: Path) -> None:
    """The draft is a schema, says how often each field came, accepts all of the traffic, and shows no value of what nobody classified."""
    sent = send(plane, 0, 40)
    text = command(plane, "infer", "--from-traffic", TYPE)
    draft = json.loads(text)
    Draft202012Validator.check_schema(draft)
    assert parse(text.encode(), "draft.json").type == "json-schema"
    checker = Draft202012Validator(draft)
    assert [error.message for data in sent for error in checker.iter_errors(data)] == []
    assert draft["x-observed"]["count"] == 40
    assert shares(draft) == {
        "basket": 1, "total": 1, "currency": 1, "at": 1, "lines": 1, "shopper": 1, "note": 0.25, "voucher": 0.025,
    }  # fmt: skip
    assert set(draft["required"]) == {"basket", "total", "currency", "at", "lines", "shopper"}
    assert draft["properties"]["note"]["x-observed"]["types"] == {"string": 5, "null": 5}
    lines = draft["properties"]["lines"]["items"]
    assert (set(lines["required"]), lines["properties"]["quantity"]["type"]) == (
        {"sku", "quantity"},
        "integer",
    )
    assert not checker.is_valid({**sent[0], "lines": [{"sku": "SKU-1"}]})
    assert "ada" not in text
    assert "SPRING" not in text


def test_what_was_finished_and_registered_is_drafted_anew_from_its_own_traffic(
    plane: ControlPlane, tmp_path: Path
) -> None:
    """Once a version says which fields are personal, the other values are shown as evidence."""
    send(plane, 0, 8)
    draft = json.loads(command(plane, "infer", "--from-traffic", TYPE))
    said = {
        "version": "1.0.0",
        "lifecycle": "active",
        "owner": "shop",
        "steward": "Commerce",
        "domain": "orders",
    }
    draft["x-throughline"] |= said
    draft.pop("x-classification", None)
    draft["properties"]["shopper"]["x-classification"] = "personal"
    (tmp_path / f"{TYPE}.json").write_text(json.dumps(draft))
    command(plane, "push", str(tmp_path / f"{TYPE}.json"))
    named = {"throughline.contract.subject": TYPE, "throughline.contract.version": "1.0.0"}
    send(plane, 100, 30, **named)
    again = json.loads(command(plane, "infer", "--from-traffic", TYPE, "--limit", "30"))
    assert again["x-observed"]["count"] == 30
    assert again["properties"]["currency"]["pattern"] == "^[A-Z]{3}$"
    assert again["properties"]["currency"]["x-observed"]["examples"] == ["EUR"]
    assert again["properties"]["at"]["format"] == "date-time"
    assert again["properties"]["total"]["x-observed"]["examples"]
    assert again["properties"]["shopper"]["x-classification"] == "personal"
    assert again["properties"]["shopper"]["properties"]["email"]["x-observed"]["masked"] is True
    assert "ada" not in json.dumps(again)
