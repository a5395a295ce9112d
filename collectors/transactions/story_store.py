# SPDX-License-Identifier: Apache-2.0
"""The parts of one transaction's story, read: its events, its members with their reasons, its spans."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.decisions import store as decision_store
from collectors.decisions.store import DecisionView
from collectors.labels import label_of
from collectors.spans.rows import MAX_SPANS, numbers_of_traces, span_views, trace_rows
from collectors.spans.view import SpanView
from collectors.transactions.transaction import EffectCount, EventView, MemberView
from terms.instant import Instant, to_datetime
from terms.money import Money
from terms.object_key import ObjectKey
from terms.tenant import TENANT

TREE = ("anchor", "same_as", "child_of")
_DIGEST = re.compile("[0-9a-f]{32}")

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_event: Any = tables.EventRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_txn_event: Any = tables.TxnEventRow.__table__  # type: ignore[attr-defined]
_txn_object: Any = tables.TxnObjectRow.__table__  # type: ignore[attr-defined]
_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_span_object: Any = tables.SpanObjectRow.__table__  # type: ignore[attr-defined]


def events(session: Session, ids: Iterable[str]) -> dict[str, tuple[EventView, ...]]:
    """The events of each transaction, in order of business time, then source and source's id."""
    source = label_of(_event.c.source_label).label("source")
    rows = session.execute(
        select(
            _txn.c.digest,
            source,
            label_of(_event.c.type_label).label("type"),
            label_of(_event.c.system_label).label("system"),
            _txn_event.c.role.label("membership"),
            _txn_event.c.via_id,
            _txn_event.c.share_ppm,
            _txn_event.c.part_minor,
            _event,
        )
        .join(_txn_event, (_txn_event.c.tenant == TENANT) & (_txn_event.c.txn_id == _txn.c.txn_id))
        .join(_event, (_event.c.tenant == TENANT) & (_event.c.event_id == _txn_event.c.event_id))
        .where(_txn.c.tenant == TENANT, _txn.c.digest.in_(digests(ids)))
        .order_by(_event.c.occurred_at, source, _event.c.source_event_id)
    ).all()
    named = {row.event_id: orjson.loads(row.objects) for row in rows}
    keys = object_keys(session, {object_id for ids in named.values() for object_id in ids})
    found: dict[str, list[EventView]] = defaultdict(list)
    for row in rows:
        objects = {object_id: keys[object_id] for object_id in named[row.event_id]}
        found[row.digest.hex()].append(_event_view(row, objects))
    return {one: tuple(views) for one, views in found.items()}


def members(session: Session, ids: Iterable[str]) -> dict[str, tuple[MemberView, ...]]:
    """The objects of each transaction with the reason of each: the anchor first, then its tree, links, annotations."""
    rows = session.execute(
        select(
            _txn.c.digest,
            _txn.c.definition_version,
            _txn_object,
            label_of(_txn_object.c.rule_label).label("rule"),
            label_of(_event.c.type_label).label("type"),
            _event.c.occurred_at,
        )
        .join(_txn_object, (_txn_object.c.tenant == TENANT) & (_txn_object.c.txn_id == _txn.c.txn_id))
        .outerjoin(_event, (_event.c.tenant == TENANT) & (_event.c.event_id == _txn_object.c.event_id))
        .where(_txn.c.tenant == TENANT, _txn.c.digest.in_(digests(ids)))
    ).all()
    keys = object_keys(
        session, {row.object_id for row in rows} | {row.parent_id for row in rows if row.parent_id}
    )
    decided = decision_store.decisions_by_id(session, {row.event_id for row in rows if row.type is None})
    found: dict[str, list[MemberView]] = defaultdict(list)
    for row in rows:
        found[row.digest.hex()].append(_member_view(row, keys, decided.get(row.event_id)))
    rank = {role: position for position, role in enumerate((*TREE, "link", "succeeds", "annotate"))}
    return {
        one: tuple(sorted(views, key=lambda view: (rank[view.role], view.object)))
        for one, views in found.items()
    }


