# SPDX-License-Identifier: Apache-2.0
"""Policies in the schema: the rules in force and how each stands."""

from pathlib import Path

import strawberry

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import Money, moneys_of
from policies import listing
from policies.definition import Rule
from policies.listing import RuleStanding


@noun
class Policy:
    """A rule in force. `expression` is what must hold; `moneyAtRisk` counts each target once, a figure for each currency."""

    id: strawberry.ID
    title: str
    description: str
    severity: str
    target: str
    expression: str
    remediation: str
    owner: str
    controls: list[str]
    open_violations: int
    money_at_risk: list[Money]
    source: str
    examples: int


async def policies(info: Info) -> list[Policy]:
    """The rules in force, by id."""
    standings = await info.context.read(listing.standings)
    return [_policy(rule, standings.get(rule.id)) for rule in info.context.sources.criteria.rules]


def _policy(rule: Rule, standing: RuleStanding | None) -> Policy:
    return Policy(
        id=strawberry.ID(rule.id),
        title=rule.title,
        description=rule.description,
        severity=rule.severity,
        target=rule.target,
        expression=rule.expression,
        remediation=rule.remediation,
        owner=rule.owner,
        controls=list(rule.controls),
        open_violations=standing.open if standing else 0,
        money_at_risk=moneys_of(standing.money if standing else ()),
        # The folder it lies in is a matter of the machine, its pack and file are not.
        source="/".join(Path(rule.source).parts[-2:]),
        examples=len(rule.examples),
    )


@strawberry.type
class PolicyQuery:
    policies: list[Policy] = answer(policies)
