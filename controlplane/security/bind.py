# SPDX-License-Identifier: Apache-2.0
"""Where the server may listen: on loopback as it comes; elsewhere only behind a proxy and with a credential of its own."""

import ipaddress
from pathlib import Path

from terms.problem import Problem


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address. A name other than localhost counts as reachable by all."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def bind_problem(host: str, admin_token_file: Path | None, behind_proxy: bool) -> Problem | None:
    """Why the server must not listen there, or None when it may.

    Beyond loopback a one-time link would travel in clear text and a session cookie would not be kept, so a proxy
    has to bring TLS, and an admin token has to exist before the first stranger comes.
    """
    if is_loopback(host):
        return None
    missing = [
        name
        for name, given in (
            ("THROUGHLINE_ADMIN_TOKEN_FILE=<file>", admin_token_file is not None),
            ("THROUGHLINE_BEHIND_PROXY=1", behind_proxy),
        )
        if not given
    ]
    if not missing:
        return None
    return Problem(
        f"{host} can be reached from other machines",
        "THROUGHLINE_HOST",
        f"set {' and '.join(missing)}, or listen on 127.0.0.1",
    )
