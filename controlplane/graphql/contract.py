# SPDX-License-Identifier: Apache-2.0
"""Contracts in the schema: subjects, their versions, and which versions really flow."""

import strawberry
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from collectors.line_store import ContractTraffic as Traffic
from controlplane.graphql.context import Info
from controlplane.graphql.contract_field import ContractField, fields_of
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import PageInfo, page_info, page_size
from controlplane.graphql.verdict import Verdict, verdict_of
from registry import store, subjects
from registry.contract import SubjectView, VersionView
from registry.document import parse
from registry.json_indent import readable
from terms.instant import Instant
from terms.problem import ProblemError


@noun
class ContractVersion:
    """One registered version. `type` is json-schema, openapi or asyncapi; `document` is the text as registered, in `syntax`
    (json or yaml); `verdict` compares it with the version before.
    """

    number: int
    semver: str
    content_id: str
    lifecycle: str
    registered_at: Instant
    type: str
    syntax: str
    document: str
    verdict: Verdict | None

    @answer
    def text(self) -> str:
        """The document as people read it: JSON on a single line is indented, anything else is as registered."""
        return readable(self.document, self.syntax)

    @answer
    async def fields(self) -> list[ContractField]:
        """The fields its document states, nested ones by their pointer."""
        document, name, syntax = self.document.encode(), self.semver, self.syntax
        return await run_in_threadpool(lambda: fields_of(parse(document, name, syntax)))


@noun
class ContractTraffic:
    """A version seen in business events: how many, when first and last, in which legal entities."""

    version: str
    events: int
    first_seen_at: Instant
    last_seen_at: Instant
    legal_entities: list[str]


@noun
class Contract:
    """What was promised about one kind of business event. What is said of the subject is what its latest version says."""

    subject: str
    title: str
    description: str
    owner: str
    steward: str
    domain: str
    lifecycle: str
    compatibility_mode: str
    latest: ContractVersion
    versions: list[ContractVersion]

    @answer
    def version(self, version: str | None = None) -> ContractVersion | None:
        """One version by its number or semantic version, the latest without; null when there is none."""
        if version is None:
            return self.latest
        return next((one for one in self.versions if version in (str(one.number), one.semver)), None)

    @answer
    async def traffic(self, info: Info) -> list[ContractTraffic]:
        """The versions that events bore, by version."""
        return traffic_of(await info.context.loaders.traffic.load(self.subject))


@noun
class ContractEdge:
    """A contract in a list, with the cursor that continues behind it."""

    cursor: str
    node: Contract


@noun
class ContractConnection:
    """A page of contracts. `totalCount` counts all pages."""

    edges: list[ContractEdge]
    nodes: list[Contract]
    page_info: PageInfo
    total_count: int


def traffic_of(seen: tuple[Traffic, ...]) -> list[ContractTraffic]:
    """The traffic of each version, its legal entities together."""
    by_version: dict[str, list[Traffic]] = {}
    for one in seen:
        by_version.setdefault(one.version, []).append(one)
    return [
        ContractTraffic(
            version=version,
            events=sum(one.events for one in group),
            first_seen_at=min(one.first_seen for one in group),
            last_seen_at=max(one.last_seen for one in group),
            legal_entities=sorted({one.legal_entity for one in group if one.legal_entity}),
        )
        for version, group in by_version.items()
    ]


async def contracts(
    info: Info, first: int = 50, after: str | None = None, search: str | None = None
) -> ContractConnection:
    """Contracts by subject. `search` looks for words in names, people, descriptions and fields."""
    size, wanted = page_size(first), subjects.Wanted(search=(search or "").strip())
    behind = None if after is None else _subject(after)

    def read(session: Session) -> tuple[subjects.Page, list[SubjectView]]:
        page = subjects.page(session, wanted, size, behind)
        return page, store.subject_views(session, [head.name for head in page.heads])

    page, shown = await info.context.read(read)
    nodes, cursors = [_contract(view) for view in shown], tuple(f"subject:{view.name}" for view in shown)
    return ContractConnection(
        edges=[ContractEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page_info(cursors, page.has_more, after),
        total_count=page.total,
    )


async def contract(info: Info, subject: str) -> Contract | None:
    """The contract of that subject; null when there is none."""
    view = await info.context.read(lambda session: store.subject(session, subject))
    return None if view is None or view.latest is None else _contract(view)


def _subject(cursor: str) -> str:
    if not cursor.startswith("subject:"):
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
    return cursor.removeprefix("subject:")


def _contract(view: SubjectView) -> Contract:
    versions = [_version(version) for version in view.versions]
    return Contract(
        subject=view.name,
        title=view.title,
        description=view.description,
        owner=view.owner,
        steward=view.steward,
        domain=view.domain,
        lifecycle=view.lifecycle,
        compatibility_mode=view.compatibility,
        latest=versions[-1],
        versions=versions,
    )


def _version(view: VersionView) -> ContractVersion:
    return ContractVersion(
        number=view.number,
        semver=view.semver,
        content_id=view.content_id,
        lifecycle=view.lifecycle,
        registered_at=view.registered_at,
        type=view.type,
        syntax=view.syntax,
        document=view.document,
        verdict=None if view.verdict is None else verdict_of(view.verdict),
    )


@strawberry.type
class ContractQuery:
    contracts: ContractConnection = answer(contracts)
    contract: Contract | None = answer(contract)
