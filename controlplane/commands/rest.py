# SPDX-License-Identifier: Apache-2.0
"""A pipeline's way to a running control plane: its REST, with THROUGHLINE_URL and THROUGHLINE_TOKEN."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from registry.server import ask_json, server


def call(
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: bytes | None = None,
    media_type: str = "application/json",
) -> Any:
    """The JSON of the answer. Raises ProblemError for a refusal, and UnreachableError when nobody answers, or not as we
    expect: the command line exits with 4 then."""
    return ask_json(server(), method, quote(path), query, body, media_type)
