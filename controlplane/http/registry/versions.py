# SPDX-License-Identifier: Apache-2.0
"""Versions over REST: registered, checked, read as facts or as the very bytes, moved through their life, deleted."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http import ending
from controlplane.http.raw_routes import Asked
from controlplane.http.refusal import media_type
from controlplane.http.registering import Registering
from controlplane.http.registry import shapes
from registry import content, deletion, transition, versions
from registry.dialect import DIALECTS, DRAFT_2020_12
from registry.incoming import Incoming
from registry.judgement import Question
from registry.lifecycle import Wish
from registry.refusal import RefusedError, unknown_subject
from registry.store import Terms
from registry.transition import Users
from registry.verdict import Verdict
from registry.versions import LATEST, Stored
from terms import canonical_json, instant
from terms.instant import Clock
from terms.problem import ProblemError

_TYPES = {"json": "application/json", "yaml": "application/yaml"}
_YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")


@dataclass(frozen=True, slots=True)
class Versions:
    """The handlers, over the database. `users` says who still uses a version."""

    database: Database
    clock: Clock
    registering: Registering
    users: Users

    async def register(self, asked: Asked) -> Response:
        """Registers the body, a JSON or YAML document, as the subject's next version: 201, or 200 when its content is there.

        The document's `x-throughline` says its version, owner and what it refers to. With `if_compatible=true` what does not
        follow is kept out: 409 with the verdict. `dialect` is the `$schema` it is read with where it states none.
        """
        terms = Terms(enforce=asked.is_set("if_compatible", "if-compatible"))
        answer = await self.registering.register(await _incoming(asked), terms, asked.caller)
        if isinstance(answer, Verdict):
            return shapes.answer(shapes.judged(answer), 409)
        return shapes.answer(shapes.registered(answer), 200 if answer.already_there else 201)

    async def check(self, asked: Asked) -> Response:
        """The verdict the body would get as the subject's next version, under every policy; nothing is registered.

        `mode` and `policy` ask otherwise than what is settled; `against` names one version to compare with, else the mode says.
        """
        question = Question(asked.query.get("mode"), asked.query.get("policy"), await self._against(asked))
        verdict = await self.registering.check(await _incoming(asked), question, asked.caller)
        return shapes.answer(shapes.judged(verdict))

    async def listed(self, asked: Asked) -> Response:
        """The versions of a subject, oldest first; `documents=true` with their texts, `deleted=true` with deleted ones."""
        name, documents, deleted = asked.path["subject"], asked.is_set("documents"), asked.is_set("deleted")
        found = await self.database.read_async(lambda s: versions.stored(s, name, deleted=deleted))
        if not found:
            raise unknown_subject(name)
        return shapes.answer(
            {"versions": [shapes.version(name, versions.view(each), document=documents) for each in found]}
        )

    async def one(self, asked: Asked) -> Response:
        """A version by number, semantic version or `latest`, with its verdict and who refers to it."""
        name = asked.path["subject"]

        def read(session: Session) -> tuple[Stored, list[tuple[str, int, int]]]:
            found = self._found(session, asked)
            return found, deletion.referenced_by(session, name, found.row.number)

        found, others = await self.database.read_async(read)
        shown = shapes.version(name, versions.view(found), verdict=True)
        shown["referenced_by"] = [{"subject": other, "number": number} for other, number, _ in others]
        return shapes.answer(shown, headers=ending.headers(found.row))

    async def document(self, asked: Asked) -> Response:
        """The bytes as they were registered; `bundled=true` as JSON with everything it refers to copied in."""
        is_bundled = asked.is_set("bundled")

        def read(session: Session) -> tuple[Stored, bytes | None]:
            found = self._found(session, asked)
            if not is_bundled:
                return found, None
            whole = content.document(session, found.content, found.name).schema.data
            return found, canonical_json.text(whole).encode()

        found, whole = await self.database.read_async(read)
        held = found.content
        if whole is not None:
            tag = f"{held.content_id}-bundled"
            answer = shapes.tagged(asked.request, whole, tag, shapes.REVALIDATE, _TYPES["json"])
        else:
            answer = _bytes(asked.request, held, shapes.REVALIDATE)
        answer.headers.update(ending.headers(found.row))
        return answer

    async def content(self, asked: Asked) -> Response:
        """The bytes registered under a content id. They never change: keep them as long as you like."""
        wanted = asked.path["content_id"]
        held = await self.database.read_async(lambda session: content.by_content_id(session, wanted))
        if held is None:
            raise RefusedError("unknown-version", f"there is no content {wanted[:64]}", "content_id")
        return _bytes(asked.request, held, shapes.IMMUTABLE)

    async def move(self, asked: Asked) -> Response:
        """Moves a version on: `{"to", "reason", "successor", "deprecated", "sunset", "force"}`. A step that is not allowed is 409 and says
        which are; one that needs nobody to use the version names who does. With `if_compatible=true` a draft that does not
        follow stays one: 409 with the verdict.
        """
        name, which, wish = asked.path["subject"], asked.path["version"], _wish(await asked.json())
        if_compatible = asked.is_set("if_compatible", "if-compatible")
        answer = await self.database.write_async(
            lambda session: transition.move(
                session, name, which, wish, self.clock(), self.users, if_compatible=if_compatible
            ),
            actor=asked.caller.actor,
            reason=f"{name}@{which} to {wish.to}{', forced' if wish.force else ''}{wish.reason and f': {wish.reason}'}",
        )
        if isinstance(answer, Verdict):
            return shapes.answer(shapes.judged(answer), 409)
        return shapes.answer(shapes.version(name, answer, verdict=True))

    async def delete(self, asked: Asked) -> Response:
        """Deletes a version softly; for good with `permanent=true` after that. What is referred to is never deleted: 409. What
        something deployed declared that it reads is 409 too, unless `force=true` comes with a `reason`.
        """
        name, permanent = asked.path["subject"], asked.is_set("permanent")
        force, told = shapes.forced(asked)

        def delete(session: Session) -> int:
            found = self._found(session, asked, deleted=True)
            return deletion.delete_version(
                session, name, found.row.number, self.clock(), permanent=permanent, force=force
            )

        number = await self.database.write_async(
            delete,
            actor=asked.caller.actor,
            reason=f"delete {name} version {asked.path['version']}{' for good' if permanent else ''}{told}",
        )
        return shapes.answer({"subject": name, "deleted": [number]})

    async def restore(self, asked: Asked) -> Response:
        """Takes a soft deletion back: the version has its number and its state again. 409 where another took its place."""
        name = asked.path["subject"]

        def restore(session: Session) -> int:
            found = self._found(session, asked, deleted=True)
            return deletion.restore_version(session, name, found.row.number, self.clock())

        number = await self.database.write_async(
            restore, actor=asked.caller.actor, reason=f"restore {name} version {asked.path['version']}"
        )
        return shapes.answer({"subject": name, "restored": [number]})

    async def _against(self, asked: Asked) -> tuple[int, ...] | None:
        which = asked.query.get("against")
        if which is None:
            return None
        name = asked.path["subject"]
        found = await self.database.read_async(lambda session: versions.find(session, name, which))
        if found is None:
            raise RefusedError("unknown-version", f"there is no version {which} of '{name}'", "against")
        return (found.row.number,)

    def _found(self, session: Session, asked: Asked, *, deleted: bool = False) -> Stored:
        name, which = asked.path["subject"], asked.path["version"]
        found = versions.find(session, name, which, deleted=deleted or asked.is_set("deleted"))
        if found is None:
            raise RefusedError(
                "unknown-version",
                f"there is no version {which} of '{name}'",
                "version",
                f"name a number, a semantic version or {LATEST}",
            )
        return found


async def _incoming(asked: Asked) -> Incoming:
    kind = media_type(asked.request)
    dialect = asked.query.get("dialect", DRAFT_2020_12.uri)
    known = next((one.uri for one in DIALECTS if dialect in (one.uri, one.uri.rsplit("/", 2)[-2])), None)
    if known is None:
        names = ", ".join(one.uri.rsplit("/", 2)[-2] for one in DIALECTS)
        raise ProblemError(f"'{dialect}' is not a dialect", "dialect", f"use one of {names}")
    return Incoming(
        asked.path["subject"],
        await asked.request.body(),
        "yaml" if kind in _YAML else "json",
        known,
    )


def _bytes(request: Request, held: content.Content, cache: str) -> Response:
    return shapes.tagged(request, held.body, held.content_id, cache, _TYPES[held.syntax])


def _wish(said: dict[str, Any]) -> Wish:
    texts = {name: said.get(name, "") for name in ("to", "reason", "successor", "deprecated", "sunset")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise ProblemError(f"{name} is not a text", f"/{name}", "write it in quotes")
    if not isinstance(said.get("force", False), bool):
        raise ProblemError("force is neither true nor false", "/force")
    return Wish(
        texts["to"],
        texts["reason"],
        texts["successor"],
        instant.parse(texts["sunset"]) if texts["sunset"] else None,
        said.get("force", False),
        instant.parse(texts["deprecated"]) if texts["deprecated"] else None,
    )
