# SPDX-License-Identifier: Apache-2.0
"""Lists of transactions on both databases: each condition, order and count is held against the same thing said in Python."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlmodel import Session

from collectors import tables
from collectors.definitions import load
from collectors.query.stored_values import values_beginning
from collectors.query.vocabulary import Vocabulary
from collectors.transactions import facets as transaction_facets
from collectors.transactions import listing as transaction_list
from collectors.transactions.condition import Wanted, behind
from collectors.transactions.listing import SORT_FIELDS, Sort, Stretch
from collectors.transactions.query import Amount, Condition, read
from collectors.transactions.transaction import transaction_digest
from controlplane.database import Actor, Database
from terms.instant import DAY, HOUR, Instant, parse
from terms.money import exponent
from terms.problem import ProblemError
from terms.tenant import TENANT

NOW = parse("2026-11-20T12:00:00Z")
MACHINE = Actor("machine", "test")
ROLES = {"salesforce": "crm", "chargebee": "billing", "stripe": "payments", "netsuite": "erp"}
DEFINITIONS = load()
WORDS = Vocabulary(DEFINITIONS.processes, ROLES)
COMPARED: dict[str, Callable[[Any, Any], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


@dataclass(frozen=True)
class Deal:
    """A transaction's row, and the values of the objects in it."""

    row: dict[str, Any]
    keys: tuple[tuple[str, str], ...]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]


def deals(number: int, seed: int = 5) -> list[Deal]:
    """Transactions of every status, some without an amount, a region or a limit."""
    draw = random.Random(seed)
    made = []
    for place in range(1, number + 1):
        process = draw.choice(["lead-to-cash", "lead-to-cash", "renewal-amendment", "of-last-year"])
        status = draw.choice(["open", "open", "completed", "failed", "cancelled"])
        started = NOW - draw.randrange(40 * DAY)
        is_running = status in ("open", "failed")
        stages = DEFINITIONS.milestone_names.get(process, ("gone",))
        currency = draw.choice([None, "EUR", "USD", "JPY", "KWD"])
        keys = [
            ("order", f"SO-{place}"),
            ("invoice", f"INV-{place % 7}-{place}"),
            ("customer", f"CUST-{place % 5}"),
        ]
        row = {
            "tenant": TENANT, "txn_id": place, "digest": transaction_digest(process, f"order:SO-{place}"),
            "process": process, "definition_version": 1, "anchor": f"order:SO-{place}", "status": status,
            "started_at": started - started % HOUR if place % 3 else started, "last_event_at": started + DAY,
            "ended_at": None if is_running else started + draw.randrange(9 * DAY),
            "amount_minor": None if currency is None else draw.choice([0, 999, 1000, 1001, 100_000, 100_001]),
            "currency": currency, "customer": draw.choice([None, "CUST-1", "CUST-2", 'Vale, "the" firm', "Ärger & Söhne"]),
            "legal_entity": draw.choice([None, "DE", "US"]), "region": draw.choice([None, "EMEA", "AMER"]),
            "waiting_for": draw.choice(stages) if is_running else None,
            "waiting_since": started if is_running else None,
            "due_at": draw.choice([None, NOW - DAY, NOW + DAY, NOW - 2 * DAY]) if is_running else None,
        }  # fmt: skip
        made.append(Deal(row, tuple(keys)))
    return made


def keep(database: Database, made: list[Deal]) -> list[Deal]:
    """Stores them as the walk's write half would."""
    ids: dict[tuple[str, str], int] = {}
    for deal in made:
        for key in deal.keys:
            ids.setdefault(key, len(ids) + 1)
    objects = [
        {"tenant": TENANT, "object_id": number, "type": kind, "value": value, "namespace": "", "scope": ""}
        for (kind, value), number in ids.items()
    ]
    members = [
        {"tenant": TENANT, "txn_id": deal.txn_id, "object_id": ids[key], "role": "anchor", "event_id": 1}
        for deal in made
        for key in deal.keys
    ]

    def store(session: Session) -> None:
        session.execute(insert(tables.TxnRow), [deal.row for deal in made])
        session.execute(insert(tables.ObjectRow), objects)
        session.execute(insert(tables.TxnObjectRow), members)

    database.write(store, actor=MACHINE, reason="test")
    return made


def meets(deal: Deal, one: Condition) -> bool:
    """What a condition says, in Python."""
    return (not _holds(deal, one)) if one.negated else _holds(deal, one)


