# SPDX-License-Identifier: Apache-2.0
"""What was promised? Every contract with its owner, its newest verdict, and what traffic really uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import contract_address, queries, status
from dashboards.asking import Page, Visit
from dashboards.format import count, counted

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class ContractRow:
    """`traffic` tells which versions were seen, the most used first."""

    address: str
    subject: str
    title: str
    owner: str
    domain: str
    lifecycle: status.Badge
    mode: str
    latest: str
    versions: str
    verdict: status.Badge
    traffic: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    search: str
    total: str
    rows: tuple[ContractRow, ...]
    next_page: str


async def show(visit: Visit) -> Page:
    """The list, narrowed by `?search=`."""
    search, after = visit.asked("search"), visit.asked("after")
    data = await visit.answer(queries.CONTRACTS, first=PAGE_SIZE, after=after or None, search=search or None)
    found = data["contracts"]
    more = {"search": search} if search else {}
    view = Catalogue(
        search=search,
        total=counted(found["totalCount"], "contract"),
        rows=tuple(_row(node) for node in found["nodes"]),
        next_page=f"/contracts?{urlencode(more | {'after': found['pageInfo']['endCursor']})}"
        if found["pageInfo"]["hasNextPage"]
        else "",
    )
    return Page("contracts.html", "Contracts", view, data)


def _row(contract: Mapping[str, Any]) -> ContractRow:
    latest, seen = contract["latest"], sorted(contract["traffic"], key=lambda used: -used["events"])
    verdict = latest["verdict"]["status"] if latest["verdict"] else None
    return ContractRow(
        address=contract_address.contract(contract["subject"]),
        subject=contract["subject"],
        title=contract["title"],
        owner=contract["owner"],
        domain=contract["domain"],
        lifecycle=status.lifecycle(contract["lifecycle"]),
        mode=contract["compatibilityMode"],
        latest=latest["semver"],
        versions=counted(len(contract["versions"]), "version"),
        verdict=status.verdict(verdict),
        traffic=", ".join(f"{used['version']}: {count(used['events'])}" for used in seen) or "none seen",
    )
