# SPDX-License-Identifier: Apache-2.0
"""What a version says of itself, in the schema: for whom it is, and what its author changed and why."""

from controlplane.graphql.described import noun
from registry import statement
from registry.document import Document


@noun
class ChangeNote:
    """A change in the author's own words; `breaking` as the author sees it, not as the rules do."""

    change: str
    why: str
    breaking: bool


@noun
class ContractStatement:
    """Who writes and reads it by its document, and the author's notes on what changed since the version before."""

    producers: list[str]
    consumers: list[str]
    notes: list[ChangeNote]


def statement_of(document: Document) -> ContractStatement:
    """What the document states, for the schema."""
    said = statement.statement(document)
    return ContractStatement(
        producers=list(said.producers),
        consumers=list(said.consumers),
        notes=[ChangeNote(change=one.change, why=one.why, breaking=one.breaking) for one in said.notes],
    )