def _overdue(deal: Deal) -> bool:
    return deal.status in ("open", "failed") and deal.due_at is not None and deal.due_at < NOW


def _holds(deal: Deal, one: Condition) -> bool:
    values = one.values
    match one.field:
        case "text":
            return any(value.startswith(str(values[0])) for _, value in deal.keys)
        case "key":
            known = {name for kind, value in deal.keys for name in (value, f"{kind}:{value}")}
            return any(value in known for value in values)
        case "status":
            said = {deal.status, *(["overdue"] if _overdue(deal) else [])}
            said |= {"stuck"} if _overdue(deal) or deal.status == "failed" else set()
            return any(value in said for value in values)
        case "system" | "owner":
            return (deal.process, deal.waiting_for) in values
        case "amount":
            return _amount(deal, one)
        case "duration":
            return COMPARED[one.comparison]((deal.ended_at or NOW) - deal.started_at, values[0])
        case "waited":
            since = deal.waiting_since
            return since is not None and COMPARED[one.comparison](NOW - since, values[0])
    column = {"waiting": "waiting_for", "entity": "legal_entity"}.get(one.field, one.field)
    value = deal.row[column if column in deal.row else f"{column}_at"]
    if one.comparison == ":":
        return value in values
    return value is not None and COMPARED[one.comparison](value, values[0])


def _amount(deal: Deal, one: Condition) -> bool:
    amount = one.values[0]
    assert isinstance(amount, Amount)
    if deal.currency is None or amount.currency not in ("", deal.currency):
        return False
    own = Decimal(deal.amount_minor).scaleb(-exponent(deal.currency))
    return own == amount.number if one.comparison == ":" else COMPARED[one.comparison](own, amount.number)


def wanted(query: str) -> Wanted:
    reading = read(query, WORDS, NOW)
    assert reading.problems == ()
    return Wanted(reading.conditions, NOW)


QUERIES = (
    "", "process:lead-to-cash", "process:of-last-year,renewal-amendment", "status:open", "status:stuck", "status:overdue,completed",
    "-status:completed,stuck", "system:erp", "-system:erp", "owner:Collections", "waiting:posted", "-waiting:posted", "entity:DE",
    "-entity:DE", "region:EMEA,AMER", 'customer:"Ärger & Söhne"', "currency:EUR,JPY", "key:SO-7", "key:invoice:INV-3-3",
    "key:order:SO-1,INV-2-2", "-key:CUST-1", "SO-1", "INV-3", "-INV-3", "invoice:INV-4-4", "SO-9999",
    "amount>10", "amount>=10 EUR", "amount<1000.001", "amount:1.001", "amount>1000.005 USD", "amount<=1000 JPY", "-amount>5",
    "started>=-7d", "started<2026-11-11 started>=2026-11-01", "ended>-10d", "-ended>-10d", "due<now", "due>=now", "duration>3d",
    "duration<=12h", "waited>5d", "-waited>5d", "status:failed,open entity:US amount>1 started>-30d", "SO-1 status:open region:EMEA",
)  # fmt: skip


@pytest.fixture
def world(database: Database) -> tuple[Database, list[Deal]]:
    return database, keep(database, deals(160))


def test_a_query_finds_exactly_what_it_says(world: tuple[Database, list[Deal]]) -> None:
    """Every word of the language, alone and together: found and counted are those that Python finds."""
    database, made = world
    for query in QUERIES:
        asked = wanted(query)
        expected = [deal for deal in made if all(meets(deal, one) for one in asked.conditions)]
        page = database.read(
            lambda s, asked=asked: transaction_list.page(
                s, DEFINITIONS.milestone_names, asked, Sort(), Stretch(200)
            )  # type: ignore[misc]
        )
        newest = sorted(expected, key=lambda deal: (-deal.started_at, -deal.txn_id))
        assert [view.anchor.value for view in page.items] == [deal.keys[0][1] for deal in newest], query
        assert database.read(lambda s, asked=asked: transaction_list.count(s, asked)) == len(expected), query  # type: ignore[misc]
    assert sum(bool(query) for query in QUERIES) > 40


def _facet_values(name: str, deal: Deal) -> list[str]:
    if name == "status":
        stuck = ["stuck"] if _overdue(deal) or deal.status == "failed" else []
        return [deal.status, *(["overdue"] if _overdue(deal) else []), *stuck]
    if name == "system":
        system = WORDS.systems.get((deal.process, deal.waiting_for or ""))
        return [system] if system else []
    value = deal.row[{"entity": "legal_entity"}.get(name, name)]
    return [value] if value else []


