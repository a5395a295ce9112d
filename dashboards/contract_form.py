# SPDX-License-Identifier: Apache-2.0
"""How is a change of a contract sent and answered? A form's fields, the one mutation it asks for, and the refusal beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from dashboards.asking import AnswerRefused, Visit
from dashboards.findings import line_of

WRITE = "contracts:write"
_MOST_FIELDS = 40
_LARGEST_FILE = 8 * 1024 * 1024  # a contract has at most as much


@dataclass(frozen=True, slots=True)
class FormProblem:
    """What is wrong with what was sent: `where` a field, a pointer or empty, `line` that of a document or 0, `next` what to do."""

    what: str
    where: str = ""
    next: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A form that was sent and refused: its id on the page, why, and what had been filled in. NOTHING: none was sent."""

    form: str = ""
    problems: tuple[FormProblem, ...] = ()
    filled: Mapping[str, str] = field(default_factory=dict)

    def of(self, form: str) -> "Told":
        """What concerns that form."""
        return self if self.form == form else NOTHING


NOTHING = Told()


class _TooManyError(Exception):
    """A form that no page of ours sends."""


@dataclass(frozen=True, slots=True)
class Right:
    """Whether the person may change contracts, and else why not, in a sentence."""

    may: bool
    why_not: str


def right(data: Mapping[str, Any]) -> Right:
    """The right of the person who looks, from the answer that carries the frame."""
    me = data["me"]
    if WRITE in me["permissions"]:
        return Right(True, "")
    roles = " and ".join(me["roles"]) or "none"
    return Right(
        False,
        f"Your role ({roles}) may look, not change. An architect or a steward may; an admin gives roles.",
    )


async def fields(visit: Visit) -> dict[str, str]:
    """The fields of the form, the last of each name; new lines as they were written. A file counts under its field's name.

    Raises ValueError for a file that is larger than a contract may be, or that is not UTF-8.
    """
    try:
        return await _sent(visit.request)
    except _TooManyError as error:
        raise AnswerRefused((str(error),), "BAD_USER_INPUT") from error


async def _sent(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(
            max_files=1, max_fields=_MOST_FIELDS, max_part_size=3 * _LARGEST_FILE
        ) as form:
            return {name: await _text(value) for name, value in form.multi_items()}
    return await run_in_threadpool(_fields, await request.body())


async def change(
    visit: Visit, document: str, given: Mapping[str, Any]
) -> tuple[Mapping[str, Any], tuple[FormProblem, ...]]:
    """What the mutation answered, and why it was refused: nothing when it was done."""
    try:
        data = await visit.answer(
            document, input={name: value for name, value in given.items() if value is not None}
        )
    except AnswerRefused as refused:
        if refused.code != "BAD_USER_INPUT":
            raise
        return {}, tuple(FormProblem(sentence(reason)) for reason in refused.reasons)
    (outcome,) = data.values()
    return outcome, _refusal(outcome)


def press_key(*parts: str) -> str:
    """The idempotency key of one press: the same form on the same state has the same one."""
    return "page:" + sha256("\0".join(parts).encode()).hexdigest()[:40]


def day_begins(text: str) -> str | None:
    """The first instant of a day that a date field names; None for an empty field. Raises ValueError for what is no day.

    >>> day_begins("2027-06-30")
    '2027-06-30T00:00:00Z'
    """
    return f"{date.fromisoformat(text).isoformat()}T00:00:00Z" if text else None


def day_ends(text: str) -> str | None:
    """The instant at which that day is over.

    >>> day_ends("2026-12-31")
    '2027-01-01T00:00:00Z'
    """
    return f"{(date.fromisoformat(text) + timedelta(days=1)).isoformat()}T00:00:00Z" if text else None


def sentence(text: str) -> str:
    """The text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _refusal(outcome: Mapping[str, Any]) -> tuple[FormProblem, ...]:
    match outcome["__typename"]:
        case "ContractRefused":
            # The step itself is no field: the form is about nothing else.
            where = "" if outcome["where"] == "to" else outcome["where"]
            return (FormProblem(sentence(outcome["message"]), where, outcome["next"]),)
        case "ContractNotFound":
            return (FormProblem(sentence(outcome["message"])),)
        case "DraftUnreadable":
            return problems(outcome["problems"])
        case "ContractIncompatible":
            breaks = [one["what"] for one in outcome["verdict"]["findings"] if one["level"] != "safe"]
            told = "; ".join(dict.fromkeys(breaks[:3])) + ("; and more" if len(breaks) > 3 else "")
            return (
                FormProblem(
                    f"It does not follow what is registered: {told}.",
                    "",
                    "put it right, or have the break approved",
                ),
            )
    return ()


def problems(found: Sequence[Mapping[str, str]]) -> tuple[FormProblem, ...]:
    """Problems of a document that was handed in."""
    return tuple(FormProblem(one["what"], one["where"], one["next"], line_of(one["where"])) for one in found)


def _fields(body: bytes) -> dict[str, str]:
    try:
        found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise _TooManyError(f"the form has more than {_MOST_FIELDS} fields") from error
    return {name: _lines(values[-1]) for name, values in found.items()}


async def _text(value: UploadFile | str) -> str:
    if isinstance(value, str):
        return _lines(value)
    body = await value.read(_LARGEST_FILE + 1)
    if len(body) > _LARGEST_FILE:
        raise ValueError("the file is larger than 8 MiB")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"the file is not UTF-8 text: byte {error.start} cannot be read") from error


def _lines(text: str) -> str:
    # Browsers send new lines of a text field as CRLF; it was not written so.
    return text.replace("\r\n", "\n")
