# SPDX-License-Identifier: Apache-2.0
"""Who says that they use a contract? Declared producers and consumers, and each version against what runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import status
from dashboards.format import sentence_list

_ROLES = {"produces": "writes", "consumes": "reads"}


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One application version and one use it declared."""

    application: str
    version: str
    owner: str
    role: str
    range: str
    fields: str
    environments: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`badge` is None where the application does not write this version; `why` the findings in words, at most three."""

    badge: status.Badge | None
    read: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MatrixRow:
    version: str
    lifecycle: status.Badge
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """`columns` are (application version, what it does, where it runs)."""

    policy: str
    columns: tuple[tuple[str, str, str], ...]
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True, slots=True)
class UseView:
    applications: tuple[ApplicationRow, ...]
    matrix: Matrix


def use(contract: Mapping[str, Any]) -> UseView:
    """Who declared that they use a contract, as the page tells it."""
    return UseView(
        applications=tuple(_application(one) for one in contract["applications"]),
        matrix=_matrix(contract["matrix"]),
    )


def _application(one: Mapping[str, Any]) -> ApplicationRow:
    role = _ROLES[one["role"]]
    return ApplicationRow(
        application=one["application"],
        version=one["version"],
        owner=one["owner"] or "nobody yet",
        role=f"{role}, can do without" if one["optional"] else role,
        range=one["range"],
        fields=", ".join(one["fields"]) or "all of it",
        environments=sentence_list(one["environments"]) or "nowhere now",
    )


def _matrix(found: Mapping[str, Any]) -> Matrix:
    return Matrix(
        policy=found["policy"],
        columns=tuple(
            (
                f"{one['application']} {one['version']}",
                f"{_ROLES[one['role']]} {one['range']}",
                sentence_list(one["environments"]),
            )
            for one in found["columns"]
        ),
        rows=tuple(
            MatrixRow(
                row["version"],
                status.lifecycle(row["lifecycle"]),
                tuple(_cell(cell) for cell in row["cells"]),
            )
            for row in reversed(found["rows"])
        ),
    )


def _cell(cell: Mapping[str, Any]) -> Cell:
    why = tuple(
        f"{one['what']} at {one['pointerNew'] or one['pointerOld'] or '/'}" for one in cell["findings"][:3]
    )
    return Cell(status.meeting(cell["status"]), cell["read"], why)
