# SPDX-License-Identifier: Apache-2.0
"""Keeps the samples of changed transactions and answers KPIs from them. Works inside the caller's transaction; never commits."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from collectors.kpis.change import Marker
from collectors.kpis.definition import KpiDefinition
from collectors.kpis.observe import Window
from collectors.kpis.result import KpiResult, measure
from collectors.kpis.sample import Sample, SampleColumns, sample_of
from collectors.kpis.tables import KpiSampleRow
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions.transaction import TransactionView
from terms.instant import Instant
from terms.tenant import TENANT

_CHUNK = 500  # transactions in one IN list; both databases take thousands
_TABLE: Table = SQLModel.metadata.tables[str(KpiSampleRow.__tablename__)]
_COLUMNS = tuple(_TABLE.c[name] for name in Sample._fields)
_KEY = ("kpi", "version", "transaction_id")


def refresh(session: Session, definitions: Sequence[KpiDefinition], views: Iterable[TransactionView]) -> int:
    """Brings the samples of these transactions up to date; how many rows were written or removed.

    Idempotent: the same views again change nothing. Samples under other versions of a definition are left alone.
    """
    by_id = {view.transaction_id: view for view in views}
    wanted = {
        _key(sample): sample
        for view in by_id.values()
        for definition in definitions
        if (sample := sample_of(definition, view)) is not None
    }
    current = {(definition.id, definition.version) for definition in definitions}
    kept = {
        _key(sample): sample for sample in _samples(session, by_id) if (sample.kpi, sample.version) in current
    }
    gone = [key for key in kept if key not in wanted]
    new = sorted((sample for key, sample in wanted.items() if kept.get(key) != sample), key=_key)
    _remove(session, gone)
    _put(session, new)
    return len(gone) + len(new)


def forget(session: Session, transaction_ids: Collection[str]) -> int:
    """Removes the samples of transactions that are no more, such as one that became part of another; how many."""
    keys = [_key(sample) for sample in _samples(session, transaction_ids)]
    _remove(session, keys)
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


def _samples(session: Session, transaction_ids: Iterable[str]) -> Iterator[Sample]:
    ordered = sorted(transaction_ids)
    for start in range(0, len(ordered), _CHUNK):
        chosen = _TABLE.c.transaction_id.in_(ordered[start : start + _CHUNK])
        # Locked in one order, so that two workers with overlapping lists cannot wait for each other in a circle.
        rows = session.execute(
            select(*_COLUMNS)
            .where(_TABLE.c.tenant == TENANT, chosen)
            .order_by(_TABLE.c.transaction_id, _TABLE.c.kpi, _TABLE.c.version)
            .with_for_update()
        )
        for row in rows:
            yield Sample._make(row)


def _put(session: Session, samples: Sequence[Sample]) -> None:
    if not samples:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(_TABLE)
    replaced = [name for name in _TABLE.c.keys() if name not in ("tenant", *_KEY)]  # noqa: SIM118 the keys are names
    statement = statement.on_conflict_do_update(
        index_elements=["tenant", *_KEY], set_={name: statement.excluded[name] for name in replaced}
    )
    session.execute(statement, [_row(sample) for sample in samples])


def _remove(session: Session, keys: Sequence[tuple[str, int, str]]) -> None:
    if not keys:
        return
    statement = delete(_TABLE).where(
        _TABLE.c.tenant == TENANT, *(_TABLE.c[name] == bindparam(f"the_{name}") for name in _KEY)
    )
    rows = [{f"the_{name}": value for name, value in zip(_KEY, key, strict=True)} for key in sorted(keys)]
    session.connection().execute(statement, rows)


def _key(sample: Sample) -> tuple[str, int, str]:
    return (sample.kpi, sample.version, sample.transaction_id)


def _row(sample: Sample) -> dict[str, Any]:
    return {"tenant": TENANT, **sample._asdict()}
