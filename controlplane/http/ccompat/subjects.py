# SPDX-License-Identifier: Apache-2.0
"""Subjects and versions over the Confluent door: registered, looked up, listed, deleted."""

from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http import ending
from controlplane.http.ccompat import shapes
from controlplane.http.ccompat.refusing import (
    INCOMPATIBLE,
    INVALID_SCHEMA,
    NOT_PERMITTED,
    ConfluentError,
    no_schema,
    no_subject,
    no_version,
)
from controlplane.http.ccompat.schemas import Schemas, prefix_of
from controlplane.http.raw_routes import Asked
from controlplane.http.registering import Registering
from registry import config, content, deletion, incoming, subjects, versions
from registry.lifecycle import ACTIVE
from registry.refusal import RefusedError
from registry.store import Terms
from registry.verdict import Verdict
from registry.versions import Stored
from terms.instant import Clock

_JSON_SCHEMA = "json-schema"


@dataclass(frozen=True, slots=True)
class Subjects:
    """The handlers, over the database."""

    database: Database
    clock: Clock
    registering: Registering
    schemas: Schemas

    async def listed(self, asked: Asked) -> Response:
        """The names of subjects, by code points."""
        prefix = prefix_of(asked)
        only = asked.is_set("deletedOnly", "deleted_only")
        deleted = only or asked.is_set("deleted")

        def read(session: Session) -> list[str]:
            return subjects.living(session, prefix, _JSON_SCHEMA, deleted=deleted, only=only)

        return shapes.answer(shapes.paged(await self.database.read_async(read), asked))

    async def versions(self, asked: Asked) -> Response:
        """The numbers of a subject's versions."""
        name, only = shapes.subject(asked), asked.is_set("deletedOnly", "deleted_only")
        found = await self._stored(name, deleted=only or asked.is_set("deleted"))
        numbers = [each.row.number for each in found if not only or each.row.deleted_at is not None]
        return shapes.answer(shapes.paged(numbers, asked))

    async def version(self, asked: Asked) -> Response:
        """A version by number, or `latest`."""
        found = await self._one(asked)
        return shapes.answer(shapes.version(found), headers=ending.headers(found.row))

    async def text(self, asked: Asked) -> Response:
        """The schema of a version alone, as it was registered."""
        found = await self._one(asked)
        return Response(found.content.body, headers=ending.headers(found.row), media_type=shapes.TYPE)

    async def register(self, asked: Asked) -> Response:
        """Registers a schema that is compatible; the answer is its id, the same for the same schema anywhere."""
        name = shapes.subject(asked)
        raw = await asked.request.body()
        known = self.registering.answered(name, raw)
        if known is not None:
            return Response(known, media_type=shapes.TYPE)
        generation = self.database.generation
        given = await shapes.body(asked)
        number, schema_id = await self._numbers(name, given)
        terms = Terms(enforce=True, lifecycle=ACTIVE, number=number, schema_id=schema_id)
        try:
            answer = await self.registering.register(shapes.incoming(name, given), terms, asked.caller)
        except RefusedError as refused:
            if refused.problems[0].where.startswith("/references"):
                raise ConfluentError(422, INVALID_SCHEMA, f"Invalid schema: {refused}") from refused
            raise
        if isinstance(answer, Verdict):
            details = shapes.messages(answer, await self._numbers_of(name))
            raise ConfluentError(
                409,
                INCOMPATIBLE,
                f'Schema being registered is incompatible with an earlier schema for subject "{name}", '
                f"details: [{', '.join(details)}]",
            )
        held = await self.database.read_async(lambda s: content.by_content_id(s, answer.content_id))
        assert held is not None, "what was registered is there"
        made = shapes.answer({"id": answer.schema_id, "version": answer.number, **shapes.schema(held)})
        if answer.already_there and not held.references:
            self.registering.remember_answer(name, raw, bytes(made.body), generation)
        return made

    async def lookup(self, asked: Asked) -> Response:
        """The version of the subject that holds this schema."""
        name, deleted = shapes.subject(asked), asked.is_set("deleted")
        given = shapes.incoming(name, await shapes.body(asked))

        def read(session: Session) -> Stored | None:
            every = versions.stored(session, name, deleted=deleted)
            if not every:
                raise no_subject(name)
            wanted = content.content_id(incoming.contract_of(session, given, "schema"))
            return next((each for each in reversed(every) if each.row.content_id == wanted), None)

        found = await self.database.read_async(read)
        if found is None:
            raise no_schema()
        return shapes.answer(shapes.version(found))

    async def delete(self, asked: Asked) -> Response:
        """Deletes a subject's versions; the numbers of those deleted."""
        name, permanent = shapes.subject(asked), asked.is_set("permanent")

        def delete(session: Session) -> list[int]:
            _require_json(versions.stored(session, name, deleted=True), name)
            return deletion.delete_subject(session, name, self.clock(), permanent=permanent)

        numbers = await self.database.write_async(
            delete, actor=asked.caller.actor, reason=f"delete {name}{' for good' if permanent else ''}"
        )
        self._forget(permanent)
        return shapes.answer(numbers)

    async def delete_version(self, asked: Asked) -> Response:
        """Deletes a version; its number."""
        name, which, permanent = shapes.subject(asked), shapes.which(asked), asked.is_set("permanent")

        def delete(session: Session) -> int:
            _require_json(versions.stored(session, name, deleted=True), name)
            found = versions.find(session, name, which, deleted=True)
            if found is None:
                raise no_version(which)
            return deletion.delete_version(session, name, found.row.number, self.clock(), permanent=permanent)

        number = await self.database.write_async(
            delete,
            actor=asked.caller.actor,
            reason=f"delete {name} version {which}{' for good' if permanent else ''}",
        )
        self._forget(permanent)
        return shapes.answer(number)

    async def referenced_by(self, asked: Asked) -> Response:
        """The ids of the schemas that refer to a version."""
        found = await self._one(asked)
        others = await self.database.read_async(
            lambda session: deletion.referenced_by(session, found.row.subject, found.row.number)
        )
        return shapes.answer(shapes.paged(sorted({schema_id for _, _, schema_id in others}), asked))

    async def with_metadata(self, asked: Asked) -> Response:
        """The latest version whose metadata has every one of the given values."""
        name, query = shapes.subject(asked), asked.request.query_params
        wanted = dict(zip(query.getlist("key"), query.getlist("value"), strict=False))
        found = await self._stored(name, deleted=asked.is_set("deleted"))
        for each in reversed(found):
            said = each.content.extra.get("metadata", {}).get("properties", {})
            if each.row.lifecycle in ("active", "deprecated", "sunset") and wanted.items() <= said.items():
                return shapes.answer(shapes.version(each))
        raise no_version("latest")

    async def contexts(self, asked: Asked) -> Response:
        """The contexts that hold subjects."""
        return shapes.answer(shapes.paged(await self.database.read_async(config.contexts), asked))

    async def delete_context(self, asked: Asked) -> Response:
        """A context is there while it holds a subject, so only an empty one can be deleted."""
        name = asked.path["context"]
        held = await self.database.read_async(lambda s: subjects.names(s, f":{name}:"))
        if held:
            raise ConfluentError(422, 42211, f"The specified context '{name}' is not empty.")
        return shapes.answer(name)

    async def _stored(self, name: str, *, deleted: bool) -> list[Stored]:
        found = await self.database.read_async(lambda s: versions.stored(s, name, deleted=deleted))
        return _require_json(found, name)

    async def _one(self, asked: Asked) -> Stored:
        name, which, deleted = shapes.subject(asked), shapes.which(asked), asked.is_set("deleted")

        def read(session: Session) -> Stored:
            found = versions.find(session, name, which, deleted=deleted)
            if found is not None and found.content.type == _JSON_SCHEMA:
                return found
            every = versions.rows(session, name)
            is_there = any(deleted or row.deleted_at is None for row in every)
            raise no_version(which) if is_there and found is None else no_subject(name)

        return await self.database.read_async(read)

    async def _numbers(self, name: str, given: dict[str, object]) -> tuple[int | None, int | None]:
        """The version and id a request asks for; only an import may."""
        wanted = [given.get(key) for key in ("version", "id")]
        numbers = [one if isinstance(one, int) and one > 0 else None for one in wanted]
        if any(numbers):
            settled = await self.database.read_async(lambda session: config.effective(session, name))
            if settled.registry_mode != config.IMPORT:
                raise ConfluentError(422, NOT_PERMITTED, f"Subject {name} is not in import mode")
        return numbers[0], numbers[1]

    async def _numbers_of(self, name: str) -> dict[str, int]:
        rows = await self.database.read_async(lambda session: versions.rows(session, name))
        return {f"{name}@{row.semver}": row.number for row in rows}

    def _forget(self, permanent: bool) -> None:
        if permanent:
            self.schemas.bodies.clear()


def _require_json(found: list[Stored], name: str) -> list[Stored]:
    """The versions, when the subject is one of this door's."""
    if not found or found[-1].content.type != _JSON_SCHEMA:
        raise no_subject(name)
    return found
