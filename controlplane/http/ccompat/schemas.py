# SPDX-License-Identifier: Apache-2.0
"""Schemas by id over the Confluent door. They never change, so an answer given once is kept and may be kept by whoever asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlmodel import Session
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.ccompat import shapes
from controlplane.http.ccompat.refusing import no_schema
from controlplane.http.raw_routes import Asked
from registry import content, subjects, versions
from registry.content import Content
from registry.versions import Stored
from terms.recent import Recent

T = TypeVar("T")
IMMUTABLE = "private, max-age=31536000, immutable"
_JSON_SCHEMA = "json-schema"


@dataclass(frozen=True, slots=True)
class Schemas:
    """The handlers, over the database; `bodies` are answers by id, kept while nothing is deleted."""

    database: Database
    bodies: "Recent[int, tuple[bytes, str]]"

    async def by_id(self, asked: Asked) -> Response:
        """A schema by its id."""
        if asked.query.keys() & {"format", "referenceFormat", "fetchMaxId", "fetch_max_id"}:
            return await self._otherwise(asked)
        schema_id = _id(asked)
        known = self.bodies.peek(schema_id)
        if known is None:
            held = await self._held(asked)
            made = shapes.answer(shapes.schema(held))
            known = bytes(made.body), f'"{held.content_id}"'
            if len(held.body) <= content.SMALL:
                self.bodies.put(schema_id, known)
        text, tag = known
        headers = {"ETag": tag, "Cache-Control": IMMUTABLE}
        if asked.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type=shapes.TYPE)

    async def text(self, asked: Asked) -> Response:
        """The schema alone, as it was registered."""
        held = await self._held(asked)
        headers = {"ETag": f'"{held.content_id}"', "Cache-Control": IMMUTABLE}
        return Response(held.body, headers=headers, media_type=shapes.TYPE)

    async def subjects(self, asked: Asked) -> Response:
        """The subjects that hold it."""
        places = await self._places(asked)
        return shapes.answer(shapes.paged(list(dict.fromkeys(name for name, _ in places)), asked))

    async def versions(self, asked: Asked) -> Response:
        """The versions that hold it."""
        places = await self._places(asked)
        shown = [{"subject": name, "version": number} for name, number in places]
        return shapes.answer(shapes.paged(shown, asked))

    async def by_guid(self, asked: Asked) -> Response:
        """A schema by its guid."""
        held = await self._of_guid(asked)
        return shapes.answer(shapes.schema(held), headers={"Cache-Control": IMMUTABLE})

    async def ids_of_guid(self, asked: Asked) -> Response:
        """The ids a guid stands for: one, whatever the context."""
        held = await self._of_guid(asked)
        return shapes.answer([{"context": ".", "id": held.schema_id}])

    async def types(self, _: Asked) -> Response:
        """What can be registered."""
        return shapes.answer([shapes.JSON])

    async def listed(self, asked: Asked) -> Response:
        """All versions of all subjects, or the latest of each."""
        prefix, deleted = prefix_of(asked), asked.is_set("deleted")
        latest_only = asked.is_set("latestOnly", "latest_only")

        def read(session: Session) -> list[Stored]:
            if latest_only:
                every = versions.latest_of_all(session, _JSON_SCHEMA)
                return [each for each in every if each.row.subject.startswith(prefix)]
            names = subjects.names(session, prefix)
            return [
                each
                for each in versions.stored_of(session, names, deleted=deleted)
                if each.content.type == _JSON_SCHEMA
            ]

        found = await self.database.read_async(read)
        return shapes.answer([shapes.version(each) for each in shapes.paged(found, asked)])

    async def _otherwise(self, asked: Asked) -> Response:
        schema_id, formats = _id(asked), (asked.query.get("format"), asked.query.get("referenceFormat"))

        def read(session: Session) -> dict[str, Any] | None:
            held = content.by_schema_id(session, schema_id)
            if held is None or held.type != _JSON_SCHEMA:
                return None
            text = None
            if any(one and one.lower() == "resolved" for one in formats):
                text = shapes.text_of(content.document(session, held, str(schema_id)).schema.data)
            shown = shapes.schema(held, text)
            if asked.is_set("fetchMaxId", "fetch_max_id"):
                shown["maxId"] = content.highest_schema_id(session)
            return shown

        shown = await self.database.read_async(read)
        if shown is None:
            raise no_schema(schema_id)
        return shapes.answer(shown)

    async def _held(self, asked: Asked) -> Content:
        schema_id = _id(asked)
        return await self._json(lambda session: content.by_schema_id(session, schema_id), schema_id)

    async def _of_guid(self, asked: Asked) -> Content:
        guid = asked.path["guid"]
        return await self._json(lambda session: content.by_guid(session, guid), guid[:64])

    async def _json(self, find: Callable[[Session], Content | None], which: int | str) -> Content:
        held = await self.database.read_async(find)
        if held is None or held.type != _JSON_SCHEMA:
            raise no_schema(which)
        return held

    async def _places(self, asked: Asked) -> list[tuple[str, int]]:
        held, deleted = await self._held(asked), asked.is_set("deleted")
        wanted = asked.query.get("subject", "")
        found = await self.database.read_async(
            lambda session: versions.of_content(session, held.content_id, deleted=deleted)
        )
        return [(name, number) for name, number in found if not wanted or name == wanted]


def _id(asked: Asked) -> int:
    text = asked.path["id"]
    if not text.isascii() or not text.isdecimal() or len(text) > 10:
        raise no_schema(text[:40])
    return int(text)


def prefix_of(asked: Asked) -> str:
    """Which subjects: `:*:` and nothing mean all, whatever their context; `:.:` those of the default one begin plainly."""
    prefix = asked.query.get("subjectPrefix", "")
    return "" if prefix == ":*:" else prefix.removeprefix(":.:")
