# SPDX-License-Identifier: Apache-2.0
"""Verdicts in the schema: whether a contract version may follow the one before, and every change that says why."""

from enum import Enum

import strawberry

from controlplane.graphql.described import noun
from registry import finding as registry_finding
from registry import verdict as registry_verdict
from registry.json_indent import indented, readable
from terms import canonical_json


@strawberry.enum(description="What a comparison came to.")
class VerdictStatus(Enum):
    COMPATIBLE = "compatible"
    BREAKING = "breaking"
    UNDECIDED = strawberry.enum_value("undecided", description="Something could not be proven; never a yes.")


@noun
class PolicyLevel:
    """How much one change matters under one policy: safe, warning, undecided or breaking."""

    policy: str
    level: str


@noun
class PolicyStatus:
    """What the comparison comes to under one policy."""

    policy: str
    status: VerdictStatus


@noun
class Witness:
    """A smallest document (JSON text) that one version accepts and the other refuses, checked with both validators.

    `refusal` is what the refusing validator says, `pointer` where in the document.
    """

    document: str
    accepted_by: str
    refused_by: str
    refusal: str
    pointer: str


@noun
class Finding:
    """One judged change: where in both documents (RFC 6901 pointers, and `name:line`), what it means, and what to do.

    `level` is that of the deciding policy, `levels` that of every policy. A breaking finding that is not `confirmed` has no
    witness and still fails. `patch` is a JSON Patch (JSON text) that clears it; `approval` says who accepted it and why.
    `used_by`: the first operations of an API that come to the shared part it is in, `used_by_count` how many do.
    """

    rule: str
    level: str
    levels: list[PolicyLevel]
    direction: str
    pointer_old: str
    pointer_new: str
    where_old: str
    where_new: str
    what: str
    before: str
    after: str
    why: str
    message: str
    fix: str
    against: str
    confirmed: bool
    witness: Witness | None
    patch: str | None
    approval: str | None
    fingerprint: str
    used_by: list[str]
    used_by_count: int


@noun
class Verdict:
    """The answer for one version against earlier ones, in a mode and under a policy. Findings: the worst first.

    `policies` is the answer under every policy; `difference` says in one line where they differ, null when they agree.
    """

    status: VerdictStatus
    mode: str
    policy: str
    new: str
    against: list[str]
    policies: list[PolicyStatus]
    difference: str | None
    findings: list[Finding]


def verdict_of(view: registry_verdict.Verdict) -> Verdict:
    """A verdict for the schema."""
    return Verdict(
        status=VerdictStatus(view.status),
        mode=view.mode,
        policy=view.policy,
        new=view.new,
        against=list(view.against),
        policies=[
            PolicyStatus(policy=name, status=VerdictStatus(status)) for name, status in view.policies.items()
        ],
        difference=view.difference or None,
        findings=[finding_of(finding) for finding in view.findings],
    )


def finding_of(finding: registry_finding.Finding) -> Finding:
    """A finding for the schema."""
    return Finding(
        rule=finding.rule,
        level=finding.level,
        levels=[PolicyLevel(policy=policy, level=level) for policy, level in finding.levels.items()],
        direction=finding.direction,
        pointer_old=finding.pointer_old,
        pointer_new=finding.pointer_new,
        where_old=finding.where_old,
        where_new=finding.where_new,
        what=finding.what,
        before=finding.before,
        after=finding.after,
        why=finding.why,
        message=finding.message,
        fix=finding.fix,
        against=finding.against,
        confirmed=finding.confirmed,
        witness=witness_of(finding.witness) if finding.witness else None,
        patch=indented(canonical_json.text([dict(step) for step in finding.patch]))
        if finding.patch
        else None,
        approval=finding.approval or None,
        fingerprint=finding.fingerprint,
        used_by=list(finding.used_by),
        used_by_count=finding.used_by_count,
    )


def witness_of(witness: registry_finding.Witness) -> Witness:
    """A witness for the schema."""
    return Witness(
        document=readable(witness.document, "json"),
        accepted_by=witness.accepted_by,
        refused_by=witness.refused_by,
        refusal=witness.refusal,
        pointer=witness.pointer,
    )
