# SPDX-License-Identifier: Apache-2.0
"""What does one contract promise? Its versions and their lives, who uses which, what was accepted, and the document itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import contract_address, contract_approvals, contract_life, queries, status
from dashboards.asking import NothingHere, Page, Visit
from dashboards.contract_approvals import Accepting, Approval
from dashboards.contract_document import FieldRow, OperationRow, field, operation
from dashboards.contract_form import NOTHING, Right, Told, right
from dashboards.contract_life import Ending, Gone, Life
from dashboards.contract_seen import DAYS, LONG_DAYS, PAGE_SIZE, SeenView, seen
from dashboards.contract_use import UseView, use
from dashboards.contract_versions import VersionRow, row
from dashboards.format import sentence_list, short_id

_TYPES = {"json-schema": "JSON Schema", "openapi": "OpenAPI", "asyncapi": "AsyncAPI"}


@dataclass(frozen=True, slots=True)
class Note:
    """What the author of a version says it changed; `badge` where it breaks by the author's own word."""

    change: str
    why: str
    badge: status.Badge | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that the contract does not keep, with what to do."""

    badge: status.Badge
    message: str
    remediation: str
    address: str


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One subject, at one of its versions. `document` is its text as people read it."""

    subject: str
    title: str
    description: str
    facts: tuple[tuple[str, str], ...]
    labels: tuple[str, ...]
    lifecycle: status.Badge
    versions: tuple[VersionRow, ...]
    semver: str
    content_id: str
    short_content_id: str
    diff: str
    what_if: str
    endings: tuple[Ending, ...]
    life: Life
    gone: tuple[Gone, ...]
    right: Right
    accepting: Accepting
    approvals: tuple[Approval, ...]
    all_approvals: str
    broken: tuple[Broken, ...]
    notes: tuple[Note, ...]
    fields: tuple[FieldRow, ...]
    operations: tuple[OperationRow, ...]
    examples: tuple[str, ...]
    document: str
    use: UseView
    seen: SeenView
    still: bool


async def show(visit: Visit, subject: str) -> Page:
    """The subject at `?version=` (its number or semantic version), else at its newest version. `?seen=` goes on behind a cursor
    in the list of who was seen with it."""
    return await shown(visit, subject, visit.asked("version"))


async def shown(visit: Visit, subject: str, asked: str, told: Told = NOTHING, status_code: int = 200) -> Page:
    """The same page, with what was told about a form that had been sent from it."""
    # Only its own page has a list of uses to go on in; a form was sent to another address.
    after = visit.asked("seen") if told is NOTHING else ""
    data = await visit.answer(
        queries.CONTRACT,
        subject=subject,
        version=asked or None,
        days=DAYS,
        longDays=LONG_DAYS,
        firstSeen=PAGE_SIZE,
        afterSeen=after or None,
    )
    contract = data["contract"]
    if contract is None:
        raise NothingHere("contract", subject, contract_address.ROOT)
    chosen = contract["version"]
    if chosen is None:
        raise NothingHere("contract", f"{subject} version {asked}", contract_address.contract(subject))
    return Page(
        "contract.html", contract["title"], _view(contract, chosen, data, told, after), data, status_code
    )


async def is_there(visit: Visit, subject: str) -> bool:
    """Whether the subject still has a version that a page could show."""
    return (await visit.answer(queries.IS_THERE, subject=subject))["contract"] is not None


def _view(
    contract: Mapping[str, Any], chosen: Mapping[str, Any], data: Mapping[str, Any], told: Told, after: str
) -> ContractPage:
    versions = sorted(contract["versions"], key=lambda version: -version["number"])
    subject, is_first = contract["subject"], chosen["number"] == versions[-1]["number"]
    address = contract_address.contract(subject, version=chosen["semver"])
    return ContractPage(
        subject=subject,
        title=contract["title"],
        description=contract["description"],
        facts=_facts(contract, chosen),
        labels=tuple(f"{label['name']}: {label['value']}" for label in contract["labels"]),
        lifecycle=status.lifecycle(chosen["lifecycle"]),
        versions=tuple(row(subject, version, versions, chosen) for version in versions),
        semver=chosen["semver"],
        content_id=chosen["contentId"],
        short_content_id=short_id(chosen["contentId"], 14),
        diff="" if is_first else contract_address.contract(subject, "diff", to=chosen["semver"]),
        what_if=contract_address.what_if(subject),
        endings=contract_life.endings(contract),
        life=contract_life.life(contract, chosen, data["instance"]["now"], told),
        gone=contract_life.gone(contract, told),
        right=right(data),
        accepting=contract_approvals.accepting(subject, address, data, told),
        approvals=tuple(contract_approvals.approval(one, told) for one in contract["approvals"]),
        all_approvals=contract_address.approvals(subject),
        broken=tuple(_broken(one) for one in contract["violations"] if one["state"] == "OPEN"),
        notes=_notes(chosen["statement"]),
        fields=tuple(field(found) for found in chosen["fields"]),
        operations=tuple(
            operation(place, found) for place, found in enumerate(chosen["operations"], start=1)
        ),
        examples=tuple(chosen["examples"]),
        use=use(contract),
        seen=seen(contract, data["instance"]["now"], after),
        document=chosen["text"],
        still=told is not NOTHING,
    )


def _facts(contract: Mapping[str, Any], chosen: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    said = chosen["statement"] or {"producers": (), "consumers": ()}
    always = (
        ("Owner", contract["owner"] or "nobody yet"),
        ("Steward", contract["steward"] or "nobody yet"),
        ("Domain", contract["domain"] or "none"),
        ("Type", _TYPES[chosen["type"]]),
        ("Compatibility", contract["compatibilityMode"].lower().replace("_", " ")),
    )
    stated = (
        ("Audience", contract["audience"]),
        ("Kept for", contract["retention"]),
        ("Event type", contract["eventType"]),
        ("Made by", sentence_list(said["producers"])),
        ("Made for", sentence_list(said["consumers"])),
    )
    return (*always, *((name, value) for name, value in stated if value))


def _notes(said: Mapping[str, Any] | None) -> tuple[Note, ...]:
    return tuple(
        Note(one["change"], one["why"], status.finding("breaking") if one["breaking"] else None)
        for one in (said["notes"] if said else ())
    )


def _broken(one: Mapping[str, Any]) -> Broken:
    return Broken(
        status.severity(one["severity"]),
        one["message"],
        one["remediation"],
        f"/policies?{contract_address.query(rule=one['rule'])}",
    )
