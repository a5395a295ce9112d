# SPDX-License-Identifier: Apache-2.0
"""Secrets: made of 256 random bits, kept as a hash, compared in constant time."""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256


def new_secret() -> str:
    """43 characters of URL-safe text."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is stored in its place: SHA-256 as hex. No slow hash is needed where the secret is random."""
    return sha256(secret.encode()).hexdigest()


def matches(secret: str, secret_sha256: str) -> bool:
    """Whether the secret is the one whose hash was kept, in a time that tells nothing."""
    return hmac.compare_digest(hashed(secret), secret_sha256)


@dataclass(frozen=True, slots=True)
class TokenText:
    """The parts of `tl_<kind>_<id>_<secret>`. A fixed prefix lets secret scanners find a leaked one."""

    kind: str
    token_id: str
    secret: str

    def __str__(self) -> str:
        return f"tl_{self.kind}_{self.token_id}_{self.secret}"

    def __repr__(self) -> str:
        return f"TokenText({self.kind}, {self.token_id})"


def parse_token(text: str) -> TokenText | None:
    """The parts of a token's text, or None when it is not one. The secret itself may hold underscores."""
    parts = text.strip().split("_", 3)
    if len(parts) != 4 or parts[0] != "tl" or not all(parts) or len(text) > 512:
        return None
    return TokenText(*parts[1:])
