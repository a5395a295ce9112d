# SPDX-License-Identifier: Apache-2.0
"""What the collectors counted, told to the registry: who really uses a contract version, declared or not, retired or not."""

from collections.abc import Callable

from sqlmodel import Session, col, select

from collectors import contract_use
from collectors.contract_use import ContractUse
from registry import deployment_store, usage
from registry.tables import ContractVersionRow
from registry.transition import Users
from registry.usage import Seen, Use
from terms.instant import DAY, Clock, Instant
from terms.tenant import TENANT

STILL_DAYS = 14
"""A version not seen for so long is no longer in use."""


def still_used(session: Session, subject: str, version: str, since: Instant) -> tuple[Seen, ...]:
    """Who used that version since then, by application; empty when nobody was seen."""
    return tuple(_seen(one) for one in contract_use.uses(session, subject, version, since))


def users(clock: Clock, days: int = STILL_DAYS) -> Users:
    """What a step to `retired` asks: who was seen with the version in the last days, in words; empty for nobody."""

    def in_use(session: Session, subject: str, version: str) -> tuple[str, ...]:
        return usage.in_words(still_used(session, subject, version, Instant(clock() - days * DAY)))

    return in_use


def observed(session: Session, subject: str | None = None, since: Instant | None = None) -> tuple[Use, ...]:
    """Everything seen since then, with the version's lifecycle and whether the application declared it, by subject, version
    and application. Four statements, however much there is."""
    seen = [_seen(one) for one in contract_use.uses(session, subject, None, since)]
    subjects = sorted({one.subject for one in seen})
    rows = session.exec(
        select(ContractVersionRow.subject, ContractVersionRow.semver, ContractVersionRow.lifecycle).where(
            ContractVersionRow.tenant == TENANT, col(ContractVersionRow.subject).in_(subjects)
        )
    )
    lifecycles = {(name, semver): lifecycle for name, semver, lifecycle in rows}
    return usage.judged(seen, lifecycles, deployment_store.applications(session))


def _seen(one: ContractUse) -> Seen:
    return Seen(one.subject, one.version, one.application, one.uses, one.first_seen, one.last_seen)


Observe = Callable[[Session], tuple[Use, ...]]
