# SPDX-License-Identifier: Apache-2.0
"""What is the same content? One id for it whoever registers it, and a small number beside; its bytes are kept as they came."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from registry.contract import Contract
from registry.dialect import DRAFT_2020_12
from registry.document import Document, load
from registry.insertion import insert_new
from registry.references import Reference, Referenced, bundled
from registry.refusal import RefusedError
from registry.tables import ContractContentRow, ContractCounterRow, ContractVersionRow
from terms import canonical_json
from terms.instant import Instant
from terms.recent import Recent
from terms.tenant import TENANT

SMALL = 128 * 1024
"""Bytes up to which something is worth keeping in memory; what is larger is rare, and would fill it."""
_COUNTER = "schema_id"
_PARSED: Recent[tuple[str, str], Document] = Recent(256)


@dataclass(frozen=True, slots=True)
class Content:
    """What was registered, apart from any subject. `body` holds the registered bytes."""

    content_id: str
    schema_id: int
    type: str
    syntax: str
    dialect: str
    references: tuple[Reference, ...]
    extra: Mapping[str, Any]
    body: bytes

    @property
    def guid(self) -> str:
        """The first half of the content id, as the Confluent protocol writes ids that hold everywhere."""
        return str(uuid.UUID(hex=self.content_id[:32]))


def content_id(contract: Contract) -> str:
    """SHA-256 (64 hex digits) over the parsed document, its type, references, metadata and rule set: same content, same id.

    Spaces and the order of keys do not count; the order of items, annotations and the exact digits of numbers do. The
    dialect counts where the document states none and is not read as 2020-12.
    """
    metadata = {
        "owner": contract.owner,
        "steward": contract.steward,
        "domain": contract.domain,
        "audience": contract.audience,
        "lifecycle": contract.lifecycle,
        "compatibility": contract.compatibility,
    }
    whole = {
        "document": contract.document.schema.data,
        "type": contract.document.type,
        "references": [reference.as_json() for reference in contract.references],
        "metadata": metadata,
        **{name: value for name, value in contract.extra.items() if value},
        **({"dialect": contract.dialect} if contract.dialect not in ("", DRAFT_2020_12.uri) else {}),
    }
    return canonical_json.sha256_hex(whole)


def keep(
    session: Session, contract: Contract, content: str, now: Instant, schema_id: int | None = None
) -> int:
    """The schema id of the content, which is stored when it is new. `schema_id` asks for a certain number (an import).

    Raises RefusedError when that number stands for other content, or this content for another number.
    """
    known = _schema_id(session, content)
    if known is None:
        given = _next_number(session, schema_id)
        # Whoever waited for the counter may find that the one before stored the very same content.
        known = _schema_id(session, content)
        if known is None:
            _refuse_taken(session, given)
            session.add(_row(contract, content, given, now))
            session.flush()
            return given
    if schema_id is not None and known != schema_id:
        raise RefusedError("id-taken", f"this content has the id {known}, not {schema_id}", "id")
    return known


def by_content_id(session: Session, content: str) -> Content | None:
    """The content of that id; None when there is none."""
    row = session.get(ContractContentRow, (TENANT, content))
    return None if row is None else of_row(row)


def by_schema_id(session: Session, schema_id: int) -> Content | None:
    """The content that number stands for; None when there is none."""
    return _first(session, ContractContentRow.schema_id == schema_id)


def by_guid(session: Session, guid: str) -> Content | None:
    """The content of that guid; None when there is none, or the text is no guid."""
    try:
        start = uuid.UUID(guid).hex
    except ValueError:
        return None
    return _first(session, col(ContractContentRow.content_id).between(start, f"{start}g"))


def highest_schema_id(session: Session) -> int:
    """The last number given out; 0 before the first."""
    row = session.get(ContractCounterRow, (TENANT, _COUNTER))
    return 0 if row is None else row.value


def document(session: Session, content: Content, name: str) -> Document:
    """The content parsed, with everything it refers to copied in. Kept for a while: contents do not change."""

    def read() -> Document:
        return bundled(
            content.body,
            name,
            content.syntax,
            content.references,
            lambda reference: referenced(session, reference),
            content.dialect or None,
        )

    return _PARSED.get((content.content_id, name), read) if len(content.body) <= SMALL else read()


def referenced(session: Session, reference: Reference) -> Referenced:
    """The version a reference stands for. Raises RefusedError when there is none, or it was deleted."""
    found = session.exec(
        select(ContractContentRow)
        .join(
            ContractVersionRow,
            (col(ContractVersionRow.tenant) == ContractContentRow.tenant)
            & (col(ContractVersionRow.content_id) == ContractContentRow.content_id),
        )
        .where(
            ContractVersionRow.tenant == TENANT,
            ContractVersionRow.subject == reference.subject,
            ContractVersionRow.number == reference.number,
            col(ContractVersionRow.deleted_at).is_(None),
        )
    ).first()
    if found is None:
        raise RefusedError(
            "unknown-version",
            f"there is no version {reference.number} of '{reference.subject}' to refer to",
            f"/references/{reference.name}",
            "register what is referred to first",
        )
    content = of_row(found)
    data = load(content.body, reference.name, content.syntax)
    return Referenced(data, content.references)


def forget_unused(session: Session, contents: Sequence[str]) -> None:
    """Takes away those of the contents that no version holds any more."""
    for content in set(contents):
        if (
            session.exec(
                select(ContractVersionRow.number)
                .where(ContractVersionRow.tenant == TENANT, ContractVersionRow.content_id == content)
                .limit(1)
            ).first()
            is None
        ):
            row = session.get(ContractContentRow, (TENANT, content))
            if row is not None:
                session.delete(row)
    session.flush()


def of_row(row: ContractContentRow) -> Content:
    """The content in a row."""
    return Content(
        row.content_id,
        row.schema_id,
        row.artefact_type,
        row.syntax,
        row.dialect,
        references_of(row.references),
        json.loads(row.extra),
        row.body,
    )


def references_of(text: str) -> tuple[Reference, ...]:
    """The references in a row's JSON text."""
    if text == "[]":
        return ()
    return tuple(Reference(one["name"], one["subject"], one["version"]) for one in json.loads(text))


