# SPDX-License-Identifier: Apache-2.0
"""Whatever is found, held, unanswered, forgotten or retired in whatever order: the store agrees with a model of a few lines."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import StaticPool, create_engine
from sqlmodel import Session, SQLModel

from policies import listing, store
from policies.finding import Evaluation, Finding, Pair, RuleError
from policies.tables import PolicyDeadlineRow, RuleErrorRow, ViolationEventRow, ViolationRow
from terms.instant import Instant
from terms.money import Money

KEYS = st.sampled_from(["T1", "T2"])
RULES = st.sampled_from(["a", "b"])
PATHS = st.sets(st.sampled_from(["", "/x", "/y"]))


TABLES = [row.__table__ for row in (ViolationRow, ViolationEventRow, PolicyDeadlineRow, RuleErrorRow)]


class LifeOfViolations(RuleBasedStateMachine):
    """The model: (rule, target, path) -> open?, times seen, times reopened, times resolved."""

    def __init__(self) -> None:
        super().__init__()
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        SQLModel.metadata.create_all(engine, tables=TABLES)
        self.session = Session(engine)
        self.engine = engine
        self.now = 0
        self.model: dict[tuple[str, str, str], list[int]] = {}
        self.errors: set[tuple[str, str]] = set()

    def tick(self) -> Instant:
        self.now += 1
        return Instant(self.now)

    @rule(rule_id=RULES, key=KEYS, paths=PATHS)
    def answer(self, rule_id: str, key: str, paths: set[str]) -> None:
        pair = Pair(rule_id, "transaction", key)
        found = tuple(Finding(pair, path, 1, "error", "t", "m", "r", Money(1, "EUR")) for path in paths)
        store.apply(self.session, Evaluation(found, (pair,)), self.tick())
        self.errors.discard((rule_id, key))
        for path in paths:
            entry = self.model.setdefault((rule_id, key, path), [0, 0, 0, 0])
            entry[2] += entry[3] > entry[2] and not entry[0]
            entry[0], entry[1] = 1, entry[1] + 1
        self.close(lambda r, k, p: (r, k) == (rule_id, key) and p not in paths)

    @rule(rule_id=RULES, key=KEYS)
    def no_answer(self, rule_id: str, key: str) -> None:
        pair = Pair(rule_id, "transaction", key)
        store.apply(self.session, Evaluation(errors=(RuleError(pair, 1, "?"),)), self.tick())
        self.errors.add((rule_id, key))

    @rule(key=KEYS)
    def forget(self, key: str) -> None:
        store.forget_targets(self.session, "transaction", [key], self.tick())
        self.errors = {error for error in self.errors if error[1] != key}
        self.close(lambda _r, k, _p: k == key)

    @rule(rule_id=RULES)
    def retire(self, rule_id: str) -> None:
        store.keep_rules(self.session, [rule_id], self.tick())
        self.errors = {error for error in self.errors if error[0] == rule_id}
        self.close(lambda r, _k, _p: r != rule_id)

    def close(self, chosen) -> None:  # type: ignore[no-untyped-def]
        for key, entry in self.model.items():
            if chosen(*key) and entry[0]:
                entry[0], entry[3] = 0, entry[3] + 1

    @invariant()
    def the_store_agrees(self) -> None:
        page = listing.violations(self.session, listing.ViolationFilter(), 100)
        kept = {
            (item.pair.rule_id, item.pair.target_key, item.path): (
                int(item.state == "open"),
                item.occurrences,
                item.reopened,
            )
            for item in page.items
        }
        assert kept == {key: (entry[0], entry[1], entry[2]) for key, entry in self.model.items()}
        for item in page.items:
            changes = [event.change for event in listing.history(self.session, item.fingerprint)]
            # Opened once, then resolved and reopened in turn; the last line is the state.
            assert changes == (["opened"] + ["resolved", "reopened"] * len(changes))[: len(changes)]
            assert (changes[-1] == "resolved") == (item.state == "resolved")
            assert (item.resolved_at is None) == (item.state == "open")
        assert {(error.pair.rule_id, error.pair.target_key) for error in listing.rule_errors(self.session)} == self.errors  # fmt: skip

    def teardown(self) -> None:
        self.session.close()
        self.engine.dispose()


TestLifeOfViolations = LifeOfViolations.TestCase
TestLifeOfViolations.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
