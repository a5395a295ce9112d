# SPDX-License-Identifier: Apache-2.0
"""The validation service: do payloads keep the contract of a registered version? Problems with pointers; patterns run on RE2."""

from dataclasses import dataclass
from typing import Any

from jsonschema.protocols import Validator
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from controlplane.database import Database
from controlplane.http.raw_routes import Asked
from controlplane.http.registry import shapes
from registry import content, validate, versions
from registry.refusal import RefusedError
from registry.versions import Stored
from terms.problem import Problem, ProblemError
from terms.recent import Recent
from terms.strict_json import strict_json

MOST = 10_000  # payloads in one batch


@dataclass(frozen=True, slots=True)
class Validation:
    """The handlers, over the database; what was compiled is kept for a while."""

    database: Database
    compiled: Recent[tuple[str, str], Validator]

    async def one(self, asked: Asked) -> Response:
        """Whether the body, one JSON value, keeps the version: `{"valid", "problems": [{"pointer", "what", "do"}]}`.

        `at` is a pointer to the schema that counts, for the schemas inside an API.
        """
        found, validator = await self._validator(asked)
        body = await asked.request.body()
        problems = await run_in_threadpool(
            lambda: validate.problems_of(validator, strict_json(body, is_exact=True))
        )
        return shapes.answer({**_named(asked, found), "valid": not problems, "problems": _shown(problems)})

    async def batch(self, asked: Asked) -> Response:
        """The same of a JSON array of payloads, at most 10,000: how many are valid, and the place and problems of each that is not."""
        found, validator = await self._validator(asked)
        body = await asked.request.body()

        def check() -> tuple[int, list[dict[str, Any]]]:
            payloads = strict_json(body, is_exact=True)
            if not isinstance(payloads, list) or len(payloads) > MOST:
                raise ProblemError("the body is not an array of payloads", "/", f"send 1 to {MOST} in [...]")
            every = [validate.problems_of(validator, payload) for payload in payloads]
            bad = [
                {"index": place, "problems": _shown(problems)}
                for place, problems in enumerate(every)
                if problems
            ]
            return len(every), bad

        total, bad = await run_in_threadpool(check)
        return shapes.answer({**_named(asked, found), "valid": total - len(bad), "invalid": bad})

    async def _validator(self, asked: Asked) -> tuple[Stored, Validator]:
        name, which, at = asked.path["subject"], asked.path["version"], asked.query.get("at", "")

        def read(session: Session) -> tuple[Stored, Validator]:
            found = versions.find(session, name, which)
            if found is None:
                raise RefusedError("unknown-version", f"there is no version {which} of '{name}'", "version")

            def compile_it() -> Validator:
                return validate.compiled(content.document(session, found.content, found.name), at)

            if len(found.content.body) > content.SMALL:
                return found, compile_it()
            return found, self.compiled.get((found.content.content_id, at), compile_it)

        return await self.database.read_async(read)


def _named(asked: Asked, found: Stored) -> dict[str, Any]:
    return {"subject": asked.path["subject"], "version": found.row.semver, "number": found.row.number}


def _shown(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    return [{"pointer": each.where, "what": each.what, "do": each.do} for each in problems]
