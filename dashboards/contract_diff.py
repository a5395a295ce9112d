# SPDX-License-Identifier: Apache-2.0
"""What changed between two versions? Both documents side by side, and each finding with its reason, proof and fix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from dashboards import contract_address, contract_approvals, findings, queries, side_by_side
from dashboards.asking import NothingHere, Page, Visit
from dashboards.contract_approvals import Accepting
from dashboards.contract_form import NOTHING, Told
from dashboards.findings import VerdictView
from dashboards.side_by_side import Row

MODES = ("BACKWARD", "FORWARD", "FULL")
POLICIES = ("validation", "lenient", "codegen")
_ASKED = ("from", "to", "mode", "policy", "all")


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form offers: (value, words) pairs, and what is chosen now."""

    versions: tuple[tuple[str, str], ...]
    old: str
    new: str
    mode: str
    policy: str


@dataclass(frozen=True, slots=True)
class DiffPage:
    """`rows` is empty where a text is too long to stand beside the other; `whole` is the address that folds nothing, or ``."""

    subject: str
    title: str
    back: str
    address: str
    choice: Choice
    old: str
    new: str
    rows: tuple[Row, ...]
    differs: bool
    whole: str
    verdict: VerdictView
    command: str
    accepting: Accepting
    still: bool


async def show(visit: Visit, subject: str) -> Page:
    """`?from=` and `?to=` name the versions, else the latest against the one before; `mode`, `policy` and `all` as on the page."""
    return await shown(visit, subject, {name: visit.asked(name) for name in _ASKED})


async def shown(
    visit: Visit, subject: str, given: Mapping[str, str], told: Told = NOTHING, status_code: int = 200
) -> Page:
    """The same page, with what was told about a form that had been sent from it."""
    asked = {name: given.get(name, "") for name in _ASKED[:-1]}
    data = await visit.answer(
        queries.DIFF, subject=subject, **{name: value or None for name, value in asked.items()}
    )
    contract, diff = data["contract"], data["diff"]
    if contract is None:
        raise NothingHere("contract", subject, contract_address.ROOT)
    if diff is None:
        wanted = " or ".join(filter(None, (asked["from"], asked["to"])))
        raise NothingHere("contract", f"{subject} version {wanted}", contract_address.contract(subject))
    view = await run_in_threadpool(_view, data, asked, given.get("all") == "yes", told)
    return Page(
        "contract_diff.html", f"{contract['title']}: {view.old} to {view.new}", view, data, status_code
    )


def _view(data: Mapping[str, Any], asked: Mapping[str, str], whole: bool, told: Told) -> DiffPage:
    contract, diff = data["contract"], data["diff"]
    subject, old, new = contract["subject"], diff["old"], diff["new"]
    verdict = findings.verdict(diff["verdict"])
    rows = side_by_side.rows(old["text"], new["text"], findings.lines_of(verdict), whole=whole)
    versions = [version["semver"] for version in sorted(contract["versions"], key=lambda one: -one["number"])]
    chosen = {"mode": asked["mode"], "policy": asked["policy"], "from": old["version"], "to": new["version"]}
    here = contract_address.contract(subject, "diff", **chosen)
    is_folded = any(row.kind == "folded" for row in rows)
    return DiffPage(
        subject=subject,
        title=contract["title"],
        back=contract_address.contract(subject),
        address=contract_address.contract(subject, "diff"),
        choice=Choice(
            tuple((semver, semver) for semver in versions),
            old["version"],
            new["version"],
            verdict.mode,
            verdict.policy,
        ),
        old=old["version"],
        new=new["version"],
        rows=rows,
        differs=old["text"] != new["text"],
        whole=contract_address.contract(subject, "diff", **chosen, all="yes") if is_folded else "",
        verdict=verdict,
        command=f"throughline contracts check NEW --against {subject}@{old['version']} --mode {verdict.mode} --policy {verdict.policy}",
        accepting=contract_approvals.accepting(subject, here, data, told),
        still=told is not NOTHING,
    )
