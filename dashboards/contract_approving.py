# SPDX-License-Identifier: Apache-2.0
"""What happens when a person accepts a break, or takes that back? One mutation, and the page they came from again."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response

from dashboards import contract, contract_address, contract_approvals, contract_diff, queries
from dashboards.asking import Page, Visit
from dashboards.back import led_to, own_page
from dashboards.contract_form import FormProblem, Told, change, day_ends, fields
from dashboards.contract_moves import REFUSED


async def approve(visit: Visit, subject: str) -> Page | Response:
    """Accepts one finding until the end of the day that was named."""
    form = await fields(visit)
    fingerprint = form.get("fingerprint", "")
    name = f"approve-{fingerprint}"
    try:
        until = day_ends(form.get("until", "").strip())
    except ValueError:
        until = None
    if until is None:
        problem = FormProblem("The last day is missing.", "until", "write it like 2026-12-31")
        return await _again(visit, subject, form, name, (problem,))
    given = {
        "subject": subject,
        "fingerprint": fingerprint,
        "reason": form.get("reason", "").strip(),
        "until": until,
        "idempotencyKey": form.get("key", ""),
    }
    _, problems = await change(visit, queries.APPROVE_FINDING, given)
    if problems:
        return await _again(visit, subject, form, name, problems)
    return led_to(_back(subject, form), "finding-approved")


async def withdraw(visit: Visit, subject: str) -> Page | Response:
    """Takes an approval back."""
    form = await fields(visit)
    fingerprint = form.get("fingerprint", "")
    given = {
        "subject": subject,
        "fingerprint": fingerprint,
        "idempotencyKey": form.get("key", ""),
        "reason": form.get("reason", "").strip(),
    }
    outcome, problems = await change(visit, queries.WITHDRAW_APPROVAL, given)
    if problems:
        return await _again(visit, subject, form, f"withdraw-{fingerprint}", problems)
    return led_to(_back(subject, form), "approval-gone" if outcome["alreadyGone"] else "approval-withdrawn")


def _back(subject: str, form: Mapping[str, str]) -> str:
    return own_page(form.get("next", ""), contract_address.contract(subject))


async def _again(
    visit: Visit, subject: str, form: Mapping[str, str], name: str, problems: tuple[FormProblem, ...]
) -> Page:
    """The page the form was on, with what is wrong beside it."""
    parts = urlsplit(_back(subject, form))
    asked, told = dict(parse_qsl(parts.query)), Told(name, problems, dict(form))
    if parts.path == contract_address.approvals():
        return await contract_approvals.show(visit, told, REFUSED)
    if parts.path.endswith("/diff"):
        return await contract_diff.shown(visit, subject, asked, told, REFUSED)
    return await contract.shown(visit, subject, asked.get("version", ""), told, REFUSED)
