# SPDX-License-Identifier: Apache-2.0
"""Loaders: what the items of a list need one by one is read for all of them at once. One set for each request."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar

from sqlmodel import Session
from strawberry.dataloader import DataLoader

from collectors.contract_use import seen as contract_seen
from collectors.contract_use.seen import SubjectSeen
from collectors.decisions import store as decision_store
from collectors.decisions.store import DecisionView
from collectors.payloads import store as payload_store
from collectors.payloads.store import PayloadView
from collectors.spans.view import SpanView
from collectors.transactions import line_store, story_store, support_store
from collectors.transactions import store as transaction_store
from collectors.transactions.line_store import ContractTraffic
from collectors.transactions.support import Support
from collectors.transactions.transaction import EventView, MemberView, TransactionView
from controlplane.database import Database
from policies import listing
from policies.lifecycle import Violation
from registry import approval_store, store
from registry.approval_store import Approval
from registry.standing import Standing, standings
from registry.views import SubjectView
from sync import store as sync_store
from sync.store import ExceptionView
from terms.instant import Instant
from terms.object_key import ObjectKey

K = TypeVar("K")
V = TypeVar("V")


class Loaders:
    """Each takes a transaction's id, but for `transaction_of_object` (an object key's text) `payloads` (an event's id) and what is said of contracts (a subject).

    `seen_since` and `days_since` give the loader of what was seen of contracts since a UTC day.
    """

    def __init__(self, database: Database, names: Mapping[str, tuple[str, ...]], now: Instant) -> None:
        def many(read: Callable[[Session, list[str]], Mapping[str, V]], absent: V) -> DataLoader[str, V]:
            async def load(keys: list[str]) -> list[V]:
                found = await database.read_async(lambda session: read(session, keys))
                return [found.get(key, absent) for key in keys]

            return DataLoader(load)

        def seen_since(day: str) -> DataLoader[str, SubjectSeen | None]:
            return many(lambda session, keys: contract_seen.lately(session, keys, day), None)

        def days_since(day: str) -> DataLoader[str, tuple[tuple[str, int], ...]]:
            return many(lambda session, keys: contract_seen.days(session, keys, day), ())

        self.seen_since = cache(seen_since)
        self.days_since = cache(days_since)
        self.transaction: DataLoader[str, TransactionView | None] = many(
            lambda session, keys: transaction_store.transactions_by_id(session, names, keys), None
        )
        self.transaction_of_object: DataLoader[str, TransactionView | None] = many(
            lambda session, keys: _of_objects(session, names, keys), None
        )
        self.events: DataLoader[str, tuple[EventView, ...]] = many(story_store.events, ())
        self.payloads: DataLoader[str, PayloadView | None] = many(_payloads, None)
        self.members: DataLoader[str, tuple[MemberView, ...]] = many(story_store.members, ())
        self.supports: DataLoader[str, Mapping[ObjectKey, tuple[Support, ...]]] = many(
            support_store.supports, {}
        )
        self.decisions: DataLoader[str, tuple[DecisionView, ...]] = many(decision_store.of_transactions, ())
        self.spans: DataLoader[str, tuple[SpanView, ...]] = many(_spans, ())
        self.violations: DataLoader[str, tuple[Violation, ...]] = many(
            lambda session, keys: listing.of_targets(session, "transaction", keys), ()
        )
        self.contract_violations: DataLoader[str, tuple[Violation, ...]] = many(
            lambda session, keys: listing.of_targets(session, "contract", keys), ()
        )
        self.traffic: DataLoader[str, tuple[ContractTraffic, ...]] = many(_traffic, ())
        self.contracts: DataLoader[str, SubjectView | None] = many(
            lambda session, keys: {view.name: view for view in store.subject_views(session, keys)}, None
        )
        self.approvals: DataLoader[str, Mapping[str, Approval]] = many(
            lambda session, keys: approval_store.in_force_of(session, keys, now), {}
        )
        self.standings: DataLoader[str, Standing | None] = many(
            lambda session, keys: standings(session, keys, now), None
        )
        self.exceptions: DataLoader[str, tuple[ExceptionView, ...]] = many(_exceptions, ())


def _of_objects(
    session: Session, names: Mapping[str, tuple[str, ...]], keys: Iterable[str]
) -> dict[str, TransactionView]:
    ids = transaction_store.transactions_of_objects(session, keys)
    views = transaction_store.transactions_by_id(session, names, set(ids.values()))
    return {key: views[one] for key, one in ids.items() if one in views}


def _spans(session: Session, ids: Iterable[str]) -> dict[str, tuple[SpanView, ...]]:
    # Spans of several transactions are never listed side by side: the cost rule sees to that.
    return {one: story_store.spans(session, one) for one in ids}


def _payloads(session: Session, event_ids: Iterable[str]) -> dict[str, PayloadView]:
    found = payload_store.payloads_of(session, [int(one) for one in event_ids])
    return {str(event_id): view for event_id, view in found.items()}


def _traffic(session: Session, subjects: Sequence[str]) -> dict[str, tuple[ContractTraffic, ...]]:
    found: dict[str, list[ContractTraffic]] = {}
    for seen in line_store.contract_traffic(session, subjects):
        found.setdefault(seen.subject, []).append(seen)
    return {subject: tuple(seen) for subject, seen in found.items()}


def _exceptions(session: Session, ids: Iterable[str]) -> dict[str, tuple[ExceptionView, ...]]:
    """The exceptions whose objects belong to the transactions, those still open first."""
    members = story_store.members(session, ids)
    named = {
        one: [view.object.value for view in views if view.object.type == "exception"]
        for one, views in members.items()
    }
    found = sync_store.exceptions_by_id(session, sorted({key for keys in named.values() for key in keys}))
    return {
        one: tuple(
            sorted(
                (found[key] for key in keys if key in found),
                key=lambda e: (e.state == "resolved", e.opened_at),
            )
        )
        for one, keys in named.items()
    }
