# SPDX-License-Identifier: Apache-2.0
"""What does one contract promise? Its versions, the verdict on each, its fields, and who sends which version."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import queries, status
from dashboards.asking import NothingHere, Page, Visit
from dashboards.format import count, counted, instant, sentence_list, short_id


@dataclass(frozen=True, slots=True)
class VersionRow:
    """`here` marks the version whose fields and findings the page shows."""

    address: str
    number: int
    semver: str
    registered: str
    registered_at: str
    verdict: status.Badge
    findings: str
    here: bool


@dataclass(frozen=True, slots=True)
class FieldRow:
    pointer: str
    type: str
    required: bool
    classification: str
    description: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    badge: status.Badge
    rule: str
    pointer: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class TrafficRow:
    version: str
    events: str
    share: str
    width: float
    entities: str
    first_seen: str
    last_seen: str
    known: bool


@dataclass(frozen=True, slots=True)
class ContractPage:
    """One subject, at one of its versions. `document` is indented JSON, or the text as registered when it is not JSON."""

    subject: str
    title: str
    description: str
    facts: tuple[tuple[str, str], ...]
    lifecycle: status.Badge
    versions: tuple[VersionRow, ...]
    semver: str
    content_id: str
    short_content_id: str
    verdict: status.Badge
    judged: str
    fields: tuple[FieldRow, ...]
    findings: tuple[FindingRow, ...]
    document: str
    traffic: tuple[TrafficRow, ...]


async def show(visit: Visit) -> Page:
    """The subject at `?version=` (its number), else at its newest version."""
    subject = visit.request.path_params["subject"]
    data = await visit.answer(queries.CONTRACT, subject=subject)
    contract = data["contract"]
    if contract is None:
        raise NothingHere("contract", subject, "/contracts")
    versions = sorted(contract["versions"], key=lambda version: -version["number"])
    asked = visit.asked("version")
    chosen = next((version for version in versions if str(version["number"]) == asked), versions[0])
    if asked and str(chosen["number"]) != asked:
        raise NothingHere("contract", f"{subject} version {asked}", f"/contracts/{subject}")
    return Page("contract.html", contract["title"], _view(contract, versions, chosen), data)


def _view(contract: Mapping[str, Any], versions: list[Any], chosen: Mapping[str, Any]) -> ContractPage:
    verdict = chosen["verdict"]
    owners = (("Owner", contract["owner"] or "nobody yet"), ("Steward", contract["steward"] or "nobody yet"))
    facts = (*owners, ("Domain", contract["domain"]), ("Compatibility", contract["compatibilityMode"]))
    return ContractPage(
        subject=contract["subject"],
        title=contract["title"],
        description=contract["description"],
        facts=facts,
        lifecycle=status.lifecycle(contract["lifecycle"]),
        versions=tuple(_version(contract["subject"], version, chosen) for version in versions),
        semver=chosen["semver"],
        content_id=chosen["contentId"],
        short_content_id=short_id(chosen["contentId"], 14),
        verdict=status.verdict(verdict["status"] if verdict else None),
        judged=f"mode {verdict['mode']}, policy {verdict['policy']}" if verdict else "",
        fields=tuple(
            FieldRow(
                f["pointer"], f["type"], f["required"], f["classification"] or "", f["description"] or ""
            )
            for f in chosen["fields"]
        ),
        findings=tuple(
            FindingRow(
                status.finding(f["level"]),
                f["rule"],
                f["pointerNew"] or f["pointerOld"],
                f["message"],
                f["fix"],
            )
            for f in (verdict["findings"] if verdict else ())
        ),
        document=_indented(chosen["document"]),
        traffic=_traffic(contract["traffic"], {version["semver"] for version in versions}),
    )


def _version(subject: str, version: Mapping[str, Any], chosen: Mapping[str, Any]) -> VersionRow:
    verdict = version["verdict"]
    return VersionRow(
        address=f"/contracts/{subject}?version={version['number']}",
        number=version["number"],
        semver=version["semver"],
        registered=instant(version["registeredAt"]),
        registered_at=version["registeredAt"],
        verdict=status.verdict(verdict["status"] if verdict else None),
        findings=counted(len(verdict["findings"]), "finding") if verdict else "",
        here=version["number"] == chosen["number"],
    )


def _traffic(traffic: list[Mapping[str, Any]], known: set[str]) -> tuple[TrafficRow, ...]:
    """The versions that events named, most used first. `known` is False for a version nobody registered."""
    total = sum(used["events"] for used in traffic) or 1
    return tuple(
        TrafficRow(
            version=used["version"],
            events=count(used["events"]),
            share=f"{used['events'] / total * 100:.1f} %",
            width=round(used["events"] / total * 100, 1),
            entities=sentence_list(used["legalEntities"]),
            first_seen=instant(used["firstSeenAt"]),
            last_seen=instant(used["lastSeenAt"]),
            known=used["version"] in known,
        )
        for used in sorted(traffic, key=lambda used: -used["events"])
    )


def _indented(document: str) -> str:
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except ValueError:
        return document
