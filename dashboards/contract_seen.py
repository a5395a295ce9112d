# SPDX-License-Identifier: Apache-2.0
"""What is really used? What was seen of a contract of late, by version, by day and by application, events and APIs alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboards import contract_address
from dashboards.format import age, count, counted, instant, sentence_list, short_instant
from dashboards.spark import Spark, spark

DAYS = 30
"""The days that a list and the figures of a contract tell of."""
LONG_DAYS = 90
"""The days within which an application is told by name: a quarter, so that what runs at its end is seen."""
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version within the days. `entities` are legal entities that its events named; `known` is False for one nobody registered."""

    version: str
    uses: str
    share: str
    width: float
    applications: str
    entities: str
    last_seen: str
    last_seen_at: str
    known: bool


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A version seen with an application; `trouble` says what is odd about it, or nothing."""

    application: str
    version: str
    uses: str
    first_seen: str
    last_seen: str
    last_seen_at: str
    trouble: str


@dataclass(frozen=True, slots=True)
class SeenView:
    """`line` has a point for each day, None where nothing was seen in any; `more` and `first` are addresses of other pages of `rows`."""

    words: str
    versions: tuple[VersionRow, ...]
    has_entities: bool
    line: Spark | None
    line_words: str
    days: int
    rows: tuple[SeenRow, ...]
    total: str
    more: str
    first: str


def in_short(use: Mapping[str, Any], now: str) -> tuple[str, str]:
    """How much a contract is used, and by what and when last, as a list tells it."""
    last = age(use["lastSeenAt"], now) if use["lastSeenAt"] else ""
    if not use["uses"]:
        return (f"none in {use['days']} days", f"last {last}") if last else ("none seen", "")
    versions = ", ".join(one["version"] for one in use["versions"][:3])
    more = f" and {len(use['versions']) - 3} more" if len(use["versions"]) > 3 else ""
    return (
        f"{count(use['uses'])} by {counted(use['applications'], 'application')}",
        f"{versions}{more} · {last}",
    )


def seen(contract: Mapping[str, Any], now: str, after: str) -> SeenView:
    """What was seen of a contract, as its page tells it; `after` is the cursor the page of applications stands behind."""
    use, observed = contract["use"], contract["observed"]
    registered = {one["semver"] for one in contract["versions"]}
    info, address = observed["pageInfo"], contract_address.contract(contract["subject"])
    points, versions = _points(use), _versions(use, contract["traffic"], registered)
    going_on = contract_address.contract(contract["subject"], seen=info["endCursor"] or "")
    return SeenView(
        words=_words(use, now),
        versions=versions,
        has_entities=any(one.entities for one in versions),
        line=spark(points, 0.0) if use["uses"] else None,
        line_words=f"Uses on each of {use['days']} days, at most {count(max(points))} on one",
        days=LONG_DAYS,
        rows=tuple(_row(one) for one in observed["nodes"]),
        total=counted(observed["totalCount"], "application and version", "applications and versions"),
        more=f"{going_on}#use" if info["hasNextPage"] else "",
        first=f"{address}#use" if after else "",
    )


def _words(use: Mapping[str, Any], now: str) -> str:
    if not use["lastSeenAt"]:
        return ""
    last = f"last used {age(use['lastSeenAt'], now)}"
    if not use["uses"]:
        return f"no use in {use['days']} days, {last}"
    by = counted(use["applications"], "application")
    return f"{counted(use['uses'], 'use')} by {by} in {use['days']} days, {last}"


def _versions(
    use: Mapping[str, Any], traffic: list[Mapping[str, Any]], registered: set[str]
) -> tuple[VersionRow, ...]:
    entities = {one["version"]: sentence_list(one["legalEntities"]) for one in traffic}
    total = use["uses"] or 1
    return tuple(
        VersionRow(
            version=one["version"],
            uses=count(one["uses"]),
            share=f"{one['uses'] / total * 100:.1f} %",
            width=round(one["uses"] / total * 100, 1),
            applications=count(one["applications"]),
            entities=entities.get(one["version"], ""),
            last_seen=short_instant(one["lastSeenAt"]),
            last_seen_at=one["lastSeenAt"],
            known=one["version"] in registered,
        )
        for one in use["versions"]
    )


def _points(use: Mapping[str, Any]) -> list[int]:
    """Uses on each day of the window, a day without any as nought."""
    on = {one["day"]: one["uses"] for one in use["daily"]}
    first = date.fromisoformat(use["since"])
    return [on.get((first + timedelta(days=back)).isoformat(), 0) for back in range(use["days"])]


def _row(one: Mapping[str, Any]) -> SeenRow:
    trouble = [] if one["declared"] else ["not declared"]
    if one["lifecycle"] is None:
        trouble.append("not registered")
    elif one["lifecycle"] in ("deprecated", "sunset", "retired"):
        trouble.append(f"the version is {one['lifecycle']}")
    return SeenRow(
        application=one["application"],
        version=one["version"],
        uses=count(one["uses"]),
        first_seen=instant(one["firstSeenAt"]),
        last_seen=instant(one["lastSeenAt"]),
        last_seen_at=one["lastSeenAt"],
        trouble=", ".join(trouble),
    )
