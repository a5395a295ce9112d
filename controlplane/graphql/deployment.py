# SPDX-License-Identifier: Apache-2.0
"""What runs where, and may a version go there? Environments, deployments and the answer of can-i-deploy."""

from collections.abc import Sequence
from enum import Enum

import strawberry
from sqlmodel import Session

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.verdict import Finding, finding_of
from registry import can_i_deploy, deployment, deployment_store
from registry.verdict import DEFAULT_MODE, DEFAULT_POLICY, checked
from terms.instant import Instant


@strawberry.enum(description="Whether a version may be deployed.")
class DeployAnswer(Enum):
    YES = "yes"
    NO = "no"
    UNDECIDED = strawberry.enum_value(
        "undecided", description="Something was not known or compared; never a yes."
    )


@noun
class Environment:
    """A place to deploy to, in the order of promotion. `after`: where a version should have been before, null for the first."""

    name: str
    after: str | None
    rule: str


@noun
class DeployReason:
    """One thing that speaks against a yes (`weight` blocks or undecided) or is worth knowing (warns or told)."""

    kind: str
    weight: str
    what: str
    next: str
    subject: str
    application: str
    application_version: str
    findings: list[Finding]


@noun
class Deployability:
    """The answer for one application version and one environment. Reasons: what blocks first. `compared` counts meetings of a
    writer and a reader.
    """

    answer: DeployAnswer
    application: str
    version: str
    environment: str
    policy: str
    compared: int
    reasons: list[DeployReason]


@noun
class Deployment:
    """An application version that runs in an environment."""

    application: str
    version: str
    environment: str
    deployed_at: Instant
    recorded_by: str

    @answer
    async def promotion(self, info: Info) -> Deployability | None:
        """Whether it may go to the next environment; null in the last one."""
        here = self

        def read(session: Session) -> can_i_deploy.Answer | None:
            known = deployment_store.environments(session)
            following = next((one for one in known if one.after == here.environment), None)
            if following is None:
                return None
            return deployment_store.ask(session, here.application, here.version, following.name)

        found = await info.context.read(read)
        return None if found is None else _deployability(found)


async def environments(info: Info) -> list[Environment]:
    """The environments in the order of promotion."""
    found: Sequence[deployment.Environment] = await info.context.read(deployment_store.environments)
    return [Environment(name=one.name, after=one.after or None, rule=one.rule) for one in found]


async def deployments(
    info: Info, environment: str | None = None, application: str | None = None
) -> list[Deployment]:
    """What runs now, by environment and application; at most 1,000."""
    found = await info.context.read(
        lambda session: deployment_store.deployments(session, environment or "", application or "")
    )
    return [
        Deployment(
            application=one.application,
            version=one.version,
            environment=one.environment,
            deployed_at=one.deployed_at,
            recorded_by=one.recorded_by,
        )
        for one in found
    ]


async def can_deploy(
    info: Info, application: str, version: str, to: str, policy: str | None = None, is_first: bool = False
) -> Deployability:
    """Whether the version may go to the environment, judged from the schemas of all that runs there.

    `isFirst` says that nothing else runs there, so that comparing with nothing is right.
    """
    _, decides = checked(DEFAULT_MODE, policy or DEFAULT_POLICY)
    return _deployability(
        await info.context.read(
            lambda session: deployment_store.ask(
                session, application, version, to, policy=decides, is_first=is_first
            )
        )
    )


def _deployability(found: can_i_deploy.Answer) -> Deployability:
    return Deployability(
        answer=DeployAnswer(found.answer),
        application=found.application,
        version=found.version,
        environment=found.environment,
        policy=found.policy,
        compared=len(found.meetings),
        reasons=[
            DeployReason(
                kind=one.kind,
                weight=one.weight,
                what=one.what,
                next=one.do,
                subject=one.subject,
                application=one.application,
                application_version=one.application_version,
                findings=[finding_of(finding) for finding in one.findings],
            )
            for one in found.reasons
        ],
    )


@strawberry.type
class DeploymentQuery:
    environments: list[Environment] = answer(environments)
    deployments: list[Deployment] = answer(deployments)
    can_i_deploy: Deployability = answer(can_deploy)
