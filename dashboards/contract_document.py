# SPDX-License-Identifier: Apache-2.0
"""What does a version promise? Its fields as a tree, or an API's operations with what goes in and what comes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class FieldRow:
    """`parent` is the path the field lies in, `name` its own; `depth` indents it, at most 6."""

    parent: str
    name: str
    depth: int
    type: str
    required: bool
    deprecated: bool
    classification: str
    description: str
    constraints: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartRow:
    """What goes in or comes out of an operation. `example` is JSON text or empty."""

    title: str
    media_type: str
    description: str
    fields: tuple[FieldRow, ...]
    example: str


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation; `terms` are what its use asks for, `refusals` the codes of 400 and above, told in one line."""

    id: str
    verb: str
    place: str
    summary: str
    deprecated: bool
    sunset: str
    terms: tuple[str, ...]
    parts: tuple[PartRow, ...]
    refusals: str


def field(found: Mapping[str, Any]) -> FieldRow:
    """One field of the table."""
    parent, slash, name = found["pointer"].rpartition("/")
    return FieldRow(
        parent=f"{parent}{slash}",
        name=name,
        depth=min(found["depth"], DEEPEST),
        type=found["type"],
        required=found["required"],
        deprecated=found["deprecated"],
        classification=found["classification"] or "",
        description=found["description"] or "",
        constraints=tuple(found["constraints"]),
        examples=tuple(found["examples"]),
    )


def operation(place: int, found: Mapping[str, Any]) -> OperationRow:
    """One operation; `place` is its number on the page, from 1."""
    parts = [
        PartRow(
            one["title"],
            one["mediaType"],
            one["description"],
            tuple(field(each) for each in one["fields"]),
            one["example"] or "",
        )
        for one in found["parts"]
    ]
    refusals = [part.title for part in parts if part.title[:1] in ("4", "5") and len(part.title) == 3]
    return OperationRow(
        id=f"operation-{place}",
        verb=found["verb"],
        place=found["place"],
        summary=found["summary"],
        deprecated=found["deprecated"],
        sunset=found["sunset"] or "",
        terms=tuple(found["terms"]),
        parts=tuple(part for part in parts if part.title not in refusals),
        refusals=", ".join(dict.fromkeys(refusals)),
    )
