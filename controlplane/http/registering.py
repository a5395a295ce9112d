# SPDX-License-Identifier: Apache-2.0
"""How does a contract come in through a door? Read and judged beside the writer, stored by it; known content is answered at once."""

from dataclasses import dataclass, replace
from hashlib import sha256

from sqlmodel import Session

from controlplane.database import Database
from controlplane.security.caller import Caller
from registry import incoming, judgement, store
from registry.content import SMALL, content_id
from registry.contract import Contract
from registry.incoming import Incoming
from registry.judgement import Judged, Question
from registry.store import Terms
from registry.verdict import Verdict
from registry.views import VersionInfo
from terms.instant import Clock
from terms.recent import Recent

_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Registering:
    """Registers and checks for every door. Comparing may take a while, so it is done where only the asker waits for it."""

    database: Database
    clock: Clock
    contents: Recent[bytes, str]
    answers: Recent[tuple[str, bytes], tuple[int, bytes]]

    async def register(self, given: Incoming, terms: Terms, caller: Caller) -> VersionInfo | Verdict:
        """The version, or the verdict that keeps it out. The same bytes again cost one read and are not parsed.

        Raises ProblemError for what cannot be read, RefusedError for what may not be.
        """
        key = _key(given)
        known = self.contents.peek(key)
        if known is not None:
            there = await self.database.read_async(lambda s: store.there(s, given.subject, known))
            if there is not None:
                return there
        now = self.clock()

        def prepare(session: Session) -> tuple[Judged, Contract, str]:
            contract = incoming.contract_of(session, given)
            return judgement.judged(session, contract, now), contract, content_id(contract)

        judged, contract, content = await self.database.read_async(prepare)
        answer = await self.database.write_async(
            lambda session: store.register_on(session, contract, now, terms, judged.comparisons),
            actor=caller.actor,
            reason=f"register {given.subject}",
        )
        if isinstance(answer, VersionInfo) and not contract.references:
            self.contents.put(key, content)
        return answer

    def answered(self, subject: str, body: bytes) -> bytes | None:
        """The answer that these very bytes got, when nothing at all was stored since.

        Only on SQLite, where no other process can have stored anything.
        """
        if not self.database.is_sqlite:
            return None
        known = self.answers.peek((subject, sha256(body).digest()))
        return known[1] if known is not None and known[0] == self.database.generation else None

    def remember_answer(self, subject: str, body: bytes, answer: bytes, generation: int) -> None:
        """Keeps an answer that was made from what was stored at that generation."""
        if len(answer) <= SMALL:
            self.answers.put((subject, sha256(body).digest()), (generation, answer))

    async def check(
        self, given: Incoming, question: Question, caller: Caller, *, keep: bool = True
    ) -> Verdict:
        """The verdict on a draft; nothing is registered, but what was compared is remembered for the next one who asks."""
        now = self.clock()

        def ask(session: Session) -> Judged:
            return judgement.judged(session, incoming.contract_of(session, given, "draft"), now, question)

        judged = await self.database.read_async(ask)
        if keep and caller.may("contracts:write"):
            await self._remember(judged, caller)
        return judged.verdict

    async def _remember(self, judged: Judged, caller: Caller) -> None:
        fresh = judged.made
        if fresh:
            await self.database.write_async(
                lambda session: judgement.remember(session, fresh),
                actor=replace(caller.actor, kind="machine"),
                reason="comparisons",
            )


def registering(database: Database, clock: Clock) -> Registering:
    """One for the process."""
    return Registering(database, clock, Recent(_REMEMBERED), Recent(_REMEMBERED))


def _key(given: Incoming) -> bytes:
    """What decides the content, apart from the subject: bytes, syntax, dialect and what came beside."""
    whole = sha256(given.body)
    whole.update(f"{given.syntax}|{given.dialect}|{given.references!r}|{given.extra!r}".encode())
    return whole.digest()
