# SPDX-License-Identifier: Apache-2.0
"""Where do spans come from, and is each source up to date? The list, one source in full, and the forms to set one up and run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.responses import RedirectResponse, Response

from dashboards import queries, rederivation, status
from dashboards.asking import NothingHere, Page, Visit
from dashboards.format import NONE, age, count, counted, duration, instant
from dashboards.spark import Spark, spark

ADDRESS = "/admin"
FORMS = f"{ADDRESS}/sources"
PAGE_SIZE = 50
KINDS = (
    ("JAEGER", "Jaeger"),
    ("TEMPO", "Tempo"),
    ("ZIPKIN", "Zipkin"),
    ("FILES", "folder of files"),
    ("PUSH", "sends by itself"),
)
VERBS = ("pause", "resume", "pull", "remove", "test")

_KIND_WORDS = {**dict(KINDS), "RUNTIME": "embedded runtime"}
_LARGEST_FORM = 16_384
_TEXTS = ("name", "kind", "address", "services", "systems", "silence", "spanUrl")
_SAID = {
    "pause": "source-paused",
    "resume": "source-resumed",
    "pull": "source-pulled",
    "remove": "source-removed",
}


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
    truncated: str
    error: str
    next: str
    is_pulled: bool
    is_paused: bool
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
    truncations: tuple[Fact, ...]
    problems: tuple[Fact, ...]
    services: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of trying a source: `good` with what it answered, or what is wrong and what to do."""

    good: bool
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """The list, one source in full where one is chosen, and the form as it was filled; the definitions in force, what keeps
    newer files from being so, and how far history follows. `may_write` and `may_operate` say what the reader may do."""

    total: str
    summary: str
    rows: tuple[Row, ...]
    next_page: str
    detail: Detail | None
    answer: Answer | None
    form: Mapping[str, str]
    definitions: tuple[Fact, ...]
    definitions_since: str
    definition_problems: tuple[str, ...]
    history: tuple[rederivation.Job, ...]
    history_under_way: tuple[str, ...]
    may_write: bool
    may_operate: bool


async def show(visit: Visit) -> Page:
    """The list; `?source=` opens one, `?after=` goes on."""
    return await _page(visit, visit.asked("source"), None, {})


async def set_up(visit: Visit) -> Page | Response:
    """The form to add a source: tried with `do=try`, else added. The guard has checked its CSRF token before.

    Filled wrongly, it comes back with what is wrong; a credential has to be typed again.
    """
    form = _form(await visit.request.body())
    asked = {"source": _source(form), "idempotencyKey": f"page:{form['name']}"[:200]}
    if form["do"] == "try":
        found = (await visit.answer(queries.TRY_SOURCE, input=asked))["trySource"]
        return await _page(visit, "", _answer(found, form["name"]), form)
    added = (await visit.answer(queries.ADD_SOURCE, input=asked))["addSource"]
    if added["__typename"] == "SourceRefused":
        return await _page(visit, "", _answer(added, form["name"]), form)
    return _back({"source": form["name"], "said": "source-added"})


async def run(visit: Visit) -> Page | Response:
    """The buttons of one source: pause, resume, pull, remove, test. Pressing twice is pressing once."""
    verb, form = visit.request.path_params["verb"], _form(await visit.request.body())
    if verb not in VERBS:
        raise NothingHere("action", verb, ADDRESS)
    asked = {"name": form["name"], "idempotencyKey": f"page:{verb}:{form['name']}"[:200]}
    answered = await visit.answer(getattr(queries, f"{verb.upper()}_SOURCE"), input=asked)
    found = answered[f"{verb}Source"]
    if verb == "test" or found["__typename"] == "SourceRefused":
        return await _page(visit, form["name"], _answer(found, form["name"]), {})
    if found["__typename"] == "SourceNotFound":
        return _back({"said": "source-not-found"})
    return _back({"said": _SAID[verb]} | ({} if verb == "remove" else {"source": form["name"]}))


async def _page(visit: Visit, chosen: str, answer: Answer | None, form: Mapping[str, str]) -> Page:
    after = visit.asked("after")
    data = await visit.answer(
        queries.SOURCES, first=PAGE_SIZE, after=after or None, name=chosen, one=bool(chosen)
    )
    if chosen and data["source"] is None:
        raise NothingHere("source", chosen, ADDRESS)
    found, now, may = data["sources"], data["instance"]["now"], data["me"]["permissions"]
    rows, held = tuple(_row(node, now, chosen) for node in found["nodes"]), data["definitions"]
    view = SourcesPage(
        total=counted(found["totalCount"], "source"),
        summary=_summary(found["nodes"]),
        rows=rows,
        next_page=f"{ADDRESS}?{urlencode({'after': found['pageInfo']['endCursor']})}"
        if found["pageInfo"]["hasNextPage"]
        else "",
        detail=_detail(data["source"], now) if chosen else None,
        answer=answer,
        form={name: form.get(name, "") for name in (*_TEXTS, "private")},
        definitions=tuple(
            Fact(one["id"], f"{one['kind']} {one['version']}", one["title"]) for one in held["inForce"]
        ),
        definitions_since=instant(held["since"]),
        definition_problems=tuple(
            f"{one['what']} ({one['where']})" + (f". Next: {one['next']}" if one["next"] else "")
            for one in held["problems"]
        ),
        history=rederivation.jobs(data["rederivations"], now),
        history_under_way=rederivation.under_way(data["rederivations"]),
        may_write="sources:write" in may,
        may_operate="sources:operate" in may,
    )
    return Page("sources.html", "Sources", view, data)


