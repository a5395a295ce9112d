# SPDX-License-Identifier: Apache-2.0
"""Export and import over REST: a subject with all that is known of it, and the whole registry as an xRegistry document."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.raw_routes import Asked
from controlplane.http.registry import shapes
from registry import config, exchange, store, subjects, xregistry
from registry.refusal import unknown_subject
from registry.views import SubjectView
from terms.instant import Clock
from terms.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Exchange:
    """The handlers, over the database."""

    database: Database
    clock: Clock

    async def names(self, _: Asked) -> Response:
        """The names of all subjects, also of those with drafts or deleted versions alone, by code points."""
        found = await self.database.read_async(subjects.names)
        return shapes.answer({"subjects": list(found)})

    async def export(self, asked: Asked) -> Response:
        """All that is known of a subject: versions with their texts, deleted ones too, states, settings and approvals."""
        name = asked.path["subject"]
        found = await self.database.read_async(lambda session: exchange.exported(session, name))
        if found is None:
            raise unknown_subject(name)
        return shapes.answer(found)

    async def take(self, asked: Asked) -> Response:
        """Takes over exported `versions`, and `config`, `groups` and `approvals` where they come along. Repeating it changes
        nothing. With `new_ids=true` schema ids are given anew; else one that stands for other content here is 409.
        """
        name, said, keeps_ids = asked.path["subject"], await asked.json(), not asked.is_set("new_ids")
        listed = said.get("versions", [])
        if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            raise ProblemError("versions is not a list", "/versions", "send a subject as it was exported")

        def take(session: Session) -> int:
            config.require_writable(session, name)
            now = self.clock()
            taken = [exchange.take_version(session, name, each, now, keeps_ids=keeps_ids) for each in listed]
            try:
                exchange.take_settings(session, name, said, now)
            except (KeyError, TypeError) as error:
                raise ProblemError(
                    "the settings are not exported ones", "/config", "send a subject as it was exported"
                ) from error
            return sum(taken)

        changed = await self.database.write_async(take, actor=asked.caller.actor, reason=f"import {name}")
        return shapes.answer({"subject": name, "versions": len(listed), "changed": changed})

    async def xregistry(self, _: Asked) -> Response:
        """The whole registry as one CNCF xRegistry document: schema groups by domain, messages where event types are bound."""

        def read(session: Session) -> list[SubjectView]:
            return store.subject_views(session, subjects.names(session))

        views = await self.database.read_async(read)
        shown: dict[str, Any] = xregistry.document(views)
        return shapes.answer(shown)
