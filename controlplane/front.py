# SPDX-License-Identifier: Apache-2.0
"""What people and pipelines see: sign-in, pages and the GraphQL they ask, contracts, deployments, payloads that were observed.

Loaded by processes whose role shows it (`SHOWS` in app.py); for the others it would be 25 MiB that nobody asks.
"""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from collectors.payloads import store as payload_store
from controlplane import contract_use
from controlplane.demo import profile
from controlplane.graphql import service as graphql
from controlplane.graphql.context import InstanceFacts, Sources, SystemFact
from controlplane.http.ccompat.door import confluent_routes
from controlplane.http.ccompat.rows import rows as ccompat_rows
from controlplane.http.deployments import deployment_routes
from controlplane.http.observed import observed_routes
from controlplane.http.registering import registering
from controlplane.http.registry.description import openapi_route
from controlplane.http.registry.door import registry_routes
from controlplane.http.registry.rows import rows
from controlplane.http.sign_in import sign_in_routes
from controlplane.parts import Parts
from controlplane.security.caller import Caller, caller_of
from controlplane.shared_answers import SharedAnswers
from controlplane.source_desk import SourceDesk
from dashboards import pages
from sync import exceptions, observed
from sync.exceptions import ReplayAsked

ROLES: Mapping[str, str] = {
    "salesforce": "crm",
    "chargebee": "billing",
    "stripe": "payments",
    "netsuite": "erp",
}


def routes(parts: Parts, transactions_changed: Callable[[], None]) -> list[BaseRoute]:
    """Every address that shows something. `transactions_changed` is told when a decision changed some."""
    service = graphql.Service(_sources(parts, transactions_changed))
    return [
        *sign_in_routes(parts.credentials),
        parts.live.route(),
        *_contract_routes(parts),
        *observed_routes(parts.database, observed.payloads, payload_store.payloads_under),
        *service.routes(),
        *pages.routes(partial(_ask, service), pages.PageSettings()),
    ]


def _contract_routes(parts: Parts) -> list[Route]:
    registers = registering(parts.database, parts.clock)
    ours = rows(parts.database, parts.clock, registers, contract_use.users(parts.clock))
    deployments = deployment_routes(parts.database, parts.clock)
    return [
        *deployments,
        *registry_routes(ours),
        openapi_route(ours, deployments),
        *confluent_routes(ccompat_rows(parts.database, parts.clock, registers)),
    ]


def _sources(parts: Parts, transactions_changed: Callable[[], None]) -> Sources:
    return Sources(
        database=parts.database,
        shared=SharedAnswers(parts.database),
        clock=parts.clock,
        definitions=parts.definitions,
        reload=parts.reload,
        criteria=parts.governance.criteria,
        instance=InstanceFacts(
            version=version("throughline"),
            demo=parts.settings.demo,
            sandbox_url=parts.settings.sandbox_url or None,
            legal_entities=tuple(entity.code for entity in profile.ENTITIES) if parts.settings.demo else (),
            systems=tuple(SystemFact(name, role) for name, role in ROLES.items()),
        ),
        replay=partial(_replay, parts),
        registering=registering(parts.database, parts.clock),
        users=contract_use.users(parts.clock),
        keep=parts.keep,
        transactions_changed=transactions_changed,
        watermarks=parts.governance.watermarks,
        desk=SourceDesk(parts.database, parts.clock, parts.pulling, parts.live),
    )


async def _replay(parts: Parts, exception_id: str, key: str, caller: Caller, reason: str) -> ReplayAsked:
    answer = await parts.database.write_async(
        lambda session: exceptions.request_replay(session, exception_id, key, caller.name, parts.clock()),
        actor=caller.actor,
        reason=f"replay {exception_id}{': ' + reason if reason else ''}",
    )
    if parts.runtime:
        parts.runtime.wake()
    parts.live.changed("exceptions", "transactions")
    return answer


async def _ask(
    service: graphql.Service, query: str, variables: dict[str, Any], request: Request
) -> dict[str, Any]:
    caller = caller_of(request)
    if caller is None:
        raise pages.SignInRequired
    return await service.ask(query, variables, caller)
