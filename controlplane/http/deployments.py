# SPDX-License-Identifier: Apache-2.0
"""The doors of deployments: applications say what they use, pipelines record what runs where and ask whether it may go on."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any, get_args

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from controlplane.database import Database
from controlplane.http.refusal import refusal
from controlplane.security.caller import caller_of
from registry import declaration, declaration_store, deployment_store, matrix
from registry.deployment import Declaration, Deployment, Environment, OrderRule
from registry.verdict import DEFAULT_POLICY, checked
from terms import canonical_json, instant
from terms.instant import Clock
from terms.problem import Problem, ProblemError, did_you_mean
from terms.strict_json import strict_json

ROOT = "/apis/registry/v1"
_NAMED = ("application", "version", "environment")

Handler = Callable[[Request], Awaitable[Response]]


def deployment_routes(database: Database, clock: Clock) -> list[Route]:
    """The routes over the database. Reads answer with JSON; a write answers after the commit, and may be sent again."""
    doors = _Doors(database, clock)
    return [
        Route(f"{ROOT}/environments", doors.environments, methods=["GET"]),
        Route(f"{ROOT}/environments", doors.set_environments, methods=["PUT"]),
        Route(f"{ROOT}/applications", doors.applications, methods=["GET"]),
        Route(f"{ROOT}/applications", doors.declare, methods=["POST"]),
        Route(f"{ROOT}/deployments", doors.deployments, methods=["GET"]),
        Route(f"{ROOT}/deployments", doors.record, methods=["POST"]),
        Route(f"{ROOT}/deployments/{{environment}}/{{application}}", doors.end, methods=["DELETE"]),
        Route(f"{ROOT}/can-i-deploy", doors.ask, methods=["GET"]),
        Route(f"{ROOT}/deployment-matrix", doors.matrix, methods=["GET"]),
    ]


class _Doors:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def environments(self, _request: Request) -> Response:
        """The environments in the order of promotion."""
        found = await self._database.read_async(deployment_store.environments)
        return _json({"environments": [asdict(one) for one in found]})

    async def set_environments(self, request: Request) -> Response:
        """Replaces them: `{"environments": [{"name", "after", "rule"}]}`."""
        wanted = _environments(strict_json(await request.body()))
        kept = await self._write(
            request,
            lambda session: deployment_store.set_environments(session, wanted),
            f"environments: {', '.join(one.name for one in wanted)}",
        )
        return _json({"environments": [asdict(one) for one in kept]})

    async def applications(self, request: Request) -> Response:
        """Declared application versions; `?subject=` only those that write or read it."""
        subject = _query(request, ("subject",)).get("subject", "")
        found = await self._database.read_async(
            lambda session: (
                declaration_store.users_of(session, subject)
                if subject
                else declaration_store.applications(session)
            )
        )
        return _json({"applications": [_declaration(one) for one in found]})

    async def declare(self, request: Request) -> Response:
        """Takes an `application.yaml` (YAML or JSON); `?version=` stands in for the file's own."""
        version = _query(request, ("version",)).get("version", "")
        wanted = declaration.read(await request.body(), "application.yaml", self._clock(), version)
        kept = await self._write(
            request,
            lambda session: declaration_store.declare(session, wanted),
            f"declare {wanted.application} {wanted.version}",
        )
        return _json(_declaration(kept), 201 if kept is wanted else 200)

    async def deployments(self, request: Request) -> Response:
        """What runs where; `?environment=`, `?application=`, `?history=1` also what ran."""
        query = _query(request, ("environment", "application", "history"))
        found = await self._database.read_async(
            lambda session: deployment_store.deployments(
                session,
                query.get("environment", ""),
                query.get("application", ""),
                history=query.get("history") == "1",
            )
        )
        return _json({"deployments": [_deployment(one) for one in found]})

    async def record(self, request: Request) -> Response:
        """`{"application", "version", "environment"}` runs from now on."""
        application, version, environment = _texts(strict_json(await request.body()), _NAMED)
        caller = caller_of(request)
        by = caller.name if caller else ""
        kept = await self._write(
            request,
            lambda session: deployment_store.record_deployment(
                session, application, version, environment, self._clock(), by
            ),
            f"deployed {application} {version} to {environment}",
        )
        return _json(_deployment(kept))

    async def end(self, request: Request) -> Response:
        """The application runs there no more. 404 when it did not."""
        environment, application = (request.path_params[name] for name in ("environment", "application"))
        ended = await self._write(
            request,
            lambda session: deployment_store.end_deployment(session, application, environment, self._clock()),
            f"ended {application} in {environment}",
        )
        if ended is None:
            problem = Problem(f"{application} does not run in {environment}", request.url.path)
            return refusal(request, 404, problem)
        return _json(_deployment(ended))

    async def ask(self, request: Request) -> Response:
        """The answer to `?application=&version=&to=`; `&policy=` decides by other rules, `&first=1` says nothing runs there."""
        query = _query(request, ("application", "version", "to", "policy", "first"))
        application, version, to = _texts(query, ("application", "version", "to"))
        _, policy = checked("BACKWARD", query.get("policy", DEFAULT_POLICY))
        answer = await self._database.read_async(
            lambda session: deployment_store.ask(
                session, application, version, to, policy=policy, is_first=query.get("first") == "1"
            )
        )
        return _json(answer.as_json())

    async def matrix(self, request: Request) -> Response:
        """Each version of `?subject=` against what runs."""
        (subject,) = _texts(_query(request, ("subject",)), ("subject",))
        found = await self._database.read_async(lambda session: matrix.matrix(session, subject))
        return _json(
            {
                "subject": found.subject,
                "columns": [asdict(column) for column in found.columns],
                "rows": [
                    {
                        "version": version.semver,
                        "lifecycle": version.lifecycle,
                        "cells": [c.status for c in cells],
                    }
                    for version, cells in zip(found.versions, found.cells, strict=True)
                ],
            }
        )

    async def _write(self, request: Request, work: Callable[[Session], Any], reason: str) -> Any:
        caller = caller_of(request)
        assert caller is not None, "the entrance lets nobody in without a credential"
        return await self._database.write_async(work, actor=caller.actor, reason=reason)


