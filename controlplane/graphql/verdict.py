# SPDX-License-Identifier: Apache-2.0
"""Verdicts in the schema: whether a contract version may follow the one before, and every change that says why."""

from enum import Enum

import strawberry

from controlplane.graphql.described import noun
from registry import verdict as registry_verdict


@strawberry.enum(description="What a comparison came to.")
class VerdictStatus(Enum):
    COMPATIBLE = "compatible"
    BREAKING = "breaking"
    UNDECIDED = strawberry.enum_value("undecided", description="Something could not be proven; never a yes.")


@noun
class Finding:
    """One judged change: where in both documents (RFC 6901 pointers), what it means, and what to do."""

    rule: str
    level: str
    pointer_old: str
    pointer_new: str
    message: str
    fix: str


@noun
class Verdict:
    """The answer for one version against the one before, in a mode and under a policy. Findings: the worst first."""

    status: VerdictStatus
    mode: str
    policy: str
    findings: list[Finding]


def verdict_of(view: registry_verdict.Verdict) -> Verdict:
    """A verdict for the schema."""
    return Verdict(
        status=VerdictStatus(view.status),
        mode=view.mode,
        policy=view.policy,
        findings=[
            Finding(
                rule=finding.rule,
                level=finding.level,
                pointer_old=finding.pointer_old,
                pointer_new=finding.pointer_new,
                message=finding.message,
                fix=finding.fix,
            )
            for finding in view.findings
        ],
    )