def _summary(nodes: Sequence[Mapping[str, Any]]) -> str:
    """How many need a person, in words."""
    words = []
    for state, word in (
        ("LAGGING", "lagging"),
        ("SILENT", "silent"),
        ("FAILING", "failing"),
        ("PAUSED", "paused"),
    ):
        number = sum(node["state"] == state for node in nodes)
        if number:
            words.append(f"{count(number)} {word}")
    return " · ".join(words) or "all of them up to date"


def _row(node: Mapping[str, Any], now: str, chosen: str) -> Row:
    came, error = node["throughput"], node["error"]
    values = came["accepted"]
    newest = sum(values[-12:])
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
        truncated=counted(node["truncationCount"], "window cut short", "windows cut short")
        if node["truncationCount"]
        else "",
        error=f"{error['what']}, {age(error['at'] or now, now)}" if error else "",
        next=error["next"] if error else "",
        is_pulled=node["progress"] is not None or node["kind"] in ("JAEGER", "TEMPO", "ZIPKIN", "FILES"),
        is_paused=node["state"] == "PAUSED",
        is_set_up=node["setUp"],
        chosen=node["name"] == chosen,
    )


def _detail(node: Mapping[str, Any], now: str) -> Detail:
    row = _row(node, now, node["name"])
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
            ("Private or plain address", "allowed" if node["allowPrivate"] else "not allowed"),
        ]
    if node["setUp"]:
        facts.append(("Set up", f"{instant(node['createdAt'])} by {node['createdBy']}"))
    return Detail(
        name=node["name"],
        badge=row.badge,
        row=row,
        facts=tuple(facts),
        progress=_progress(node["progress"], now),
        rejections=tuple(
            Fact(one["reason"].replace("_", " "), count(one["count"]), one["lastWhat"])
            for one in node["rejections"]
        ),
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


def _progress(progress: Mapping[str, Any] | None, now: str) -> str:
    if progress is None or progress["startedAt"] is None:
        return ""
    came = f"{counted(progress['traces'], 'trace')}, {counted(progress['spans'], 'span')}"
    if progress["running"]:
        at = f", at {progress['service']}" if progress["service"] else ""
        return f"Being pulled, begun {age(progress['startedAt'], now)}: {came}{at}."
    return f"Pulled {age(progress['endedAt'] or progress['startedAt'], now)}: {came}."


def _answer(found: Mapping[str, Any], name: str) -> Answer:
    match found["__typename"]:
        case "SourceAnswered":
            services = ", ".join(found["services"]) or "not named"
            lines = (
                f"It speaks {found['api']}. Services: {services}.",
                f"{counted(found['traces'], 'trace')} in the last hour{', perhaps more' if found['isFull'] else ''}; "
                f"one of them has {counted(found['spans'], 'span')}. Nothing was stored.",
            )
            return Answer(True, f"{name} answers in {duration(found['elapsedSeconds'])}", lines)
        case "SourceFailed":
            return Answer(
                False,
                f"{name} cannot be asked",
                (f"{found['where']}: {found['what']}.", f"Next: {found['next']}."),
            )
        case "SourceRefused":
            told = tuple(
                f"{one['where']}: {one['what']}" + (f". Next: {one['next']}." if one["next"] else ".")
                for one in found["problems"]
            )
            return Answer(False, "Nothing was done", told)
        case _:
            return Answer(False, "Nothing was done", (f"{found['message']}.",))


def _source(form: Mapping[str, str]) -> dict[str, Any]:
    source: dict[str, Any] = {
        "name": form["name"],
        "kind": form["kind"],
        "address": form["address"],
        "services": _listed(form["services"]),
        "systems": _listed(form["systems"]),
        "allowPrivate": form["private"] == "yes",
        "spanUrl": form["spanUrl"],
    }
    if form["header"]:
        source["headers"] = [{"name": form["header"], "value": form["secret"]}]
    if form["silence"].isdecimal():
        source["maxSilenceSeconds"] = int(form["silence"]) * 60
    return source


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _form(body: bytes) -> dict[str, str]:
    fields = parse_qs(body[:_LARGEST_FORM].decode("utf-8", "replace"), max_num_fields=40)
    names = (*_TEXTS, "header", "secret", "private", "do")
    form = {name: fields.get(name, [""])[-1].strip() for name in names}
    known = {value for value, _ in KINDS}
    return form | {"kind": form["kind"] if form["kind"] in known else "JAEGER"}


def _back(words: Mapping[str, str]) -> Response:
    return RedirectResponse(f"{ADDRESS}?{urlencode(words)}", 303, {"Cache-Control": "no-store"})
