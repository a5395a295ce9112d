# SPDX-License-Identifier: Apache-2.0
"""The effect ledger: over lost answers, refusals and deaths of the process, a system gets each write at most once."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlmodel import Session, SQLModel, select

from controlplane.database import Actor, Database
from sync import effects, store
from sync.effect import Intent
from sync.effects import Means
from sync.failure import StageFailedError
from sync.outcome import Absent, Outcome, Probe, Refused, Sent, Unknown, Unsent
from sync.tables import CrossReferenceRow, EffectAttemptRow, EffectRow, StepRow
from terms.instant import SECOND, Instant
from terms.object_key import ObjectKey

SETTLE_S = 5.0

INTENT = Intent(
    flow="lead-to-cash",
    flow_major=1,
    name="journal",
    system="netsuite",
    canonical=ObjectKey("journal", "JE-INV-88"),
    business_version="1",
    payload={"total": "12.00"},
    run_id="lead-to-cash/invoice/INV-88",
    round=0,
    settle_s=SETTLE_S,
    noun="journal JE-INV-88",
    objects=(ObjectKey("order", "SO-88"),),
    legal_entity="DE",
    posted_on="2026-10-14",
)

TABLES = [row.__table__ for row in (EffectRow, EffectAttemptRow, CrossReferenceRow, StepRow)]


class Killed(BaseException):
    """The process dies here."""


@dataclass
class System:
    """A system of record that knows no idempotency key: whatever reaches it becomes one more record."""

    clock: Callable[[], int]
    script: Iterator[str]
    records: list[str] = field(default_factory=list)
    late: list[tuple[int, str]] = field(default_factory=list)
    sends: int = 0

    def send(self, key: str) -> Outcome:
        self.sends += 1
        match next(self.script, "ok"):
            case "refuse":
                return Refused("value", "BAD", "no such account", 400)
            case "unsent":
                return Unsent("connection", "connection refused")
            case "lost before":
                return Unknown("read timeout")
            case "lost after":
                self.records.append(key)
                return Unknown("read timeout")
            case "lost, lands late":
                self.late.append((self.clock() + round((SETTLE_S - 0.5) * SECOND), key))
                return Unknown("read timeout")
            case "breaks":
                raise RuntimeError("the answer cannot be read")
            case "killed before":
                raise Killed
            case "killed after":
                self.records.append(key)
                raise Killed
        self.records.append(key)
        return Sent(f"native-{len(self.records)}")

    def probe(self) -> Probe:
        match next(self.script, "ok"):
            case "unsent":
                return Unsent("rate_limit", "slow down", retry_after_s=2)
            case "lost before" | "lost after":
                return Unknown("read timeout")
            case "killed before" | "killed after":
                raise Killed
        self.settle()
        return Sent("found") if self.records else Absent()

    def settle(self) -> None:
        self.records += [key for at, key in self.late if at <= self.clock()]
        self.late = [(at, key) for at, key in self.late if at > self.clock()]


class World:
    """One ledger, one clock, one system, and a process that may die at any write."""

    def __init__(
        self, script: list[str], deaths: frozenset[int] = frozenset(), after_commit: bool = True
    ) -> None:
        self.engine = create_engine("sqlite://")
        SQLModel.metadata.create_all(self.engine, tables=TABLES)
        self.now = 1_000 * SECOND
        self.system = System(lambda: self.now, iter(script))
        self.deaths, self.after_commit = deaths, after_commit
        self.writes = itertools.count()
        self.means = Means(self.write, lambda: Instant(self.now), self.pause, lambda _words: 0.5)

    def write(self, fn: Callable[[Session], Any], reason: str) -> Any:
        number = next(self.writes)
        if number in self.deaths and not self.after_commit:
            raise Killed
        with Session(self.engine, expire_on_commit=False) as session:
            result = fn(session)
            session.commit()
        if number in self.deaths and self.after_commit:
            raise Killed
        return result

    def pause(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)

    def perform(self, intent: Intent = INTENT) -> Sent:
        self.now += SECOND // 100
        return effects.perform(intent, self.system.send, self.system.probe, self.means)

    def to_the_end(self, rounds: int = 40) -> Sent | None:
        """Starts the process again after each death, and replays after each failure, as a person would."""
        intent = INTENT
        for _ in range(rounds):
            try:
                return self.perform(intent)
            except Killed:
                continue
            except StageFailedError:
                intent = replace(intent, round=intent.round + 1)
        return None

    def attempts(self) -> list[EffectAttemptRow]:
        with Session(self.engine) as session:
            return list(session.exec(select(EffectAttemptRow).order_by(EffectAttemptRow.attempt)))  # type: ignore[arg-type]

    def effect(self) -> EffectRow:
        with Session(self.engine) as session:
            return session.exec(select(EffectRow)).one()


HAPPENINGS = [
    "ok", "refuse", "unsent", "lost before", "lost after", "lost, lands late", "breaks", "killed before", "killed after",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(st.sampled_from(HAPPENINGS), max_size=12),
    deaths=st.frozensets(st.integers(0, 30), max_size=6),
    after_commit=st.booleans(),
)
def test_whatever_happens_the_system_has_one_record(
    script: list[str], deaths: frozenset[int], after_commit: bool
) -> None:
    """Any order of faults and deaths ends with exactly one record, and every request has a start and an end."""
    world = World(script, deaths, after_commit)

    assert world.to_the_end() is not None

    world.now += 60 * SECOND
    world.system.settle()
    assert len(world.system.records) == 1
    attempts = world.attempts()
    assert all(row.ended_at is not None and row.started_at <= row.ended_at for row in attempts)
    assert [row.attempt for row in attempts] == list(range(1, len(attempts) + 1))


def test_a_confirmed_write_is_never_sent_again() -> None:
    """Doing the stage again finds the confirmation and sends nothing."""
    world = World([])
    world.perform()
    again = world.perform(replace(INTENT, round=3))
    assert world.system.sends == 1
    assert again.native_id == "native-1"
    assert again.replayed


def test_a_lost_answer_is_looked_for_before_anything_is_sent_again() -> None:
    """The write took effect although its answer was lost: after the settle time it is found and linked."""
    world = World(["lost after"])
    began = world.now
    world.perform()
    assert [row.purpose for row in world.attempts()] == ["send", "probe"]
    assert world.effect().confirmed_by == "probe"
    assert world.now - began >= SETTLE_S * SECOND


def test_a_write_that_did_not_arrive_is_sent_again_under_another_key() -> None:
    """Only once the system is known not to have it may the key change, so that a stored failure is not replayed."""
    world = World(["lost before"])
    world.perform()
    assert [(row.purpose, row.outcome) for row in world.attempts()] == [
        ("send", "unknown"), ("probe", "absent"), ("send", "sent"),
    ]  # fmt: skip
    first, _, second = (row.provider_key for row in world.attempts())
    assert first != second


def test_a_write_that_never_left_keeps_its_key() -> None:
    """A refused connection had no effect: the same key goes out again, after a wait that grows."""
    world = World(["unsent", "unsent"])
    world.perform()
    sends = world.attempts()
    assert len({row.provider_key for row in sends}) == 1
    waits = [
        (after.started_at - before.ended_at) for before, after in itertools.pairwise(sends) if before.ended_at
    ]
    assert waits == [0.25 * SECOND, 0.75 * SECOND]


def test_a_death_during_the_request_is_told_and_probed() -> None:
    """The open attempt is closed as interrupted at its discovery; nothing is sent before the probe."""
    world = World(["killed after"])
    with pytest.raises(Killed):
        world.perform()
    world.now += 3 * SECOND
    world.perform()
    first, second = world.attempts()
    assert (first.outcome, first.ended_at) == ("interrupted", 1_003 * SECOND + 20_000)
    assert (second.purpose, second.outcome) == ("probe", "sent")
    with Session(world.engine) as session:
        spans = store.unsent_spans(session, 10)
    assert [(span.ok, span.attributes.get("throughline.interrupted")) for span in spans] == [
        (False, True),
        (True, None),
    ]


def test_a_refusal_ends_the_step_and_only_a_replay_sends_again() -> None:
    """The same round never repeats a refused request; the replay does, under a new key."""
    world = World(["refuse"])
    for _ in range(2):
        with pytest.raises(StageFailedError) as refused:
            world.perform()
    assert world.system.sends == 1
    assert refused.value.failure.sentence == "NetSuite refused journal JE-INV-88: no such account"
    assert world.perform(replace(INTENT, round=1)).native_id == "native-1"


def test_a_spent_budget_asks_a_person() -> None:
    """After six requests that never left, the step fails with what the system said last."""
    world = World(["unsent"] * 50)
    with pytest.raises(StageFailedError) as spent:
        world.perform()
    assert world.system.sends == effects.SENDS
    assert spent.value.failure.error_class == "connection"
    assert spent.value.failure.attempts == effects.SENDS


def test_a_wait_that_the_system_asks_for_is_kept() -> None:
    """A rate limit's Retry-After is longer than our own wait, so it counts."""
    world = World(["lost before", "unsent"])
    world.perform()
    probes = [row for row in world.attempts() if row.purpose == "probe"]
    assert probes[1].started_at - (probes[0].ended_at or 0) == 2 * SECOND


def test_the_same_write_with_another_payload_is_a_conflict() -> None:
    """What was confirmed with one amount is not silently taken for the other."""
    world = World([])
    world.perform()
    with pytest.raises(StageFailedError) as conflict:
        world.perform(replace(INTENT, payload={"total": "13.00"}))
    assert conflict.value.failure.error_class == "conflict"


def test_the_ledger_works_on_both_databases(database: Database) -> None:
    """The same walk, lost answer and all, through the real database."""
    world = World(["lost before", "unsent"])

    def write(fn: Callable[[Session], Any], reason: str) -> Any:
        return database.write(fn, actor=Actor("machine", "sync"), reason=reason)

    means = replace(world.means, write=write)
    effects.perform(INTENT, world.system.send, world.system.probe, means)
    spans = database.read(lambda s: store.unsent_spans(s, 10))
    assert [span.name for span in spans] == [
        "netsuite: write journal", "netsuite: look for journal", "netsuite: look for journal", "netsuite: write journal",
    ]  # fmt: skip
    database.write(
        lambda s: store.mark_sent(s, [span.id for span in spans]), actor=Actor("machine", "t"), reason="sent"
    )
    assert database.read(lambda s: store.unsent_spans(s, 10)) == []
