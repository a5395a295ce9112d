# SPDX-License-Identifier: Apache-2.0
"""What does each application version say that it writes and reads? Declarations are kept and found here, in the caller's transaction."""

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry.deployment import Declaration, Use
from registry.deployment_tables import ApplicationUseRow, ApplicationVersionRow
from registry.version_range import parse as parse_range
from terms.instant import Instant
from terms.tenant import TENANT


def declare(session: Session, declaration: Declaration) -> Declaration:
    """Keeps what an application version says of itself. The same again changes nothing; anything else replaces it.

    Comes back as it is kept: with the time of the first such declaration.
    """
    known = declared(session, declaration.application, declaration.version)
    if known is not None and (known.owner, _set(known.uses)) == (declaration.owner, _set(declaration.uses)):
        return known
    key = (declaration.application, declaration.version)
    row = session.get(ApplicationVersionRow, (TENANT, *key))
    if row is None:
        row = ApplicationVersionRow(application=key[0], version=key[1], owner="", declared_at=0)
    row.owner, row.declared_at = declaration.owner, declaration.declared_at
    session.add(row)
    session.execute(
        delete(ApplicationUseRow).where(
            col(ApplicationUseRow.tenant) == TENANT,
            col(ApplicationUseRow.application) == key[0],
            col(ApplicationUseRow.version) == key[1],
        )
    )
    session.add_all(
        ApplicationUseRow(
            application=key[0], version=key[1], role=use.role, subject=use.subject, versions=use.versions.text,
            fields=json.dumps(use.fields), optional=int(use.optional),
        )
        for use in declaration.uses
    )  # fmt: skip
    session.flush()
    return declaration


def declared(session: Session, application: str, version: str) -> Declaration | None:
    """What that version of the application says of itself; None when it was never declared."""
    return next(iter(declarations(session, [(application, version)])), None)


def applications(session: Session) -> tuple[Declaration, ...]:
    """Every declared version of every application, by application, the latest declared first."""
    found = declarations(session, None)
    return tuple(sorted(found, key=lambda one: (one.application, -one.declared_at, one.version)))


def users_of(session: Session, subject: str) -> tuple[Declaration, ...]:
    """Every declared application version that writes or reads the subject, by application, the latest declared first."""
    keys = session.exec(
        select(ApplicationUseRow.application, ApplicationUseRow.version)
        .where(ApplicationUseRow.tenant == TENANT, ApplicationUseRow.subject == subject)
        .distinct()
    ).all()
    found = declarations(session, [(app, version) for app, version in keys])
    return tuple(sorted(found, key=lambda one: (one.application, -one.declared_at, one.version)))


def declarations(session: Session, keys: Sequence[tuple[str, str]] | None) -> list[Declaration]:
    """The declarations of these application versions, in no order; None means all. Two statements."""
    if keys is not None and not keys:
        return []
    heads = select(ApplicationVersionRow).where(ApplicationVersionRow.tenant == TENANT)
    uses = select(ApplicationUseRow).where(ApplicationUseRow.tenant == TENANT)
    if keys is not None:
        names = sorted({application for application, _ in keys})
        heads = heads.where(col(ApplicationVersionRow.application).in_(names))
        uses = uses.where(col(ApplicationUseRow.application).in_(names))
    by_key: dict[tuple[str, str], list[Use]] = {}
    for row in session.exec(
        uses.order_by(col(ApplicationUseRow.role).desc(), col(ApplicationUseRow.subject))
    ):
        use = Use(
            row.role,  # type: ignore[arg-type]
            row.subject, parse_range(row.versions), tuple(json.loads(row.fields)), bool(row.optional),
        )  # fmt: skip
        by_key.setdefault((row.application, row.version), []).append(use)
    wanted = None if keys is None else set(keys)
    return [
        Declaration(
            head.application, head.version, head.owner, tuple(by_key.get((head.application, head.version), ())),
            Instant(head.declared_at),
        )
        for head in session.exec(heads)
        if wanted is None or (head.application, head.version) in wanted
    ]  # fmt: skip


def _set(uses: Iterable[Use]) -> set[tuple[str, str, str, tuple[str, ...], bool]]:
    return {(use.role, use.subject, use.versions.text, use.fields, use.optional) for use in uses}
