# SPDX-License-Identifier: Apache-2.0
"""What is wrong with whose business keys? What was refused, and what joins less than it could, by source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import queries, status
from dashboards.asking import Page, Visit
from dashboards.format import age, count, counted, instant

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One way in which the keys of one type from one source are wrong."""

    type: str
    source: str
    badge: status.Badge
    reason: str
    sentence: str
    uses: str
    keys: str
    examples: tuple[tuple[str, str], ...]
    last_seen: str
    last_seen_at: str


@dataclass(frozen=True, slots=True)
class Board:
    rows: tuple[Row, ...]
    total: str
    next_page: str


async def show(visit: Visit) -> Page:
    """All findings by object type, source and reason; `?after=` continues."""
    data = await visit.answer(queries.KEY_QUALITY, first=PAGE_SIZE, after=visit.asked("after") or None)
    found, now = data["keyQuality"], data["instance"]["now"]
    page = found["pageInfo"]
    after = urlencode({"after": page["endCursor"]}) if page["hasNextPage"] else ""
    rows = tuple(_row(node, now) for node in found["nodes"])
    board = Board(rows, counted(found["totalCount"], "finding"), f"/admin/keys?{after}" if after else "")
    return Page("key_quality.html", "Keys", board, data)


def _row(node: Mapping[str, Any], now: str) -> Row:
    known = counted(node["keys"], "key")
    return Row(
        type=node["type"] or "\N{EN DASH}",
        source=node["source"] or "\N{EN DASH}",
        badge=status.key(node["verdict"]),
        reason=node["reason"],
        sentence=node["sentence"],
        uses=count(node["uses"]),
        keys=f"{known} and more" if node["moreKeys"] else known,
        examples=tuple((one["key"] or "(empty)", one["what"]) for one in node["examples"]),
        last_seen=age(node["lastSeenAt"], now),
        last_seen_at=instant(node["lastSeenAt"]),
    )
