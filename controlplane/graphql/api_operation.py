# SPDX-License-Identifier: Apache-2.0
"""The operations of an API in the schema: what can be asked or heard, with what goes in and comes out."""

from controlplane.graphql.contract_field import ContractField, field_of
from controlplane.graphql.described import noun
from registry import operations
from registry.document import Document


@noun
class ApiPart:
    """What goes in or comes out: `title` is parameters, request body, a status code or a message's name.

    `example` is JSON text, the document's own or one that was made; null where there is none.
    """

    title: str
    media_type: str
    description: str
    fields: list[ContractField]
    example: str | None


@noun
class ApiOperation:
    """`verb` is an HTTP method, send or receive; `place` the path or the channel; `sunset` is a date, null without one.

    `terms` say in words what its use asks for: credentials, rate, idempotency.
    """

    operation_id: str
    verb: str
    place: str
    summary: str
    deprecated: bool
    sunset: str | None
    terms: list[str]
    parts: list[ApiPart]


def operations_of(document: Document) -> list[ApiOperation]:
    """The operations in the order of the document; empty for what is no API."""
    return [
        ApiOperation(
            operation_id=found.id,
            verb=found.verb,
            place=found.place,
            summary=found.summary,
            deprecated=found.deprecated,
            sunset=found.sunset or None,
            terms=list(found.terms),
            parts=[
                ApiPart(
                    title=part.title,
                    media_type=part.media_type,
                    description=part.description,
                    fields=[field_of(field) for field in part.fields],
                    example=part.example or None,
                )
                for part in found.parts
            ],
        )
        for found in operations.operations(document)
    ]
