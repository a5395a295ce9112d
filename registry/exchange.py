# SPDX-License-Identifier: Apache-2.0
"""Everything that is known of a subject as plain values, and back: what export writes, another registry can take over."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from sqlmodel import Session

from registry import approval_store, config, content, store, subjects, versions
from registry.approval_store import Approval
from registry.config import ALL, Config
from registry.dialect import DRAFT_07
from registry.incoming import Incoming, contract_of
from registry.lifecycle import LIFECYCLES
from registry.refusal import RefusedError
from registry.store import Terms
from registry.tables import ContractVersionRow
from registry.verdict import Verdict
from registry.versions import Stored
from terms import instant
from terms.instant import Instant
from terms.problem import ProblemError, did_you_mean
from terms.tenant import TENANT

_TIMES = ("deprecated_at", "sunset_at", "retired_at", "deleted_at", "registered_at")


def exported(session: Session, subject: str) -> dict[str, Any] | None:
    """All versions with their texts, deleted ones too, what was settled and approved; None for an unknown subject."""
    every = versions.stored(session, subject, deleted=True)
    if not every:
        return None
    own = config.own(session, subject)
    return {
        "subject": subject,
        "config": None if own is None else asdict(own),
        "groups": {group: asdict(each) for group, each in config.groups(session, subject).items()},
        "approvals": [
            {
                "fingerprint": each.fingerprint,
                "reason": each.reason,
                "by": each.approved_by,
                "approved_at": instant.text(each.approved_at),
                "until": instant.text(each.until),
            }
            for each in approval_store.approvals(session, subject)
        ],
        "versions": [_exported(each) for each in every],
    }


def take_version(
    session: Session, subject: str, said: Mapping[str, Any], now: Instant, *, keeps_ids: bool = True
) -> bool:
    """Takes over one exported version with its number, state and times; False when it is there already, the very same.

    `keeps_ids`: under its schema id too, which messages may carry. Raises ProblemError for what is no exported version,
    RefusedError where the number or the id stands for something else here.
    """
    incoming = Incoming(
        subject,
        _text(said, "document").encode(),
        _text(said, "syntax"),
        said.get("dialect") or DRAFT_07.uri,
        said.get("references", []),
        said.get("extra", {}),
        any_subject=True,
    )
    contract = replace(contract_of(session, incoming, "document"), semver=_text(said, "version"))
    number, schema_id = _number(said, "number"), _number(said, "schema_id") if keeps_ids else None
    row = session.get(ContractVersionRow, (TENANT, subject, number))
    is_new = row is None
    if row is None:
        terms = Terms(lifecycle=_lifecycle(said), number=number, schema_id=schema_id)
        info = store.register_on(session, contract, now, terms)
        row = session.get(ContractVersionRow, (TENANT, subject, number))
        if row is None or isinstance(info, Verdict):
            raise RefusedError(
                "id-taken", f"version {number} of '{subject}' is here under another number", "number"
            )
    elif row.content_id != content.content_id(contract) or row.semver != contract.semver:
        raise RefusedError("id-taken", f"version {number} of '{subject}' is something else here", "number")
    before = row.model_dump()
    _settle(row, said)
    if row.model_dump() != before:
        session.add(row)
        session.flush()
        subjects.refresh(session, subject, now)
        return True
    return is_new


def take_settings(session: Session, subject: str, said: Mapping[str, Any], now: Instant) -> None:
    """Takes over what was settled for an exported subject and its groups, and its approvals."""
    for group, each in {ALL: said.get("config"), **(said.get("groups") or {})}.items():
        if each:
            config.settle(session, subject, group, Config(**each), now)
    for each in said.get("approvals", []):
        approval_store.approve(
            session,
            Approval(
                subject,
                each["fingerprint"],
                each["reason"],
                each["by"],
                instant.parse(each["approved_at"]),
                instant.parse(each["until"]),
            ),
        )


def _exported(each: Stored) -> dict[str, Any]:
    row, held = each.row, each.content
    times = {name: getattr(row, name) for name in _TIMES}
    return {
        "number": row.number,
        "version": row.semver,
        "schema_id": held.schema_id,
        "content_id": held.content_id,
        "type": held.type,
        "syntax": held.syntax,
        "dialect": held.dialect or None,
        "references": [reference.as_json() for reference in held.references],
        "extra": dict(held.extra),
        "lifecycle": row.lifecycle,
        "successor": row.successor or None,
        **{name: None if at is None else instant.text(Instant(at)) for name, at in times.items()},
        "document": held.body.decode(),
    }


def _settle(row: ContractVersionRow, said: Mapping[str, Any]) -> None:
    row.lifecycle, row.successor = _lifecycle(said), said.get("successor") or ""
    for name in _TIMES:
        at = said.get(name)
        if at is not None or name != "registered_at":
            setattr(row, name, None if at is None else instant.parse(at))


def _lifecycle(said: Mapping[str, Any]) -> str:
    lifecycle = _text(said, "lifecycle")
    if lifecycle not in LIFECYCLES:
        raise ProblemError(
            f"'{lifecycle}' is not a lifecycle state", "lifecycle", did_you_mean(lifecycle, LIFECYCLES)
        )
    return lifecycle


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise ProblemError(f"{name} is missing", f"/{name}", "send a version as it was exported")
    return value


def _number(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or not 0 < value < 2**31:
        raise ProblemError(f"{name} is not a number", f"/{name}", "send a version as it was exported")
    return value
