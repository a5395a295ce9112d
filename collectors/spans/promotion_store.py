# SPDX-License-Identifier: Apache-2.0
"""The job behind promoted attributes: takes up what is declared, fills in spans stored before, lets go what is not declared any more.

Each step is small and leaves off at a block; done again after a kill it changes nothing that was done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from collectors.numbers import numbering
from collectors.spans import search_tables
from collectors.spans.block import place, span_keys, unpack
from collectors.spans.promotion import values_of
from terms.instant import MINUTE, Instant
from terms.tenant import TENANT

BLOCKS = 20  # some 10,000 spans to a step
_FORGOTTEN = 20_000
_SETTLED = MINUTE
"""A request that did not see the declaration yet is committed or gone by then."""

_promoted: Any = search_tables.PromotedRow.__table__  # type: ignore[attr-defined]
_value: Any = search_tables.SpanAttributeRow.__table__  # type: ignore[attr-defined]
_span: Any = tables.SpanRow.__table__  # type: ignore[attr-defined]
_block: Any = tables.SpanBlockRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Promoted:
    """One promoted attribute and how far the job is: `looked_at` of `blocks` blocks; finished when `finished_at` is set."""

    name: str
    attribute_no: int
    declared_at: Instant
    blocks: int
    looked_at: int
    finished_at: Instant | None


def promoted(session: Session) -> tuple[Promoted, ...]:
    """Every attribute that is taken up, by name."""
    rows = session.execute(select(_promoted).where(_promoted.c.tenant == TENANT).order_by(_promoted.c.name))
    return tuple(
        Promoted(
            row.name, row.attribute_no, Instant(row.declared_at), row.blocks, min(row.looked_at, row.blocks),
            None if row.finished_at is None else Instant(row.finished_at),
        )
        for row in rows
    )  # fmt: skip


def step(session: Session, names: Sequence[str], now: Instant) -> bool:
    """One step of the job for the names declared. Returns whether there is more to do at once."""
    rows = {row.name: row for row in session.execute(select(_promoted).where(_promoted.c.tenant == TENANT))}
    gone = [row.attribute_no for name, row in rows.items() if name not in names]
    if gone:
        return _let_go(session, gone[0])
    new = [name for name in names if name not in rows]
    if new:
        _take_up(session, new, [row.attribute_no for row in rows.values()], now)
        return True
    unfinished = [row for row in rows.values() if row.finished_at is None]
    return bool(unfinished) and _fill_in(session, unfinished, now)


def _take_up(session: Session, names: Sequence[str], taken: Sequence[int], now: Instant) -> None:
    # Whoever takes a number from now on sees what is declared; whoever took one before has committed.
    with numbering(Bulk(session)) as numbers:
        (until,) = numbers.take("block", 1)
    blocks = session.execute(select(func.count()).select_from(_block)).scalar_one()
    free = (number for number in range(1, 2**15) if number not in taken)
    session.execute(
        insert(_promoted),
        [
            {"tenant": TENANT, "attribute_no": number, "name": name, "declared_at": now, "until_block": until,
             "done_block": 0, "blocks": blocks, "looked_at": 0, "finished_at": None}
            for name, number in zip(names, free, strict=False)
        ],
    )  # fmt: skip


def _let_go(session: Session, number: int) -> bool:
    few = (
        select(_value.c.value, _value.c.start_ns, _value.c.span_key)
        .where(_value.c.tenant == TENANT, _value.c.attribute_no == number)
        .order_by(_value.c.value, _value.c.start_ns, _value.c.span_key)
        .offset(_FORGOTTEN)
        .limit(1)
    )
    edge = session.execute(few).first()
    of_it = [_value.c.tenant == TENANT, _value.c.attribute_no == number]
    if edge is not None:
        session.execute(delete(_value).where(*of_it, _value.c.value < edge.value))
        # One value may be all of it: then the stretch of its starts goes.
        session.execute(
            delete(_value).where(*of_it, _value.c.value == edge.value, _value.c.start_ns <= edge.start_ns)
        )
        return True
    session.execute(delete(_value).where(*of_it))
    session.execute(delete(_promoted).where(_promoted.c.tenant == TENANT, _promoted.c.attribute_no == number))
    return True


def _fill_in(session: Session, unfinished: Sequence[Any], now: Instant) -> bool:
    """The next blocks for the attributes that are furthest behind, together."""
    at = min(row.done_block for row in unfinished)
    behind = [row for row in unfinished if row.done_block == at]
    until = min(row.until_block for row in behind)
    blocks = session.execute(
        select(_block)
        .where(_block.c.tenant == TENANT, _block.c.block_id > at, _block.c.block_id < until)
        .order_by(_block.c.block_id)
        .limit(BLOCKS)
    ).all()
    ids = [row.attribute_no for row in behind]
    mine = update(_promoted).where(_promoted.c.tenant == TENANT, _promoted.c.attribute_no.in_(ids))
    if blocks:
        _note(session, blocks, {row.name: row.attribute_no for row in behind})
        session.execute(
            mine.values(done_block=blocks[-1].block_id, looked_at=_promoted.c.looked_at + len(blocks))
        )
        return True
    if now - max(row.declared_at for row in behind) < _SETTLED:
        return False
    session.execute(mine.values(finished_at=now))
    return True


def _note(session: Session, blocks: Sequence[Any], names: dict[str, int]) -> None:
    attributes = {row.block_id: unpack(row.body) for row in blocks}
    first, last = span_keys(blocks[0].block_id)[0], span_keys(blocks[-1].block_id)[-1]
    found = session.execute(
        select(_span.c.span_key, _span.c.start_ns).where(
            _span.c.tenant == TENANT, _span.c.span_key.between(first, last)
        )
    )
    places = ((row, *place(row.span_key)) for row in found)
    rows = sorted(
        (number, value, row.start_ns, row.span_key)
        for row, block_id, position in places
        for name, number in names.items()
        for value in values_of(attributes[block_id][position], name)
    )
    Bulk(session).insert(
        search_tables.SpanAttributeRow, "attribute_no, value, start_ns, span_key", rows, known="skip"
    )
