# SPDX-License-Identifier: Apache-2.0
"""What was promised? Every contract with its owner, its newest verdict, and how much it is really used; searched and narrowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import contract_address, contract_seen, queries, status
from dashboards.asking import Page, Visit
from dashboards.format import count, counted, last_day

PAGE_SIZE = 50
MOST_VALUES = 100
FACETS = {"domain": "Domain", "owner": "Owner", "lifecycle": "State", "type": "Type", "mode": "Compatibility"}
TYPES = {"json-schema": "JSON Schema", "openapi": "OpenAPI", "asyncapi": "AsyncAPI"}


@dataclass(frozen=True, slots=True)
class ContractRow:
    """`approved` tells until when a verdict is accepted that would not pass by itself, else it is empty. `use` tells how much it
    was used of late, `used` by which versions and when last.
    """

    address: str
    subject: str
    title: str
    owner: str
    domain: str
    type: str
    lifecycle: status.Badge
    mode: str
    latest: str
    versions: str
    verdict: status.Badge
    approved: str
    use: str
    used: str


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow the list: `options` are (value, words with their count) pairs, `chosen` the value in force or ``."""

    name: str
    label: str
    chosen: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the address of the list without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    search: str
    days: int
    total: str
    facets: tuple[Facet, ...]
    chips: tuple[Chip, ...]
    rows: tuple[ContractRow, ...]
    next_page: str
    first_page: str


async def show(visit: Visit) -> Page:
    """The list, narrowed by `?search=` and one value each of domain, owner, lifecycle, type and mode; `?after=` goes on."""
    filters = {"search": visit.asked("search"), **{name: visit.asked(name) for name in FACETS}}
    after = visit.asked("after")
    data = await visit.answer(
        queries.CONTRACTS,
        first=PAGE_SIZE,
        days=contract_seen.DAYS,
        after=after or None,
        search=filters["search"] or None,
        facets=list(FACETS),
        filter={name: filters[name] for name in FACETS if filters[name]},
    )
    found = data["contracts"]
    counts = {facet["name"]: facet["values"] for facet in found["facets"]}
    view = Catalogue(
        search=filters["search"],
        days=contract_seen.DAYS,
        total=counted(found["totalCount"], "contract"),
        facets=tuple(_facet(name, filters[name], counts.get(name, [])) for name in FACETS),
        chips=_chips(filters),
        rows=tuple(_row(node, data["instance"]["now"]) for node in found["nodes"]),
        next_page=_address({**filters, "after": found["pageInfo"]["endCursor"]})
        if found["pageInfo"]["hasNextPage"]
        else "",
        first_page=_address(filters) if after else "",
    )
    return Page("contracts.html", "Contracts", view, data)


def _address(filters: Mapping[str, str]) -> str:
    words = urlencode({name: value for name, value in filters.items() if value})
    return f"{contract_address.ROOT}?{words}" if words else contract_address.ROOT


def _facet(name: str, chosen: str, values: list[Mapping[str, Any]]) -> Facet:
    options = [
        (one["value"], f"{_word(name, one['value'])} ({count(one['count'])})") for one in values[:MOST_VALUES]
    ]
    if chosen and chosen not in dict(options):
        options.append((chosen, f"{_word(name, chosen)} (0)"))
    return Facet(name, FACETS[name], chosen, tuple(options))


def _word(name: str, value: str) -> str:
    if name == "type":
        return TYPES.get(value, value)
    return value.lower().replace("_", " ") if name == "mode" else value


def _chips(filters: Mapping[str, str]) -> tuple[Chip, ...]:
    return tuple(
        Chip(f"{FACETS.get(name, 'Search').lower()}: {_word(name, value)}", _address({**filters, name: ""}))
        for name, value in filters.items()
        if value
    )


def _row(contract: Mapping[str, Any], now: str) -> ContractRow:
    standing, (use, used) = contract["standing"], contract_seen.in_short(contract["use"], now)
    return ContractRow(
        address=contract_address.contract(contract["subject"]),
        subject=contract["subject"],
        title=contract["title"],
        owner=contract["owner"],
        domain=contract["domain"],
        type=TYPES[contract["type"]],
        lifecycle=status.lifecycle(contract["lifecycle"]),
        mode=_word("mode", contract["compatibilityMode"]),
        latest=contract["currentVersion"],
        versions=counted(standing["versions"], "version") if standing else "",
        verdict=_verdict(standing),
        approved=_approved(standing),
        use=use,
        used=used,
    )


def _verdict(standing: Mapping[str, Any] | None) -> status.Badge:
    """The verdict as it stands now; what passes only because somebody accepted it is shown as what it is."""
    if standing is not None and standing["approvedUntil"] is not None:
        return status.approved(standing["withoutApprovals"])
    return status.verdict(standing["verdict"] if standing else None)


def _approved(standing: Mapping[str, Any] | None) -> str:
    until = standing["approvedUntil"] if standing else None
    return f"approved until {last_day(until)}" if until else ""
