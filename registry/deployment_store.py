# SPDX-License-Identifier: Apache-2.0
"""What runs where? Declarations and deployments are kept and found here; each function runs in the caller's transaction."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry.can_i_deploy import Answer, can_i_deploy
from registry.declaration_store import declarations, declared
from registry.deploy_question import Question
from registry.deployment import (
    ENVIRONMENTS,
    Deployment,
    Environment,
    checked_environments,
    named,
)
from registry.deployment_tables import ApplicationVersionRow, DeploymentRow, EnvironmentRow
from registry.registered import registered
from registry.verdict import DEFAULT_POLICY
from terms.instant import Instant
from terms.problem import ProblemError
from terms.row_id import next_row_id
from terms.tenant import TENANT


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
            tuple(declarations(session, others)),
            frozenset(one.environment for one in been if one.version == version),
            registered(session, {use.subject for use in declaration.uses} if declaration else ()),
            policy,
            is_first,
        )
    )


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