def test_a_facet_counts_under_all_other_conditions(world: tuple[Database, list[Deal]]) -> None:
    """What a click on a value would list, exactly: a facet forgets its own conditions and keeps everybody else's."""
    database, made = world
    about = {"owner": "system", "waiting": "system"}
    for query in QUERIES:
        asked = wanted(query)
        found = database.read(
            lambda s, asked=asked: transaction_facets.facets(s, asked, WORDS, most=50)  # type: ignore[misc]
        )
        for name in transaction_facets.FACETS:
            others = [one for one in asked.conditions if about.get(one.field, one.field) != name]
            left = [deal for deal in made if all(meets(deal, one) for one in others)]
            expected = Counter(value for deal in left for value in _facet_values(name, deal))
            assert {one.value: one.count for one in found[name]} == expected, f"{name} of '{query}'"


def test_facets_stand_in_an_order_people_can_learn(world: tuple[Database, list[Deal]]) -> None:
    """Statuses as the help lists them; of everything else the most first, and of customers only as many as asked."""
    database, _ = world
    found = database.read(lambda s: transaction_facets.facets(s, wanted(""), WORDS, most=2))
    assert [one.value for one in found["status"]] == [
        "open",
        "completed",
        "failed",
        "cancelled",
        "overdue",
        "stuck",
    ]
    assert len(found["customer"]) == 2
    for name in ("process", "entity", "customer"):
        counts = [one.count for one in found[name]]
        assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("most", [1, 2, 7, 60, 200])
def test_a_histogram_loses_no_start(world: tuple[Database, list[Deal]], most: int) -> None:
    """Few or many buckets: half open, without a gap, and together they hold every transaction of the list once."""
    database, made = world
    found = database.read(lambda s: transaction_facets.histogram(s, wanted("status:open,failed"), most))
    left = [deal for deal in made if deal.status in ("open", "failed")]
    assert 1 <= len(found.buckets) <= most
    for bucket, expected in zip(found.buckets, range(found.buckets[0].start, NOW, found.width), strict=False):
        assert bucket.start == expected
        inside = [deal for deal in left if bucket.start <= deal.started_at < bucket.start + found.width]
        stuck = [deal for deal in inside if deal.status == "failed" or _overdue(deal)]
        assert (bucket.count, bucket.stuck) == (len(inside), len(stuck))
    assert sum(bucket.count for bucket in found.buckets) == len(left)


def test_an_empty_list_has_no_bucket(world: tuple[Database, list[Deal]]) -> None:
    """Nothing found is nothing drawn."""
    database, _ = world
    assert database.read(lambda s: transaction_facets.histogram(s, wanted("SO-none"))).buckets == ()


def test_pages_meet_without_a_gap_in_either_direction(world: tuple[Database, list[Deal]]) -> None:
    """Forward to the end and back again: each transaction once, the same pages both ways; without a value it stands last."""
    for field in SORT_FIELDS:
        for descending in (True, False):
            _walk_both_ways(*world, Sort(field, descending))


def _walk_both_ways(database: Database, made: list[Deal], sort: Sort) -> None:
    def page(cursor: str | None, now: Instant, backward: bool = False) -> Any:
        asked = Wanted((), now)
        stretch = Stretch(37, cursor, backward)
        return database.read(
            lambda s: transaction_list.page(s, DEFINITIONS.milestone_names, asked, sort, stretch)
        )

    pages, cursor = [], None
    while True:
        # Time goes on between two pages; what has not ended grows longer and must neither repeat nor be left out.
        found = page(cursor, Instant(NOW + len(pages) * DAY))
        pages.append(found)
        assert found.has_previous == (len(pages) > 1)
        if not found.has_next:
            break
        cursor = found.cursors[-1]
    seen = [view.transaction_id for one in pages for view in one.items]
    assert sorted(seen) == sorted(deal.digest.hex() for deal in made)
    by_id = {deal.digest.hex(): deal for deal in made}
    assert _is_ordered([by_id[one] for one in seen], sort)
    back = page(pages[-1].cursors[0], NOW, backward=True)
    assert (back.items, back.has_next) == (pages[-2].items, True)
    last = page(None, NOW, backward=True)
    assert [view.transaction_id for view in last.items] == seen[-37:]
    assert (last.has_next, last.has_previous) == (False, True)


