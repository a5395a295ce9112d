# SPDX-License-Identifier: Apache-2.0
"""An operator changes a definition file while the server runs: it is in force seconds later, or the old one stays and it is told why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from collectors import definitions
from controlplane.app import Parts, build, create_app
from controlplane.database import Actor
from controlplane.migrations import schema
from controlplane.security import store
from controlplane.settings import Settings
from terms.instant import parse

NOW = parse("2026-11-20T12:00:00Z")
SHIPPED = (definitions.SHIPPED / "processes" / "lead-to-cash.yaml").read_text()
KPI_NEEDS = "activated"  # quote-to-activation ends there


class House:
    """A server over a folder of definitions, its look at the files taken when a test says so."""

    def __init__(self, parts: Parts, client: TestClient, folder: Path) -> None:
        self.parts, self.client, self.folder = parts, client, folder

    def write(self, text: str, name: str = "lead-to-cash.yaml") -> None:
        (self.folder / name).write_text(text)
        self.look()

    def look(self) -> None:
        """Twice, as long as a file has to stay the same."""
        self.parts.reload.look()
        self.parts.reload.look()

    def version(self) -> int:
        process = self.parts.definitions.process("lead-to-cash")
        assert process is not None
        return process.version

    def told(self) -> dict[str, Any]:
        token = self.parts.database.write(
            lambda s: store.create_token(s, "Ada", "admin", NOW), actor=Actor("person", "Ada"), reason="test"
        )
        query = "{ definitions { since inForce { kind id version } problems { what where next } } }"
        answer = self.client.post(
            "/graphql", json={"query": query}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert "data" in body, body
        found: dict[str, Any] = body["data"]["definitions"]
        return found


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "definitions"
    folder.mkdir()
    settings = Settings(data_dir=tmp_path / "data", definitions=(folder,), grpc_port=0)
    (tmp_path / "data").mkdir()
    schema.upgrade(settings.url)
    parts = build(settings, lambda: NOW)
    # The lifespan is not entered: no worker looks beside a test.
    yield House(parts, TestClient(create_app(parts), base_url="https://testserver"), folder)
    parts.database.close()


def version(number: int, **words: str) -> str:
    text = SHIPPED.replace("version: 1", f"version: {number}", 1)
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def test_a_new_version_is_in_force_without_a_restart(house: House) -> None:
    house.write(version(2, sla="sla"))

    assert house.version() == 2
    told = house.told()
    assert {"kind": "process", "id": "lead-to-cash", "version": 2} in told["inForce"]
    assert told["problems"] == []


def test_what_comes_next_is_stitched_by_it(house: House) -> None:
    """The parts that ingest, judge and answer all read the definitions that hold now."""
    house.write(version(2))

    assert house.parts.governance.definitions.process("lead-to-cash").version == 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "what", "next_step"),
    [
        pytest.param("kind: process\nid: [", "is not YAML", "brackets", id="a file that is half written"),
        pytest.param(version(2).replace("milestones:", "millestones:"), "unknown key 'millestones'", "milestones", id="a typo"),
        pytest.param(version(1), "'lead-to-cash' version 1 is defined already", "a version above 1", id="the version it replaces"),
        pytest.param(version(2).replace("{name: activated,", "{name: on,").replace("from: activated", "from: on").replace("milestone: activated", "milestone: on"), KPI_NEEDS, "", id="a milestone that a KPI counts is gone"),
    ],
)  # fmt: skip
def test_what_does_not_hold_changes_nothing_and_is_told(
    house: House, text: str, what: str, next_step: str
) -> None:
    house.write(text)

    assert house.version() == 1
    problems = house.told()["problems"]
    assert any(what in each["what"] for each in problems), problems
    assert any(next_step in each["next"] for each in problems), problems
    assert house.client.get("/readyz").status_code == 200


def test_a_mended_file_is_taken_and_nothing_is_wrong_any_more(house: House) -> None:
    house.write("kind: process\nid: [")
    house.write(version(2))

    assert house.version() == 2
    assert house.told()["problems"] == []


def test_a_change_under_the_same_version_is_refused_because_reasons_name_the_version(house: House) -> None:
    house.write(version(2))
    house.write(version(2).replace("sla: 24h", "sla: 48h"))

    (problem,) = house.told()["problems"]
    assert problem["what"] == "lead-to-cash@2 says something else than what was in force under that name"
    assert problem["next"] == "write version: 3"


def test_without_the_file_the_shipped_one_holds_again(house: House) -> None:
    house.write(version(2))
    (house.folder / "lead-to-cash.yaml").unlink()
    house.look()

    assert house.version() == 1


def test_a_version_that_was_in_force_keeps_its_meaning_after_it_was_taken_away(house: House) -> None:
    house.write(version(2))
    (house.folder / "lead-to-cash.yaml").unlink()
    house.look()
    house.write(version(2).replace("sla: 24h", "sla: 48h"))

    assert house.version() == 1
    assert house.told()["problems"][0]["next"] == "write version: 3"


def test_a_file_that_is_still_being_written_is_not_taken(house: House) -> None:
    """The first part of a process may hold by itself, and would be in force without its failures."""
    whole = version(2)
    (house.folder / "lead-to-cash.yaml").write_text(whole[: whole.index("cancelled_by")])
    house.parts.reload.look()
    (house.folder / "lead-to-cash.yaml").write_text(whole)
    house.parts.reload.look()
    assert house.version() == 1

    house.parts.reload.look()

    process = house.parts.definitions.process("lead-to-cash")
    assert process is not None
    assert (process.version, bool(process.failure), house.told()["problems"]) == (2, True, [])


def test_a_look_at_unchanged_files_reads_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(definitions, "load", refuse)

    house.look()
