# SPDX-License-Identifier: Apache-2.0
"""A registry as tests speak with it, and contracts made in a line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from controlplane.database import Actor, Database
from registry import (
    deletion,
    listing,
    store,
    transition,
    versions,
)
from registry.contract import Contract, contract
from registry.document import parse
from registry.lifecycle import Wish
from registry.listing import Wanted
from registry.refusal import RefusedError
from registry.store import Terms

ADA = Actor("person", "Ada")
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


def made(subject: str, version: str = "", said: dict[str, Any] | None = None, **schema: Any) -> Contract:
    stated = {"subject": subject, "version": version, **(said or {})}
    stated = {name: value for name, value in stated.items() if value}
    document = {"$schema": DRAFT_7, "x-throughline": stated, "type": "object", **schema}
    return contract(parse(json.dumps(document).encode(), "made.json"), subject)


class Registry:
    """The store with a session opened and closed around each call."""

    def __init__(self, database: Database, clock: Any) -> None:
        self.database, self.clock = database, clock

    def do(self, work: Callable[[Session], Any]) -> Any:
        return self.database.write(work, actor=ADA, reason="test")

    def register(self, each: Contract, **terms: Any) -> Any:
        return self.do(lambda s: store.register_on(s, each, self.clock(), Terms(**terms)))

    def move(self, subject: str, which: str, wish: Wish, users: Any = transition.nobody, **how: Any) -> Any:
        return self.do(lambda s: transition.move(s, subject, which, wish, self.clock(), users, **how))

    def delete(self, subject: str, number: int | None = None, permanent: bool = False) -> Any:
        if number is None:
            return self.do(lambda s: deletion.delete_subject(s, subject, self.clock(), permanent=permanent))
        return self.do(
            lambda s: deletion.delete_version(s, subject, number, self.clock(), permanent=permanent)
        )

    def latest(self, subject: str) -> str | None:
        found = self.database.read(lambda s: versions.find(s, subject, versions.LATEST))
        return None if found is None else found.row.semver

    def names(self, **wanted: Any) -> list[str]:
        page = self.database.read(lambda s: listing.page(s, Wanted(**wanted)))
        assert page.total == len(page.heads)
        return [head.name for head in page.heads]


def kind_of(refused: pytest.ExceptionInfo[RefusedError]) -> str:
    return refused.value.kind
