# SPDX-License-Identifier: Apache-2.0
"""Where do spans come from, and is each source up to date? The list, one source in full, and what its forms lead to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from dashboards import queries, rederivation, source_detail, source_form
from dashboards.asking import NothingHere, Page, Visit
from dashboards.format import count, counted, duration, instant
from dashboards.source_detail import Detail, Fact, Row
from dashboards.source_form import ADDRESS, Field

FORMS = f"{ADDRESS}/sources"
PAGE_SIZE = 50
VERBS = ("pause", "resume", "pull", "remove", "test")
_SAID = {
    "pause": "source-paused",
    "resume": "source-resumed",
    "pull": "source-pulled",
    "remove": "source-removed",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of trying a source: `good` with what it answered, or what is wrong and what to do."""

    good: bool
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that came back: what was written in it, and what is wrong with it by field."""

    form: Mapping[str, str]
    problems: Mapping[str, str]


NOT_FILLED = Filled({}, {})


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """The list, one source in full where one is chosen, and the forms as they were filled: `change` for that one, `add` with
    `name` and `kind` for another. The definitions in force, what keeps newer files from being so, and how far history
    follows. `may_write` and `may_operate` say what the reader may do."""

    total: str
    summary: str
    rows: tuple[Row, ...]
    next_page: str
    detail: Detail | None
    change: tuple[Field, ...]
    is_changing: bool
    answer: Answer | None
    name: str
    name_problem: str
    kind: str
    add: tuple[Field, ...]
    definitions: tuple[Fact, ...]
    definitions_since: str
    definition_problems: tuple[str, ...]
    definition_differences: tuple[str, ...]
    history: tuple[rederivation.Job, ...]
    history_under_way: tuple[str, ...]
    may_write: bool
    may_operate: bool


async def show(visit: Visit) -> Page:
    """The list; `?source=` opens one, `?after=` goes on."""
    return await _page(visit, visit.asked("source"), None, NOT_FILLED)


async def set_up(visit: Visit) -> Page | Response:
    """The form to add a source: tried with `do=try`, else added. The guard has checked its CSRF token before.

    Filled wrongly, it comes back with what is wrong at each field; a credential has to be typed again.
    """
    form = source_form.read(await visit.request.body())
    given, problems = source_form.asked(form)
    if problems:
        return await _page(visit, "", _unread(problems), Filled(form, problems))
    source = {"name": form["name"], "kind": _kind(form["kind"]), **given}
    asked = {"source": source, "idempotencyKey": f"page:{form['name']}"[:200]}
    if form["do"] == "try":
        found = (await visit.answer(queries.TRY_SOURCE, input=asked))["trySource"]
    else:
        found = (await visit.answer(queries.ADD_SOURCE, input=asked))["addSource"]
        if found["__typename"] == "SourceKept":
            return _back({"source": form["name"], "said": "source-added"})
    problems = source_form.refusals(found.get("problems", ()))
    return await _page(visit, "", _answer(found, form["name"]), Filled(form, problems))


async def change(visit: Visit) -> Page | Response:
    """The form to change a source. Only what a person changed in it is asked for; the rest stays, whoever changed it meanwhile.

    What sends unasked is set up by its first change.
    """
    form = source_form.read(await visit.request.body())
    name = form["name"]
    given, problems = source_form.asked(form)
    if problems:
        return await _page(visit, name, _unread(problems), Filled(form, problems))
    if not given:
        return _back({"source": name, "said": "source-as-it-was"})
    if form["kind"] == "UNASKED":
        source = {"name": name, "kind": "PUSH", **given}
        asked: dict[str, Any] = {"source": source, "idempotencyKey": f"page:{name}"[:200]}
        found = (await visit.answer(queries.ADD_SOURCE, input=asked))["addSource"]
    else:
        asked = {"name": name, "idempotencyKey": f"page:change:{name}"[:200], **given}
        found = (await visit.answer(queries.CHANGE_SOURCE, input=asked))["changeSource"]
    match found["__typename"]:
        case "SourceKept":
            return _back({"source": name, "said": "source-changed"})
        case "SourceNotFound":
            return _back({"said": "source-not-found"})
    problems = source_form.refusals(found["problems"])
    return await _page(visit, name, _answer(found, name), Filled(form, problems))


async def run(visit: Visit) -> Page | Response:
    """The buttons of one source: pause, resume, pull, remove, test. Pressing twice is pressing once."""
    verb, form = visit.request.path_params["verb"], source_form.read(await visit.request.body())
    if verb not in VERBS:
        raise NothingHere("action", verb, ADDRESS)
    asked = {"name": form["name"], "idempotencyKey": f"page:{verb}:{form['name']}"[:200]}
    answered = await visit.answer(getattr(queries, f"{verb.upper()}_SOURCE"), input=asked)
    found = answered[f"{verb}Source"]
    if verb == "test" or found["__typename"] == "SourceRefused":
        return await _page(visit, form["name"], _answer(found, form["name"]), NOT_FILLED)
    if found["__typename"] == "SourceNotFound":
        return _back({"said": "source-not-found"})
    return _back({"said": _SAID[verb]} | ({} if verb == "remove" else {"source": form["name"]}))


async def _page(visit: Visit, chosen: str, answer: Answer | None, filled: Filled) -> Page:
    after = visit.asked("after")
    data = await visit.answer(
        queries.SOURCES, first=PAGE_SIZE, after=after or None, name=chosen, one=bool(chosen)
    )
    if chosen and data["source"] is None:
        raise NothingHere("source", chosen, ADDRESS)
    found, now, may = data["sources"], data["instance"]["now"], data["me"]["permissions"]
    rows, held = tuple(source_detail.line(node, now, chosen) for node in found["nodes"]), data["definitions"]
    view = SourcesPage(
        total=counted(found["totalCount"], "source"),
        summary=_summary(found["nodes"]),
        rows=rows,
        next_page=f"{ADDRESS}?{urlencode({'after': found['pageInfo']['endCursor']})}"
        if found["pageInfo"]["hasNextPage"]
        else "",
        detail=source_detail.detail(data["source"], now) if chosen else None,
        change=source_form.fields(data["source"]["kind"], data["source"], filled.form, filled.problems)
        if chosen
        else (),
        is_changing=bool(chosen and filled.form),
        answer=answer,
        name=filled.form.get("name", ""),
        name_problem=filled.problems.get("name", ""),
        kind=filled.form.get("kind", ""),
        add=source_form.fields("", None, {} if chosen else filled.form, {} if chosen else filled.problems),
        definitions=tuple(
            Fact(one["id"], f"{one['kind']} {one['version']}", one["title"]) for one in held["inForce"]
        ),
        definitions_since=instant(held["since"]),
        definition_problems=tuple(
            f"{one['what']} ({one['where']})" + (f". Next: {one['next']}" if one["next"] else "")
            for one in held["problems"]
        ),
        definition_differences=tuple(
            f"{one['where']}, {one['what']}. Next: {one['next']}." for one in held["differences"]
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


def _unread(problems: Mapping[str, str]) -> Answer:
    return Answer(False, "Nothing was done", tuple(f"{name}: {told}" for name, told in problems.items()))


def _kind(word: str) -> str:
    return word if word in dict(source_form.KINDS) else source_form.KINDS[0][0]


def _back(words: Mapping[str, str]) -> Response:
    return RedirectResponse(f"{ADDRESS}?{urlencode(words)}", 303, {"Cache-Control": "no-store"})
