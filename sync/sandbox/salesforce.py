# SPDX-License-Identifier: Apache-2.0
"""The CRM stand-in: won opportunities that are queried page by page, and the status that is written back to them."""

import base64
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from sync.sandbox import soql
from sync.sandbox.credentials import expected
from sync.sandbox.exchange import Call, Match, Reply, StandIn, World, operation
from sync.sandbox.ledger import Record
from sync.sandbox.seeded import token
from terms import instant
from terms.instant import Instant
from terms.problem import ProblemError

_DATA = r"/services/data/v\d+\.0"
_CURSORS = 50  # pages still to be fetched of so many queries


def stamp(moment: Instant) -> str:
    """A date-time as Salesforce writes it."""
    return instant.to_datetime(moment).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment // 1000 % 1000:03d}+0000"


def win(world: World, id_: str, fields: Mapping[str, Any], business_key: str, now: Instant) -> None:
    """Puts a won opportunity into the CRM."""
    document = {"Id": id_, **fields, "CreatedDate": stamp(now), "SystemModstamp": stamp(now)}
    world.ledger.add("salesforce", "Opportunity", id_, business_key, document, now)


def _query(world: World, call: Call, _match: Match) -> Reply:
    try:
        query = soql.parse(call.query.get("q", ""))
    except ProblemError as error:
        return _error(400, "MALFORMED_QUERY", error.problems[0].what)
    if query.object != "Opportunity":
        return _error(400, "INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
    found = [record.document for record in _candidates(world, query) if soql.accepts(query, record.document)]
    for name in reversed(query.order):
        field, _, direction = name.partition(" ")
        found.sort(key=soql.sorter(field), reverse=direction.upper() == "DESC")
    return _page(world, call, query, call.query["q"], found[: query.limit], 0)


def _candidates(world: World, query: soql.Query) -> list[Record]:
    """The poll's condition narrows by index; whatever remains is judged record by record."""
    since = next(
        (
            wanted
            for name, compare, wanted in query.conditions
            if name == "SystemModstamp" and compare == ">="
        ),
        0,
    )
    # a stamp has milliseconds, a change microseconds
    found = world.ledger.find("system = 'salesforce' AND type = 'Opportunity' AND modified_at >= ?", since)
    return list(found)


def _more(world: World, _call: Call, match: Match) -> Reply:
    row = world.ledger.sql.execute("SELECT soql, ids FROM cursor WHERE id = ?", (match["cursor"],)).fetchone()
    if row is None:
        return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    ids = json.loads(row[1])
    found = [record.document for id_ in ids if (record := world.ledger.get("salesforce", "Opportunity", id_))]
    return _page(world, _call, soql.parse(row[0]), row[0], found, int(match["offset"]))


def _page(
    world: World, call: Call, query: soql.Query, text: str, found: list[dict[str, Any]], start: int
) -> Reply:
    option = re.search(r"batchSize=(\d+)", call.headers.get("sforce-query-options", ""))
    size = min(max(int(option[1]) if option else 2000, 200), 2000)  # what Salesforce allows
    rows = found[start : start + size]
    done = start + size >= len(found)
    body = {
        "totalSize": len(found),
        "done": done,
        "records": [_selected(query, row) for row in rows],
    }
    if not done:
        cursor = _keep(world, text, found)
        body["nextRecordsUrl"] = f"/services/data/v62.0/query/{cursor}-{start + size}"
    return Reply(200, body)


def _keep(world: World, text: str, found: list[dict[str, Any]]) -> str:
    """The pages to come show what the query found when it was asked, so its ids are kept."""
    ids = json.dumps([row["Id"] for row in found])
    cursor = "01g" + token(12, world.seed, text, ids)
    world.ledger.sql.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)", (cursor, text, ids))
    world.ledger.sql.execute(
        "DELETE FROM cursor WHERE rowid <= (SELECT MAX(rowid) FROM cursor) - ?", (_CURSORS,)
    )
    return cursor


