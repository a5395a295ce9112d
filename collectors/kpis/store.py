# SPDX-License-Identifier: Apache-2.0
"""Keeps the samples of changed transactions and answers KPIs from them. Works inside the caller's transaction; never commits."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Table, select
from sqlmodel import Session, SQLModel

from collectors.bulk import Bulk
from collectors.kpis.change import Marker
from collectors.kpis.definition import KpiDefinition
from collectors.kpis.observe import Window
from collectors.kpis.result import KpiResult, measure
from collectors.kpis.sample import Sample, SampleColumns, samples_of
from collectors.kpis.tables import KpiSampleRow
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions.transaction import TransactionView
from terms.instant import Instant
from terms.tenant import TENANT

_NAME = str(KpiSampleRow.__tablename__)
_TABLE: Table = SQLModel.metadata.tables[_NAME]
_KEYS = 3  # the first fields of a sample name it
_COLUMNS, _KEY, _FIGURES = map(", ".join, (Sample._fields, Sample._fields[:_KEYS], Sample._fields[_KEYS:]))
SampleKey = tuple[str, int, str]


def refresh(session: Session, definitions: Sequence[KpiDefinition], views: Iterable[TransactionView]) -> int:
    """Brings the samples of these transactions up to date; how many rows were written or removed.

    Idempotent: the same views again change nothing. Samples under other versions of a definition are left alone.
    """
    bulk = Bulk(session)
    by_id = {view.transaction_id: view for view in views}
    wanted = {_key(sample): sample for view in by_id.values() for sample in samples_of(definitions, view)}
    current = {(definition.id, definition.version) for definition in definitions}
    kept = {
        _key(sample): sample for sample in _samples(bulk, by_id) if (sample.kpi, sample.version) in current
    }
    gone = [key for key in kept if key not in wanted]
    new = sorted((sample for key, sample in wanted.items() if kept.get(key) != sample), key=_key)
    _remove(bulk, gone)
    _put(bulk, [one for one in new if _key(one) not in kept], [one for one in new if _key(one) in kept])
    return len(gone) + len(new)


def forget(session: Session, transaction_ids: Collection[str]) -> int:
    """Removes the samples of transactions that are no more, such as one that became part of another; how many."""
    if not transaction_ids:
        return 0
    bulk = Bulk(session)
    keys = [_key(sample) for sample in _samples(bulk, transaction_ids)]
    _remove(bulk, keys)
    return len(keys)


def unsampled(session: Session, definitions: Sequence[KpiDefinition]) -> tuple[KpiDefinition, ...]:
    """The definitions no transaction has been sampled for: new, or with a new version. They need a refresh of all transactions."""
    return tuple(
        definition
        for definition in definitions
        if session.execute(
            select(_TABLE.c.transaction_id)
            .where(
                _TABLE.c.tenant == TENANT,
                _TABLE.c.kpi == definition.id,
                _TABLE.c.version == definition.version,
            )
            .limit(1)
        ).first()
        is None
    )


def results(
    session: Session,
    definitions: Sequence[KpiDefinition],
    as_of: Instant,
    days: int = 30,
    legal_entity: str | None = None,
    markers: Sequence[Marker] = (),
    watermarks: Watermarks = NOTHING_HELD,
) -> tuple[KpiResult, ...]:
    """Each KPI as of the instant over the last `days` days, in the order of the definitions. `days` is at least 1.

    With a legal entity only its samples count, and only markers that apply to it are looked at.
    """
    near = [m for m in markers if legal_entity is None or m.legal_entity in (None, legal_entity)]
    return tuple(
        measure(definition, load(session, definition, window, legal_entity), window, near)
        for definition in definitions
        for window in (Window(as_of, days, _known_until(definition, watermarks, as_of)),)
    )


def _known_until(definition: KpiDefinition, watermarks: Watermarks, as_of: Instant) -> Instant:
    """Up to when the sources of the KPI's end have told; of several processes the one furthest behind."""
    return min((watermarks.until(p, definition.end, as_of) for p in definition.processes), default=as_of)


def load(
    session: Session, definition: KpiDefinition, window: Window, legal_entity: str | None = None
) -> SampleColumns:
    """The KPI's samples that started in the window or the one before, as columns."""
    columns = _TABLE.c
    statement = select(
        columns.cohort_at, columns.end_at, columns.cancelled_at, columns.failed_at, columns.legal_entity
    ).where(
        columns.tenant == TENANT,
        columns.kpi == definition.id,
        columns.version == definition.version,
        columns.cohort_at >= window.before.from_at,
        columns.cohort_at <= window.as_of,
    )
    if legal_entity is not None:
        statement = statement.where(columns.legal_entity == legal_entity)
    rows = session.execute(statement).all()
    if not rows:
        return SampleColumns()
    cohort_at, end_at, cancelled_at, failed_at, entities = map(list, zip(*rows, strict=True))
    return SampleColumns(cohort_at, end_at, cancelled_at, failed_at, [name or "" for name in entities])


def _samples(bulk: Bulk, transaction_ids: Iterable[str]) -> Iterator[Sample]:
    # Locked in one order, so that two workers with overlapping lists cannot wait for each other in a circle.
    locked = " ORDER BY transaction_id, kpi, version FOR UPDATE" if bulk.is_postgres else ""
    rows = bulk.select(_COLUMNS, _NAME, "transaction_id", transaction_ids, ending=locked)
    return map(Sample._make, rows)


def _put(bulk: Bulk, new: Sequence[Sample], changed: Sequence[Sample]) -> None:
    if bulk.insert(KpiSampleRow, _COLUMNS, new, known="skip") < len(new):
        changed = [*changed, *new]  # another worker stored some meanwhile: they become ours
    bulk.update(KpiSampleRow, _FIGURES, _KEY, [(*sample[_KEYS:], *_key(sample)) for sample in changed])


def _remove(bulk: Bulk, keys: Sequence[SampleKey]) -> None:
    bulk.delete(KpiSampleRow, _KEY, sorted(keys))


def _key(sample: Sample) -> SampleKey:
    return (sample.kpi, sample.version, sample.transaction_id)
