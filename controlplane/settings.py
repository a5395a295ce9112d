# SPDX-License-Identifier: Apache-2.0
"""Every setting, read once from THROUGHLINE_* environment variables into one frozen value. Parts receive what they need."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from terms.problem import Problem, ProblemError, did_you_mean

Role = Literal["all", "api", "ingest", "worker", "scheduler"]

PREFIX = "THROUGHLINE_"
# Set for a command of ours, never for the server: they name the server a command talks to, or belong to tests.
OTHER = ("URL", "TOKEN", "TEST_POSTGRES_URL")


@dataclass(frozen=True, slots=True)
class Settings:
    """`THROUGHLINE_` + the field's name in capitals sets each. Paths are absolute; times in seconds."""

    host: str = "127.0.0.1"
    port: int = 8321
    grpc_port: int = -1  # of OTLP/gRPC; -1: 4317 when it is free and this is no demo; 0: none
    otlp_port: int = (
        0  # of OTLP/HTTP alone, 4318 as collectors have it; 0: it comes in at `port` like all else
    )
    role: Role = "all"
    data_dir: Path = Path(".data/throughline")
    database_url: str = ""  # empty: SQLite in data_dir
    connections: Path | None = None  # JSON file of configured systems, 0600
    definitions: tuple[Path, ...] = ()  # folders added to the shipped YAML, separated by os.pathsep
    processes: tuple[
        str, ...
    ] = ()  # processes that are there on request and are to hold, with commas between them
    keep_spans_days: int = 0  # spans that arrived longer ago are archived and removed; 0: they are kept
    keep_spans_mib: int = 0  # the oldest spans beyond this size are archived and removed; 0: they are kept
    keep_payloads_days: int = 30  # payloads of events that arrived longer ago are removed; 0: they are kept
    archive: str = ""  # folder of archives; empty: `archive` in data_dir; none: spans are removed without one
    admin_token_file: Path | None = None
    secret_key_file: Path | None = None  # what credentials of sources are sealed with; None: one of data_dir
    behind_proxy: bool = False
    demo: bool = False
    sandbox_url: str = ""
    seed: int = 0  # of retry jitter only
    poll_s: float = 1.0  # how often the CRM is asked

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the SQLite file of the data directory, which one process at a time may hold."""
        return not self.database_url

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'throughline.sqlite3'}"

    @property
    def archive_folder(self) -> Path | None:
        """Where archives of spans go; None when there are to be none."""
        if self.archive == "none":
            return None
        return Path(self.archive).absolute() if self.archive else self.data_dir / "archive"

    @property
    def engine_url(self) -> str:
        """Where the durable engine keeps its own tables: a file beside ours, or the same PostgreSQL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'engine.sqlite3'}"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in the environment. Raises ProblemError that lists every variable with a wrong name or value."""
    env = os.environ if environment is None else environment
    given = {
        name.removeprefix(PREFIX).lower(): value for name, value in env.items() if name.startswith(PREFIX)
    }
    fields = tuple(Settings.__dataclass_fields__)
    problems = [
        Problem("unknown setting", f"{PREFIX}{name.upper()}", did_you_mean(name, fields).replace("'", ""))
        for name in given
        if name not in fields and name.upper() not in OTHER
    ]
    settings = Settings()
    for name in fields:
        if name in given:
            try:
                settings = replace(settings, **{name: _read(name, given[name])})
            except ValueError as error:
                problems.append(Problem(str(error), f"{PREFIX}{name.upper()}"))
    if problems:
        raise ProblemError(tuple(problems))
    return replace(settings, data_dir=settings.data_dir.absolute())


def _read(name: str, value: str) -> Any:
    if name in ("behind_proxy", "demo"):
        if value not in ("0", "1"):
            raise ValueError(f"'{value}' is neither 0 nor 1")
        return value == "1"
    if name in (
        "port",
        "grpc_port",
        "otlp_port",
        "seed",
        "keep_spans_days",
        "keep_spans_mib",
        "keep_payloads_days",
    ):
        return int(value)
    if name == "poll_s":
        return float(value)
    if name in ("data_dir", "connections", "admin_token_file", "secret_key_file"):
        return Path(value).absolute()
    if name == "definitions":
        return tuple(Path(part).absolute() for part in value.split(os.pathsep) if part)
    if name == "processes":
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if name == "role":
        return role(value)
    return value


def role(value: str) -> Role:
    """The role of that name. Raises ValueError naming the ones there are."""
    if value not in get_args(Role):
        raise ValueError(f"'{value}' is not a role; it may be one of: {', '.join(get_args(Role))}")
    return cast(Role, value)
