# SPDX-License-Identifier: Apache-2.0
"""Who asks: the caller behind a request's bearer token or session cookie. Every door asks here and nowhere else."""

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlmodel import Session
from starlette.requests import HTTPConnection

from controlplane.database import Actor, Database
from controlplane.security import store
from controlplane.security.permissions import Permission, Role, permissions
from controlplane.security.secret import TokenText, hashed, matches, new_secret, parse_token
from terms.instant import SECOND, Clock, Instant
from terms.problem import ProblemError
from terms.recent import Recent

COOKIE = "__Host-tl_session"
BOOT_ID = "boot"
CONFLUENT = "/apis/ccompat"  # the one door whose clients know no other way than a user and a password
SHORTEST_ADMIN_TOKEN = 32
_SCOPE_KEY = "throughline.caller"


@dataclass(frozen=True, slots=True)
class Caller:
    """One who proved who they are. `by_cookie`: the browser sends the proof by itself, so forgery must be ruled out."""

    name: str
    kind: Literal["person", "token", "machine"]
    roles: tuple[Role, ...]
    by_cookie: bool = False

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that the caller's roles grant."""
        return permissions(self.roles)

    def may(self, permission: Permission) -> bool:
        """Whether one of the caller's roles grants it."""
        return permission in self.permissions

    @property
    def actor(self) -> Actor:
        """The caller as the audit log names them."""
        return Actor(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class _Found:
    caller: Caller
    decided: int
    at: Instant


class Credentials:
    """Checks credentials. Holds two of its own in memory: the boot token, and the hash of the admin token's file.

    Raises ProblemError when the file cannot be read or holds fewer than 32 characters.
    """

    def __init__(self, database: Database, clock: Clock, admin_token_file: Path | None = None) -> None:
        self._database = database
        self._clock = clock
        self._admin_sha256 = None if admin_token_file is None else hashed(_read_admin_token(admin_token_file))
        self._boot = TokenText("ingest", BOOT_ID, new_secret())
        self._boot_sha256 = hashed(self._boot.secret)
        self._found: Recent[str, _Found] = Recent(1_024)

    @property
    def boot_token(self) -> str:
        """The token of this process's own exporter. It was never written anywhere and ends with the process."""
        return str(self._boot)

    async def caller(self, connection: HTTPConnection) -> Caller | None:
        """Who sent the request; None without a valid credential. Looked up once a request."""
        if _SCOPE_KEY not in connection.scope:
            connection.scope[_SCOPE_KEY] = await self._find(connection)
        found: Caller | None = connection.scope[_SCOPE_KEY]
        return found

    async def token_caller(self, token: str) -> Caller | None:
        """Whom a token's text stands for."""
        text = parse_token(token)
        if text is not None and text.token_id == BOOT_ID:
            return Caller("this process", "machine", ("ingest",)) if self._is_boot(text) else None
        if self._admin_sha256 is not None and matches(token, self._admin_sha256):
            return Caller("admin token file", "token", ("admin",))
        if text is None:
            return None
        return await self._known_caller(token, text)

    async def sign_in_with_link(self, secret: str) -> store.Opened | store.LinkRefusal:
        """A session for a one-time link, or why there is none."""
        now = self._clock()
        return await self._database.write_async(
            lambda session: store.exchange_link(session, secret, now),
            actor=Actor("person", "owner of this machine"),
            reason="opened a sign-in link",
        )

    async def sign_in_with_token(self, token: str) -> store.Opened | None:
        """A session for the holder of a token that may open pages."""
        caller = await self.token_caller(token)
        if caller is None or not caller.may("me"):
            return None
        now, text, holder = self._clock(), parse_token(token), store.Holder(caller.name, caller.roles[0])
        is_file = self._admin_sha256 is not None and matches(token, self._admin_sha256)
        token_id = None if is_file or text is None else text.token_id
        return await self._database.write_async(
            lambda session: store.open_session(session, holder, now, token_id),
            actor=caller.actor,
            reason="signed in with a token",
        )

    async def sign_out(self, connection: HTTPConnection) -> None:
        """Ends the session of the request's cookie."""
        secret, caller, now = connection.cookies.get(COOKIE), await self.caller(connection), self._clock()
        if secret and caller:
            await self._database.write_async(
                lambda session: store.end_session(session, secret, now),
                actor=caller.actor,
                reason="signed out",
            )

    async def _known_caller(self, token: str, text: TokenText) -> Caller | None:
        """Whom a service token stands for, as it was found at most a second ago, with no commit of a person or a token in this process since.

        So a token that is revoked here is refused from the next request on, and one revoked in another process a second later.
        """
        key, now, decided = hashed(token), self._clock(), self._database.decided
        known = self._found.peek(key)
        if known is not None and known.decided == decided and 0 <= now - known.at < SECOND:
            return known.caller
        holder = await self._database.read_async(lambda session: store.token_holder(session, text, now))
        if holder is None:
            return None
        caller = Caller(holder.name, "token", (holder.role,))
        self._found.put(key, _Found(caller, decided, now))
        return caller

    def _is_boot(self, text: TokenText) -> bool:
        return text.kind == "ingest" and matches(text.secret, self._boot_sha256)

    async def _find(self, connection: HTTPConnection) -> Caller | None:
        header = connection.headers.get("authorization")
        if header is not None:
            # A request that names a credential is judged by that one alone, whatever cookie comes with it.
            scheme, _, token = header.partition(" ")
            if scheme.lower() == "basic" and connection.scope.get("path", "").startswith(f"{CONFLUENT}/"):
                return await self.token_caller(_password(token))
            return await self.token_caller(token.strip()) if scheme.lower() == "bearer" else None
        secret = connection.cookies.get(COOKIE)
        if not secret:
            return None
        now = self._clock()

        def holder_of(session: Session, now: Instant = now) -> store.Holder | None:
            return store.session_holder(session, secret, now)

        holder = await self._database.read_async(holder_of)
        return None if holder is None else Caller(holder.name, "person", (holder.role,), by_cookie=True)


def caller_of(connection: HTTPConnection) -> Caller | None:
    """The caller that the entrance has found already; None when there is none, or no entrance was passed."""
    found: Caller | None = connection.scope.get(_SCOPE_KEY)
    return found


def _password(basic: str) -> str:
    """The password of HTTP Basic (RFC 7617), where Confluent's clients put a token; empty for what is no such header."""
    try:
        return b64decode(basic.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _read_admin_token(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(
            f"the admin token cannot be read: {error}",
            str(path),
            "set THROUGHLINE_ADMIN_TOKEN_FILE to a text file",
        ) from error
    if len(token) < SHORTEST_ADMIN_TOKEN:
        raise ProblemError(
            f"the admin token is shorter than {SHORTEST_ADMIN_TOKEN} characters",
            str(path),
            "write 32 random bytes as text into it, for example with: openssl rand -hex 32",
        )
    return token
