# SPDX-License-Identifier: Apache-2.0
"""Which page of a contract does an address mean? One route takes all of them, because a subject may hold slashes."""

from collections.abc import Awaitable, Callable, Mapping

from dashboards import contract, contract_address, contract_diff, deployments, what_if
from dashboards.asking import Page, Visit

_OF_SUBJECT: Mapping[str, Callable[[Visit, str], Awaitable[Page]]] = {
    "": contract.show,
    "diff": contract_diff.show,
}
_BESIDE: Mapping[str, Callable[[Visit], Awaitable[Page]]] = {
    "what-if": what_if.show,
    "deployments": deployments.show,
}


async def show(visit: Visit) -> Page:
    """The page of a subject, one of its parts, or a page that stands beside the subjects."""
    subject, part = contract_address.asked(visit.request)
    if not subject and part in _BESIDE:
        return await _BESIDE[part](visit)
    return await _OF_SUBJECT[part](visit, subject)
