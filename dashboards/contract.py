# SPDX-License-Identifier: Apache-2.0
"""What does one contract promise? Its fields, its versions with what each changed, and who uses which version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import contract_address, queries, status
from dashboards.asking import NothingHere, Page, Visit
from dashboards.contract_seen import DAYS, LONG_DAYS, PAGE_SIZE, SeenView, seen
from dashboards.contract_use import UseView, use
from dashboards.format import counted, instant, short_id

CHANGES = 6
_TYPES = {"json-schema": "JSON Schema", "openapi": "OpenAPI", "asyncapi": "AsyncAPI"}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """`here` marks the version whose fields the page shows; `changes` are (tone, words) pairs, the worst first, `more` beyond them."""

    address: str
    diff: str
    number: int
    semver: str
    lifecycle: status.Badge
    registered: str
    registered_at: str
    verdict: status.Badge
    difference: str
    changes: tuple[tuple[str, str, str], ...]
    more: str
    here: bool


@dataclass(frozen=True, slots=True)
class FieldRow:
    """`parent` is the path the field lies in, `name` its own; `depth` indents it, at most 6."""

    parent: str
    name: str
    depth: int
    type: str
    required: bool
    deprecated: bool
    classification: str
    description: str
    constraints: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartRow:
    """What goes in or comes out of an operation."""

    title: str
    media_type: str
    description: str
    fields: tuple[FieldRow, ...]


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation; `refusals` are the codes of 400 and above, told in one line."""

    id: str
    verb: str
    place: str
    summary: str
    deprecated: bool
    sunset: str
    parts: tuple[PartRow, ...]
    refusals: str


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One subject, at one of its versions. `document` is its text as people read it."""

    subject: str
    title: str
    description: str
    facts: tuple[tuple[str, str], ...]
    lifecycle: status.Badge
    versions: tuple[VersionRow, ...]
    semver: str
    content_id: str
    short_content_id: str
    diff: str
    what_if: str
    end: tuple[str, ...]
    fields: tuple[FieldRow, ...]
    operations: tuple[OperationRow, ...]
    examples: tuple[str, ...]
    document: str
    use: UseView
    seen: SeenView


async def show(visit: Visit, subject: str) -> Page:
    """The subject at `?version=` (its number or semantic version), else at its newest version. `?seen=` goes on behind a cursor
    in the list of who was seen with it."""
    asked, after = visit.asked("version"), visit.asked("seen")
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
        "contract.html", contract["title"], _view(contract, chosen, data["instance"]["now"], after), data
    )


def _view(contract: Mapping[str, Any], chosen: Mapping[str, Any], now: str, after: str) -> ContractPage:
    owners = (("Owner", contract["owner"] or "nobody yet"), ("Steward", contract["steward"] or "nobody yet"))
    mode = contract["compatibilityMode"].lower().replace("_", " ")
    facts = (
        *owners,
        ("Domain", contract["domain"] or "none"),
        ("Type", _TYPES[chosen["type"]]),
        ("Compatibility", mode),
    )
    versions = sorted(contract["versions"], key=lambda version: -version["number"])
    subject, is_first = contract["subject"], chosen["number"] == versions[-1]["number"]
    return ContractPage(
        subject=subject,
        title=contract["title"],
        description=contract["description"],
        facts=tuple(facts),
        lifecycle=status.lifecycle(chosen["lifecycle"]),
        versions=tuple(_version(subject, version, versions, chosen) for version in versions),
        semver=chosen["semver"],
        content_id=chosen["contentId"],
        short_content_id=short_id(chosen["contentId"], 14),
        diff="" if is_first else contract_address.contract(subject, "diff", to=chosen["semver"]),
        what_if=contract_address.what_if(subject),
        fields=tuple(_field(found) for found in chosen["fields"]),
        end=_end(chosen),
        operations=tuple(
            _operation(place, found) for place, found in enumerate(chosen["operations"], start=1)
        ),
        examples=tuple(chosen["examples"]),
        use=use(contract),
        seen=seen(contract, now, after),
        document=chosen["text"],
    )


def _version(
    subject: str, version: Mapping[str, Any], versions: list[Any], chosen: Mapping[str, Any]
) -> VersionRow:
    verdict, semver = version["verdict"], version["semver"]
    changed = changes(verdict["findings"]) if verdict else ()
    older = next((one["semver"] for one in versions if one["number"] < version["number"]), "")
    return VersionRow(
        address=contract_address.contract(subject, version=semver),
        diff=contract_address.contract(subject, "diff", **{"from": older, "to": semver}) if older else "",
        number=version["number"],
        semver=semver,
        lifecycle=status.lifecycle(version["lifecycle"]),
        registered=instant(version["registeredAt"]),
        registered_at=version["registeredAt"],
        verdict=status.verdict(verdict["status"] if verdict else None),
        difference=(verdict["difference"] or "") if verdict else "",
        changes=changed[:CHANGES],
        more=counted(len(changed) - CHANGES, "more change") if len(changed) > CHANGES else "",
        here=version["number"] == chosen["number"],
    )


def changes(found: list[Mapping[str, Any]]) -> tuple[tuple[str, str, str], ...]:
    """What a version changed as (level tone, words, place), each change once however many readers it concerns."""
    told: dict[tuple[str, str], tuple[str, str, str]] = {}
    for one in found:
        place = one["pointerNew"] or one["pointerOld"]
        words = one["what"]
        if one["before"] and one["after"]:
            words += f": {one['before']} → {one['after']}"
        elif one["before"] or one["after"]:
            words += f": {one['before'] or one['after']}"
        told.setdefault((place, words), (status.finding(one["level"]).tone, words, place))
    return tuple(told.values())


def _field(found: Mapping[str, Any]) -> FieldRow:
    parent, slash, name = found["pointer"].rpartition("/")
    return FieldRow(
        parent=f"{parent}{slash}",
        name=name,
        depth=min(found["depth"], 6),
        type=found["type"],
        required=found["required"],
        deprecated=found["deprecated"],
        classification=found["classification"] or "",
        description=found["description"] or "",
        constraints=tuple(found["constraints"]),
        examples=tuple(found["examples"]),
    )


def _end(version: Mapping[str, Any]) -> tuple[str, ...]:
    """What is known of the end of the version's life, in words."""
    said = (
        ("deprecated since", "deprecatedAt"),
        ("may stop after", "sunsetAt"),
        ("retired since", "retiredAt"),
    )
    told = [f"{words} {instant(version[name])}" for words, name in said if version[name]]
    return (*told, f"use {version['successor']} instead") if version["successor"] else tuple(told)


def _operation(place: int, found: Mapping[str, Any]) -> OperationRow:
    parts = [
        PartRow(
            one["title"],
            one["mediaType"],
            one["description"],
            tuple(_field(field) for field in one["fields"]),
        )
        for one in found["parts"]
    ]
    refusals = [part.title for part in parts if part.title[:1] in ("4", "5") and len(part.title) == 3]
    return OperationRow(
        id=f"operation-{place}",
        verb=found["verb"],
        place=found["place"],
        summary=found["summary"],
        deprecated=found["deprecated"],
        sunset=found["sunset"] or "",
        parts=tuple(part for part in parts if part.title not in refusals),
        refusals=", ".join(dict.fromkeys(refusals)),
    )
