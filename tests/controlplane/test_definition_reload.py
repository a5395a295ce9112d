# SPDX-License-Identifier: Apache-2.0
"""An operator changes a definition file while the server runs: it is in force seconds later, or the old one stays and it is told why."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import migrated
import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from collectors import definitions
from collectors.intake import ingest
from collectors.kpis import definition as kpi
from collectors.span import BusinessEvent, Decoded
from controlplane.app import create_app
from controlplane.database import Actor
from controlplane.parts import Parts, build
from controlplane.security import store
from controlplane.settings import Settings
from policies import rule
from policies.tables import ViolationRow
from terms.instant import DAY, Instant, parse

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
    migrated.started(tmp_path / "data", lambda: NOW)
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


KPI = (kpi.SHIPPED / "invoice-latency.yaml").read_text()
RULE = (rule.SHIPPED / "core" / "tx.posted.within.yaml").read_text()


def put(house: House, name: str, text: str) -> None:
    place = house.folder / name
    place.parent.mkdir(exist_ok=True)
    house.write(text, name)


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        pytest.param("kpis/latency.yaml", KPI.replace("version: 1", "version: 2", 1), ("kpi", "invoice-latency", 2), id="a KPI"),
        pytest.param("policies/posted.yaml", RULE.replace("version: 1", "version: 2", 1), ("policy", "tx.posted.within", 2), id="a policy rule"),
    ],
)  # fmt: skip
def test_what_is_measured_and_what_must_hold_is_taken_up_too(
    house: House, name: str, text: str, held: tuple[str, str, int]
) -> None:
    put(house, name, text)

    told = house.told()
    assert told["problems"] == []
    assert dict(zip(("kind", "id", "version"), held, strict=True)) in told["inForce"]
    assert sum(one["id"] == held[1] for one in told["inForce"]) == 1


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        pytest.param("kpis/latency.yaml", KPI.replace("version: 1", "version: 2", 1).replace("start: activated", "start: actived"), "activated", id="a KPI of an unknown milestone"),
        pytest.param("policies/posted.yaml", RULE.replace("version: 1", "version: 2", 1).replace("assert:", "asert:"), "assert", id="a typo in a rule"),
        pytest.param("policies/posted.yaml", RULE, "tx.posted.within", id="the version it replaces"),
    ],
)  # fmt: skip
def test_a_kpi_or_rule_that_does_not_hold_changes_nothing(
    house: House, name: str, text: str, what: str
) -> None:
    before = house.parts.governance.kpis, house.parts.governance.rules

    put(house, name, text)

    assert what in str(house.told()["problems"])
    assert (house.parts.governance.kpis, house.parts.governance.rules) == before


def test_a_kpi_that_counts_otherwise_takes_a_version_of_its_own(house: House) -> None:
    """Samples are kept by version: two meanings under one would be added up."""
    second = KPI.replace("version: 1", "version: 2", 1)
    put(house, "kpis/latency.yaml", second)
    put(house, "kpis/latency.yaml", second.replace("start: activated", "start: ordered"))

    (problem,) = house.told()["problems"]
    assert (
        problem["what"] == "KPI invoice-latency@2 says something else than what was in force under that name"
    )
    put(house, "kpis/latency.yaml", second.replace("title: ", "title: Our "))
    assert house.told()["problems"] == []


def test_what_is_stored_is_judged_by_a_new_rule_and_no_more_by_one_that_is_gone(house: House) -> None:
    """A deal that nothing happens to any more breaks the rule that comes today, and nothing once it is gone."""
    at = Instant(NOW - 40 * DAY)
    events = [BusinessEvent("test", f"{kind}", kind, at, "test", keys, 100, "EUR") for kind, keys in (("order-placed", ("order:SO-1",)), ("invoice-issued", ("invoice:I", "order:SO-1")))]  # fmt: skip
    parts = house.parts
    write = partial(parts.database.write, actor=Actor("machine", "test"), reason="test")
    write(lambda s: ingest(s, Decoded(events=events), NOW, parts.definitions))
    write(lambda s: parts.governance.drain(s, NOW))
    mine = RULE.replace("id: tx.posted.within", "id: tx.posted.soon", 1)

    def broken() -> list[str]:
        write(lambda s: parts.governance.drain(s, NOW))
        found = select(ViolationRow.rule_id).where(ViolationRow.state == "open")
        return [one for one in parts.database.read(lambda s: s.exec(found).all()) if one.startswith("tx.")]

    assert broken() == ["tx.posted.within"]
    put(house, "policies/soon.yaml", mine)
    assert sorted(broken()) == ["tx.posted.soon", "tx.posted.within"]
    (house.folder / "policies" / "soon.yaml").unlink()
    house.look()
    assert broken() == ["tx.posted.within"]
