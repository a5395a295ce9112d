# SPDX-License-Identifier: Apache-2.0
"""A connection: one configured system. Read from a file that only its owner may read; a real system is one base URL away."""

import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from terms.problem import Problem, ProblemError, did_you_mean

System = Literal["salesforce", "chargebee", "stripe", "netsuite"]
SYSTEMS: tuple[System, ...] = ("salesforce", "chargebee", "stripe", "netsuite")


@dataclass(frozen=True, slots=True)
class Connection:
    """`credentials` differ by system and never show in a repr. Times in seconds."""

    name: str  # also the last part of its webhook URL
    system: System
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    timeout_s: float = 30.0
    settle_s: float = (
        5.0  # how long a write of unknown outcome may still take effect there: the wait before a probe
    )


def read(path: Path) -> tuple[Connection, ...]:
    """The connections of a JSON file `{"connections": [{name, system, base_url, credentials, timeout_s, settle_s}]}`.

    Raises ProblemError for a file that others may read, is not JSON, or has an unknown system or key.
    """
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ProblemError("holds secrets and others may read it", str(path), f"chmod 600 {path}")
        rows = json.loads(path.read_text())["connections"]
    except (OSError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, ProblemError):
            raise
        raise ProblemError(f"is not a connections file: {error}", str(path)) from error
    problems = [problem for index, row in enumerate(rows) for problem in _problems(path, index, row)]
    if problems:
        raise ProblemError(tuple(problems))
    return tuple(Connection(**row) for row in rows)


def _problems(path: Path, index: int, row: dict[str, object]) -> list[Problem]:
    where = f"{path}#/connections/{index}"
    fields = tuple(Connection.__dataclass_fields__)
    found = [
        Problem(f"unknown key '{key}'", f"{where}/{key}", did_you_mean(key, fields))
        for key in row
        if key not in fields
    ]
    found += [
        Problem(f"missing key '{key}'", where)
        for key in ("name", "system", "base_url", "credentials")
        if key not in row
    ]
    if row.get("system") not in SYSTEMS:
        found.append(
            Problem(
                f"unknown system '{row.get('system')}'",
                f"{where}/system",
                did_you_mean(str(row.get("system")), SYSTEMS),
            )
        )
    return found
