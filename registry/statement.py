# SPDX-License-Identifier: Apache-2.0
"""What does a document say of those who write and read it, and what its author changed? Read for people; nothing is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.document import Document
from registry.stated import said

MOST = 200


@dataclass(frozen=True, slots=True)
class Note:
    """One change in the author's own words; `breaking` as the author sees it."""

    change: str
    why: str
    breaking: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """The names that `producers` and `consumers` of `x-throughline` hold, and its `changes`; what is malformed is left out."""

    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    notes: tuple[Note, ...]


def statement(document: Document) -> Statement:
    """What the document states, at most 200 of each."""
    own = said(document.data)
    notes = (_note(one) for one in _listed(own, "changes"))
    return Statement(
        _texts(own, "producers"),
        _texts(own, "consumers"),
        tuple(note for note in notes if note is not None),
    )


def _note(one: Any) -> Note | None:
    if isinstance(one, str):
        return Note(one, "", False)
    if not isinstance(one, dict) or not isinstance(one.get("change"), str):
        return None
    why = one.get("why")
    return Note(one["change"], why if isinstance(why, str) else "", one.get("breaking") is True)


def _texts(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(one for one in _listed(said, name) if isinstance(one, str))


def _listed(said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found[:MOST] if isinstance(found, list) else []
