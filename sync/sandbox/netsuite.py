# SPDX-License-Identifier: Apache-2.0
"""The ERP stand-in: records upserted by external id, and books that refuse what does not balance or lies in a closed period."""

import json
import re
from decimal import Decimal
from typing import Any

import jwt

from sync.sandbox import bank, books
from sync.sandbox.credentials import expected
from sync.sandbox.exchange import Call, Match, Reply, StandIn, World, operation
from sync.sandbox.seeded import token
from terms.instant import HOUR, SECOND, parse
from terms.problem import ProblemError

_RECORD = r"/services/rest/record/v1"
_TYPES = r"(?P<type>customer|journalEntry|customerPayment)"
_QUERY = r"/services/rest/query/v1/suiteql"
_SINCE = re.compile(r"clearedat >= '([^']+)'")
_PAGE = 1_000
_TOKEN = "/services/rest/auth/oauth2/v1/token"  # noqa: S105
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FIELDS = {
    "customer": {"entityId", "companyName", "isPerson", "subsidiary", "currency", "email", "externalId"},
    "journalEntry": {
        "tranId", "memo", "subsidiary", "tranDate", "currency", "exchangeRate", "line", "externalId",
    },
    "customerPayment": {
        "tranId", "memo", "subsidiary", "tranDate", "currency", "payment", "customer", "account", "arAcct",
        "apply", "externalId",
    },
}  # fmt: skip


def _upsert(world: World, call: Call, match: Match) -> Reply:
    """Creates the record of this external id, or overwrites it: a repeat leaves one. Idempotency keys are not looked at."""
    return _store(world, call, match["type"], match["external"])


def _create(world: World, call: Call, match: Match) -> Reply:
    return _store(world, call, match["type"], "")


def _store(world: World, call: Call, type_: str, external_id: str) -> Reply:
    try:
        body = json.loads(call.body, parse_float=Decimal)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return _error(400, "INVALID_CONTENT", "The request body is not a JSON object.")
    unknown = sorted(set(body) - _FIELDS[type_])
    if unknown and call.headers.get("x-netsuite-propertynamevalidation", "").lower() == "error":
        return _error(400, "INVALID_CONTENT", f"Unknown field '{unknown[0]}'.", unknown[0])
    if type_ != "customer":
        objection = books.objection(world, type_, body)
        if objection is not None:
            return _error(400, objection.code, objection.sentence, objection.path)
    external_id = external_id or str(body.get("externalId", ""))
    found = world.ledger.by_external_id("netsuite", type_, external_id) if external_id else None
    id_ = found.id if found else str(world.ledger.next("netsuite:id"))
    document = {"id": id_, "externalId": external_id, **body}
    if type_ == "customerPayment":
        document |= books.applied(world, body)
    key = _business_key(type_, document)
    if found:
        world.ledger.change(found, document, call.now, key)
    else:
        world.ledger.add("netsuite", type_, id_, key, document, call.now, external_id)
    location = f"{call.url.partition('/services/')[0]}{_RECORD}/{type_}/{id_}"
    return Reply(204, headers={"location": location}, made=(type_, id_))


def _business_key(type_: str, document: dict[str, Any]) -> str:
    """What the record is about, by what it says: a second record of the same deal shows, whatever id it was given."""
    if type_ == "customer":
        return str(document.get("entityId", ""))
    if type_ == "customerPayment":
        return books.applied_to(document) or str(document.get("memo", ""))
    return str(document.get("memo") or document.get("tranId", ""))


def _get(world: World, _call: Call, match: Match) -> Reply:
    groups = match.groupdict()
    if groups.get("external"):
        found = world.ledger.by_external_id("netsuite", match["type"], match["external"])
    else:
        found = world.ledger.get("netsuite", match["type"], groups["id"])
    return Reply(200, found.document) if found else _missing()


