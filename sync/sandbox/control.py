# SPDX-License-Identifier: Apache-2.0
"""The sandbox's own API: deals to come, what the ledgers hold, and which periods, mappings and faults are in force."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sync.connection import SYSTEMS
from sync.sandbox import books, deals, faults, webhooks
from sync.sandbox.exchange import World
from terms import canonical_json, instant
from terms.problem import Problem, ProblemError, did_you_mean

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
Handler = Callable[[World, Request, Any], Any]


def routes(world: World) -> list[Route]:
    """The control API below /sandbox. Bad input is answered with 400 and a list of problems."""
    table: tuple[tuple[str, str, Handler], ...] = (
        ("POST", "/sandbox/deals", _deals),
        ("GET", "/sandbox/ledger", _ledger),
        ("GET", "/sandbox/summary", lambda world, _request, _body: summary(world)),
        ("GET", "/sandbox/periods", _periods),
        ("POST", "/sandbox/periods/{entity}/{month}/{act:str}", _period),
        ("POST", "/sandbox/mappings/{entity}/{code}", _map),
        ("DELETE", "/sandbox/mappings/{entity}/{code}", _unmap),
        ("POST", "/sandbox/mappings/{entity}/{code}/remove", _unmap),
        ("GET", "/sandbox/faults", lambda world, _request, _body: _faults_now(world)),
        ("PUT", "/sandbox/faults", _set_faults),
        ("PUT", "/sandbox/webhooks", _webhooks),
    )
    return [Route(path, _door(world, handler), methods=[method]) for method, path, handler in table]


def _door(world: World, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return _problems(403, ProblemError("asked for by another site"))
        body = await request.body()
        from_page = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        try:
            found = handler(world, request, json.loads(body) if body and not from_page else None)
        except ProblemError as error:
            return _problems(400, error)
        except (ValueError, RecursionError) as error:
            return _problems(400, ProblemError(f"the body is not JSON: {error}"))
        if from_page:
            return RedirectResponse("/", 303)
        return Response(canonical_json.text(found), media_type="application/json")

    return answer


def _problems(status: int, error: ProblemError) -> Response:
    rows = [{"what": each.what, "where": each.where, "do": each.do} for each in error.problems]
    return Response(json.dumps({"problems": rows}), status, media_type="application/json")


def _deals(world: World, _request: Request, body: Any) -> Any:
    return {"opportunities": deals.add(world, body)}


def _ledger(world: World, request: Request, _body: Any) -> Any:
    system = request.query_params.get("system", "")
    if system and system not in SYSTEMS:
        raise ProblemError(f"unknown system '{system}'", "system", did_you_mean(system, SYSTEMS))
    rows = [
        {
            "system": each.system,
            "type": each.type,
            "id": each.external_id or each.id,
            "native_id": each.id,
            "business_key": each.business_key,
            "created_at": instant.text(each.created_at),
            "writes": each.writes,
            "replays": each.replays,
            "document": each.document,
        }
        for each in world.ledger.find("system = ? OR ? = ''", system, system)
    ]
    return {"records": rows}


def summary(world: World) -> dict[str, Any]:
    """How many records each system holds, what it holds twice, and how webhooks and faults stand."""
    counts: dict[str, dict[str, int]] = {system: {} for system in SYSTEMS}
    rows = world.ledger.sql.execute(
        "SELECT system, type, COUNT(*) FROM record GROUP BY system, type ORDER BY 1, 2"
    )
    for system, type_, count in rows:
        counts[system][type_] = count
    twice = world.ledger.sql.execute(
        "SELECT system, type, business_key, json_group_array(id) FROM record WHERE business_key <> '' "
        "GROUP BY system, type, business_key HAVING COUNT(*) > 1 ORDER BY 1, 2, 3"
    )
    return {
        "counts": counts,
        "duplicates": [
            {"system": system, "type": type_, "business_key": key, "ids": json.loads(ids)}
            for system, type_, key, ids in twice
        ],
        "webhooks": webhooks.counts(world),
        "faults": faults.counts(world),
    }


def _periods(world: World, _request: Request, _body: Any) -> Any:
    shut = books.closed(world)
    months = sorted({month for _, month in shut} | set(books.months(world.clock(), 4)), reverse=True)
    rows = [
        {"entity": entity, "month": month, "open": (entity, month) not in shut}
        for month in months
        for entity in books.ENTITIES
    ]
    return {"periods": rows}


def _period(world: World, request: Request, _body: Any) -> Any:
    entity, month, act = (request.path_params[name] for name in ("entity", "month", "act"))
    _known_entity(entity)
    if not _MONTH.fullmatch(month):
        raise ProblemError(f"'{month}' is not a month", "month", "write it like 2026-03")
    acts = {"open": books.open_, "close": books.close}
    if act not in acts:
        raise ProblemError(f"unknown act '{act}'", "act", did_you_mean(act, tuple(acts)))
    with world.ledger.transaction():
        acts[act](world, entity, month)
    return {"entity": entity, "month": month, "open": act == "open"}


def _map(world: World, request: Request, _body: Any) -> Any:
    return _mapping(world, request, books.map_, mapped=True)


def _unmap(world: World, request: Request, _body: Any) -> Any:
    return _mapping(world, request, books.unmap, mapped=False)


def _mapping(
    world: World, request: Request, change: Callable[[World, str, str], None], *, mapped: bool
) -> dict[str, Any]:
    entity, code = request.path_params["entity"], request.path_params["code"]
    _known_entity(entity)
    with world.ledger.transaction():
        change(world, entity, code)
    return {"entity": entity, "code": code, "mapped": mapped}


def _known_entity(entity: str) -> None:
    if entity not in books.ENTITIES:
        raise ProblemError(
            f"unknown entity '{entity}'", "entity", did_you_mean(entity, tuple(books.ENTITIES))
        )


def _faults_now(world: World) -> dict[str, float]:
    force = faults.current(world)
    return {name: getattr(force, name) for name in faults.NAMES}


def _set_faults(world: World, _request: Request, body: Any) -> Any:
    wanted = faults.read(body)
    with world.ledger.transaction():
        faults.keep(world, wanted)
    return _faults_now(world)


def _webhooks(world: World, _request: Request, body: Any) -> Any:
    url = body.get("url") if isinstance(body, dict) else None
    if not isinstance(url, str) or (url and not url.startswith(("http://", "https://"))):
        raise ProblemError(
            (Problem("is not a URL", "/url", 'send {"url": "http://127.0.0.1:8400/webhooks"}'),)
        )
    with world.ledger.transaction():
        world.ledger.keep("webhooks", url)
    world.wake()
    return {"url": url}
