# SPDX-License-Identifier: Apache-2.0
"""Why does each part belong to a transaction? Its events and objects, each with the link that joined it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import contract_address, status, supports, timeline
from dashboards.format import count, money, short_instant
from dashboards.supports import Supports

_ROLES = {
    "ANCHOR": "anchor",
    "SAME_AS": "same as",
    "CHILD_OF": "child of",
    "LINK": "link",
    "SUCCEEDS": "chain",
    "ANNOTATE": "note",
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; `contract_address` is `` when it was sent under none, `trouble` marks an opened exception."""

    type: str
    system: status.System
    when: str
    at: str
    objects: tuple[str, ...]
    amount: str
    contract: str
    contract_address: str
    role: str
    message: str
    why: str
    id: str
    trace_id: str
    trouble: bool
    payload: "PayloadView | None"


@dataclass(frozen=True, slots=True)
class PayloadView:
    """What an event carried, masked, and whether it keeps its contract; `problems` say where it does not."""

    badge: status.Badge
    document: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Why one object belongs: its role, the object it hangs on, the rule that said so and the event that showed it.

    `decision` is the id of the decision that made it so, `` when events did; `supports` all that says so, None for nothing.
    """

    object: str
    role: str
    parent: str
    why: str
    rule: str
    event: str
    when: str
    decision: str
    supports: Supports | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What a person decided about objects of the transaction, and when."""

    id: str
    words: str
    reason: str
    by: str
    when: str
    at: str


def event(event: Mapping[str, Any], payload: Mapping[str, Any] | None = None) -> EventRow:
    """The row of one event, with what it carried where that is kept and may be seen."""
    subject, version = event["contractSubject"], event["contractVersion"]
    share = "" if event["sharePpm"] >= 1_000_000 else f", {event['sharePpm'] / 10_000:.1f} % of it"
    return EventRow(
        type=event["type"].removeprefix("throughline."),
        system=status.system(event["system"]),
        when=short_instant(event["at"]),
        at=event["at"],
        objects=tuple(key["text"] for key in event["objects"]),
        amount=money(event["amount"]) if event["amount"] else "",
        contract=f"{subject} {version or ''}".strip() if subject else "",
        contract_address=contract_address.contract(subject) if subject else "",
        role=event["role"].lower() + share,
        message=event["message"] or "",
        why=event["why"],
        id=event["id"],
        trace_id=event["traceId"] or "",
        trouble=timeline.is_trouble(event),
        payload=None if payload is None else _payload(payload),
    )


def _payload(payload: Mapping[str, Any]) -> PayloadView:
    problems = tuple(
        f"{one['where']}: {one['what']}" + (f" ({one['next']})" if one["next"] else "")
        for one in payload["problems"]
    )
    return PayloadView(status.payload(payload["verdict"]), payload["document"], problems)


def member(member: Mapping[str, Any], transaction: str) -> MemberRow:
    """The row of one object of the transaction of that id."""
    version = f" v{count(member['ruleVersion'])}" if member["ruleVersion"] is not None else ""
    return MemberRow(
        object=member["object"]["text"],
        role=_ROLES[member["role"]],
        parent=member["parent"]["text"] if member["parent"] else "",
        why=member["why"],
        rule=(member["rule"] or "") + version,  # the anchor, and what is only named beside it, have no rule
        event=member["eventId"] or "",
        when=short_instant(member["eventAt"]) if member["eventAt"] else "",
        decision=member["decisionId"] or "",
        supports=supports.supports(member["supports"], transaction, member["object"]["text"]),
    )


def decision(decision: Mapping[str, Any]) -> DecisionRow:
    """The row of one decision."""
    word = {"SAME": "is the same as", "PART": "is part of", "APART": "does not belong with"}[decision["kind"]]
    return DecisionRow(
        id=decision["id"],
        words=f"{decision['object']['text']} {word} {decision['other']['text']}",
        reason=decision["reason"],
        by=decision["decidedBy"],
        when=short_instant(decision["decidedAt"]),
        at=decision["decidedAt"],
    )
