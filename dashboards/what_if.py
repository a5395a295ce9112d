# SPDX-License-Identifier: Apache-2.0
"""What would my draft break? A person pastes a document and reads the verdict it would get; nothing is stored."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from dashboards import contract_address, findings, queries, side_by_side
from dashboards.asking import Page, Visit
from dashboards.contract_diff import POLICIES
from dashboards.contract_form import FormProblem, Right, fields, problems, right, sentence
from dashboards.findings import VerdictView
from dashboards.side_by_side import Row

ADDRESS = contract_address.what_if()
MODES = ("BACKWARD", "FORWARD", "FULL", "BACKWARD_TRANSITIVE", "FORWARD_TRANSITIVE", "FULL_TRANSITIVE")
EXAMPLE = "throughline contracts check draft.json --against"


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on a draft with both texts beside each other, and the command that asks the same in CI."""

    subject: str
    address: str
    old: str
    rows: tuple[Row, ...]
    differs: bool
    verdict: VerdictView
    command: str


@dataclass(frozen=True, slots=True)
class WhatIfPage:
    """The form as it was filled, and what became of it: an answer, or problems of the draft, or a message; or nothing yet."""

    subject: str
    mode: str
    policy: str
    draft: str
    answer: Answer | None
    problems: tuple[FormProblem, ...]
    message: str
    right: Right


async def show(visit: Visit) -> Page:
    """The empty form; `?subject=` fills in the subject."""
    data = await visit.answer(queries.FRAME)
    view = WhatIfPage(visit.asked("subject"), "", "validation", "", None, (), "", right(data))
    return Page("what_if.html", "What would a draft break?", view, data)


async def ask(visit: Visit) -> Page:
    """The form, answered. The guard has checked its CSRF token before; asking changes nothing, so asking twice is harmless."""
    form = _known(await fields(visit))
    if not form["draft"].strip():
        data = await visit.answer(queries.FRAME)
        return _page(
            form, data, message="There is no draft yet: paste a JSON Schema, OpenAPI or AsyncAPI document."
        )
    given = {
        "document": form["draft"],
        "subject": form["subject"],
        "mode": form["mode"],
        "policy": form["policy"],
    }
    data = await visit.answer(queries.WHAT_IF, **{name: value or None for name, value in given.items()})
    found = data["compatibility"]
    if found["__typename"] == "DraftUnreadable":
        return _page(form, data, told=problems(found["problems"]))
    if found["__typename"] == "ContractNotFound":
        return _page(form, data, message=sentence(found["message"]))
    return _page(form, data, answer=await run_in_threadpool(_answer, found))


def _page(
    form: Mapping[str, str],
    data: Mapping[str, Any],
    *,
    answer: Answer | None = None,
    told: tuple[FormProblem, ...] = (),
    message: str = "",
) -> Page:
    view = WhatIfPage(
        subject=form["subject"] or (answer.subject if answer else ""),
        mode=form["mode"],
        policy=form["policy"] or "validation",
        draft=form["draft"],
        answer=answer,
        problems=told,
        message=message,
        right=right(data),
    )
    return Page("what_if.html", "What would a draft break?", view, data)


def _answer(found: Mapping[str, Any]) -> Answer:
    old, new, verdict = found["old"], found["new"], findings.verdict(found["verdict"])
    return Answer(
        subject=found["subject"],
        address=contract_address.contract(found["subject"]),
        old=old["version"] if old else "",
        rows=side_by_side.rows(old["text"], new["text"], findings.lines_of(verdict)) if old else (),
        differs=old is not None and old["text"] != new["text"],
        verdict=verdict,
        command=f"{EXAMPLE} {shlex.quote(found['subject'])} --mode {verdict.mode} --policy {verdict.policy}",
    )


def _known(form: Mapping[str, str]) -> dict[str, str]:
    """The fields this page knows; a mode or a policy there is none of counts as not chosen."""
    given = {name: form.get(name, "") for name in ("subject", "mode", "policy", "draft")}
    known = {"mode": MODES, "policy": POLICIES}
    return {
        name: value if name not in known or value in known[name] else "" for name, value in given.items()
    } | {"subject": given["subject"].strip()}
