# SPDX-License-Identifier: Apache-2.0
"""What can be said of a source in a form, how it is read, and which field a refusal is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs

from terms import duration
from terms.instant import DAY, SECOND

ADDRESS = "/admin"
KINDS = (
    ("JAEGER", "Jaeger"),
    ("TEMPO", "Tempo"),
    ("ZIPKIN", "Zipkin"),
    ("FILES", "folder of files"),
    ("PUSH", "sends by itself"),
)
PULLED = ("JAEGER", "TEMPO", "ZIPKIN", "FILES")
WAS = "was-"
"""Begins the hidden twin of a field, which holds what the field showed: only what a person changed is asked for."""

_LARGEST_FORM = 16_384
_LONGEST = 366 * DAY
_How = Literal["text", "list", "length", "number", "check", "secret"]


@dataclass(frozen=True, slots=True)
class _Word:
    """One thing to say: the form's name for it, the API's key, and whether it is of sources that are pulled alone."""

    name: str
    key: str
    title: str
    placeholder: str
    how: _How
    is_pulled: bool = False


_WORDS = (
    _Word("address", "address", "Address", "https://jaeger.example", "text", True),
    _Word("services", "services", "Services, with commas; empty: all", "", "list"),
    _Word("systems", "systems", "Systems that wait for it", "netsuite", "list"),
    _Word("silence", "maxSilenceSeconds", "May be behind; 0s: nobody waits", "1h", "length"),
    _Word("every", "everySeconds", "Pulled every", "30s", "length", True),
    _Word("settle", "settleSeconds", "Too young to be told", "1m", "length"),
    _Word("overlap", "overlapSeconds", "How late spans may come", "15m", "length", True),
    _Word("quiet", "quietAfterSeconds", "A trace is done when quiet for", "5m", "length", True),
    _Word("limit", "limit", "Traces of one answer", "200", "number", True),
    _Word("spanUrl", "spanUrl", "Address of a span there", "https://jaeger.example/trace/{trace_id}", "text"),
    _Word("header", "headers", "Header sent along", "Authorization", "text", True),
    _Word("secret", "headers", "Its value, never shown again", "", "secret", True),
    _Word("bare", "headers", "Send no header any more", "", "check", True),
    _Word("private", "allowPrivate", "Allow a private or plain http address", "", "check", True),
)
_NAMES = (*(word.name for word in _WORDS), "name", "kind", "do")
# what the API calls a field in a refusal -> the form's name
_FIELDS = {
    **{word.key: word.name for word in _WORDS if word.key != "headers"},
    "headers": "secret", "quietAfter": "quiet", "maxSilence": "silence", "every": "every", "settle": "settle",
    "overlap": "overlap", "name": "name", "kind": "kind",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One field as shown: `was` is what the source has, `problem` what is wrong with what was written, `` for nothing."""

    name: str
    title: str
    value: str
    was: str
    placeholder: str
    how: _How
    problem: str


def read(body: bytes) -> dict[str, str]:
    """The fields of a form, trimmed, and their hidden twins; `` for each that is missing."""
    fields = parse_qs(
        body[:_LARGEST_FORM].decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=60
    )
    names = (*_NAMES, *(f"{WAS}{name}" for name in _NAMES))
    return {name: fields.get(name, [""])[-1].strip() for name in names}


def asked(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(what the form asks to be otherwise, under the API's keys; what cannot be read, by field)."""
    given: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for word in _WORDS:
        text = form[word.name]
        if word.key == "headers" or text == form[f"{WAS}{word.name}"]:
            continue
        value = _value(word.how, text)
        if value is None:
            problems[word.name] = _REFUSALS[word.how].format(text[:40])
        else:
            given[word.key] = value
    if form["bare"]:
        given["headers"] = []
    if form["header"]:
        given["headers"] = [{"name": form["header"], "value": form["secret"]}]
    elif form["secret"]:
        problems["header"] = "is missing. Next: name the header that has this value."
    return given, problems


_REFUSALS = {
    "length": "'{}' is no length of time. Next: write it like 30s, 15m or 1h 30m, up to a year.",
    "number": "'{}' is no number. Next: write digits.",
}


def _value(how: _How, text: str) -> Any:
    """What the API takes; None where the text is not what it has to be."""
    if how == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if how == "check":
        return bool(text)
    if how == "number":
        return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else None
    if how == "length":
        length = duration.parse(text)
        return None if length is None or length > _LONGEST else length / SECOND
    return text


def refusals(problems: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the API refuses, by the field it is about; what is about none is left to the list of all."""
    told: dict[str, str] = {}
    for one in problems:
        name = _FIELDS.get(one["where"].split("/")[0].split(".")[0])
        if name:
            next_step = f" Next: {one['next']}." if one["next"] else ""
            told[name] = f"{told.get(name, '')} {one['what']}.{next_step}".strip()
    return told


def fields(
    kind: str, node: Mapping[str, Any] | None, form: Mapping[str, str], problems: Mapping[str, str]
) -> tuple[Field, ...]:
    """The fields for a source of that kind: as filled where they were, else as the source `node` has them.

    A credential is never shown again. Without a node every field is there, for a source that is yet to be set up.
    """
    found = []
    for word in _WORDS:
        if node is None and word.name == "bare":
            continue
        if node is not None and word.is_pulled and kind not in PULLED:
            continue
        was = "" if node is None or word.key == "headers" else _shown(word, node)
        value = "" if word.name == "secret" else form.get(word.name, was)
        found.append(
            Field(
                word.name,
                word.title,
                value,
                was,
                word.placeholder,
                word.how,
                problems.get(word.name, ""),
            )
        )
    return tuple(found)


def _shown(word: _Word, node: Mapping[str, Any]) -> str:
    value = node[word.key]
    if word.how == "list":
        return ", ".join(value)
    if word.how == "check":
        return "yes" if value else ""
    if word.how == "length":
        return duration.text(round((value or 0) * SECOND))
    return str(value)
