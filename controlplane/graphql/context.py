# SPDX-License-Identifier: Apache-2.0
"""What resolvers work with: the sources of the whole app, and for each request its caller, its instant and its loaders."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

import strawberry
from sqlmodel import Session

from collectors.definitions import Definitions
from collectors.query.vocabulary import Vocabulary
from collectors.retention.keep import Keep
from collectors.sources.watermark import NOTHING_HELD, Watermarks
from controlplane.criteria import Criteria
from controlplane.database import Database
from controlplane.definition_reload import DefinitionReload
from controlplane.graphql.loaders import Loaders
from controlplane.http.registering import Registering
from controlplane.security.caller import Caller
from controlplane.shared_answers import SharedAnswers
from controlplane.source_desk import SourceDesk
from registry.transition import Users
from sync.exceptions import ReplayAsked
from terms.instant import Clock, Instant

T = TypeVar("T")

Replay = Callable[[str, str, Caller, str], Awaitable[ReplayAsked]]
"""Asks for a replay: (exception id, idempotency key, caller, reason); answers after the commit."""


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """An answer, the instant it is as of, and what was known of the sources then."""

    answer: T
    as_of: Instant
    watermarks: Watermarks


@dataclass(frozen=True, slots=True)
class SystemFact:
    """One configured system and its place in the line."""

    name: str  # salesforce, chargebee ...
    role: str  # crm, billing, payments, erp


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What this installation is."""

    version: str
    demo: bool
    sandbox_url: str | None
    legal_entities: tuple[str, ...]
    systems: tuple[SystemFact, ...]

    def role_of(self, system: str) -> str:
        """The system's role; the system's own name when it is not configured."""
        return next((fact.role for fact in self.systems if fact.name == system), system)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers come from. Built once by the app. `transactions_changed` wakes whoever follows the list of changes."""

    database: Database
    shared: SharedAnswers
    clock: Clock
    definitions: Definitions
    criteria: Criteria
    instance: InstanceFacts
    replay: Replay
    registering: Registering
    users: Users
    transactions_changed: Callable[[], None]
    keep: Keep
    watermarks: Callable[[Session, Instant], Watermarks] = lambda _session, _now: NOTHING_HELD
    desk: SourceDesk | None = None
    reload: DefinitionReload | None = None


@dataclass(frozen=True)
class Context:
    """One request. `now` is the same in every field of it, so that an answer does not contradict itself."""

    sources: Sources
    caller: Caller
    now: Instant
    watermarks: Watermarks = NOTHING_HELD

    @cached_property
    def loaders(self) -> Loaders:
        """What many fields of this request ask for one by one, read together."""
        return Loaders(self.sources.database, self.sources.definitions.milestone_names, self.now)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words that queries may use, by the definitions in force."""
        roles = {fact.name: fact.role for fact in self.sources.instance.systems}
        return Vocabulary(self.sources.definitions.processes, roles)

    async def read(self, work: Callable[[Session], T]) -> T:
        """What `work` reads, in the database's own pool."""
        return await self.sources.database.read_async(work)

    async def read_shared(self, key: Hashable, work: Callable[[Session], T]) -> Dated[T]:
        """What `work` reads over much history, perhaps as it was read for another caller a while ago.

        `key` says all that it depends on but the instant and what is stored; the caller must be no part of it.
        """
        return await self.sources.shared.read(
            key, lambda session: Dated(work(session), self.now, self.watermarks)
        )

    async def read_shared_once(self, key: Hashable, work: Callable[[Session], T]) -> Dated[T]:
        """`read_shared`, once for all fields of this request that ask it."""
        if key not in self._once:
            self._once[key] = asyncio.ensure_future(self.read_shared(key, work))
        return cast(Dated[T], await self._once[key])

    def at(self, found: Dated[Any]) -> "Context":
        """This request as of an answer's instant: what was found out then is not told by the clock of now."""
        return replace(self, now=found.as_of, watermarks=found.watermarks)

    @cached_property
    def _once(self) -> dict[Hashable, asyncio.Future[Any]]:
        return {}


async def context_of(sources: Sources, caller: Caller) -> Context:
    """The context of a request that comes now: by what is known now, deadlines are judged in all of its answer."""
    now = sources.clock()
    known = await sources.database.read_async(lambda session: sources.watermarks(session, now))
    # One state of the definitions for all of an answer.
    return Context(replace(sources, definitions=sources.definitions.current), caller, now, known)


Info = strawberry.Info[Context, None]
