# SPDX-License-Identifier: Apache-2.0
"""What runs where, and may a version go there? Environments by applications, and the answer of can-i-deploy with its reasons."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards import contract_address, queries, status
from dashboards.asking import AnswerRefused, Page, Visit
from dashboards.contract_diff import POLICIES
from dashboards.format import counted, instant

ADDRESS = f"{contract_address.ROOT}/deployments"
_WORDS = {
    "YES": "may be deployed to",
    "NO": "must not be deployed to",
    "UNDECIDED": "is not known to be safe in",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What runs in one environment: `version` empty for nothing; `promotion` says whether it may go on, and `address` asks why."""

    version: str
    deployed: str
    deployed_at: str
    promotion: status.Badge | None
    following: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    application: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason; `address` leads to the contract it is about, or is empty."""

    badge: status.Badge
    what: str
    next: str
    subject: str
    address: str
    who: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    tone: str
    badge: status.Badge
    sentence: str
    compared: str
    policy: str
    reasons: tuple[Reason, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Board:
    environments: tuple[str, ...]
    rows: tuple[Row, ...]
    asked: Mapping[str, str]
    answer: Answer | None
    message: str


async def show(visit: Visit) -> Page:
    """The board; `?application=&version=&to=` asks whether that version may go there, `policy` and `first=yes` as in the gate."""
    data = await visit.answer(queries.DEPLOYMENTS)
    asked = {name: visit.asked(name) for name in ("application", "version", "to", "first")}
    asked["policy"] = visit.asked_among("policy", POLICIES, POLICIES[0])
    environments = tuple(one["name"] for one in data["environments"])
    answer, message = None, ""
    if asked["application"] and asked["version"] and asked["to"]:
        try:
            answer = await _ask(visit, asked)
        except AnswerRefused as refused:
            if refused.code != "BAD_USER_INPUT":
                raise
            message = "; ".join(refused.reasons)
    view = Board(environments, _rows(environments, data["deployments"]), asked, answer, message)
    return Page("deployments.html", "Deployments", view, data)


async def _ask(visit: Visit, asked: Mapping[str, str]) -> Answer:
    given = {name: asked[name] for name in ("application", "version", "to", "policy")}
    data = await visit.answer(queries.CAN_I_DEPLOY, **given, isFirst=asked["first"] == "yes")
    found = data["canIDeploy"]
    badge, name = status.deploy(found["answer"]), f"{found['application']} {found['version']}"
    return Answer(
        tone=badge.tone,
        badge=badge,
        sentence=f"{name} {_WORDS[found['answer']]} {found['environment']}.",
        compared=f"{counted(found['compared'], 'writer and reader', 'writers and readers')} compared",
        policy=found["policy"],
        reasons=tuple(_reason(one) for one in found["reasons"]),
        command=f"throughline can-i-deploy {shlex.quote(found['application'])} {shlex.quote(found['version'])} --to {found['environment']}",
    )


def _reason(one: Mapping[str, Any]) -> Reason:
    who = f"{one['application']} {one['applicationVersion']}".strip()
    return Reason(
        badge=status.weight(one["weight"]),
        what=one["what"],
        next=one["next"],
        subject=one["subject"],
        address=contract_address.contract(one["subject"]) if one["subject"] else "",
        who=who,
        findings=tuple(
            f"{found['what']} at {found['pointerNew'] or found['pointerOld'] or '/'}: {found['why']}"
            for found in one["findings"][:10]
        ),
    )


def _rows(environments: tuple[str, ...], found: list[Mapping[str, Any]]) -> tuple[Row, ...]:
    running = {(one["application"], one["environment"]): one for one in found}
    return tuple(
        Row(name, tuple(_cell(running.get((name, environment))) for environment in environments))
        for name in sorted({one["application"] for one in found})
    )


def _cell(one: Mapping[str, Any] | None) -> Cell:
    if one is None:
        return Cell("", "", "", None, "", "")
    promotion = one["promotion"]
    following = promotion["environment"] if promotion else ""
    words = {"application": one["application"], "version": one["version"], "to": following}
    return Cell(
        version=one["version"],
        deployed=instant(one["deployedAt"]),
        deployed_at=one["deployedAt"],
        promotion=status.deploy(promotion["answer"]) if promotion else None,
        following=following,
        address=f"{ADDRESS}?{contract_address.query(**words)}" if promotion else "",
    )
