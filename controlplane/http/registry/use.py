# SPDX-License-Identifier: Apache-2.0
"""Observed use over REST: how much a subject was used of late, by version, and who was seen with it, declared or not."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from collectors.contract_use import seen as contract_seen
from controlplane import contract_use
from controlplane.contract_use import UsePage
from controlplane.database import Database
from controlplane.http.raw_routes import Asked
from controlplane.http.registry import shapes
from registry import versions
from registry.refusal import unknown_subject
from registry.usage import Use
from terms import instant
from terms.instant import Clock
from terms.problem import ProblemError

MOST = 1_000


@dataclass(frozen=True, slots=True)
class Uses:
    """The handlers, over the database."""

    database: Database
    clock: Clock

    async def one(self, asked: Asked) -> Response:
        """What spans and events told of a subject in the last `days` (30; at most 366), today included. `uses`, `applications`
        and `versions` are those of the window, `last_seen_at` is the last use of all. `seen` lists applications and versions,
        at most `first` (50; up to 1,000): `next`, handed back as `after`, goes on. A subject that nobody registered but somebody
        uses is told of too.
        """
        subject, first = asked.path["subject"], asked.number("first", 50)
        days, after = asked.number("days", 30), asked.query.get("after")
        if not 0 < first <= MOST:
            raise ProblemError(f"first is {first}", "first", f"ask for 1 to {MOST}")
        since = contract_use.window(self.clock(), days)

        def read(session: Session) -> dict[str, Any] | None:
            page = contract_use.used_by(session, subject, since, first, after)
            lately = contract_seen.lately(session, [subject], since).get(subject)
            if lately is None and not versions.rows(session, subject):
                return None
            known = contract_use.lifecycles(session, [subject])
            return {
                "subject": subject,
                "days": days,
                "since": since,
                "uses": lately.uses if lately else 0,
                "applications": lately.applications if lately else 0,
                "last_seen_at": instant.text(lately.last_seen) if lately else None,
                "versions": [
                    {
                        "version": one.version,
                        "lifecycle": known.get((subject, one.version)),
                        "uses": one.uses,
                        "applications": one.applications,
                        "last_seen_at": instant.text(one.last_seen),
                    }
                    for one in (lately.versions if lately else ())
                ],
                **_seen(page),
            }

        found = await self.database.read_async(read)
        if found is None:
            raise unknown_subject(subject)
        return shapes.answer(found)


def _seen(page: UsePage) -> dict[str, Any]:
    return {
        "seen": [_use(one) for one in page.uses],
        "total": page.total,
        "next": contract_use.cursor(page.uses[-1]) if page.has_more else None,
    }


def _use(of: Use) -> dict[str, Any]:
    return {
        "application": of.seen.application,
        "version": of.seen.version,
        "lifecycle": of.lifecycle or None,
        "declared": of.is_declared,
        "uses": of.seen.uses,
        "first_seen_at": instant.text(of.seen.first_seen),
        "last_seen_at": instant.text(of.seen.last_seen),
    }
