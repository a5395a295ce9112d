# SPDX-License-Identifier: Apache-2.0
"""Which page of a contract does an address mean? One route takes all of them, because a subject may hold slashes."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import RedirectResponse, Response

from dashboards import (
    contract,
    contract_address,
    contract_approvals,
    contract_approving,
    contract_diff,
    contract_moves,
    contract_register,
    deployments,
    what_if,
)
from dashboards.asking import NothingHere, Page, Visit

_OF_SUBJECT: Mapping[str, Callable[[Visit, str], Awaitable[Page]]] = {
    "": contract.show,
    "diff": contract_diff.show,
}
_BESIDE: Mapping[str, Callable[[Visit], Awaitable[Page]]] = {
    "what-if": what_if.show,
    "deployments": deployments.show,
    "approvals": contract_approvals.show,
    "register": contract_register.show,
}
_FORMS: Mapping[str, Callable[[Visit, str], Awaitable[Page | Response]]] = {
    "life": contract_moves.move,
    "delete": contract_moves.delete,
    "restore": contract_moves.restore,
    "approve": contract_approving.approve,
    "withdraw": contract_approving.withdraw,
}


async def show(visit: Visit) -> Page | Response:
    """The page of a subject, one of its parts, or a page that stands beside the subjects.

    Who loads the address of a form anew is led to the contract.
    """
    subject, part = contract_address.asked(visit.request)
    if not subject and part in _BESIDE:
        return await _BESIDE[part](visit)
    if part in _FORMS:
        return RedirectResponse(contract_address.contract(subject), 303, {"Cache-Control": "no-store"})
    return await _OF_SUBJECT[part](visit, subject)


async def take(visit: Visit) -> Page | Response:
    """What a form of a contract's page asks for."""
    subject, part = contract_address.asked(visit.request)
    if part not in _FORMS:
        raise NothingHere("form", visit.request.url.path, contract_address.ROOT)
    return await _FORMS[part](visit, subject)
