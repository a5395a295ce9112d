# SPDX-License-Identifier: Apache-2.0
"""One version of a contract in the schema: its document, what it holds, its verdict, and where its life may go."""

from collections.abc import Callable
from typing import TypeVar

import strawberry
from starlette.concurrency import run_in_threadpool

from controlplane.graphql.api_operation import ApiOperation, operations_of
from controlplane.graphql.compatibility import shown_document
from controlplane.graphql.context import Info
from controlplane.graphql.contract_field import ContractField, fields_of
from controlplane.graphql.described import answer, noun
from controlplane.graphql.lifecycle_step import LifecycleStep, steps_of
from controlplane.graphql.statement import ContractStatement, statement_of
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import approval_store, example
from registry import verdict as registry_verdict
from registry.document import Document
from registry.json_indent import indented, readable
from registry.lifecycle import State
from registry.views import VersionView
from terms import canonical_json
from terms.instant import Instant

T = TypeVar("T")
U = TypeVar("U")


@noun
class ContractVersion:
    """One registered version. `type` is json-schema, openapi or asyncapi; `document` is the text as registered, in `syntax`
    (json or yaml). `successor` (`subject@version`) and the dates tell of the end of its life.
    """

    number: int
    semver: str
    content_id: str
    lifecycle: str
    registered_at: Instant
    type: str
    syntax: str
    document: str
    successor: str | None
    deprecated_at: Instant | None
    sunset_at: Instant | None
    retired_at: Instant | None
    subject: strawberry.Private[str]
    judged: strawberry.Private[registry_verdict.Verdict | None]
    state: strawberry.Private[State]

    @answer
    async def verdict(self, info: Info) -> Verdict | None:
        """The comparison with the version before, made when it was registered, with the approvals that are in force now; null
        where none came before.
        """
        if self.judged is None:
            return None
        approved = await info.context.loaders.approvals.load(self.subject)
        return verdict_of(approval_store.counted(self.judged, approved))

    @answer
    async def steps(self, info: Info) -> list[LifecycleStep]:
        """Where its life may go from here, and what stands against each step now."""
        return await steps_of(info, self.subject, self.semver, self.state)

    @answer
    def text(self) -> str:
        """The document as people read it: JSON on a single line is indented, anything else is as registered."""
        return readable(self.document, self.syntax)

    @answer
    async def fields(self, info: Info) -> list[ContractField]:
        """The fields its document states, nested ones by their pointer."""
        return await _read(info, self, fields_of, [])

    @answer
    async def operations(self, info: Info) -> list[ApiOperation]:
        """What can be asked of an API or heard from it; empty for an event."""
        return await _read(info, self, operations_of, [])

    @answer
    async def statement(self, info: Info) -> ContractStatement | None:
        """What the document says of those who write and read it, and of what changed."""
        return await _read(info, self, statement_of, None)

    @answer
    async def examples(self, info: Info, full: bool = True) -> list[str]:
        """A valid document of an event as JSON text: with every field, or only those required. None for an API."""
        return await _read(info, self, lambda document: _examples(document, full), [])


def version_of(subject: str, view: VersionView) -> ContractVersion:
    """A version for the schema."""
    return ContractVersion(
        number=view.number,
        semver=view.semver,
        content_id=view.content_id,
        lifecycle=view.lifecycle,
        registered_at=view.registered_at,
        type=view.type,
        syntax=view.syntax,
        document=view.document,
        successor=view.state.successor or None,
        deprecated_at=view.state.deprecated_at,
        sunset_at=view.state.sunset_at,
        retired_at=view.state.retired_at,
        subject=subject,
        judged=view.verdict,
        state=view.state,
    )


def _examples(document: Document, full: bool) -> list[str]:
    if document.type != "json-schema":
        return []
    made = example.examples(document.schema, full=full)
    return [indented(canonical_json.text(value)) for value in made]


async def _read(info: Info, version: ContractVersion, look: Callable[[Document], T], nothing: U) -> T | U:
    """What the version's document, with all it refers to, has to say; parsed once for several who ask."""
    document = await info.context.read(
        lambda session: shown_document(session, version.subject, version.number)
    )
    return nothing if document is None else await run_in_threadpool(lambda: look(document))
