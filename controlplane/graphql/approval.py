# SPDX-License-Identifier: Apache-2.0
"""Approvals in the schema: which findings somebody accepted, why and until when."""

from urllib.parse import quote, unquote

import strawberry

from controlplane.graphql.context import Info
from controlplane.graphql.described import answer, noun
from controlplane.graphql.value import PageInfo, page_info, page_size
from controlplane.graphql.verdict import Finding, finding_of
from registry import approval_store
from registry.approval_store import Approval
from terms.instant import Instant
from terms.problem import ProblemError


@noun
class ContractApproval:
    """A finding that somebody accepted: it fails no check until then. `inForce` is false once that has passed."""

    subject: str
    fingerprint: str
    reason: str
    approved_by: str
    approved_at: Instant
    until: Instant
    in_force: bool

    @answer
    async def finding(self, info: Info) -> Finding | None:
        """The finding itself, where a registered version has it; null for one of a draft."""
        view = await info.context.loaders.contracts.load(self.subject)
        found = (
            finding
            for version in reversed(view.versions if view else ())
            for finding in (version.verdict.findings if version.verdict else ())
            if finding.fingerprint == self.fingerprint
        )
        first = next(found, None)
        return None if first is None else finding_of(first)


@noun
class ContractApprovalEdge:
    """An approval in a list, with the cursor that continues behind it."""

    cursor: str
    node: ContractApproval


@noun
class ContractApprovalConnection:
    """A page of approvals. `totalCount` counts all pages."""

    edges: list[ContractApprovalEdge]
    nodes: list[ContractApproval]
    page_info: PageInfo
    total_count: int


async def approvals(
    info: Info,
    first: int = 50,
    after: str | None = None,
    subject: str | None = None,
    ended: bool = False,
) -> ContractApprovalConnection:
    """The approvals in force, by subject and fingerprint; with `ended` those that have ended instead."""
    size, behind = page_size(first), None if after is None else _behind(after)
    now = info.context.now
    page = await info.context.read(
        lambda session: approval_store.page(session, now, size, behind, subject=subject, ended=ended)
    )
    nodes = [approval_of(one, now) for one in page.approvals]
    cursors = tuple(f"approval:{quote(one.fingerprint, safe='')}:{one.subject}" for one in nodes)
    return ContractApprovalConnection(
        edges=[
            ContractApprovalEdge(cursor=cursor, node=node)
            for cursor, node in zip(cursors, nodes, strict=True)
        ],
        nodes=nodes,
        page_info=page_info(cursors, page.has_more, after),
        total_count=page.total,
    )


def approval_of(one: Approval, now: Instant) -> ContractApproval:
    """An approval for the schema."""
    return ContractApproval(
        subject=one.subject,
        fingerprint=one.fingerprint,
        reason=one.reason,
        approved_by=one.approved_by,
        approved_at=one.approved_at,
        until=one.until,
        in_force=one.until > now,
    )


def _behind(cursor: str) -> tuple[str, str]:
    word, _, rest = cursor.partition(":")
    fingerprint, colon, subject = rest.partition(":")
    if word != "approval" or not colon:
        raise ProblemError("is not a cursor of this list", "after", "use an endCursor as it came")
    return subject, unquote(fingerprint)


@strawberry.type
class ApprovalQuery:
    approvals: ContractApprovalConnection = answer(approvals)
