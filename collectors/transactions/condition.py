# SPDX-License-Identifier: Apache-2.0
"""Conditions of a query as SQL over a transaction's row. Business keys become ids first, so that they stay an index lookup."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select, tuple_
from sqlmodel import Session

from collectors import tables
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from collectors.transactions.query import KEY, TEXT, Amount, Condition
from terms import object_key
from terms.instant import Instant
from terms.money import currencies_by_exponent, exponent
from terms.tenant import TENANT

# Beyond so many, a list of ids is slower than reading them beside the transactions.
MOST_IDS = 2_000

_txn: Any = tables.TxnRow.__table__  # type: ignore[attr-defined]
_object: Any = tables.ObjectRow.__table__  # type: ignore[attr-defined]
_txn_object: Any = tables.TxnObjectRow.__table__  # type: ignore[attr-defined]

_ORDER: Mapping[str, Callable[[Any, Any], Any]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_COLUMNS = {
    "process": "process",
    "waiting": "waiting_for",
    "entity": "legal_entity",
    "region": "region",
    "customer": "customer",
    "currency": "currency",
    "started": "started_at",
    "ended": "ended_at",
    "due": "due_at",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list holds, as of an instant. With `watermarks` a stage whose source is behind is not overdue yet."""

    conditions: tuple[Condition, ...]
    now: Instant
    watermarks: Watermarks = NOTHING_HELD


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition as SQL, with the field it is about. `is_short`: it lists the few transactions that can meet it."""

    field: str
    sql: ColumnElement[bool]
    is_short: bool = False


def clauses(session: Session, wanted: Wanted) -> tuple[Clause, ...]:
    """One clause for each condition. Reads the ids behind business keys; everything else is only written down."""
    return tuple(_clause(session, one, wanted) for one in wanted.conditions)


def is_overdue(now: Instant, watermarks: Watermarks = NOTHING_HELD) -> Any:
    """The condition on a transaction's row that says what TransactionView.is_overdue says."""
    late: Any = func.coalesce(_txn.c.due_at < now, False)
    for until, stages in watermarks.groups():
        held = tuple_(_txn.c.process, func.coalesce(_txn.c.waiting_for, "")).in_(stages)
        late &= ~(held & (func.coalesce(_txn.c.due_at, now) >= until))
    return _txn.c.status.in_(("open", "failed")) & late


def is_stuck(now: Instant, watermarks: Watermarks = NOTHING_HELD) -> Any:
    """The condition for failed or overdue."""
    return or_(_txn.c.status == "failed", is_overdue(now, watermarks))


def duration(now: Instant) -> Any:
    """From the start to the end, or to `now` for what has not ended, in microseconds."""
    return func.coalesce(_txn.c.ended_at, now) - _txn.c.started_at


def waited(now: Instant) -> Any:
    """How long the next milestone has been waited for, in microseconds; NULL where none is."""
    return now - _txn.c.waiting_since


def behind(session: Session, one: Condition) -> Select[Any]:
    """The ids of transactions that hold an object of these keys, some more than once.

    A key is the text of an object's key, or a bare value of any object; free text is how such a value begins.
    """
    texts = [str(value) for value in one.values]
    whole = [text for text in texts if one.field == KEY or ":" in text]
    objects = or_(*(object_of(text) if text in whole else begins(session, text) for text in texts))
    wanted = select(_object.c.object_id).where(_object.c.tenant == TENANT, objects)
    return select(_txn_object.c.txn_id).where(
        _txn_object.c.tenant == TENANT, _txn_object.c.object_id.in_(wanted)
    )


def begins(session: Session, prefix: str) -> ColumnElement[bool]:
    """That an object's value begins with these characters, as a range of the index over values."""
    value, end = _object.c.value, _after(prefix)
    if session.get_bind().dialect.name == "postgresql":
        # The operators of text_pattern_ops compare bytes, as that index does, whatever the database's collation.
        conditions = [value.op("~>=~", is_comparison=True)(prefix)]
        return and_(*conditions, value.op("~<~", is_comparison=True)(end)) if end else conditions[0]
    return and_(value >= prefix, value < end) if end else value >= prefix