def _query(world: World, call: Call, _match: Match) -> Reply:
    """SuiteQL, as far as anyone asks it here: the statement lines matched since a moment."""
    try:
        asked = str(json.loads(call.body)["q"])
        since = parse(found[1]) if (found := _SINCE.search(asked)) else None
        limit = int(call.query.get("limit", _PAGE))
    except (ValueError, KeyError, TypeError, ProblemError):
        return _error(400, "INVALID_PARAMETER", "The request body holds no query.", "q")
    if since is None or "FROM bankStatementLine" not in asked:
        return _error(
            400, "INVALID_PARAMETER", "Search error: this account answers queries of bankStatementLine.", "q"
        )
    rows = bank.cleared(world, since, call.now, limit)
    return Reply(200, {"items": rows, "count": len(rows), "hasMore": len(rows) == limit, "offset": 0})


def _sign_in(world: World, call: Call, _match: Match) -> Reply:
    """A token for a signed assertion whose certificate, issuer and audience are right."""
    form = call.form()
    if form.get("client_assertion_type") != _ASSERTION or form.get("grant_type") != "client_credentials":
        return Reply(400, {"error": "invalid_request"})
    wanted = expected(world, "netsuite")
    try:
        header = jwt.get_unverified_header(form.get("client_assertion", ""))
        if header.get("kid") != wanted["certificate_id"]:
            raise jwt.InvalidKeyError("unknown certificate")
        claims = jwt.decode(
            form["client_assertion"],
            world.ledger.setting("netsuite_certificate"),
            algorithms=["PS256"],
            audience=call.url,
            issuer=wanted["client_id"],
            options={"require": ["exp", "iat", "iss", "aud"]},
        )
    except jwt.PyJWTError as error:
        return Reply(400, {"error": "invalid_client", "error_description": str(error)})
    if claims["exp"] - claims["iat"] > HOUR // SECOND:
        return Reply(400, {"error": "invalid_client", "error_description": "assertion lives too long"})
    return Reply(200, {"access_token": _session(world), "expires_in": "3600", "token_type": "bearer"})


def _session(world: World) -> str:
    return token(40, world.seed, "netsuite", expected(world, "netsuite")["certificate_id"])


def _refuse(world: World, call: Call) -> Reply | None:
    if call.path == _TOKEN or call.headers.get("authorization") == f"Bearer {_session(world)}":
        return None
    return _error(401, "INVALID_LOGIN", "Invalid login attempt.")


def _missing() -> Reply:
    return _error(
        404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID."
    )


def _error(status: int, code: str, detail: str, path: str = "") -> Reply:
    one = {"detail": detail, "o:errorCode": code} | ({"o:errorPath": path} if path else {})
    body = {
        "type": f"https://www.rfc-editor.org/rfc/rfc9110.html#status.{status}",
        "title": {400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}[
            status
        ],
        "status": status,
        "o:errorDetails": [one],
    }
    return Reply(status, body, {"content-type": "application/vnd.oracle.resource+json; type=error"})


STAND_IN = StandIn(
    system="netsuite",
    operations=(
        operation("sign in", "POST", _TOKEN, _sign_in, faulty=False),
        operation(
            "upsert",
            "PUT",
            rf"{_RECORD}/{_TYPES}/eid:(?P<external>[^/]+)",
            _upsert,
            lambda _call, match: f"{match['type']} {match['external']}",
        ),
        operation("query", "POST", _QUERY, _query, faulty=False),
        operation("create", "POST", rf"{_RECORD}/{_TYPES}", _create),
        operation(
            "get",
            "GET",
            rf"{_RECORD}/{_TYPES}/(?:eid:(?P<external>[^/]+)|(?P<id>\d+))",
            _get,
            lambda _call, match: f"{match['type']} {match['external'] or match['id']}",
        ),
    ),
    refuse=_refuse,
    unavailable=_error(503, "UNEXPECTED_ERROR", "The service is temporarily unavailable."),
    nowhere=lambda _call: _missing(),
)
