# SPDX-License-Identifier: Apache-2.0
"""Which breaks did somebody accept, why, and until when? The list of approvals, of one contract or of all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboards import contract_address, queries
from dashboards.asking import Page, Visit
from dashboards.contract_form import NOTHING, Right, Told, press_key, right
from dashboards.format import counted, day, last_day
from terms.instant import parse, to_datetime

PAGE_SIZE = 50
USUAL_DAYS = 90
"""How long an approval is proposed to last: a waiver that outlives a quarter is a decision nobody looks at."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An accepted finding. `what` and `place` are those of the finding, empty where no registered version has it."""

    subject: str
    address: str
    fingerprint: str
    what: str
    place: str
    reason: str
    by: str
    since: str
    until: str
    in_force: bool
    form: str
    withdraw: str
    key: str
    told: Told


@dataclass(frozen=True, slots=True)
class Accepting:
    """What the form for accepting a finding needs: where it goes, where it leads back to, a proposed last day, and what was told."""

    address: str
    withdraw: str
    back: str
    until: str
    today: str
    right: Right
    told: Told
    subject: str

    def key(self, fingerprint: str) -> str:
        """The key of accepting that finding today, or of taking that back."""
        return press_key(self.subject, fingerprint, self.today)

    def of(self, fingerprint: str) -> Told:
        """What was told about the form of that finding."""
        return self.told.of(f"approve-{fingerprint}")


@dataclass(frozen=True, slots=True)
class ApprovalsPage:
    """`ended`: the list is of those that have ended. `subject` narrows it, empty: of all contracts."""

    subject: str
    ended: bool
    total: str
    rows: tuple[Approval, ...]
    next_page: str
    right: Right


async def show(visit: Visit, told: Told = NOTHING, status: int = 200) -> Page:
    """The approvals in force by subject; `?subject=` of one, `?ended=yes` those that have ended."""
    subject, ended = visit.asked("subject"), visit.asked("ended") == "yes"
    data = await visit.answer(
        queries.APPROVALS,
        first=PAGE_SIZE,
        after=visit.asked("after") or None,
        subject=subject or None,
        ended=ended,
    )
    found = data["approvals"]
    following = {"subject": subject, "ended": "yes" if ended else "", "after": found["pageInfo"]["endCursor"]}
    view = ApprovalsPage(
        subject=subject,
        ended=ended,
        total=counted(found["totalCount"], "approval"),
        rows=tuple(approval(one, told) for one in found["nodes"]),
        next_page=f"{contract_address.approvals()}?{contract_address.query(**following)}"
        if found["pageInfo"]["hasNextPage"]
        else "",
        right=right(data),
    )
    return Page("contract_approvals.html", "Accepted breaks", view, data, status)


def approval(one: Mapping[str, Any], told: Told) -> Approval:
    """One approval as pages tell it."""
    found, subject, fingerprint = one["finding"], one["subject"], one["fingerprint"]
    form = f"withdraw-{fingerprint}"
    return Approval(
        subject=subject,
        address=contract_address.contract(subject),
        fingerprint=fingerprint,
        what=found["what"] if found else "",
        place=(found["pointerNew"] or found["pointerOld"]) if found else "",
        reason=one["reason"],
        by=one["approvedBy"],
        since=day(one["approvedAt"]),
        until=last_day(one["until"]),
        in_force=one["inForce"],
        form=form,
        withdraw=contract_address.contract(subject, "withdraw"),
        key=press_key(subject, fingerprint, one["approvedAt"]),
        told=told.of(form),
    )


def accepting(subject: str, back: str, data: Mapping[str, Any], told: Told) -> Accepting:
    """The form for accepting findings of that subject, on a page that is led back to."""
    today = to_datetime(parse(data["instance"]["now"])).date()
    return Accepting(
        address=contract_address.contract(subject, "approve"),
        withdraw=contract_address.contract(subject, "withdraw"),
        back=back,
        until=(today + timedelta(days=USUAL_DAYS)).isoformat(),
        today=today.isoformat(),
        right=right(data),
        told=told,
        subject=subject,
    )
