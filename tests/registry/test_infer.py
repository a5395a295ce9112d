# SPDX-License-Identifier: Apache-2.0
"""A contract is drafted from what was really sent: it takes every payload it was made from, and shows its evidence."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from registry.cli import app
from registry.contract import contract
from registry.document import parse
from registry.infer import infer
from registry.json_indent import written
from registry.masking import masked


def order(number: int, **more: Any) -> dict[str, Any]:
    """An order as a shop sends it."""
    return {
        "number": f"O-{number}",
        "placed_at": f"2026-01-{number % 28 + 1:02}T09:30:00Z",
        "channel": ("web", "shop", "phone")[number % 3],
        "total": {"amount": f"{number}.50", "currency": "EUR"},
        "lines": [{"sku": f"S{n}", "quantity": n} for n in range(1, number % 3 + 2)],
        **more,
    }


def test_a_draft_says_what_held_in_every_payload() -> None:
    """Types, formats, money, required fields; what is only likely is proposed with its counts."""
    payloads = [order(n, **({"note": None if n % 4 else "gift"} if n % 2 else {})) for n in range(40)]
    draft = infer(payloads, subject="order-placed")
    fields = draft["properties"]
    assert draft["required"] == ["number", "placed_at", "channel", "total", "lines"]
    assert fields["placed_at"]["format"] == "date-time"
    assert fields["total"]["required"] == ["amount", "currency"]
    assert fields["total"]["properties"]["amount"]["pattern"] == r"^-?\d{1,15}\.\d{2,4}$"
    assert fields["total"]["properties"]["currency"]["pattern"] == "^[A-Z]{3}$"
    assert fields["lines"]["items"]["properties"]["quantity"]["type"] == "integer"
    assert fields["note"]["type"] == "null"
    assert fields["note"]["x-observed"] == {"count": 20, "share": 0.5}
    assert "enum" not in fields["channel"]
    assert fields["channel"]["x-observed"]["proposedEnum"] == [
        {"value": "web", "count": 14},
        {"value": "phone", "count": 13},
        {"value": "shop", "count": 13},
    ]
    assert "proposedEnum" not in fields["number"]["x-observed"]


def test_a_draft_is_a_contract_that_waits_for_its_owner() -> None:
    """It can be read and registered as a draft; who owns it is for a person to say."""
    text = written(infer([order(1)], subject="order-placed"))
    made = contract(parse(text.encode(), "order-placed.json"))
    assert (made.subject, made.semver, made.lifecycle, made.owner) == ("order-placed", "0.1.0", "draft", "")
    assert "TODO" in made.document.data["$comment"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-2, 2).map(lambda n: round(n, 2)) | st.sampled_from(
        ["", "a", "2026-01-31", "12.50", "EUR", "2026-01-31T09:30:00Z", "7f1c9d2e-3b7a-4c55-9a53-0c4f6f2b8d10"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc/~"), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=6))
def test_a_draft_takes_every_payload_it_was_made_from(payloads: list[Any]) -> None:
    """Whatever is sent, the draft asks for nothing that was not there."""
    schema = json.loads(written(infer(payloads)))
    Draft202012Validator.check_schema(schema)
    for payload in payloads:
        Draft202012Validator(schema).validate(payload)


def test_names_that_are_data_are_no_fields() -> None:
    """An object keyed by ids is a map: its values are described once."""
    draft = infer([{"rates": {f"2026-{n}": Decimal(n) / 7 for n in range(500)}}])
    rates = draft["properties"]["rates"]
    assert "properties" not in rates
    assert rates["additionalProperties"]["type"] == "number"


def test_what_is_confidential_or_personal_is_never_shown() -> None:
    """Neither as an example nor as a proposed value, and so for everything inside; the draft keeps the class."""
    payloads = [{"person": {"name": "Ada", "plan": "gold"}, "iban": "DE89"} for _ in range(50)]
    classes = {"/person": "personal", "/iban": "confidential"}
    text = written(infer(payloads, classes=classes))
    assert not [word for word in ("Ada", "gold", "DE89") if word in text]
    fields = json.loads(text)["properties"]
    assert fields["person"]["x-classification"] == "personal"
    assert fields["person"]["properties"]["name"]["x-observed"] == {"count": 50, "share": 1, "masked": True}


def test_masking_keeps_the_shape_and_nothing_else() -> None:
    """So that a format can still be told, and no value."""
    payload = {
        "a": [{"iban": "DE89 3704-Ü", "n": 7, "ok": True, "none": None}],
        "b": "B1",
        "m": {"k": "v", "known": 1},
    }
    classes = {
        "/a/*/iban": "confidential",
        "/a/*/n": "personal",
        "/b": "internal",
        "/a/*/ok": "personal",
        "/m/*": "personal",
    }
    assert masked(payload, classes) == {
        "a": [{"iban": "XX00 0000-x", "n": 0, "ok": False, "none": None}],
        "b": "B1",
        "m": {"k": "x", "known": 0},
    }  # fmt: skip


def test_the_command_reads_a_document_a_line(tmp_path: Path) -> None:
    """The file's name is the subject; `--at` takes the data out of its envelope; a bad line is named."""
    file = tmp_path / "order-placed.ndjson"
    file.write_text("\n".join(json.dumps({"data": order(n)}) for n in range(3)) + "\n\n")
    done = CliRunner().invoke(app, ["infer", str(file), "--at", "/data"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["x-throughline"]["subject"] == "order-placed"
    assert "number" in json.loads(done.stdout)["properties"]
    file.write_text('{"data": 1}\n{"dat": 1}\n')
    refused = CliRunner().invoke(app, ["infer", str(file), "--at", "/data"])
    assert refused.exit_code == 2
    assert f"{file.name}:2" in refused.stderr.replace("\n", "")


@pytest.mark.parametrize("arguments", [[], ["a.ndjson", "--from-traffic", "x"], ["no-such-file"]])
def test_what_cannot_be_read_is_said(arguments: list[str]) -> None:
    """Nothing to draft from is a mistake in the call."""
    assert CliRunner().invoke(app, ["infer", *arguments]).exit_code == 2
