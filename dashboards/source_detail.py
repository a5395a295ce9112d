# SPDX-License-Identifier: Apache-2.0
"""How is one source, in a line of the list and in full? What came, what was refused or flagged, what is cut short."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import source_form, status
from dashboards.format import NONE, age, count, counted, duration, instant
from dashboards.source_form import ADDRESS
from dashboards.spark import Spark, spark

_KIND_WORDS = {**dict(source_form.KINDS), "RUNTIME": "embedded runtime"}


@dataclass(frozen=True, slots=True)
class Row:
    """One source in the list. `pulled` ones can be paused and asked; `error` and `next` are of its last pull."""

    name: str
    kind: str
    where: str
    badge: status.Badge
    address: str
    behind: str
    watermark: str
    watermark_at: str
    spark: Spark
    spark_label: str
    tone: str
    taken: str
    rejected: str
    flagged: str
    truncated: str
    error: str
    next: str
    is_pulled: bool
    is_paused: bool
    sends: bool
    is_set_up: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a small table: what, how often or up to when, and more words."""

    title: str
    figure: str
    words: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One source in full. `facts` are pairs of title and value."""

    name: str
    badge: status.Badge
    row: Row
    facts: tuple[tuple[str, str], ...]
    progress: str
    rejections: tuple[Fact, ...]
    flags: tuple[Fact, ...]
    truncations: tuple[Fact, ...]
    problems: tuple[Fact, ...]
    services: tuple[Fact, ...]


def line(node: Mapping[str, Any], now: str, chosen: str) -> Row:
    """The line of one source; `chosen` names the one that is open."""
    came, error = node["throughput"], node["error"]
    values = came["accepted"]
    newest, flagged = sum(values[-12:]), sum(one["count"] for one in node["flags"])
    badge = status.source(node["state"])
    return Row(
        name=node["name"],
        kind=_KIND_WORDS[node["kind"]],
        where=node["address"],
        badge=badge,
        address=f"{ADDRESS}?{urlencode({'source': node['name']})}",
        behind=duration(node["behindSeconds"]) if node["behindSeconds"] >= 1 else "nothing",
        watermark=instant(node["watermark"]),
        watermark_at=node["watermark"],
        spark=spark(values or [0], 0.0, top=max([*values, 1])),
        spark_label=f"{counted(newest, 'span or event', 'spans and events')} in the last hour",
        tone="bad" if badge.tone == "bad" else "calm",
        taken=count(newest),
        rejected=count(came["totalRejected"]) if came["totalRejected"] else "",
        flagged=f"{counted(flagged, 'span')} flagged" if flagged else "",
        truncated=counted(node["truncationCount"], "window cut short", "windows cut short")
        if node["truncationCount"]
        else "",
        error=f"{error['what']}, {age(error['at'] or now, now)}" if error else "",
        next=error["next"] if error else "",
        is_pulled=node["progress"] is not None or node["kind"] in source_form.PULLED,
        is_paused=node["state"] == "PAUSED",
        sends=node["kind"] == "PUSH",
        is_set_up=node["setUp"],
        chosen=node["name"] == chosen,
    )


def detail(node: Mapping[str, Any], now: str) -> Detail:
    row = line(node, now, node["name"])
    silence = node["maxSilenceSeconds"]
    facts = [
        ("Kind", row.kind + (f", {node['api']}" if node["api"] else "")),
        ("Address", node["address"] or NONE),
        ("Systems that wait for it", ", ".join(node["systems"]) or NONE),
        ("May be behind", "nobody waits for it" if silence is None else duration(silence)),
        ("Last contact", age(node["lastContactAt"], now) if node["lastContactAt"] else NONE),
        ("Taken in a week", count(node["throughput"]["totalAccepted"])),
        ("Known already", count(node["throughput"]["totalDuplicates"])),
    ]
    if row.is_pulled:
        facts += [
            ("Services", ", ".join(node["services"]) or "all"),
            ("Pulled every", duration(node["everySeconds"])),
            ("Settle, overlap", f"{duration(node['settleSeconds'])}, {duration(node['overlapSeconds'])}"),
            ("Traces of one answer", count(node["limit"])),
            ("Headers sent along", ", ".join(node["headerNames"]) or "none"),
            ("A trace is done when quiet for", duration(node["quietAfterSeconds"])),
            ("Private or plain address", "allowed" if node["allowPrivate"] else "not allowed"),
        ]
    if node["spanUrl"]:
        facts.append(("A span there", node["spanUrl"]))
    if node["setUp"]:
        facts.append(("Set up", f"{instant(node['createdAt'])} by {node['createdBy']}"))
    return Detail(
        name=node["name"],
        badge=row.badge,
        row=row,
        facts=tuple(facts),
        progress=_progress(node["progress"], now),
        rejections=_by_reason(node["rejections"]),
        flags=_by_reason(node["flags"]),
        truncations=tuple(
            Fact(
                instant(one["fromAt"]),
                one["service"] or "all services",
                f"more than {count(one['limit'])} traces",
            )
            for one in node["truncations"]
        ),
        problems=tuple(Fact(one["path"], one["problem"], "") for one in node["fileProblems"]),
        services=tuple(
            Fact(
                "the list itself" if one["name"] == "*" else one["name"] or "all services",
                instant(one["watermark"]),
                "",
            )
            for one in node["pulled"]
        ),
    )


def _by_reason(counted_ones: Sequence[Mapping[str, Any]]) -> tuple[Fact, ...]:
    return tuple(
        Fact(one["reason"].replace("_", " "), count(one["count"]), one["lastWhat"]) for one in counted_ones
    )


def _progress(progress: Mapping[str, Any] | None, now: str) -> str:
    if progress is None or progress["startedAt"] is None:
        return ""
    came = f"{counted(progress['traces'], 'trace')}, {counted(progress['spans'], 'span')}"
    if progress["running"]:
        at = f", at {progress['service']}" if progress["service"] else ""
        return f"Being pulled, begun {age(progress['startedAt'], now)}: {came}{at}."
    return f"Pulled {age(progress['endedAt'] or progress['startedAt'], now)}: {came}."