def _first(session: Session, condition: Any) -> Content | None:
    row = session.exec(
        select(ContractContentRow).where(ContractContentRow.tenant == TENANT, condition)
    ).first()
    return None if row is None else of_row(row)


def _schema_id(session: Session, content: str) -> int | None:
    return session.exec(
        select(ContractContentRow.schema_id).where(
            ContractContentRow.tenant == TENANT, ContractContentRow.content_id == content
        )
    ).first()


def _next_number(session: Session, wanted: int | None) -> int:
    """The number to give; the row it comes from stays locked until the transaction ends."""
    insert_new(session, ContractCounterRow, [{"tenant": TENANT, "name": _COUNTER, "value": 0}])
    value: Any = col(ContractCounterRow.value) + 1 if wanted is None else _greater(session, wanted)
    return_value = session.execute(
        update(ContractCounterRow)
        .where(col(ContractCounterRow.tenant) == TENANT, col(ContractCounterRow.name) == _COUNTER)
        .values(value=value)
        .returning(col(ContractCounterRow.value))
    ).scalar_one()
    return int(return_value) if wanted is None else wanted


def _greater(session: Session, wanted: int) -> Any:
    larger = func.max if session.get_bind().dialect.name == "sqlite" else func.greatest
    return larger(ContractCounterRow.value, wanted)


def _refuse_taken(session: Session, schema_id: int) -> None:
    if by_schema_id(session, schema_id) is not None:
        raise RefusedError("id-taken", f"the id {schema_id} stands for other content", "id", "use a free id")


def _row(contract: Contract, content: str, schema_id: int, now: Instant) -> ContractContentRow:
    return ContractContentRow(
        tenant=TENANT,
        content_id=content,
        schema_id=schema_id,
        artefact_type=contract.document.type,
        syntax=contract.syntax or contract.document.syntax,
        dialect=contract.dialect,
        references=json.dumps([reference.as_json() for reference in contract.references]),
        extra=json.dumps({name: value for name, value in contract.extra.items() if value}),
        body=contract.bytes,
        registered_at=now,
    )
