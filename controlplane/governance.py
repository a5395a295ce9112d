# SPDX-License-Identifier: Apache-2.0
"""One room's news becomes another's facts: changed transactions refresh KPI samples and are judged by the rules.

Both follow from the same list, in the transaction that takes the list's rows off, so a kill in between loses neither.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from collectors.definitions import Definitions
from collectors.kpis import store as kpi_store
from collectors.kpis.definition import KpiDefinition
from collectors.sources import traffic as source_traffic
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions import store as transaction_store
from collectors.transactions import story_store
from collectors.transactions.transaction import EffectCount, TransactionView
from controlplane import contract_use, source_watermarks
from controlplane.contract_facts import contract_fact
from controlplane.criteria import Criteria
from controlplane.source_facts import source_fact
from policies import attention, store
from policies.definition import Rule
from policies.fact import Fact
from registry import subjects
from registry.contract import Contract
from terms import instant
from terms.instant import DAY, Instant

BATCH = 500
BEGINNING = Instant(0)

# Of these things one business key has exactly one: (thing, the type of the key).
SINGLE = (
    ("journal", "invoice"),
    ("journal", "payment"),
    ("journal", "credit-memo"),
    ("invoice", "amendment"),
    ("credit-memo", "amendment"),
)


@dataclass(frozen=True, slots=True)
class Governance:
    """What judges: the definitions in force."""

    definitions: Definitions
    criteria: Criteria
    watermarks: Callable[[Session, Instant], Watermarks] = lambda _session, _now: NOTHING_HELD

    @property
    def kpis(self) -> tuple[KpiDefinition, ...]:
        """The KPIs in force."""
        return self.criteria.kpis

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The policy rules in force."""
        return self.criteria.rules

    def drain(self, session: Session, now: Instant) -> int:
        """Looks at the oldest changed transactions, at most BATCH, once each however often they changed.

        Returns how many changes it took off the list.
        """
        changes = transaction_store.changed_transactions(session, 4 * BATCH)
        if not changes:
            return 0
        oldest = set(list(dict.fromkeys(change.transaction_id for change in changes))[:BATCH])
        self._judge(session, oldest, now)
        # Read before they were judged: what has changed since stays on the list.
        taken = [change for change in changes if change.transaction_id in oldest]
        transaction_store.forget_changed(session, taken)
        return len(taken)

    def meet_deadlines(self, session: Session, now: Instant) -> int:
        """Looks again at what has come due, though nothing happened to it, at most BATCH. Returns how much that was."""
        due = attention.due(session, now, BATCH)
        self._judge(
            session, {one.pair.target_key for one in due if one.pair.target_kind == "transaction"}, now
        )
        return len(due)

    def take_over(self, session: Session, now: Instant) -> None:
        """At a start: violations of rules that are gone end, and what a KPI without samples measures counts as changed."""
        store.keep_rules(session, [rule.id for rule in self.rules], now)
        measured = {process for kpi in kpi_store.unsampled(session, self.kpis) for process in kpi.processes}
        transaction_store.change_all(session, measured)

    def follow(self, session: Session, now: Instant) -> None:
        """KPIs or rules were replaced: violations of rules that are gone end, and all that is stored is measured and judged anew.
        Transactions wait on the list of changed ones; sources are judged at the next look anyway."""
        store.keep_rules(session, [rule.id for rule in self.rules], now)
        transaction_store.change_all(session)
        heads = subjects.heads(session, subjects.names(session))
        uses = _uses(session, now)
        facts = [
            contract_fact(
                head.name, head.owner, head.steward, head.lifecycle, head.semver, uses.get(head.name, ())
            )
            for head in heads
            if head.number  # a version can be seen
        ]
        self._apply(session, facts, now)

    def judge_contracts(self, session: Session, contracts: Sequence[Contract], now: Instant) -> None:
        """Judges contracts as registered."""
        uses = _uses(session, now)
        facts = [
            contract_fact(
                each.subject,
                each.owner,
                each.steward,
                each.lifecycle,
                each.semver,
                uses.get(each.subject, ()),
            )
            for each in contracts
        ]
        self._apply(session, facts, now)

    def judge_use(self, session: Session, now: Instant) -> int:
        """Judges every registered contract that was ever seen in use, by who uses it of late. Always 0: nothing waits."""
        uses = _uses(session, now)
        heads = [head for name in sorted(uses) if (head := subjects.head(session, name)) is not None]
        facts = [
            contract_fact(head.name, head.owner, head.steward, head.lifecycle, head.semver, uses[head.name])
            for head in heads
        ]
        self._apply(session, facts, now)
        return 0

    def judge_sources(self, session: Session, now: Instant) -> int:
        """Judges every source, which is behind by the clock alone, and drops what was counted long ago. Always 0: nothing waits."""
        facts = [source_fact(view) for view in source_watermarks.views(session, now)]
        self._apply(session, facts, now)
        source_traffic.forget_old(session, now)
        return 0

    def _apply(self, session: Session, facts: Sequence[Fact], now: Instant) -> None:
        from policies import evaluate  # loaded by who judges, as criteria.py says

        store.apply(session, evaluate.evaluate(self.rules, facts, now), now)

    def _judge(self, session: Session, ids: set[str], now: Instant) -> None:
        views = transaction_store.transactions_by_id(session, self.definitions.milestone_names, sorted(ids))
        current = {view.transaction_id: view for view in views.values()}
        effects = story_store.effects(session, current, SINGLE)
        kpi_store.refresh(session, self.kpis, tuple(current.values()))
        known = self.watermarks(session, now)
        facts = [
            transaction_fact(view, effects.get(one, ()), known, now) for one, view in sorted(current.items())
        ]
        self._apply(session, facts, now)
        # An id that was redirected, or whose anchor was taken back, is no target any more.
        gone = sorted(ids - current.keys())
        store.forget_targets(session, "transaction", gone, now)
        kpi_store.forget(session, gone)