def _environments(body: Any) -> list[Environment]:
    rows = body.get("environments") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise ProblemError("the environments are not a list", "/environments", 'send {"environments": [...]}')
    found = []
    for place, row in enumerate(rows):
        name, after, rule = _texts(
            row, ("name", "after", "rule"), f"/environments/{place}", may_be_empty=True
        )
        if rule not in get_args(OrderRule):
            raise ProblemError(
                f"'{rule[:60]}' is not a rule",
                f"/environments/{place}/rule",
                did_you_mean(rule, get_args(OrderRule)),
            )
        found.append(Environment(name, after, rule))  # type: ignore[arg-type]
    return found


def _texts(
    given: Any, names: tuple[str, ...], where: str = "", *, may_be_empty: bool = False
) -> tuple[str, ...]:
    """The texts of these names. Raises ProblemError when one is missing."""
    values = given if isinstance(given, Mapping) else {}
    for name in names:
        value = values.get(name)
        if not isinstance(value, str) or not (value or may_be_empty):
            raise ProblemError(f"'{name}' is missing", f"{where}/{name}", f"name it: {', '.join(names)}")
    return tuple(values[name] for name in names)


def _query(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """The query's parameters. Raises ProblemError for one that is not known: a typo must not widen an answer."""
    query = dict(request.query_params)
    for name in query:
        if name not in known:
            raise ProblemError(f"unknown parameter '{name[:60]}'", name[:60], did_you_mean(name, known))
    return query


def _declaration(one: Declaration) -> dict[str, Any]:
    uses = [
        {
            "role": use.role,
            "subject": use.subject,
            "version": use.versions.text,
            "fields": list(use.fields),
            "optional": use.optional,
        }
        for use in one.uses
    ]
    head = {"application": one.application, "version": one.version, "owner": one.owner}
    return {**head, "declaredAt": instant.text(one.declared_at), "uses": uses}


def _deployment(one: Deployment) -> dict[str, Any]:
    return {
        "application": one.application,
        "version": one.version,
        "environment": one.environment,
        "deployedAt": instant.text(one.deployed_at),
        "endedAt": None if one.ended_at is None else instant.text(one.ended_at),
        "recordedBy": one.recorded_by,
    }


def _json(body: Any, status: int = 200) -> Response:
    return Response(canonical_json.text(body), status, media_type="application/json")
