# SPDX-License-Identifier: Apache-2.0
"""Subjects over REST: the paged list with search and filters, one subject, and the current version of all in one call."""

from dataclasses import dataclass
from hashlib import sha256

from sqlmodel import Session
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.raw_routes import Asked
from controlplane.http.refusal import refusal
from controlplane.http.registry import shapes
from registry import config, deletion, facets, listing, subjects, versions
from registry.facets import FACETS, Facets
from registry.listing import Page, Wanted
from registry.refusal import unknown_subject
from registry.views import SubjectHead, VersionView
from terms import canonical_json
from terms.instant import Clock
from terms.problem import Problem, ProblemError

MOST = 1_000
_FILTERS = ("prefix", *FACETS)


@dataclass(frozen=True, slots=True)
class Subjects:
    """The handlers, over the database."""

    database: Database
    clock: Clock

    async def listed(self, asked: Asked) -> Response:
        """Subjects by name, a page at a time: `search` looks for words anywhere in names, people, descriptions and fields;
        `prefix`, `domain`, `owner`, `steward`, `audience`, `lifecycle` and `type` filter; `first` (at most 1,000) and
        `after` (a subject) cut; `facets=true` counts the values of each filter.
        """
        wanted = Wanted(
            search=asked.query.get("search", ""), **{name: asked.query.get(name, "") for name in _FILTERS}
        )
        first, after = _first(asked), asked.query.get("after")
        with_facets = asked.is_set("facets")

        def read(session: Session) -> tuple[Page, Facets]:
            page = listing.page(session, wanted, first, after)
            return page, facets.counted(session, page.counts) if with_facets else {}

        page, found = await self.database.read_async(read)
        body = {
            "subjects": [shapes.head(head) for head in page.heads],
            "total": page.total,
            "next": page.heads[-1].name if page.has_more else None,
        }
        if with_facets:
            body["facets"] = {
                name: [{"value": value, "count": count} for value, count in values]
                for name, values in found.items()
            }
        return shapes.answer(body)

    async def latest(self, asked: Asked) -> Response:
        """The current version of every subject in one call, by subject; `documents=true` with their texts, `type` of one type.

        The ETag stands for the whole answer, so that asking again costs nothing while nothing changed.
        """
        kind, documents = asked.query.get("type") or None, asked.is_set("documents")
        found = await self.database.read_async(lambda session: versions.latest_of_all(session, kind))
        body = canonical_json.text(
            {
                "latest": [
                    shapes.version(each.row.subject, versions.view(each), document=documents)
                    for each in found
                ]
            }
        ).encode()
        tag = sha256(body).hexdigest()
        return shapes.tagged(asked.request, body, tag, shapes.REVALIDATE, "application/json")

    async def one(self, asked: Asked) -> Response:
        """A subject with its versions, oldest first, and what holds for its next one; `documents=true` with their texts,
        `deleted=true` with the softly deleted ones.
        """
        name, documents, deleted = asked.path["subject"], asked.is_set("documents"), asked.is_set("deleted")

        def read(
            session: Session,
        ) -> tuple[SubjectHead | None, list[VersionView], config.Config | None, config.Settled]:
            stored = versions.stored(session, name, deleted=deleted)
            return (
                subjects.head(session, name),
                [versions.view(each) for each in stored],
                config.own(session, name),
                config.effective(session, name),
            )

        head, listed, own, settled = await self.database.read_async(read)
        if head is None or not listed:
            raise unknown_subject(name)
        shown = [shapes.version(name, each, document=documents, verdict=True) for each in listed]
        return shapes.answer({**shapes.head(head), "config": shapes.config(own, settled), "versions": shown})

    async def of_event_type(self, asked: Asked) -> Response:
        """The subject that CloudEvents of a type follow."""
        kind = asked.path["type"]
        name = await self.database.read_async(lambda session: subjects.of_event_type(session, kind))
        if name is None:
            problem = Problem(f"no contract is bound to the event type '{kind}'", "type")
            return refusal(asked.request, 404, problem)
        return shapes.answer({"event_type": kind, "subject": name})

    async def delete(self, asked: Asked) -> Response:
        """Deletes a subject's versions, softly; for good with `permanent=true` after that. Answers with their numbers.

        Where something deployed declared that it reads one of them it is 409, unless `force=true` comes with a `reason`.
        """
        name, permanent = asked.path["subject"], asked.is_set("permanent")
        force, told = shapes.forced(asked)
        numbers = await self.database.write_async(
            lambda session: deletion.delete_subject(
                session, name, self.clock(), permanent=permanent, force=force
            ),
            actor=asked.caller.actor,
            reason=f"delete {name}{' for good' if permanent else ''}{told}",
        )
        return shapes.answer({"subject": name, "deleted": numbers})


def _first(asked: Asked) -> int:
    first = asked.number("first", 50)
    if not 0 < first <= MOST:
        raise ProblemError(f"first is {first}", "first", f"ask for 1 to {MOST}")
    return first