def spans(session: Session, transaction_id: str) -> tuple[SpanView, ...]:
    """The spans of one transaction in order of start, at most 5,000.

    A span belongs when it carries one of the transaction's events, names an object of its tree, or runs below one
    that does. The rest of the trace does not: a nightly run's trace touches hundreds of transactions.
    """
    (digest,) = digests((transaction_id,)) or (b"",)
    txn_id = session.execute(
        select(_txn.c.txn_id).where(_txn.c.tenant == TENANT, _txn.c.digest == digest)
    ).scalar_one_or_none()
    if txn_id is None:
        return ()
    reasons = _named_spans(session, txn_id)
    carriers = _carriers(session, txn_id)
    traces = numbers_of_traces(session, {trace for trace, _ in carriers}) | _traces(session, reasons)
    rows = trace_rows(session, traces)
    for row in rows:
        if (row.trace_id, row.span_id) in carriers:
            reasons[row.span_key] = f"carries the event {carriers[row.trace_id, row.span_id]}"
    _add_descendants(rows, reasons)
    return span_views(session, [row for row in rows if row.span_key in reasons][:MAX_SPANS], reasons)


def trace(session: Session, trace_id: str) -> tuple[SpanView, ...]:
    """All spans of one trace in order of start, at most 5,000; none for an id that is none."""
    rows = trace_rows(session, numbers_of_traces(session, digests((trace_id,))))[:MAX_SPANS]
    return span_views(session, rows, dict.fromkeys((row.span_key for row in rows), "is of this trace"))


def effects(
    session: Session, ids: Iterable[str], single: Sequence[tuple[str, str]]
) -> dict[str, tuple[EffectCount, ...]]:
    """How many things of a type each transaction holds for one business key, for the pairs (thing, key's type) asked.

    More than one is a doubled effect: `("journal", "invoice")` asks for the journals of each invoice.
    """
    # Counted by the database: every change of a transaction asks, and its members with their reasons are not needed for it.
    key = "parent.type, parent.value, parent.namespace, parent.scope"
    rows = Bulk(session).select(
        f"txn.digest, thing.type, {key}, count(*)",
        "txn",
        "txn.digest",
        digests(ids),
        among={
            "thing.type": sorted({thing for thing, _ in single}),
            "parent.type": sorted({of for _, of in single}),
        },
        join=" JOIN txn_object m ON m.tenant = txn.tenant AND m.txn_id = txn.txn_id"
        " JOIN object thing ON thing.tenant = txn.tenant AND thing.object_id = m.object_id"
        " JOIN object parent ON parent.tenant = txn.tenant AND parent.object_id = m.parent_id",
        tenant="txn.tenant",
        ending=f" GROUP BY txn.digest, thing.type, {key}",
    )
    found: dict[str, list[EffectCount]] = defaultdict(list)
    for digest, thing, kind, value, namespace, scope, count in rows:
        if (thing, kind) in single:
            named = str(ObjectKey(kind, value, namespace, scope))
            found[digest.hex()].append(EffectCount("", thing, named, int(count)))
    return {
        one: tuple(sorted(counts, key=lambda count: (count.type, count.key))) for one, counts in found.items()
    }


def digests(ids: Iterable[str]) -> list[bytes]:
    """The stored form of transaction or trace ids; what is none is left out."""
    return [bytes.fromhex(one) for one in ids if _DIGEST.fullmatch(one)]


def object_keys(session: Session, object_ids: set[int]) -> dict[int, ObjectKey]:
    """The keys of objects by their row ids."""
    rows = session.execute(
        select(_object).where(_object.c.tenant == TENANT, _object.c.object_id.in_(object_ids))
    )
    return {row.object_id: ObjectKey(row.type, row.value, row.namespace, row.scope) for row in rows}