def object_of(key: str) -> Any:
    """The condition on an object: a key's text names it, or a bare value is its own."""
    if ":" not in key:
        return _object.c.value == key
    one = object_key.parse(key)
    columns = (_object.c.value, _object.c.type, _object.c.namespace, _object.c.scope)
    return and_(
        *(
            column == part
            for column, part in zip(columns, (one.value, one.type, one.namespace, one.scope), strict=True)
        )
    )


def _after(prefix: str) -> str:
    """The least text behind all that begin with the prefix; `` where there is none."""
    for place in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[place]) + 1
        if following == 0xD800:  # surrogates are no characters of their own
            following = 0xE000
        if following <= 0x10FFFF:
            return prefix[:place] + chr(following)
    return ""


def _clause(session: Session, one: Condition, wanted: Wanted) -> Clause:
    if one.field in (KEY, TEXT):
        return _of_keys(session, one)
    found = _sql(one, wanted)
    return Clause(one.field, not_(found) if one.negated else found)


def _of_keys(session: Session, one: Condition) -> Clause:
    """The transactions behind business keys. A short list is read first: then no plan can begin at the wrong end."""
    ids = behind(session, one)
    found = session.execute(ids.limit(MOST_IDS + 1)).scalars().all()
    is_short = len(found) <= MOST_IDS
    listed = _txn.c.txn_id.in_(set(found) if is_short else ids)
    return Clause(one.field, not_(listed) if one.negated else listed, is_short and not one.negated)


def _sql(one: Condition, wanted: Wanted) -> Any:
    if one.field == "status":
        return or_(*(_status(str(value), wanted) for value in one.values))
    if one.field in ("system", "owner"):
        pairs = [value for value in one.values if isinstance(value, tuple)]
        place = tuple_(func.coalesce(_txn.c.process, ""), func.coalesce(_txn.c.waiting_for, ""))
        return place.in_(pairs) if pairs else false()
    if one.field == "amount":
        return _amount(one)
    if one.field in ("duration", "waited"):
        length = duration(wanted.now) if one.field == "duration" else waited(wanted.now)
        return _compared(length, one)
    return _compared(_txn.c[_COLUMNS[one.field]], one)


def _compared(column: Any, one: Condition) -> ColumnElement[bool]:
    """NULL counts as not so, also where the condition is turned round."""
    if one.comparison == ":":
        return func.coalesce(column.in_(one.values), False)
    return func.coalesce(_ORDER[one.comparison](column, one.values[0]), False)


def _status(word: str, wanted: Wanted) -> Any:
    if word == "overdue":
        return is_overdue(wanted.now, wanted.watermarks)
    if word == "stuck":
        return is_stuck(wanted.now, wanted.watermarks)
    return _txn.c.status == word


def _amount(one: Condition) -> ColumnElement[bool]:
    amount = one.values[0]
    assert isinstance(amount, Amount), "the language reads an amount"
    if amount.currency:
        is_it = (_txn.c.currency == amount.currency) & _minor(
            one.comparison, amount.number, exponent(amount.currency)
        )
        return func.coalesce(is_it, False)
    others = currencies_by_exponent()
    usual = ~_txn.c.currency.in_([code for codes in others.values() for code in codes])
    cases = [usual & _minor(one.comparison, amount.number, 2)]
    for decimals, codes in others.items():
        cases.append(_txn.c.currency.in_(codes) & _minor(one.comparison, amount.number, decimals))
    return func.coalesce(or_(*cases), False)


def _minor(comparison: str, number: Decimal, decimals: int) -> Any:
    """The comparison in whole minor units: between two of them, the one that leaves the answer exact."""
    scaled = number.scaleb(decimals)
    if comparison == ":":
        return _txn.c.amount_minor == int(scaled) if scaled == scaled.to_integral_value() else false()
    rounding = ROUND_FLOOR if comparison in (">", "<=") else ROUND_CEILING
    return _ORDER[comparison](_txn.c.amount_minor, int(scaled.to_integral_value(rounding)))
