# SPDX-License-Identifier: Apache-2.0
"""What runs where? Declarations and deployments are kept and found here; each function runs in the caller's transaction."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry.can_i_deploy import Answer, Meeting, Question, can_i_deploy, matrix_cell
from registry.deployment import (
    ENVIRONMENTS,
    Declaration,
    Deployment,
    Environment,
    RegisteredVersion,
    Use,
    checked_environments,
    named,
)
from registry.deployment_tables import ApplicationUseRow, ApplicationVersionRow, DeploymentRow, EnvironmentRow
from registry.registered import registered
from registry.verdict import DEFAULT_POLICY
from registry.version_range import parse as parse_range
from terms.instant import Instant
from terms.problem import ProblemError
from terms.row_id import next_row_id
from terms.tenant import TENANT


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


def environments(session: Session) -> tuple[Environment, ...]:
    """The environments in the order of promotion; dev, test, stage, prod until others are set."""
    rows = session.exec(
        select(EnvironmentRow).where(EnvironmentRow.tenant == TENANT).order_by(col(EnvironmentRow.position))
    )
    found = tuple(Environment(row.name, row.after, row.rule) for row in rows)  # type: ignore[arg-type]
    return found or ENVIRONMENTS


def set_environments(session: Session, wanted: Sequence[Environment]) -> tuple[Environment, ...]:
    """Replaces the environments. Raises ProblemError for ones that are malformed, and when something runs in one left out."""
    checked = checked_environments(wanted)
    left = {one.environment for one in deployments(session)} - {one.name for one in checked}
    if left:
        raise ProblemError(
            f"something is deployed in {', '.join(sorted(left))}",
            "/environments",
            "keep it, or end the deployments",
        )
    session.execute(delete(EnvironmentRow).where(col(EnvironmentRow.tenant) == TENANT))
    for position, one in enumerate(checked):
        session.add(EnvironmentRow(name=one.name, position=position, after=one.after, rule=one.rule))
    session.flush()
    return checked


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
    return next(iter(_declarations(session, [(application, version)])), None)


def applications(session: Session) -> tuple[Declaration, ...]:
    """Every declared version of every application, by application, the latest declared first."""
    found = _declarations(session, None)
    return tuple(sorted(found, key=lambda one: (one.application, -one.declared_at, one.version)))


def users_of(session: Session, subject: str) -> tuple[Declaration, ...]:
    """Every declared application version that writes or reads the subject, by application, the latest declared first."""
    keys = session.exec(
        select(ApplicationUseRow.application, ApplicationUseRow.version)
        .where(ApplicationUseRow.tenant == TENANT, ApplicationUseRow.subject == subject)
        .distinct()
    ).all()
    found = _declarations(session, [(app, version) for app, version in keys])
    return tuple(sorted(found, key=lambda one: (one.application, -one.declared_at, one.version)))


def record_deployment(
    session: Session, application: str, version: str, environment: str, now: Instant, recorded_by: str
) -> Deployment:
    """Records that the version runs there from now on; the one before it has ended. The same again changes nothing.

    Raises ProblemError for an unknown environment, and for a version that was never declared.
    """
    named(environments(session), environment)
    _lock(session, application)
    if declared(session, application, version) is None:
        raise ProblemError(
            f"there is no record of {application[:100]} {version[:100]}",
            "application",
            "declare it first: throughline applications push application.yaml",
        )
    running = _running(session, application, environment)
    if running is not None and running.version == version:
        return _deployment(running)
    if running is not None:
        running.ended_at = max(now, running.deployed_at)
        session.add(running)
        session.flush()  # it has ended before the next one runs
    row = DeploymentRow(
        deployment_id=next_row_id(), application=application, version=version, environment=environment,
        deployed_at=now, ended_at=None, recorded_by=recorded_by,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return _deployment(row)


def end_deployment(session: Session, application: str, environment: str, now: Instant) -> Deployment | None:
    """Records that the application runs there no more; None when it did not."""
    named(environments(session), environment)
    _lock(session, application)
    running = _running(session, application, environment)
    if running is None:
        return None
    running.ended_at = max(now, running.deployed_at)
    session.add(running)
    session.flush()
    return _deployment(running)


def deployments(
    session: Session,
    environment: str = "",
    application: str = "",
    *,
    history: bool = False,
    first: int = 1_000,
) -> tuple[Deployment, ...]:
    """What runs where, by environment name and application; with `history` also what ran, the latest first within."""
    query = select(DeploymentRow).where(DeploymentRow.tenant == TENANT)
    if environment:
        query = query.where(DeploymentRow.environment == environment)
    if application:
        query = query.where(DeploymentRow.application == application)
    if not history:
        query = query.where(col(DeploymentRow.ended_at).is_(None))
    query = query.order_by(
        col(DeploymentRow.environment),
        col(DeploymentRow.application),
        col(DeploymentRow.deployment_id).desc(),
    ).limit(first)
    return tuple(_deployment(row) for row in session.exec(query))


def ask(
    session: Session,
    application: str,
    version: str,
    environment: str,
    *,
    policy: str = DEFAULT_POLICY,
    is_first: bool = False,
) -> Answer:
    """Whether the version may go to the environment. Raises ProblemError for an environment there is none of."""
    known = environments(session)
    named(known, environment)
    declaration = declared(session, application, version)
    there = deployments(session, environment)
    others = [(one.application, one.version) for one in there if one.application != application]
    been = deployments(session, application=application, history=True)
    return can_i_deploy(
        Question(
            application,
            version,
            environment,
            declaration,
            known,
            tuple(_declarations(session, others)),
            frozenset(one.environment for one in been if one.version == version),
            registered(session, {use.subject for use in declaration.uses} if declaration else ()),
            policy,
            is_first,
        )
    )


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


def _set(uses: Iterable[Use]) -> set[tuple[str, str, str, tuple[str, ...], bool]]:
    return {(use.role, use.subject, use.versions.text, use.fields, use.optional) for use in uses}


def _lock(session: Session, application: str) -> None:
    """Deployments of one application are recorded one after the other: its first row is held meanwhile."""
    session.exec(
        select(ApplicationVersionRow)
        .where(ApplicationVersionRow.tenant == TENANT, ApplicationVersionRow.application == application)
        .order_by(col(ApplicationVersionRow.version))
        .limit(1)
        .with_for_update()
    ).first()


def _running(session: Session, application: str, environment: str) -> DeploymentRow | None:
    return session.exec(
        select(DeploymentRow).where(
            DeploymentRow.tenant == TENANT,
            DeploymentRow.application == application,
            DeploymentRow.environment == environment,
            col(DeploymentRow.ended_at).is_(None),
        )
    ).first()


def _deployment(row: DeploymentRow) -> Deployment:
    ended = None if row.ended_at is None else Instant(row.ended_at)
    return Deployment(
        row.application, row.version, row.environment, Instant(row.deployed_at), ended, row.recorded_by
    )


def _declarations(session: Session, keys: Sequence[tuple[str, str]] | None) -> list[Declaration]:
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
