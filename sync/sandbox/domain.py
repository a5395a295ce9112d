# SPDX-License-Identifier: Apache-2.0
"""The six domain APIs over what the stand-ins hold: /apis/{api}/v1 and /v2, as registry/canonical/apis promises them.

What is read is what the ledgers hold. Of the writes only reminders are done; the others are contracts of the systems
behind, and are answered with 501, not with a pretence.
"""
# ruff: noqa: S608  the only text put into a statement is of our own

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.sandbox import domain_views as views
from sync.sandbox.domain_views import View
from sync.sandbox.exchange import World
from sync.sandbox.ledger import Ledger
from terms import canonical_json, instant
from terms.instant import MINUTE, SECOND, Instant

CLIENTS = ("partner-portal", "collections-desk", "revenue-close", "weekly-export", "invoice-delivery")
A_MINUTE = 600
_DEPRECATED_AT = instant.parse("2026-09-01T00:00:00Z") // SECOND
_SUNSET = "Wed, 30 Jun 2027 00:00:00 GMT"
_MOST = 100
_RECORD = "SELECT position, id, document FROM record WHERE system = '{}' AND type = '{}'"
_TITLES = {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 409: "Conflict", 422: "Unprocessable Content",
           429: "Too Many Requests", 501: "Not Implemented"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """One API's collection: where its records stand, and how they look in each version.

    `entity` and `filters` are SQL of ours over `document`; a filter holds for the version whose query has its name.
    """

    api: str
    path: str
    source: str
    views: tuple[View, View]
    entity: str
    filters: tuple[Mapping[str, str], Mapping[str, str]] = field(default=({}, {}))


_ENTITY = "json_extract(document, '$.cf_legal_entity')"
_STATUS = "json_extract(document, '$.status')"
RESOURCES = (
    Resource("customer-accounts", "accounts", _RECORD.format("chargebee", "customer"), (views.account_1, views.account_2), _ENTITY),
    Resource("contracts", "contracts", _RECORD.format("chargebee", "subscription"), (views.contract_1, views.contract_2), _ENTITY),
    Resource(
        "billing-events", "billing-events",
        "SELECT sequence AS position, event_id AS id, CAST(body AS TEXT) AS document FROM webhook WHERE connection = 'chargebee'",
        (views.billing_event_1, views.billing_event_2), "json_extract(document, '$.content.invoice.cf_legal_entity')",
    ),
    Resource(
        "invoices", "invoices", _RECORD.format("chargebee", "invoice"), (views.invoice_1, views.invoice_2), _ENTITY,
        ({"status": _STATUS}, {"state": _STATUS}),
    ),
    Resource(
        "payments", "payments", _RECORD.format("stripe", "payment_intent"), (views.payment_1, views.payment_2),
        "json_extract(document, '$.metadata.legal_entity')",
    ),
    Resource(
        "revenue-postings", "postings", _RECORD.format("netsuite", "journalEntry"), (views.posting_1, views.posting_2),
        "json_extract(document, '$.subsidiary.externalId')", ({}, {"period": "substr(json_extract(document, '$.tranDate'), 1, 7)"}),
    ),
)  # fmt: skip


class _Refused(Exception):  # noqa: N818 it is an answer
    def __init__(self, status: int, detail: str, where: str = "", **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.where, self.headers = status, detail, where, headers


def ensure_clients(ledger: Ledger) -> Mapping[str, str]:
    """The token of each client application by name; made once for a file."""
    kept: dict[str, str] = ledger.setting("clients") or {}
    missing = [name for name in CLIENTS if name not in kept]
    if missing:
        kept |= {name: f"sbx_{secrets.token_urlsafe(24)}" for name in missing}
        with ledger.transaction():
            ledger.keep("clients", kept)
    return kept


def routes(world: World) -> list[Route]:
    """Every path of the six APIs in both versions."""
    doors = _Doors(world, ensure_clients(world.ledger))
    found: list[Route] = []
    for one in RESOURCES:
        for version in (1, 2):
            root = f"/apis/{one.api}/v{version}/{one.path}"
            found += [
                Route(root, doors.endpoint(one, version, doors.page), methods=["GET"]),
                Route(f"{root}/{{id}}", doors.endpoint(one, version, doors.one), methods=["GET"]),
            ]
            if one.api == "invoices":
                remind = doors.endpoint(one, version, doors.remind)
                found.append(Route(f"{root}/{{id}}/reminders", remind, methods=["POST"]))
            unserved = doors.endpoint(one, version, doors.not_here)
            found.append(Route(f"{root}{{rest:path}}", unserved, methods=["POST", "PATCH"]))
    return found


Answer = Callable[[Resource, int, Request, bytes], tuple[int, Any, dict[str, str]]]


class _Doors:
    """Who may come in, how often, and what each path answers. Requests run one after another, as the ledger wants."""

    def __init__(self, world: World, clients: Mapping[str, str]) -> None:
        self._world = world
        self._clients = clients
        self._spent: dict[str, tuple[int, int]] = {}  # client -> (minute, requests in it)

    def endpoint(self, one: Resource, version: int, answer: Answer) -> Any:
        async def handle(request: Request) -> Response:
            body = await request.body()
            headers = {} if version == 2 else {
                "Deprecation": f"@{_DEPRECATED_AT}", "Sunset": _SUNSET,
                "Link": f'</apis/{one.api}/v2/{one.path}>; rel="successor-version"',
            }  # fmt: skip
            try:
                headers |= self._admitted(request)
                status, said, more = answer(one, version, request, body)
                return _json(status, said, headers | more)
            except _Refused as refused:
                return _problem(refused, headers)

        return handle

    def page(self, one: Resource, version: int, request: Request, _body: bytes) -> Any:
        """The newest first: by page number in version 1, by cursor in version 2."""
        filters = one.filters[version - 1]
        paging = ("page", "perPage") if version == 1 else ("cursor", "limit")
        query = dict(request.query_params)
        unknown = next((name for name in query if name not in (*paging, "legalEntity", *filters)), None)
        if unknown:
            raise _Refused(400, f"there is no parameter '{unknown[:60]}'", unknown[:60])
        where: list[str] = ["1"]
        values: list[Any] = []
        for name, expression in {**filters, "legalEntity": one.entity}.items():
            if name in query:
                where.append(f"{expression} = ?")
                values.append(query[name])
        size = _number(query, paging[1], 20 if version == 1 else 50, _MOST)
        sql = f"({one.source})"
        total = self._rows(f"SELECT COUNT(*) FROM {sql} WHERE {' AND '.join(where)}", values)[0][0]
        skip = 0
        if version == 1:
            skip = (_number(query, "page", 1, 100_000) - 1) * size
        elif "cursor" in query:
            where.append("position < ?")
            values.append(_number(query, "cursor", 1, 2**53))
        rows = self._rows(
            f"SELECT position, document FROM {sql} WHERE {' AND '.join(where)} ORDER BY position DESC LIMIT ? OFFSET ?",
            [*values, size + 1, skip],
        )
        shown = rows[:size]
        items = [one.views[version - 1](_loaded(text)) for _, text in shown]
        if version == 1:
            return 200, {"items": items, "page": skip // size + 1, "perPage": size, "totalCount": total}, {}
        more = len(rows) > size
        return 200, {"items": items, "nextCursor": str(shown[-1][0]) if more else None}, {}

    def one(self, one: Resource, version: int, request: Request, _body: bytes) -> Any:
        """The record of that id."""
        return 200, one.views[version - 1](self._found(one, request.path_params["id"])), {}

    def remind(self, one: Resource, version: int, request: Request, body: bytes) -> Any:
        """Notes a reminder. The same key with the same request is noted once, and answered alike."""
        id_ = str(self._found(one, request.path_params["id"])["id"])
        wanted = _reminder(body, version)
        key = request.headers.get("idempotency-key", "")
        if (version == 2 and not key) or (key and not 8 <= len(key) <= 128):
            raise _Refused(400, "an Idempotency-Key of 8 to 128 characters is needed", "Idempotency-Key")
        system, asked = f"invoices-v{version}", canonical_json.text([id_, wanted])
        ledger, now = self._world.ledger, self._world.clock()
        with ledger.transaction():
            known = (
                self._rows("SELECT request, body FROM answered WHERE system = ? AND key = ?", [system, key])
                if key
                else []
            )
            if known and known[0][0] != asked:
                raise _Refused(409, "the Idempotency-Key was used with another request", "Idempotency-Key")
            if known:
                return 201, json.loads(known[0][1]), {"Idempotent-Replayed": "true"} if version == 2 else {}
            number = f"RM-{ledger.next('reminder')}"
            names = (
                ("id", "invoiceId", "createdAt")
                if version == 1
                else ("reminderId", "invoiceNumber", "notedAt")
            )
            said = {**dict(zip(names, (number, id_, instant.text(now)), strict=True)), **wanted}
            ledger.sql.execute(
                "INSERT INTO reminder VALUES (?, ?, ?, ?)", (number, id_, canonical_json.text(said), now)
            )
            if key:
                ledger.sql.execute(
                    "INSERT INTO answered VALUES (?, ?, ?, 201, ?, ?, 'reminder', ?)",
                    (system, key, asked, canonical_json.text(said), now, number),
                )
        return 201, said, {}

    def not_here(self, one: Resource, _version: int, _request: Request, _body: bytes) -> Any:
        """A write that the contract has and this stand-in has not."""
        raise _Refused(
            501, f"the sandbox reads {one.api}; what is written here goes through the systems behind it"
        )

    def _found(self, one: Resource, id_: str) -> Any:
        rows = self._rows(f"SELECT document FROM ({one.source}) WHERE id = ?", [id_])
        if not rows:
            raise _Refused(404, f"there is no such record in {one.api}", "id")
        return _loaded(rows[0][0])

    def _rows(self, sql: str, values: list[Any]) -> list[Any]:
        return self._world.ledger.sql.execute(sql, values).fetchall()

    def _admitted(self, request: Request) -> dict[str, str]:
        """The rate headers of a client that is let in."""
        given = request.headers.get("authorization", "").encode()
        client = next(
            (name for name, token in self._clients.items() if hmac.compare_digest(given, f"Bearer {token}".encode())), ""
        )  # fmt: skip
        if not client:
            raise _Refused(401, "no valid credential came with the request")
        now: Instant = self._world.clock()
        minute, spent = self._spent.get(client, (0, 0))
        spent = spent + 1 if minute == now // MINUTE else 1
        self._spent[client] = (now // MINUTE, spent)
        reset = str((MINUTE - now % MINUTE) // SECOND)
        if spent > A_MINUTE:
            raise _Refused(429, "the rate limit is reached", **{"Retry-After": reset})
        return {
            "RateLimit-Limit": str(A_MINUTE),
            "RateLimit-Remaining": str(A_MINUTE - spent),
            "RateLimit-Reset": reset,
        }


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise _Refused(400, f"'{name}' is not a whole number from 1 to {most}", name)
    return int(text)


def _reminder(body: bytes, version: int) -> dict[str, str]:
    """What a reminder says, as its contract allows."""
    try:
        said = json.loads(body)
    except ValueError as error:
        raise _Refused(400, "the body is not JSON") from error
    known = ("note",) if version == 1 else ("stage", "note")
    if not isinstance(said, dict) or any(name not in known for name in said):
        raise _Refused(422, f"a reminder has {' and '.join(known)}, and nothing else")
    if "note" in said and not (isinstance(said["note"], str) and 1 <= len(said["note"]) <= 500):
        raise _Refused(422, "a note has 1 to 500 characters", "/note")
    if version == 2 and said.get("stage") not in ("friendly", "first", "final"):
        raise _Refused(422, "the stage is friendly, first or final", "/stage")
    return said


def _loaded(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def _json(status: int, body: Any, headers: Mapping[str, str]) -> Response:
    return Response(canonical_json.text(body), status, headers, "application/json")


def _problem(refused: _Refused, headers: Mapping[str, str]) -> Response:
    body = {
        "type": "about:blank",
        "title": _TITLES[refused.status],
        "status": refused.status,
        "detail": refused.detail,
    }
    body |= {"where": refused.where} if refused.where else {}
    all_headers = {**headers, **refused.headers}
    return Response(canonical_json.text(body), refused.status, all_headers, "application/problem+json")
