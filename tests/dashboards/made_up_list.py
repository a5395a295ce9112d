# SPDX-License-Identifier: Apache-2.0
"""The made-up month's list of transactions: queries are read by the real language, and met by the made-up rows."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from collectors.definitions import load
from collectors.query import completion as query_completion
from collectors.query import edit as query_edit
from collectors.query.text import without
from collectors.query.vocabulary import Vocabulary
from collectors.spans import query as span_query
from collectors.transactions.query import Amount, Condition, Reading, read
from terms.instant import DAY, SECOND, Instant, parse, text
from tests.dashboards import made_up
from tests.dashboards.made_up import Row

WORDS = Vocabulary(
    load().processes, {"salesforce": "crm", "chargebee": "billing", "stripe": "payments", "netsuite": "erp"}
)
_FACETS = {
    "status": ("Status", lambda deal: _statuses(deal)),
    "process": ("Process", lambda deal: [deal["process"]]),
    "system": ("Waits for", lambda deal: [deal["waitingSystem"]]),
    "entity": ("Legal entity", lambda deal: [deal["legalEntity"]]),
    "customer": ("Customer", lambda deal: [deal["customer"]]),
}  # type: dict[str, tuple[str, Callable[[Row], list[str | None]]]]
_COLUMNS = {"process": "process", "waiting": "waitingFor", "entity": "legalEntity", "region": "region", "customer": "customer"}  # fmt: skip
_SORTS: dict[str, Callable[[Row], Any]] = {
    "STARTED": lambda deal: deal["startedAt"],
    "WAITED": lambda deal: deal["waitingSeconds"] or 0,
    "DURATION": lambda deal: deal["durationSeconds"] or 0,
    "AMOUNT": lambda deal: (deal["amount"]["currency"], float(deal["amount"]["amount"])),
    "DUE": lambda deal: deal["startedAt"],
}


def reading(_: Any, text: str, caret: int | None = None) -> Row:
    """`transactionQuery`: the real language, with nothing stored to complete from but three keys."""
    found = read(text, WORDS, made_up.NOW)
    return {
        "text": text,
        "words": [_word(text, one) for one in found.conditions],
        "problems": [_problem(one) for one in found.problems],
        "hints": [_problem(one) for one in found.hints],
        "completions": lambda _: [
            {"word": one.word, "title": one.title, "query": one.query, "caret": one.caret}
            for one in query_completion.completions(text, len(text) if caret is None else caret, WORDS, _look)
        ],
    }


def connection(deals: list[Row], **asked: Any) -> Row:
    """`transactions`: met, sorted, paged, with its facets and its histogram."""
    query = asked.get("query") or ""
    found = read(query, WORDS, made_up.NOW)
    if found.problems:
        raise GraphQLError(str(found.problems[0]), extensions={"code": "BAD_USER_INPUT"})
    key = (asked.get("filter") or {}).get("key")
    met = [deal for deal in deals if _meets(deal, found) and key in (None, deal["anchor"]["value"])]
    sort = asked.get("sort") or {"field": "STARTED", "descending": True}
    if sort != {"field": "STARTED", "descending": True}:  # the story of these tests stands on top of the rest
        met.sort(key=_SORTS[sort["field"]], reverse=sort["descending"])
    place = {"first": asked["first"], "after": asked.get("after")}
    if asked.get("before"):
        start = max(int(asked["before"]) - asked["first"], 0)
        place = {"first": int(asked["before"]) - start, "after": str(start)}
    page = made_up.page(met, **place)
    page["pageInfo"]["startCursor"] = str(int(place["after"] or 0))
    return page | {
        "totalCountAsOf": text(made_up.NOW),
        "facets": lambda _, **__: _facets(deals, found, query),
        "histogram": lambda _, buckets: _histogram(met, query, buckets),
    }


PROMOTED = [
    {"name": "http.route", "isReady": False, "blocks": 120, "lookedAt": 40},
    {"name": "span.links", "isReady": True, "blocks": 120, "lookedAt": 120},
]


def span_reading(_: Any, text: str) -> Row:
    """`spanQuery`: the real language; of the promoted attributes only span links are ready."""
    found = span_query.read(text, made_up.NOW, ("span.links",))
    return {"text": text, "problems": [_problem(one) for one in found.problems]}


def found_spans(deals: list[Row], **asked: Any) -> Row:
    """`spans`: those of the deals' stories whose name holds the free text of the query."""
    query = span_query.read(asked["query"], made_up.NOW)
    wanted = [values[0].lower() for values in query.values("text")]
    found = []
    for deal in deals:
        lists = {
            name: column
            for name, column in deal["spans"].items()
            if isinstance(column, list) and name != "links"
        }
        found += [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    found = [span for span in found if all(word in span["name"].lower() for word in wanted)]
    return made_up.page(found, **asked) | {"scanned": 12_480, "isCut": False}


def _look(field: str, beginning: str) -> list[tuple[str, str]]:
    keys = [f"amendment:AMD-{n}" for n in (7, 71, 72)]
    if field == "key":
        return [
            (key, "Business key (amendment)") for key in keys if key.partition(":")[2].startswith(beginning)
        ]
    return [(value, "") for value in {"entity": made_up.ENTITIES, "customer": made_up.NAMES}.get(field, ())]


def _word(query: str, one: Condition) -> Row:
    start, end = one.words[0].start, one.words[-1].end
    return {"text": query[start:end], "without": without(query, *one.words)}


def _problem(one: Any) -> Row:
    return {"what": one.what, "at": one.at, "length": one.length, "next": one.do}


def _meets(deal: Row, found: Reading, but: str = "") -> bool:
    return all(_holds(deal, one) != one.negated for one in found.conditions if one.field != but)


def _holds(deal: Row, one: Condition) -> bool:
    value = one.values[0] if one.values else None
    if one.field in ("text", "key"):
        return str(deal["anchor"]["value"]).startswith(str(value).partition(":")[2] or str(value))
    if one.field == "status":
        return bool(set(_statuses(deal)) & set(one.values))
    if one.field in ("system", "owner"):
        return (deal["process"], deal["waitingFor"]) in one.values
    if one.field == "started" and isinstance(value, int):
        after = parse(deal["startedAt"]) >= value
        return after if one.comparison.startswith(">") else not after
    if one.field == "amount" and isinstance(value, Amount):
        return float(deal["amount"]["amount"]) > value.number and value.currency in (
            "",
            deal["amount"]["currency"],
        )
    return deal[_COLUMNS[one.field]] in one.values


def _statuses(deal: Row) -> list[str | None]:
    stuck = deal["overdue"] or deal["status"] == "FAILED"
    return [deal["status"].lower(), *(["overdue"] if deal["overdue"] else []), *(["stuck"] if stuck else [])]


def _facets(deals: list[Row], found: Reading, query: str) -> list[Row]:
    facets = []
    for name, (title, values_of) in _FACETS.items():
        left = [deal for deal in deals if _meets(deal, found, but=name)]
        counted = Counter(value for deal in left for value in values_of(deal) if value)
        chosen = query_edit.chosen(query, name)
        values = [
            {"value": value, "title": value, "count": number, "chosen": value in chosen, "query": query_edit.toggled(query, name, value)}
            for value, number in counted.most_common()
        ]  # fmt: skip
        facets.append({"name": name, "title": title, "asOf": text(made_up.NOW), "values": values})
    return facets


def _histogram(met: list[Row], query: str, most: int) -> Row:
    starts = [parse(deal["startedAt"]) for deal in met]
    first = min(starts, default=made_up.NOW) // DAY
    days = (max(starts, default=0) // DAY - first + 1) if starts else 0
    buckets = []
    for day in range(min(days, most)):
        start, end = Instant((first + day) * DAY), Instant((first + day + 1) * DAY)
        inside = [deal for deal in met if start <= parse(deal["startedAt"]) < end]
        buckets.append(
            {"start": text(start), "end": text(end), "count": len(inside), "query": query_edit.started_within(query, start, end),
             "stuck": sum("stuck" in _statuses(deal) for deal in inside)}
        )  # fmt: skip
    return {
        "asOf": text(made_up.NOW),
        "bucketSeconds": DAY / SECOND,
        "queryOfAll": query_edit.forgotten(query, "started"),
        "buckets": buckets,
    }
