# SPDX-License-Identifier: Apache-2.0
"""The sandbox's credentials: made once for a file, kept in it, and written out as a connections file for the runtime."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sync.connection import SYSTEMS
from sync.sandbox.exchange import World
from sync.sandbox.ledger import Ledger
from terms.problem import ProblemError

# A client waits less long than a held answer takes, and a stand-in's effects are there at once.
_TIMEOUT_S = 2.0
_SETTLE_S = 0.25


def ensure(ledger: Ledger) -> None:
    """Makes the credentials of a new file; those of a file that has some stay as they are."""
    if ledger.setting("credentials"):
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)  # the least NetSuite takes
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    made = {
        "salesforce": {"client_id": f"3MVG9{secrets.token_hex(20)}", "client_secret": secrets.token_hex(32)},
        "chargebee": {
            "api_key": f"test_{secrets.token_urlsafe(24)}",
            "webhook_user": "chargebee",
            "webhook_password": secrets.token_urlsafe(24),
        },
        "stripe": {
            "api_key": f"sk_test_{secrets.token_hex(24)}",
            "webhook_secret": f"whsec_{secrets.token_hex(24)}",
        },
        "netsuite": {
            "client_id": secrets.token_hex(32),
            "certificate_id": secrets.token_urlsafe(24),
            "private_key": pem.decode(),
        },
    }
    with ledger.transaction():
        ledger.keep("credentials", made)
        ledger.keep("netsuite_certificate", public.decode())


def expected(world: World, system: str) -> Mapping[str, str]:
    """The credentials that the stand-in of `system` lets in."""
    found: Mapping[str, str] = world.ledger.setting("credentials")[system]
    return found


def connections(ledger: Ledger, base_url: str) -> dict[str, Any]:
    """The connections file's content, for a sandbox that answers at `base_url`."""
    made = ledger.setting("credentials")
    rows = [
        {
            "name": system,
            "system": system,
            "base_url": f"{base_url}/{system}",
            "credentials": made[system],
            "timeout_s": _TIMEOUT_S,
            "settle_s": _SETTLE_S,
        }
        for system in SYSTEMS
    ]
    # Who may call the domain APIs stands beside them; the runtime reads only its connections.
    return {"connections": rows, "clients": ledger.setting("clients") or {}}


def write(path: Path, document: dict[str, Any]) -> None:
    """Writes the file so that only its owner may read it, whole or not at all. Raises ProblemError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps(document, indent=2) + "\n")
        part.replace(path)
    except OSError as error:
        raise ProblemError(f"cannot be written: {error.strerror}", str(path)) from error