def _uses(session: Session, now: Instant) -> dict[str, list[dict[str, Any]]]:
    """Of each subject that was ever seen: who was seen with which version in the last days; empty for nobody."""
    since = Instant(now - contract_use.STILL_DAYS * DAY)
    found: dict[str, list[dict[str, Any]]] = {}
    for use in contract_use.observed(session):
        listed = found.setdefault(use.seen.subject, [])
        if use.seen.last_seen >= since:
            listed.append(
                {
                    "application": use.seen.application,
                    "version": use.seen.version,
                    "lifecycle": use.lifecycle,
                    "declared": use.is_declared,
                    "count": use.seen.uses,
                    "last_seen": instant.text(use.seen.last_seen),
                }
            )
    return found


def transaction_fact(
    view: TransactionView,
    effects: Sequence[EffectCount],
    known: Watermarks = NOTHING_HELD,
    now: Instant = BEGINNING,
) -> Fact:
    """The transaction as rules see it, with how far its milestones are known at `now` where their sources are behind."""
    context: Mapping[str, Any] = {
        "id": view.transaction_id,
        "process": view.process,
        "status": view.status,
        "legal_entity": view.legal_entity,
        "currency": view.amount.currency if view.amount else None,
        "amount_minor": view.amount.minor if view.amount else None,
        "started_at": instant.text(view.started_at),
        "anchor": str(view.anchor),
        "milestones": {
            m.name: instant.text(m.reached_at) for m in view.milestones if m.reached_at is not None
        },
        "effects": [{"system": e.system, "type": e.type, "key": e.key, "count": e.count} for e in effects],
    }
    known_until = {
        milestone: known.until(process, milestone, now)
        for process, milestone in known.held
        if process == view.process
    }
    return Fact("transaction", view.transaction_id, context, known_until)
