# SPDX-License-Identifier: Apache-2.0
"""Stores credentials: service tokens, one-time sign-in links and browser sessions. Functions flush, never commit."""

import secrets
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import CursorResult, delete, update
from sqlmodel import Session, col, select

from controlplane.security.permissions import Role
from controlplane.security.secret import TokenText, hashed, matches, new_secret
from controlplane.security.tables import SessionRow, SignInLinkRow, TokenRow
from terms.instant import DAY, HOUR, Instant
from terms.tenant import TENANT

TOKEN_DAYS = 90
LINK_LIFE = 24 * HOUR
SESSION_LIFE = 12 * HOUR  # absolute: using a session does not lengthen it
KEEP_ENDED = 30 * DAY  # so that an old link can say why it no longer works


@dataclass(frozen=True, slots=True)
class TokenView:
    """A service token as it may be shown: all of it but the secret."""

    token_id: str
    role: Role
    name: str
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a credential stands for."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened. `secret` is the cookie's value and exists nowhere else."""

    secret: str
    holder: Holder
    expires_at: Instant


LinkRefusal = Literal["used", "expired", "unknown"]


def create_token(session: Session, name: str, role: Role, now: Instant, days: int = TOKEN_DAYS) -> TokenText:
    """A new token. Its text is returned once and cannot be had again."""
    text = TokenText(role, secrets.token_hex(6), new_secret())
    session.add(
        TokenRow(
            token_id=text.token_id,
            role=role,
            name=name,
            secret_sha256=hashed(text.secret),
            created_at=now,
            expires_at=now + days * DAY,
        )
    )
    session.flush()
    return text


def tokens(session: Session) -> list[TokenView]:
    """All tokens ever made, oldest first."""
    rows = session.exec(
        select(TokenRow)
        .where(TokenRow.tenant == TENANT)
        .order_by(col(TokenRow.created_at), col(TokenRow.token_id))
    )
    return [
        TokenView(
            row.token_id,
            cast(Role, row.role),
            row.name,
            Instant(row.created_at),
            Instant(row.expires_at),
            None if row.revoked_at is None else Instant(row.revoked_at),
        )
        for row in rows
    ]


def revoke_token(session: Session, token_id: str, now: Instant) -> bool:
    """Ends a token and the sessions it opened, from the next request on. False when there is no such live token."""
    result = session.exec(
        update(TokenRow)
        .where(
            col(TokenRow.tenant) == TENANT,
            col(TokenRow.token_id) == token_id,
            col(TokenRow.revoked_at).is_(None),
        )
        .values(revoked_at=now)
    )
    return cast("CursorResult[object]", result).rowcount == 1


def token_holder(session: Session, text: TokenText, now: Instant) -> Holder | None:
    """Whom the token stands for, or None when it is unknown, altered, expired or revoked."""
    row = session.get(TokenRow, (TENANT, text.token_id))
    # A row is compared even when there is none, so that the time taken does not tell whether an id exists.
    genuine = matches(text.secret, row.secret_sha256 if row else hashed(""))
    if row is None or not genuine or row.role != text.kind or not _lives(row, now):
        return None
    return Holder(row.name, cast(Role, row.role))


def make_sign_in_link(session: Session, now: Instant, role: Role = "admin") -> str:
    """The secret of a link that opens one session within a day. Links and sessions long over are cleared away."""
    for row_type in (SignInLinkRow, SessionRow):
        session.exec(delete(row_type).where(col(row_type.expires_at) < now - KEEP_ENDED))
    secret = new_secret()
    session.add(
        SignInLinkRow(secret_sha256=hashed(secret), role=role, created_at=now, expires_at=now + LINK_LIFE)
    )
    session.flush()
    return secret


def exchange_link(session: Session, secret: str, now: Instant) -> Opened | LinkRefusal:
    """A session for the link, which is used up by it; else why it does not work."""
    key = hashed(secret)
    row = session.get(SignInLinkRow, (TENANT, key))
    if row is None:
        return "unknown"
    # One statement decides between two browsers that come at once.
    taken = session.exec(
        update(SignInLinkRow)
        .where(
            col(SignInLinkRow.tenant) == TENANT,
            col(SignInLinkRow.secret_sha256) == key,
            col(SignInLinkRow.used_at).is_(None),
            col(SignInLinkRow.expires_at) > now,
        )
        .values(used_at=now)
    )
    if cast("CursorResult[object]", taken).rowcount == 0:
        return "expired" if row.used_at is None and row.expires_at <= now else "used"
    return open_session(session, Holder("owner of this machine", cast(Role, row.role)), now)


def open_session(session: Session, holder: Holder, now: Instant, token_id: str | None = None) -> Opened:
    """A new session of the holder, for 12 hours."""
    secret = new_secret()
    expires_at = Instant(now + SESSION_LIFE)
    session.add(
        SessionRow(
            secret_sha256=hashed(secret),
            role=holder.role,
            name=holder.name,
            token_id=token_id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return Opened(secret, holder, expires_at)


def session_holder(session: Session, secret: str, now: Instant) -> Holder | None:
    """Whose session it is, or None when it is unknown or over, or the token that opened it is."""
    row = session.get(SessionRow, (TENANT, hashed(secret)))
    if row is None or row.ended_at is not None or row.expires_at <= now:
        return None
    if row.token_id is not None:
        token = session.get(TokenRow, (TENANT, row.token_id))
        if token is None or not _lives(token, now):
            return None
    return Holder(row.name, cast(Role, row.role))


def end_session(session: Session, secret: str, now: Instant) -> None:
    """Ends the session; ending one twice, or one that never was, changes nothing."""
    row = session.get(SessionRow, (TENANT, hashed(secret)))
    if row is not None and row.ended_at is None:
        row.ended_at = now
        session.add(row)
        session.flush()


def _lives(row: TokenRow, now: Instant) -> bool:
    return row.revoked_at is None and row.expires_at > now
