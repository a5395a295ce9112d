# SPDX-License-Identifier: Apache-2.0
"""How does a document become a contract? Pasted or uploaded, judged once more, and registered as a version or as a draft."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from dashboards import contract_address, queries
from dashboards.asking import Page, Visit
from dashboards.back import led_to
from dashboards.contract_form import FormProblem, Right, change, fields, press_key, right

REFUSED = 422
EXAMPLE = """{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Shipment sent",
  "x-throughline": {"subject": "shipment-sent", "version": "1.0.0", "owner": "logistics"},
  "type": "object",
  "required": ["shipment_id"],
  "properties": {"shipment_id": {"type": "string", "maxLength": 64}}
}"""


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The form as it was filled, and why it was refused. `what_if` is where a refusal for a break can be looked at."""

    subject: str
    draft: str
    as_draft: bool
    even_if_breaking: bool
    problems: tuple[FormProblem, ...]
    breaks: bool
    right: Right
    example: str


async def show(visit: Visit) -> Page:
    """The empty form; `?subject=` fills in the subject."""
    return await _page(visit, {"subject": visit.asked("subject")}, (), 200)


async def take(visit: Visit) -> Page | Response:
    """Registers what was sent. The guard has checked the form's token before.

    The key is made of what was sent, so that the same document pressed twice is one press.
    """
    try:
        form = await fields(visit)
    except ValueError as error:
        return await _page(visit, {}, (FormProblem(f"{str(error).capitalize()}.", "document"),))
    document = form.get("file") or form.get("draft", "")
    subject = form.get("subject", "").strip()
    if not document.strip():
        problem = FormProblem("There is no document yet.", "document", "paste one, or choose a file")
        return await _page(visit, form, (problem,))
    as_draft, anyway = form.get("as") == "draft", form.get("anyway") == "yes"
    given = {
        "document": document,
        "subject": subject or None,
        "ifCompatible": not as_draft and not anyway,
        "asDraft": as_draft,
        "idempotencyKey": press_key(subject, document, form.get("as", "")),
    }
    outcome, problems = await change(visit, queries.REGISTER_CONTRACT, given)
    if problems:
        breaks = outcome.get("__typename") == "ContractIncompatible"
        return await _page(visit, {**form, "draft": document}, problems, breaks=breaks)
    name, semver = outcome["contract"]["subject"], outcome["version"]["semver"]
    said = "contract-there" if outcome["alreadyThere"] else "contract-registered"
    return led_to(contract_address.contract(name, version=semver), said)


async def _page(
    visit: Visit,
    form: Mapping[str, str],
    problems: tuple[FormProblem, ...],
    status: int = REFUSED,
    *,
    breaks: bool = False,
) -> Page:
    data = await visit.answer(queries.FRAME)
    view = RegisterPage(
        subject=form.get("subject", ""),
        draft=form.get("draft", ""),
        as_draft=form.get("as") == "draft",
        even_if_breaking=form.get("anyway") == "yes",
        problems=problems,
        breaks=breaks,
        right=right(data),
        example=EXAMPLE,
    )
    return Page("contract_register.html", "Register a contract", view, data, status)
