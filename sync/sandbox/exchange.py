# SPDX-License-Identifier: Apache-2.0
"""The words in which a stand-in is written: a call, a reply, an operation, and the world they meet in."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sync.sandbox.ledger import Ledger
from terms.instant import Clock, Instant


@dataclass(frozen=True, slots=True)
class World:
    """What every stand-in shares. `wake` tells the webhook sender that there may be something to send."""

    ledger: Ledger
    seed: int
    clock: Clock
    wake: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is below the stand-in's mount, decoded; header names are lower case."""

    method: str
    path: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: Instant

    def form(self) -> dict[str, str]:
        """The fields of a form-encoded body, brackets left in the names."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` becomes JSON; None sends nothing. `made` names the record that the call made or met: (type, id)."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    made: tuple[str, str] = ("", "")


Match = re.Match[str]
Handle = Callable[[World, Call, Match], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a system can be asked. `key` names the business key, by which faults are drawn."""

    name: str
    method: str
    path: re.Pattern[str]
    handle: Handle
    key: Callable[[Call, Match], str]
    writes: bool
    faulty: bool  # whether faults strike it


def operation(
    name: str,
    method: str,
    path: str,
    handle: Handle,
    key: Callable[[Call, Match], str] | None = None,
    *,
    faulty: bool = True,
) -> Operation:
    """An operation on `path`, a pattern; its key is the path's last part unless told otherwise."""
    last = key or (lambda call, _match: call.path.rpartition("/")[2])
    return Operation(name, method, re.compile(path), handle, last, method != "GET", faulty)


@dataclass(frozen=True, slots=True)
class StandIn:
    """One system. `refuse` is its door: None lets the call in. `once` is how it treats repeated requests."""

    system: str
    operations: tuple[Operation, ...]
    refuse: Callable[[World, Call], Reply | None]
    unavailable: Reply
    nowhere: Callable[[Call], Reply]
    once: Callable[[World, Call, Callable[[], Reply]], Reply] = lambda _world, _call, run: run()