def _event_view(row: Any, objects: Mapping[int, ObjectKey]) -> EventView:
    via = objects[row.via_id] if row.via_id in objects else ObjectKey("", "")
    return EventView(
        event_key=str(row.event_id),
        type=row.type,
        source=row.source,
        source_event_id=row.source_event_id,
        at=Instant(row.occurred_at),
        system=row.system,
        objects=tuple(objects.values()),
        role=row.membership,
        via=via,
        share_ppm=row.share_ppm,
        amount=Money(row.amount_minor, row.currency)
        if row.amount_minor is not None and row.currency
        else None,
        legal_entity=row.legal_entity,
        region=row.region,
        contract_subject=row.contract_subject,
        contract_version=row.contract_version,
        message=row.message,
        trace_id=row.trace_id.hex() if row.trace_id else None,
        span_id=row.span_id.hex() if row.span_id else None,
        why=f"names {via}" if row.membership == "member" else f"names {via}, one link away",
        part=Money(row.part_minor, row.currency) if row.part_minor is not None and row.currency else None,
        figures=row.figures,
    )


def _member_view(row: Any, keys: dict[int, ObjectKey], decided: DecisionView | None) -> MemberView:
    parent = keys.get(row.parent_id) if row.parent_id else None
    told = f"{row.type} of {_clock(row.occurred_at)}" if row.type else "an event no longer kept"
    said = f"decided by {decided.decided_by}: {decided.reason}" if decided else f"says {told}"
    why = {
        "anchor": "the transaction is anchored on it",
        "same_as": f"the same as {parent}, {said}",
        "child_of": f"belongs to {parent}, {said}",
        "link": f"linked to {parent}, {said}",
        "succeeds": f"what {parent} has in common with those before and after it, {said}",
        "annotate": f"named beside it by {told}; joins nothing",
    }[row.role]
    return MemberView(
        object=keys[row.object_id],
        role=row.role,
        parent=parent,
        rule=row.rule,
        rule_version=row.definition_version if row.rule else None,
        event_key=str(row.event_id) if row.event_id and not decided else None,
        event_at=Instant(row.occurred_at) if row.occurred_at is not None else None,
        why=why,
        decision_id=decided.decision_id if decided else None,
    )


def _clock(instant: int) -> str:
    return to_datetime(Instant(instant)).strftime("%d %b %H:%M")


def _named_spans(session: Session, txn_id: int) -> dict[int, str]:
    """Spans that name an object of the tree, with the reason."""
    rows = session.execute(
        select(_span_object.c.span_key, _object.c.type, _object.c.value)
        .select_from(_txn_object)
        .join(
            _span_object,
            (_span_object.c.tenant == TENANT) & (_span_object.c.object_id == _txn_object.c.object_id),
        )
        .join(_object, (_object.c.tenant == TENANT) & (_object.c.object_id == _txn_object.c.object_id))
        .where(_txn_object.c.tenant == TENANT, _txn_object.c.txn_id == txn_id, _txn_object.c.role.in_(TREE))
        .order_by(_span_object.c.span_key)
        .limit(MAX_SPANS)
    )
    return {row.span_key: f"names {row.type}:{row.value}" for row in rows}


def _carriers(session: Session, txn_id: int) -> dict[tuple[bytes, bytes], str]:
    rows = session.execute(
        select(_event.c.trace_id, _event.c.span_id, label_of(_event.c.type_label).label("type"))
        .join(_txn_event, (_txn_event.c.tenant == TENANT) & (_txn_event.c.event_id == _event.c.event_id))
        .where(_event.c.tenant == TENANT, _txn_event.c.txn_id == txn_id, _event.c.trace_id.is_not(None))
    )
    return {(row.trace_id, row.span_id): row.type for row in rows}


def _traces(session: Session, span_keys: Iterable[int]) -> set[int]:
    keys = list(span_keys)
    return {
        trace
        for start in range(0, len(keys), 500)
        for trace in session.execute(
            select(_span.c.trace_no).where(
                _span.c.tenant == TENANT, _span.c.span_key.in_(keys[start : start + 500])
            )
        ).scalars()
    }


def _add_descendants(rows: Sequence[Any], reasons: dict[int, str]) -> None:
    children: dict[tuple[bytes, bytes], list[Any]] = defaultdict(list)
    for row in rows:
        if row.parent_span_id:
            children[row.trace_id, row.parent_span_id].append(row)
    waiting = [row for row in rows if row.span_key in reasons]
    while waiting:
        above = waiting.pop()
        for row in children[above.trace_id, above.span_id]:
            if row.span_key not in reasons:
                reasons[row.span_key] = f"runs below {above.name}"
                waiting.append(row)
