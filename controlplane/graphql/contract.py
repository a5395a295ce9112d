# SPDX-License-Identifier: Apache-2.0
"""Contracts in the schema: subjects, their versions, and which versions really flow."""

import strawberry

from collectors.transactions.line_store import ContractTraffic as Traffic
from controlplane.graphql.approval import ContractApproval, approval_of
from controlplane.graphql.context import Info
from controlplane.graphql.contract_declared import (
    ContractApplication,
    ContractMatrix,
    applications_of,
    matrix_of,
)
from controlplane.graphql.contract_use import (
    ContractUse,
    ObservedUseConnection,
    StillUsed,
    observed_of,
    still_used_of,
    use_of,
)
from controlplane.graphql.contract_version import ContractVersion, version_of
from controlplane.graphql.described import answer, noun
from controlplane.graphql.verdict import VerdictStatus
from controlplane.graphql.violation import Violation, violation_of
from registry import versions
from registry.lifecycle import VISIBLE
from registry.views import SubjectHead, SubjectView
from terms.instant import Instant


@noun
class Label:
    """A label that the document gives itself."""

    name: str
    value: str


@noun
class ContractTraffic:
    """A version seen in business events: how many, when first and last, in which legal entities."""

    version: str
    events: int
    first_seen_at: Instant
    last_seen_at: Instant
    legal_entities: list[str]


@noun
class DeletedVersion:
    """A version that was deleted softly: out of sight, its number taken, and to be restored."""

    number: int
    semver: str
    lifecycle: str
    deleted_at: Instant


@noun
class ContractStanding:
    """How a contract stands, without its documents: how many versions, and the verdict on the current one (null: none before it).

    `verdict` counts the approvals in force. Where they make a difference, `without_approvals` is what it is without them, and
    `approved_until` when the first of them ends; else it is the same, and null.
    """

    versions: int
    verdict: VerdictStatus | None
    without_approvals: VerdictStatus | None
    approved_until: Instant | None
    registered_at: Instant


@noun
class Contract:
    """What was promised about one kind of business event or one API. What is said of the subject is what its current version
    says: the newest that is no draft and not retired. `type` is json-schema, openapi or asyncapi.
    """

    subject: str
    title: str
    description: str
    owner: str
    steward: str
    domain: str
    audience: str
    type: str
    lifecycle: str
    compatibility_mode: str
    current_version: str
    retention: str
    event_type: str
    labels: list[Label]

    @answer
    async def standing(self, info: Info) -> ContractStanding | None:
        """Its figures for a list; null while no version can be seen."""
        found = await info.context.loaders.standings.load(self.subject)
        if found is None:
            return None
        answer = found.verdict
        return ContractStanding(
            versions=found.versions,
            verdict=VerdictStatus(answer.status) if answer else None,
            without_approvals=VerdictStatus(answer.without_approvals) if answer else None,
            approved_until=answer.approved_until if answer else None,
            registered_at=found.registered_at,
        )

    @answer
    async def latest(self, info: Info) -> ContractVersion:
        """The version of the highest number, whatever its state."""
        return (await _versions(info, self.subject))[-1]

    @answer
    async def versions(self, info: Info) -> list[ContractVersion]:
        """All versions that are not deleted, oldest first."""
        return await _versions(info, self.subject)

    @answer
    async def version(self, info: Info, version: str | None = None) -> ContractVersion | None:
        """One version by its number or semantic version, the latest without; null when there is none."""
        found = reversed(await _versions(info, self.subject))
        return next((one for one in found if version in (None, str(one.number), one.semver)), None)

    @answer
    async def deleted_versions(self, info: Info) -> list[DeletedVersion]:
        """Versions that were deleted softly, oldest first."""
        rows = await info.context.read(lambda session: versions.rows(session, self.subject))
        return [
            DeletedVersion(
                number=row.number,
                semver=row.semver,
                lifecycle=row.lifecycle,
                deleted_at=Instant(row.deleted_at),
            )
            for row in rows
            if row.deleted_at is not None
        ]

    @answer
    async def approvals(self, info: Info) -> list[ContractApproval]:
        """The findings of it that somebody accepted, and whose approval is in force, by fingerprint."""
        found = await info.context.loaders.approvals.load(self.subject)
        return [approval_of(found[fingerprint], info.context.now) for fingerprint in sorted(found)]

    @answer
    async def violations(self, info: Info) -> list[Violation]:
        """The rules that do not hold for it, open ones first: a version on its way out that is used, a use nobody declared."""
        found = await info.context.loaders.contract_violations.load(self.subject)
        return [violation_of(one) for one in found]

    @answer
    async def traffic(self, info: Info) -> list[ContractTraffic]:
        """The versions that events bore, by version."""
        return traffic_of(await info.context.loaders.traffic.load(self.subject))

    @answer
    async def applications(self, info: Info) -> list[ContractApplication]:
        """Every application version that declared to write or read it, by application, with where it runs."""
        return await applications_of(info, self.subject)

    @answer
    async def use(self, info: Info, days: int = 30) -> ContractUse:
        """What was really used in the last days, by spans and events that named it; an event or an API alike."""
        return await use_of(info, self.subject, days)

    @answer
    async def observed(
        self, info: Info, days: int = 30, first: int = 50, after: str | None = None
    ) -> ObservedUseConnection:
        """Who was seen with which version in the last days, declared or not, by application and version."""
        return await observed_of(info, self.subject, days, first, after)

    @answer
    async def still_used(self, info: Info) -> list[StillUsed]:
        """The versions that are on their way out and used all the same."""
        return await still_used_of(info, self.subject)

    @answer
    async def matrix(self, info: Info, policy: str | None = None) -> ContractMatrix:
        """Each version against each application that runs and uses it."""
        return await matrix_of(info, self.subject, policy)


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


async def contract(info: Info, subject: str) -> Contract | None:
    """The contract of that subject; null when there is none. One that has only drafts is there too."""
    view = await info.context.loaders.contracts.load(subject)
    return None if view is None else contract_of(view)


async def _versions(info: Info, subject: str) -> list[ContractVersion]:
    view = await info.context.loaders.contracts.load(subject)
    return [] if view is None else [version_of(view.name, version) for version in view.versions]


def contract_of(said: SubjectHead | SubjectView) -> Contract:
    """A subject for the schema."""
    return Contract(
        subject=said.name,
        title=said.title,
        description=said.description,
        owner=said.owner,
        steward=said.steward,
        domain=said.domain,
        audience=said.audience,
        type=said.type,
        lifecycle=said.lifecycle,
        compatibility_mode=said.compatibility,
        current_version=said.semver if isinstance(said, SubjectHead) else _current(said),
        retention=said.retention,
        event_type=said.event_type,
        labels=[Label(name=name, value=value) for name, value in said.labels.items()],
    )


def _current(view: SubjectView) -> str:
    seen = [version.semver for version in view.versions if version.lifecycle in VISIBLE]
    return seen[-1] if seen else view.versions[-1].semver


@strawberry.type
class ContractQuery:
    contract: Contract | None = answer(contract)
