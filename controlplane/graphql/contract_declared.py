# SPDX-License-Identifier: Apache-2.0
"""Who said that they use a contract? What applications declared, where they run, and each version against each of them."""

from sqlmodel import Session

from controlplane.graphql.context import Info
from controlplane.graphql.described import noun
from controlplane.graphql.verdict import Finding, finding_of
from registry import declaration_store, deployment_store, matrix
from registry.deployment import Declaration, Deployment
from registry.verdict import DEFAULT_MODE, DEFAULT_POLICY, checked


@noun
class ContractApplication:
    """An application version and one use it declared: `role` is produces or consumes, `range` the versions it speaks of,
    `fields` what it reads (none: all of it), `environments` where it runs now.
    """

    application: str
    version: str
    owner: str
    role: str
    range: str
    fields: list[str]
    optional: bool
    environments: list[str]


@noun
class MatrixColumn:
    """An application version that runs somewhere and uses the contract."""

    application: str
    version: str
    role: str
    range: str
    environments: list[str]


@noun
class MatrixCell:
    """How one version stands with one application: declared, compatible, breaking, undecided, or empty (not written by it).

    `read` is the version that serves the reader best; findings say why it is not compatible.
    """

    status: str
    read: str
    findings: list[Finding]


@noun
class MatrixRow:
    """One version of the contract; its cells stand in the order of the columns."""

    version: str
    lifecycle: str
    cells: list[MatrixCell]


@noun
class ContractMatrix:
    """Versions of a contract against the applications that run and use it, under one policy."""

    policy: str
    columns: list[MatrixColumn]
    rows: list[MatrixRow]


async def applications_of(info: Info, subject: str) -> list[ContractApplication]:
    """What was declared about the subject."""

    def read(session: Session) -> tuple[tuple[Declaration, ...], tuple[Deployment, ...]]:
        return declaration_store.users_of(session, subject), deployment_store.deployments(session)

    declarations, deployments = await info.context.read(read)
    running: dict[tuple[str, str], list[str]] = {}
    for one in deployments:
        running.setdefault((one.application, one.version), []).append(one.environment)
    return [
        ContractApplication(
            application=one.application,
            version=one.version,
            owner=one.owner,
            role=use.role,
            range=use.versions.text,
            fields=list(use.fields),
            optional=use.optional,
            environments=running.get((one.application, one.version), []),
        )
        for one in declarations
        for use in one.uses
        if use.subject == subject
    ]


async def matrix_of(info: Info, subject: str, policy: str | None) -> ContractMatrix:
    """The matrix of the subject."""
    _, decides = checked(DEFAULT_MODE, policy or DEFAULT_POLICY)
    found = await info.context.read(lambda session: matrix.matrix(session, subject, decides))
    return ContractMatrix(
        policy=decides,
        columns=[
            MatrixColumn(
                application=column.application,
                version=column.version,
                role=column.role,
                range=column.range,
                environments=list(column.environments),
            )
            for column in found.columns
        ],
        rows=[
            MatrixRow(
                version=version.semver,
                lifecycle=version.lifecycle,
                cells=[
                    MatrixCell(
                        status=cell.status,
                        read=cell.read,
                        findings=[finding_of(one) for one in cell.findings],
                    )
                    for cell in cells
                ],
            )
            for version, cells in zip(found.versions, found.cells, strict=True)
        ],
    )