def _is_ordered(found: list[Deal], sort: Sort) -> bool:
    measures: dict[str, Callable[[Deal], Any]] = {
        "started": lambda deal: (deal.started_at,),
        "duration": lambda deal: ((deal.ended_at or NOW) - deal.started_at,),
        "amount": lambda deal: None if deal.currency is None else (deal.currency, deal.amount_minor),
        "due": lambda deal: None if deal.due_at is None else (deal.due_at,),
        "waited": lambda deal: None if deal.waiting_since is None else (NOW - deal.waiting_since,),
    }
    values = [measures[sort.field](deal) for deal in found]
    known = [value for value in values if value is not None]
    is_last = values[: len(known)] == known
    return is_last and known == sorted(known, reverse=sort.descending)


def test_a_cursor_of_another_list_is_refused(database: Database) -> None:
    """A made-up cursor, or one of another order, says so instead of showing some page."""
    for cursor in ("", "started~1~2", "-due~1~0~5~7", "-started~1~x~7", f"-started~1~{'9' * 30}~7"):
        stretch = Stretch(5, cursor)
        with pytest.raises(ProblemError, match="is not a cursor of the list in this order"):
            database.read(
                lambda s, stretch=stretch: transaction_list.page(  # type: ignore[misc]
                    s, DEFINITIONS.milestone_names, Wanted((), NOW), Sort(), stretch
                )
            )


def test_values_are_offered_as_they_begin(world: tuple[Database, list[Deal]]) -> None:
    """Completion: keys by their beginning, of one type where it is named; other values whatever their capitals."""
    database, _ = world

    def offered(field: str, beginning: str) -> list[str]:
        return [value for value, _ in database.read(lambda s: values_beginning(s, field, beginning))]

    assert offered("key", "INV-3-3") == ["invoice:INV-3-3", "invoice:INV-3-31", "invoice:INV-3-38"]
    assert (
        offered("key", "order:SO-15") == sorted(["order:SO-15", *(f"order:SO-15{n}" for n in range(10))])[:10]
    )
    assert offered("key", "order:INV") == []
    assert offered("customer", "vale") == ['Vale, "the" firm']
    assert offered("entity", "") == ["DE", "US"]
    assert offered("customer", "%") == []


def test_a_beginning_is_taken_by_its_characters(database: Database) -> None:
    """Accents, the last of all characters, wildcards of SQL: each means only itself."""
    values = [
        "A",
        "Aé",
        "Aéz",
        "B",
        "a",
        "a\U0010ffff",
        "é",
        "éa",
        "\U0010ffff\U0010ffff",
        "\ud7ff",
        "\ue000",
        "%",
        "_x",
        "x",
    ]
    rows = [
        {"tenant": TENANT, "object_id": n, "type": "order", "value": value, "namespace": "", "scope": ""}
        for n, value in enumerate(values, 1)
    ]
    database.write(lambda s: s.execute(insert(tables.ObjectRow), rows), actor=MACHINE, reason="test")
    for prefix in ("A", "Aé", "é", "\U0010ffff", "a\U0010ffff", "\ud7ff", "%", "_"):
        found = database.read(lambda s, prefix=prefix: values_beginning(s, "key", prefix))  # type: ignore[misc]
        begin_so = sorted(f"order:{value}" for value in values if value.startswith(prefix))
        assert [key for key, _ in found] == begin_so


@pytest.mark.parametrize("key", ["SO-77", "invoice:INV-0-77"], ids=["value", "typed"])
def test_a_transaction_is_found_by_any_key_through_indexes(database: Database, key: str) -> None:
    """Among a million keys as among ten: no plan reads a table from end to end, neither for the ids nor for their rows."""
    keep(database, deals(3_000))

    def plan(session: Session, query: Any) -> str:
        dialect = session.get_bind().dialect
        written = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        if dialect.name == "postgresql":
            session.execute(text("ANALYZE"))
            return "\n".join(session.execute(text(f"EXPLAIN {written}")).scalars())
        return "\n".join(str(row[3]) for row in session.execute(text(f"EXPLAIN QUERY PLAN {written}")))

    def plans(session: Session) -> list[str]:
        queries = [wanted(query) for query in (f"key:{key}", "SO-77")]
        ids = [behind(session, query.conditions[0]) for query in queries]
        lists = [
            transaction_list.page_query(session, query, Sort(field), Stretch(50))
            for query in queries
            for field in SORT_FIELDS
        ]
        return [plan(session, query) for query in (*ids, *lists)]

    for one in database.read(plans):
        assert "Seq Scan" not in one
        assert "SCAN" not in one
        assert "ix_txn_started" not in one, "walking all in order until the few have come by"
