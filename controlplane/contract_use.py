# SPDX-License-Identifier: Apache-2.0
"""What the collectors counted, told to the registry: who really uses a contract version, declared or not, retired or not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json import JSONDecodeError, dumps, loads

from sqlmodel import Session, col, select

from collectors.contract_use import counting as contract_use
from collectors.contract_use import seen as contract_seen
from collectors.contract_use.counting import ContractUse
from registry import declaration_store, usage
from registry.tables import ContractVersionRow
from registry.transition import Users
from registry.usage import Seen, Use
from terms.instant import DAY, Clock, Instant
from terms.problem import ProblemError
from terms.tenant import TENANT

STILL_DAYS = 14
"""A version not seen for so long is no longer in use."""
LONGEST_DAYS = 366
_CURSOR = "use:"


@dataclass(frozen=True, slots=True)
class UsePage:
    """Who used one subject of late, by application and version; `total` counts all pages."""

    uses: tuple[Use, ...]
    total: int
    has_more: bool


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
    known = lifecycles(session, sorted({one.subject for one in seen}))
    return usage.judged(seen, known, declaration_store.applications(session))


def used_by(session: Session, subject: str, since: str, first: int, after: str | None = None) -> UsePage:
    """A page of who used the subject since that UTC day, from behind the cursor `after` on. Six statements at most.

    Raises ProblemError for a cursor that is none of this list.
    """
    page = contract_seen.page(session, subject, since, first, None if after is None else _behind(after))
    seen = [_seen(one) for one in page.seen]
    known = lifecycles(session, [subject])
    return UsePage(
        usage.judged(seen, known, declaration_store.users_of(session, subject)), page.total, page.has_more
    )


def lifecycles(session: Session, subjects: Sequence[str]) -> dict[tuple[str, str], str]:
    """The lifecycle of every version of the subjects, by (subject, semantic version)."""
    rows = session.exec(
        select(ContractVersionRow.subject, ContractVersionRow.semver, ContractVersionRow.lifecycle).where(
            ContractVersionRow.tenant == TENANT, col(ContractVersionRow.subject).in_(subjects)
        )
    )
    return {(name, semver): lifecycle for name, semver, lifecycle in rows}


def window(now: Instant, days: int) -> str:
    """The first UTC day of the last `days`, today included. Raises ProblemError for less than one, and for more than 366."""
    if not 1 <= days <= LONGEST_DAYS:
        raise ProblemError(f"days is {days}", "days", f"ask for 1 to {LONGEST_DAYS}")
    return contract_seen.window(now, days)


def cursor(use: Use) -> str:
    """What continues behind that item of a page."""
    return _CURSOR + dumps([use.seen.application, use.seen.version], ensure_ascii=False)


def _behind(cursor: str) -> tuple[str, str]:
    try:
        application, version = loads(cursor.removeprefix(_CURSOR))
    except (JSONDecodeError, TypeError, ValueError):
        application, version = None, None
    if not cursor.startswith(_CURSOR) or not isinstance(application, str) or not isinstance(version, str):
        raise ProblemError("is not a cursor of this list", "after", "use the cursor as it came")
    return application, version


def _seen(one: ContractUse) -> Seen:
    return Seen(one.subject, one.version, one.application, one.uses, one.first_seen, one.last_seen)


Observe = Callable[[Session], tuple[Use, ...]]
