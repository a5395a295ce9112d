# SPDX-License-Identifier: Apache-2.0
"""Which versions does a contract have, what did each change, and how does each stand under every policy?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards import contract_address, status
from dashboards.findings import PolicyAnswer, policy_answers
from dashboards.format import counted, instant

CHANGES = 6


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change in words. `place` leads to its finding on the page that compares; `fingerprint` names a break to accept, or is empty."""

    tone: str
    words: str
    place: str
    address: str
    approval: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """`here` marks the version whose fields the page shows; `changes` are the worst first, `more` beyond them."""

    address: str
    diff: str
    number: int
    semver: str
    lifecycle: status.Badge
    registered: str
    registered_at: str
    verdict: status.Badge
    policies: tuple[PolicyAnswer, ...]
    difference: str
    changes: tuple[ChangeRow, ...]
    more: str
    here: bool


def row(
    subject: str, version: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], chosen: Mapping[str, Any]
) -> VersionRow:
    """One version; `versions` are all, newest first."""
    verdict, semver = version["verdict"], version["semver"]
    older = next((one["semver"] for one in versions if one["number"] < version["number"]), "")
    diff = contract_address.contract(subject, "diff", **{"from": older, "to": semver}) if older else ""
    changed = changes(verdict["findings"], diff) if verdict else ()
    return VersionRow(
        address=contract_address.contract(subject, version=semver),
        diff=diff,
        number=version["number"],
        semver=semver,
        lifecycle=status.lifecycle(version["lifecycle"]),
        registered=instant(version["registeredAt"]),
        registered_at=version["registeredAt"],
        verdict=status.verdict(verdict["status"] if verdict else None),
        policies=policy_answers(verdict) if verdict else (),
        difference=(verdict["difference"] or "") if verdict else "",
        changes=changed[:CHANGES],
        more=counted(len(changed) - CHANGES, "more change") if len(changed) > CHANGES else "",
        here=version["number"] == chosen["number"],
    )


def changes(found: Sequence[Mapping[str, Any]], diff: str) -> tuple[ChangeRow, ...]:
    """What a version changed, each change once however many readers it concerns."""
    told: dict[tuple[str, str], ChangeRow] = {}
    for one in found:
        place = one["pointerNew"] or one["pointerOld"]
        # A whole schema is no words; where it stands is told beside it.
        values = [v for v in (one["before"], one["after"]) if v and not v.startswith("{")]
        words = f"{one['what']}: {' → '.join(values)}" if values else one["what"]
        stops = any(level["level"] in ("breaking", "undecided") for level in one["levels"])
        told.setdefault(
            (place, words),
            ChangeRow(
                tone="calm" if one["approval"] else status.finding(one["level"]).tone,
                words=words,
                place=place,
                address=f"{diff}#finding-{one['fingerprint']}" if diff and one["fingerprint"] else "",
                approval=one["approval"] or "",
                fingerprint=one["fingerprint"] if stops and not one["approval"] else "",
            ),
        )
    return tuple(told.values())
