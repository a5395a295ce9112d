# SPDX-License-Identifier: Apache-2.0
"""Keeps the samples of changed transactions and answers KPIs from them. Works inside the caller's transaction; never commits."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Table, select
from sqlmodel import Session, SQLModel

from collectors.bulk import Bulk
from collectors.kpis.change import Marker, cuts
from collectors.kpis.counting import cells
from collectors.kpis.definition import KpiDefinition
from collectors.kpis.observe import Window
from collectors.kpis.result import KpiResult, inside, measure
from collectors.kpis.sample import Sample, samples_of
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
        _result(
            session,
            definition,
            Window(as_of, days, _known_until(definition, watermarks, as_of)),
            legal_entity,
            near,
        )
        for definition in definitions
    )


def _result(
    session: Session,
    definition: KpiDefinition,
    window: Window,
    legal_entity: str | None,
    markers: Sequence[Marker],
) -> KpiResult:
    within = inside(markers, window)
    return measure(
        definition,
        window,
        cells(session, definition, window, cuts(within), legal_entity),
        cells(session, definition, window.before, legal_entity=legal_entity),
        within,
    )


def _known_until(definition: KpiDefinition, watermarks: Watermarks, as_of: Instant) -> Instant:
    """Up to when the sources of the KPI's end have told; of several processes the one furthest behind."""
    return min((watermarks.until(p, definition.end, as_of) for p in definition.processes), default=as_of)


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
