# SPDX-License-Identifier: Apache-2.0
"""Where sources are set up: added, changed, tried, paused and removed by people, each time with a row of audit.

Headers come in and never go out: they are sealed before they are stored, and only their names can be asked for.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlmodel import Session

from collectors.pull.failure import SourceFailure
from collectors.pull.opening import Tried
from collectors.sources import leases as source_leases
from collectors.sources import store as source_store
from collectors.sources.reach import OWN_RUNTIME, PUSH
from collectors.sources.source import RUNTIME, Source, problems_of
from collectors.sources.store import Headers, Kept
from controlplane.database import Database
from controlplane.http.live import Live
from controlplane.pulling import Pulling
from controlplane.security.caller import Caller
from policies import store as policy_store
from terms.instant import Clock
from terms.problem import Problem, ProblemError

T = TypeVar("T")

MOST_HEADERS = 20
LONGEST_HEADER = 4_096
LONGEST_TRY_S = 8.0
# What HTTP itself needs; the checks of the address hang on the first.
_OURS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept", "accept-encoding", "user-agent"}
)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done: what is wrong with the source as it was asked for."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such source among those that were set up."""

    name: str


@dataclass(frozen=True, slots=True)
class SourceDesk:
    """Every change is one transaction with its row of audit, and is seen by whoever pulls within a second."""

    database: Database
    clock: Clock
    pulling: Pulling
    live: Live

    async def add(self, source: Source, headers: Mapping[str, str], caller: Caller) -> Kept | Refused:
        """A new source. The same again under its name is the one there is; another under its name is refused."""
        problems = (*_own_problems(source), *problems_of(source), *_header_problems(headers))
        if problems:
            return Refused(problems)
        sealed = self._sealed(source.name, headers)
        if isinstance(sealed, Refused):
            return sealed

        def work(session: Session) -> Kept | Refused:
            known = source_store.kept(session, source.name)
            if known is not None:
                same = replace(known.source, begin_at=source.begin_at, enabled=source.enabled) == source
                if same and known.header_names == sealed.names:
                    return known
                problem = Problem(
                    f"there is a source '{source.name}' already", "name", "choose another, or change that one"
                )
                return Refused((problem,))
            try:
                return source_store.add(session, source, sealed, self.clock(), caller.name)
            except ProblemError as error:
                return Refused(error.problems)

        allowed = ", a private or plain address allowed" if source.allow_private else ""
        reason = f"add source {source.name}: {source.kind} {source.address}{allowed}"
        return await self._write(work, caller, reason)

    async def change(
        self, source: Source, headers: Mapping[str, str] | None, caller: Caller
    ) -> Kept | Refused | Absent:
        """The source as it is now. Headers that are not given stay; an empty mapping takes them away.

        A credential goes to the address it was given for: with another one, it must be given again.
        """
        problems = (*problems_of(source), *_header_problems(headers or {}))
        if problems:
            return Refused(problems)
        sealed = None if headers is None else self._sealed(source.name, headers)
        if isinstance(sealed, Refused):
            return sealed

        def work(session: Session) -> Kept | Refused | Absent:
            before = source_store.kept(session, source.name)
            if before is None and source.name == RUNTIME:
                return source_store.add(session, source, Headers(), self.clock(), caller.name)
            if before is None:
                return Absent(source.name)
            if sealed is None and before.header_names and before.source.address != source.address:
                do = "give the headers again, or an empty list to send none"
                return Refused((Problem("has another address now", "headers", do),))
            return source_store.change(session, source, sealed) or Absent(source.name)

        allowed = ", a private or plain address allowed" if source.allow_private else ""
        reason = f"change source {source.name}: {source.kind} {source.address}{allowed}"
        return await self._write(work, caller, reason)

    async def kept(self, name: str) -> Kept | None:
        """A source that was set up, or the runtime as it is without being set up; None when there is none."""
        found = await self.database.read_async(lambda session: source_store.kept(session, name))
        if found is None and name == RUNTIME:
            return Kept(OWN_RUNTIME, (), self.clock(), "")
        return found

    async def set_enabled(self, name: str, enabled: bool, caller: Caller) -> Kept | Absent:
        """Pauses or resumes."""

        def work(session: Session) -> Kept | Absent:
            return source_store.set_enabled(session, name, enabled) or Absent(name)

        return await self._write(work, caller, f"{'resume' if enabled else 'pause'} source {name}")

    async def remove(self, name: str, caller: Caller) -> bool:
        """Forgets a source; the spans it brought stay. False when there was none."""

        def work(session: Session) -> bool:
            policy_store.forget_targets(session, "source", [name], self.clock())
            return source_store.remove(session, name)

        return await self._write(work, caller, f"remove source {name}")

    async def pull(self, name: str, caller: Caller) -> Kept | Refused | Absent:
        """Has a source asked at once. Asking twice is asking once."""

        def work(session: Session) -> Kept | Refused | Absent:
            kept = source_store.kept(session, name)
            if kept is None:
                return Absent(name)
            if not kept.source.is_pulled:
                return Refused(
                    (
                        Problem(
                            f"a {kept.source.kind} source sends by itself", "name", "nothing is to be pulled"
                        ),
                    )
                )
            if not kept.source.enabled:
                return Refused((Problem("it is paused", "name", "resume it; it is pulled at once then"),))
            source_leases.ask_now(session, name)
            return kept

        return await self._write(work, caller, f"pull source {name}")

    async def attempt(
        self, source: Source, headers: Mapping[str, str] | None
    ) -> Tried | SourceFailure | Refused:
        """Asks the source a few things and stores nothing. Without headers, those that are kept for its name are sent."""
        problems = (*problems_of(source), *_header_problems(headers or {}))
        if problems:
            return Refused(problems)
        if not source.is_pulled:
            return Refused(
                (Problem(f"a {source.kind} source sends by itself", "kind", "there is nothing to try"),)
            )
        try:
            sent = await self._kept_headers(source.name) if headers is None else dict(headers)
            async with asyncio.timeout(LONGEST_TRY_S):
                return await self.pulling.attempt(source, sent)
        except TimeoutError:
            what = f"gave no answer within {LONGEST_TRY_S:g} s"
            return SourceFailure(
                "too_slow", Problem(what, source.address, "look at the source, and at what lies between")
            )
        except ProblemError as error:
            return SourceFailure("ours", error.problems[0])
        except SourceFailure as failure:
            return failure

    async def _kept_headers(self, name: str) -> dict[str, str]:
        sealed = await self.database.read_async(lambda session: source_store.sealed_headers(session, name))
        return self.pulling.open_headers(name, sealed)

    def _sealed(self, name: str, headers: Mapping[str, str]) -> Headers | Refused:
        if not headers:
            return Headers()
        small = {key.lower(): value for key, value in headers.items()}
        try:
            sealed = self.pulling.seal.seal(name, json.dumps(small))
        except ProblemError as error:
            return Refused(error.problems)
        return Headers(tuple(sorted(small)), sealed)

    async def _write(self, work: Callable[[Session], T], caller: Caller, reason: str) -> T:
        answer = await self.database.write_async(work, actor=caller.actor, reason=reason)
        self.live.changed("sources")
        return answer


def _own_problems(source: Source) -> list[Problem]:
    """Names that only what pushes, or our own runtime, bears."""
    if source.kind == "runtime" or source.name == RUNTIME:
        return [
            Problem("is the name of the embedded runtime", "name", "change that one; it needs not be added")
        ]
    if (source.kind == "push") != source.name.startswith(PUSH):
        do = f"a source that sends by itself is named {PUSH} and the name of its token; no other is"
        return [Problem("does not fit its kind", "name", do)]
    return []


def _header_problems(headers: Mapping[str, str]) -> list[Problem]:
    found = []
    if len(headers) > MOST_HEADERS:
        found.append(Problem(f"are more than {MOST_HEADERS}", "headers"))
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            found.append(
                Problem(f"'{name[:60]}' is no header that can be sent along", "headers", "leave it out")
            )
        if len(value) > LONGEST_HEADER or not value.isascii() or not value.isprintable():
            found.append(
                Problem(f"the value of '{name[:60]}' is no text of one line", "headers", "write ASCII")
            )
    return found
