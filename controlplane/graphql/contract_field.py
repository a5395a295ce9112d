# SPDX-License-Identifier: Apache-2.0
"""The fields of a contract in the schema: where each stands, its type in words, whether it must be there, how secret it is."""

from controlplane.graphql.described import noun
from registry import fields
from registry.document import Document


@noun
class ContractField:
    """A field of the document. `pointer` is its path in a document of it (`/lines/*/amount`); `type` is in words.

    `depth` counts the fields it lies in; `constraints` are in words; `examples` are JSON texts.
    """

    pointer: str
    type: str
    required: bool
    classification: str | None
    description: str | None
    depth: int
    deprecated: bool
    constraints: list[str]
    examples: list[str]


def fields_of(document: Document) -> list[ContractField]:
    """The fields in the order they are written, a parent before its parts; at most 500. An API has none at its top."""
    if document.type != "json-schema":
        return []
    return [field_of(found) for found in fields.fields(document.schema)]


def field_of(found: fields.ContractField) -> ContractField:
    """A field for the schema."""
    return ContractField(
        pointer=found.pointer,
        type=found.type,
        required=found.required,
        classification=found.classification,
        description=found.description,
        depth=found.depth,
        deprecated=found.deprecated,
        constraints=list(found.constraints),
        examples=list(found.examples),
    )