def _selected(query: soql.Query, record: Mapping[str, Any]) -> dict[str, Any]:
    found = _attributes("Opportunity", record["Id"]) | _fields(query.fields, record)
    for name, fields in query.children.items():
        rows = [_fields(fields, child) for child in record.get(name) or []]
        found[name] = {"totalSize": len(rows), "done": True, "records": rows} if rows else None
    return found


def _fields(names: tuple[str, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        parent, _, field = name.rpartition(".")
        if parent:
            found.setdefault(parent, {"attributes": {"type": parent}})[field] = soql.value_at(record, name)
        else:
            found[name] = record.get(name)
    return found


def _get(world: World, call: Call, match: Match) -> Reply:
    record = world.ledger.get("salesforce", "Opportunity", match["id"])
    if record is None:
        return _missing()
    names = tuple(filter(None, call.query.get("fields", "").split(","))) or tuple(record.document)
    return Reply(200, _attributes("Opportunity", record.id) | _fields(("Id", *names), record.document))


def _update(world: World, call: Call, match: Match) -> Reply:
    record = world.ledger.get("salesforce", "Opportunity", match["id"])
    if record is None:
        return _missing()
    try:
        values = json.loads(call.body)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        return _error(400, "JSON_PARSER_ERROR", "The request body is not a JSON object")
    unknown = [name for name in values if name not in record.document and not name.endswith("__c")]
    if unknown or "Id" in values:
        name = (unknown or ["Id"])[0]
        return _error(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type Opportunity")
    # Any name that ends with __c counts as a field this org has: every org is set up differently.
    changed = {**record.document, **values, "SystemModstamp": stamp(call.now)}
    world.ledger.change(record, changed, call.now)
    return Reply(204, made=("Opportunity", record.id))


def _sign_in(world: World, call: Call, _match: Match) -> Reply:
    if call.form().get("grant_type") != "client_credentials":
        return Reply(
            400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"}
        )
    wanted = expected(world, "salesforce")
    pair = f"{wanted['client_id']}:{wanted['client_secret']}".encode()
    given = call.headers.get("authorization", "").removeprefix("Basic ").encode()
    if not hmac.compare_digest(given, base64.b64encode(pair)):
        return Reply(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
    return Reply(200, {"access_token": _session(world), "token_type": "Bearer", "scope": "api"})


def _session(world: World) -> str:
    return "00D" + token(40, world.seed, "session", expected(world, "salesforce")["client_secret"])


def _refuse(world: World, call: Call) -> Reply | None:
    if call.path == "/services/oauth2/token":
        return None
    given = call.headers.get("authorization", "").encode()
    if hmac.compare_digest(given, f"Bearer {_session(world)}".encode()):
        return None
    return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")


def _attributes(type_: str, id_: str) -> dict[str, Any]:
    return {"attributes": {"type": type_, "url": f"/services/data/v62.0/sobjects/{type_}/{id_}"}}


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, [{"message": message, "errorCode": code}])


def _missing() -> Reply:
    return _error(404, "NOT_FOUND", "The requested resource does not exist")


STAND_IN = StandIn(
    system="salesforce",
    operations=(
        operation("sign in", "POST", r"/services/oauth2/token", _sign_in, faulty=False),
        operation("query", "GET", rf"{_DATA}/query/?", _query),
        operation("query more", "GET", rf"{_DATA}/query/(?P<cursor>\w+)-(?P<offset>\d+)", _more),
        operation("get opportunity", "GET", rf"{_DATA}/sobjects/Opportunity/(?P<id>\w+)", _get),
        operation("update opportunity", "PATCH", rf"{_DATA}/sobjects/Opportunity/(?P<id>\w+)", _update),
    ),
    refuse=_refuse,
    unavailable=_error(503, "SERVER_UNAVAILABLE", "The server is temporarily unable to serve the request"),
    nowhere=lambda _call: _missing(),
)
