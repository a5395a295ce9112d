# SPDX-License-Identifier: Apache-2.0
"""The compatibility checks of the Confluent door: against one version, or against those the mode names. Nothing is registered."""

from dataclasses import dataclass

from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.ccompat import shapes
from controlplane.http.ccompat.refusing import no_version
from controlplane.http.raw_routes import Asked
from controlplane.http.registering import Registering
from registry import config, versions
from registry.judgement import Question
from registry.refusal import RefusedError
from registry.verdict import COMPATIBLE
from registry.versions import LATEST
from terms.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Compatibility:
    """The handlers, over the database."""

    database: Database
    registering: Registering

    async def with_one(self, asked: Asked) -> Response:
        """Against one version; against the latest of a subject that has none, anything is compatible."""
        name, which = shapes.subject(asked), shapes.which(asked)
        found = await self.database.read_async(lambda session: versions.find(session, name, which))
        if found is None and which != LATEST:
            raise no_version(which)
        against = () if found is None else (found.row.number,)
        settled = await self.database.read_async(lambda session: config.effective(session, name))
        mode = settled.compatibility.removesuffix("_TRANSITIVE")
        return await self._answer(asked, name, Question(mode, None, against))

    async def with_all(self, asked: Asked) -> Response:
        """Against the versions that the subject's mode looks at."""
        return await self._answer(asked, shapes.subject(asked), Question())

    async def _answer(self, asked: Asked, name: str, question: Question) -> Response:
        given, verbose = shapes.incoming(name, await shapes.body(asked)), asked.is_set("verbose")
        try:
            verdict = await self.registering.check(given, question, asked.caller)
        except RefusedError:
            raise
        except ProblemError as error:
            if not verbose:
                raise
            said = [str(problem) for problem in error.problems]
            return shapes.answer({"is_compatible": False, "messages": said})
        is_compatible = verdict.status == COMPATIBLE
        if not verbose:
            return shapes.answer({"is_compatible": is_compatible})
        rows = await self.database.read_async(lambda session: versions.rows(session, name))
        numbers = {f"{name}@{row.semver}": row.number for row in rows}
        told = [] if is_compatible else shapes.messages(verdict, numbers)
        return shapes.answer({"is_compatible": is_compatible, "messages": told})
