# SPDX-License-Identifier: Apache-2.0
"""Rows of credentials. No secret is stored: only the SHA-256 of one, which 256 random bits make enough."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class TokenRow(SQLModel, table=True):
    """A service token. Its id is part of its text, its secret is not here."""

    __tablename__ = "service_token"

    tenant: int = Field(primary_key=True, default=TENANT)
    token_id: str = Field(primary_key=True)
    role: str
    name: str
    secret_sha256: str
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)


class SignInLinkRow(SQLModel, table=True):
    """A link that opens one session, once."""

    __tablename__ = "sign_in_link"

    tenant: int = Field(primary_key=True, default=TENANT)
    secret_sha256: str = Field(primary_key=True)
    role: str
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    used_at: int | None = Field(default=None, sa_type=BigInteger)


class SessionRow(SQLModel, table=True):
    """A browser that signed in. `token_id` names the token it did so with, so that revoking one ends both."""

    __tablename__ = "browser_session"

    tenant: int = Field(primary_key=True, default=TENANT)
    secret_sha256: str = Field(primary_key=True)
    role: str
    name: str
    token_id: str | None = None
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)
