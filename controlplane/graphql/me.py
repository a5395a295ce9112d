# SPDX-License-Identifier: Apache-2.0
"""Who asks, and what installation answers."""

import strawberry

from controlplane.graphql.context import Context, Info
from controlplane.graphql.described import answer, noun
from terms.instant import Instant


@noun
class Me:
    """The caller: a person's session, a service token, or a part of this process, with all that its roles grant."""

    name: str
    kind: str
    roles: list[str]
    permissions: list[str]


@noun
class System:
    """A configured system and its role in the line: crm, billing, payments or erp."""

    name: str
    role: str


@noun
class Instance:
    """This installation. `now` is the instant every figure of this answer is computed for."""

    version: str
    demo: bool
    sandbox_url: str | None
    legal_entities: list[str]
    systems: list[System]
    now: Instant


async def me(info: Info) -> Me:
    """Who asks."""
    caller = info.context.caller
    return Me(
        name=caller.name, kind=caller.kind, roles=list(caller.roles), permissions=sorted(caller.permissions)
    )


async def instance(info: Info) -> Instance:
    """What installation answers."""
    return instance_of(info.context)


def instance_of(context: Context) -> Instance:
    """The facts of the installation, as of the request's instant."""
    facts = context.sources.instance
    return Instance(
        version=facts.version,
        demo=facts.demo,
        sandbox_url=facts.sandbox_url,
        legal_entities=list(facts.legal_entities),
        systems=[System(name=system.name, role=system.role) for system in facts.systems],
        now=context.now,
    )


@strawberry.type
class MeQuery:
    me: Me = answer(me)
    instance: Instance = answer(instance)
