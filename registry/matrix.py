# SPDX-License-Identifier: Apache-2.0
"""Which versions of a subject fit which applications that run? Each version against each, in one table."""

from dataclasses import dataclass

from sqlmodel import Session

from registry.declaration_store import users_of
from registry.deployment import Declaration, RegisteredVersion, Use
from registry.deployment_store import deployments, environments
from registry.meeting import Meeting, matrix_cell
from registry.registered import registered
from registry.verdict import DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """An application version that runs somewhere and uses the subject, in the environments it runs in."""

    application: str
    version: str
    role: str
    range: str
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Versions of a subject (lowest number first) against what runs: `cells[row][column]` of versions and columns."""

    subject: str
    versions: tuple[RegisteredVersion, ...]
    columns: tuple[MatrixColumn, ...]
    cells: tuple[tuple[Meeting, ...], ...]


def matrix(session: Session, subject: str, policy: str = DEFAULT_POLICY) -> Matrix:
    """Each version of the subject against each application version that runs somewhere and writes or reads it."""
    versions = registered(session, [subject]).get(subject, ())
    running: dict[tuple[str, str], list[str]] = {}
    order = [one.name for one in environments(session)]
    for one in deployments(session):
        running.setdefault((one.application, one.version), []).append(one.environment)
    columns: list[tuple[MatrixColumn, Declaration, Use]] = []
    for declaration in users_of(session, subject):
        where = running.get((declaration.application, declaration.version))
        for use in declaration.uses:
            if where and use.subject == subject:
                places = tuple(sorted(where, key=order.index))
                names = (declaration.application, declaration.version, use.role, use.versions.text, places)
                columns.append((MatrixColumn(*names), declaration, use))
    cells = tuple(
        tuple(matrix_cell(declaration, use, version, versions, policy) for _, declaration, use in columns)
        for version in versions
    )
    return Matrix(subject, versions, tuple(column for column, _, _ in columns), cells)
