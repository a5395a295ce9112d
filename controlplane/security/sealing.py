# SPDX-License-Identifier: Apache-2.0
"""Secrets that must be used again, such as a tracer's credential: sealed before they are stored, opened when they are sent.

AES-256-GCM with a key that is never in the database. The name of what a secret belongs to is part of the seal, so that
a sealed text moved to another row does not open.
"""

import base64
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from controlplane.data_directory import write_private
from terms.problem import ProblemError
from terms.tenant import TENANT

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_MARK_BYTES = 4
SETTING = "THROUGHLINE_SECRET_KEY_FILE"


class Seal:
    """Seals and opens with one key. Without a key it does neither, and says what to set."""

    def __init__(self, key: bytes | None) -> None:
        self._key = key
        self._mark = b"" if key is None else sha256(b"throughline key" + key).digest()[:_MARK_BYTES]

    def seal(self, owner: str, secret: str) -> bytes:
        """The secret, readable only with the key and for the same owner. Sealing twice gives two different texts."""
        nonce = os.urandom(_NONCE_BYTES)
        return self._mark + nonce + self._cipher().encrypt(nonce, secret.encode(), _bound(owner))

    def open(self, owner: str, sealed: bytes) -> str:
        """The secret. Raises ProblemError when it was sealed with another key, for another owner, or was altered."""
        mark, nonce, body = (
            sealed[:_MARK_BYTES],
            sealed[_MARK_BYTES : _MARK_BYTES + _NONCE_BYTES],
            sealed[_MARK_BYTES + _NONCE_BYTES :],
        )
        cipher = self._cipher()
        if mark != self._mark:
            do = f"give back the key it was sealed with ({SETTING}), or set the credentials anew"
            raise ProblemError("its credentials were sealed with another key", owner, do)
        from cryptography.exceptions import InvalidTag  # read late, as the cipher is

        try:
            return cipher.decrypt(nonce, body, _bound(owner)).decode()
        except InvalidTag as error:
            raise ProblemError("its credentials were altered", owner, "set them anew") from error

    def _cipher(self) -> "AESGCM":
        if self._key is None:
            do = "set it to a private file that all processes share: openssl rand -base64 32 > FILE"
            raise ProblemError("there is no key to seal credentials with", SETTING, do)
        # Read when a secret is used: every process holds a seal, and cryptography takes 9 MiB.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)


def read(file: Path | None, data_dir: Path, is_embedded: bool) -> Seal:
    """The seal of this installation: the key of `file`, else one of the data directory, made when it is first needed.

    Several processes over one database share a key, so there it must be named. Raises ProblemError for a key that is none.
    """
    if file is not None:
        return Seal(_key(file))
    if not is_embedded:
        return Seal(None)
    path = data_dir / "secret.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, base64.b64encode(os.urandom(KEY_BYTES)).decode())
    return Seal(_key(path))


def _key(path: Path) -> bytes:
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(
            f"the key cannot be read: {error}", str(path), f"set {SETTING} to a text file"
        ) from error
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        do = "write 32 random bytes as base64 into it, for example with: openssl rand -base64 32"
        raise ProblemError("holds no key of 32 bytes in base64", str(path), do)
    return key


def _bound(owner: str) -> bytes:
    return f"{TENANT}|{owner}".encode()
