# SPDX-License-Identifier: Apache-2.0
"""What happens when a person presses a button of a version's life? One mutation, then the page again: with a word, or with what is wrong."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from dashboards import contract, contract_address, queries
from dashboards.asking import Page, Visit
from dashboards.back import led_to
from dashboards.contract_form import FormProblem, Told, change, day_begins, fields

REFUSED = 422
_DAYS = {"deprecated": "deprecatedAt", "sunset": "sunsetAt"}


async def move(visit: Visit, subject: str) -> Page | Response:
    """Takes a version to another state. The guard has checked the form's token before."""
    form = await fields(visit)
    to = form.get("to", "")
    try:
        days = {name: day_begins(form.get(field, "").strip()) for field, name in _DAYS.items()}
    except ValueError:
        problem = FormProblem("One of the days cannot be read.", "", "write it like 2027-06-30")
        return await _again(visit, subject, form, f"life-{to}", (problem,))
    given = {
        "subject": subject, "version": form.get("version", ""), "to": to, "idempotencyKey": form.get("key", ""),
        "reason": form.get("reason", "").strip(), "successor": form.get("successor", "").strip(),
        "force": form.get("force") == "yes", "ifCompatible": form.get("compatible") == "yes", **days,
    }  # fmt: skip
    outcome, problems = await change(visit, queries.CHANGE_LIFECYCLE, given)
    if problems:
        return await _again(visit, subject, form, f"life-{to}", problems)
    said = "life-as-it-was" if outcome["alreadyThere"] else f"life-{to}"
    back = contract_address.contract(subject, version=outcome["version"]["semver"])
    return led_to(f"{back}#life", said)


async def delete(visit: Visit, subject: str) -> Page | Response:
    """Deletes a version softly."""
    form = await fields(visit)
    wanted = _version(subject, form) | {"force": form.get("force") == "yes"}
    _, problems = await change(visit, queries.DELETE_VERSION, wanted)
    if problems:
        return await _again(visit, subject, form, "delete", problems)
    # Without its last version there is no page of the contract to go back to.
    left = await contract.is_there(visit, subject)
    return led_to(contract_address.contract(subject) if left else contract_address.ROOT, "version-deleted")


async def restore(visit: Visit, subject: str) -> Page | Response:
    """Brings a deleted version back."""
    form = await fields(visit)
    _, problems = await change(visit, queries.RESTORE_VERSION, _version(subject, form))
    if problems:
        return await _again(visit, subject, form, f"restore-{form.get('version', '')}", problems)
    return led_to(contract_address.contract(subject, version=form["version"]), "version-restored")


def _version(subject: str, form: Mapping[str, str]) -> dict[str, Any]:
    number = form.get("version", "")
    return {
        "subject": subject,
        "number": int(number) if number.isdecimal() and len(number) < 10 else 0,
        "idempotencyKey": form.get("key", ""),
        "reason": form.get("reason", "").strip(),
    }


async def _again(
    visit: Visit, subject: str, form: Mapping[str, str], name: str, problems: tuple[FormProblem, ...]
) -> Page:
    """The contract's page with what is wrong beside the form, and the form as it was filled."""
    version = "" if name.startswith("restore-") else form.get("version", "")
    return await contract.shown(visit, subject, version, Told(name, problems, dict(form)), REFUSED)
