# SPDX-License-Identifier: Apache-2.0
"""How does a contract that refers to other subjects become one document? Their text is copied in; nothing is ever fetched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from registry.dialect import DRAFT_07
from registry.document import Document, load, parse
from registry.json_lines import escape
from registry.schema import Raw
from terms import canonical_json
from terms.problem import ProblemError

_DATA = ("const", "enum", "default", "examples", "example")
_MOST = 200  # documents copied into one; more is a mistake or an attack


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` is what `$ref` says, up to `#`; `number` the version of `subject` it stands for."""

    name: str
    subject: str
    number: int

    def as_json(self) -> dict[str, Any]:
        """The reference as registries write it."""
        return {"name": self.name, "subject": self.subject, "version": self.number}


@dataclass(frozen=True, slots=True)
class Referenced:
    """A version that is referred to: its parsed document and its own references; `itself` is how it refers to itself by name."""

    data: Raw
    references: tuple[Reference, ...]
    itself: str = ""


Resolve = Callable[[Reference], Referenced]
"""The version a reference stands for. Raises ProblemError when there is none."""


def bundled(
    content: bytes,
    name: str,
    syntax: str,
    references: Sequence[Reference],
    resolve: Resolve,
    dialect: str | None = None,
) -> Document:
    """The document with everything it refers to copied into `$defs` (`definitions` before 2019-09).

    A document without references is read as it is. Raises ProblemError as `parse` does; a `$ref` to what is not among the
    references is one that leaves the document.
    """
    if not references:
        return parse(content, name, syntax, dialect)
    data = load(content, name, syntax)
    if isinstance(data, bool):
        return parse(content, name, syntax, dialect)
    whole, _ = joined(data, name, references, resolve, dialect)
    return parse(canonical_json.text(whole).encode(), name, "json", dialect)


def joined(
    data: dict[str, Any],
    name: str,
    references: Sequence[Reference],
    resolve: Resolve,
    dialect: str | None = None,
    itself: str = "",
) -> tuple[dict[str, Any], dict[str, Reference]]:
    """The data with everything it refers to copied in, and what stands where: pointer -> reference.

    `itself` is a name the document refers to itself by. Raises ProblemError where copies cannot stand.
    """
    place = _place(data, dialect)
    copies: dict[str, Any] = {}
    named = _pointers(references, place) | ({itself: ""} if itself else {})
    rewritten = _rewritten(data, _base(data), named, "")
    placed: dict[str, Reference] = {}
    _copy(references, resolve, place, copies, placed)
    held = rewritten.get(place, {})
    if not isinstance(held, dict):
        raise ProblemError(f"{place} is not an object", name, "write it as an object of schemas")
    return {**rewritten, place: {**held, **copies}}, placed


def _copy(
    references: Sequence[Reference],
    resolve: Resolve,
    place: str,
    copies: dict[str, Any],
    placed: dict[str, Reference],
) -> None:
    for reference in references:
        key = _key(reference)
        if key in copies:
            continue
        if len(copies) >= _MOST:
            raise ProblemError(f"more than {_MOST} documents are referred to", reference.subject)
        found = resolve(reference)
        placed[f"/{place}/{escape(key)}"] = reference
        copies[key] = True  # it is on its way: a version cannot refer to itself, but may be met twice
        if isinstance(found.data, bool):
            copies[key] = found.data
            continue
        inner = {k: v for k, v in found.data.items() if k not in ("$id", "id", "$schema", "x-throughline")}
        here = f"/{place}/{escape(key)}"
        own = _pointers(found.references, place) | ({found.itself: here} if found.itself else {})
        copies[key] = _rewritten(inner, _base(found.data), own, here)
        _copy(found.references, resolve, place, copies, placed)


def _place(data: Mapping[str, Any], dialect: str | None) -> str:
    stated = data.get("$schema", dialect or DRAFT_07.uri)
    return (
        "$defs" if isinstance(stated, str) and ("2020-12" in stated or "2019-09" in stated) else "definitions"
    )


def _key(reference: Reference) -> str:
    return f"{reference.subject}@{reference.number}"


def _base(data: Mapping[str, Any]) -> str:
    stated = data.get("$id", data.get("id", ""))
    return stated if isinstance(stated, str) else ""


def _pointers(references: Sequence[Reference], place: str) -> dict[str, str]:
    return {reference.name: f"/{place}/{escape(_key(reference))}" for reference in references}


def _rewritten(value: Any, base: str, pointers: Mapping[str, str], inside: str) -> Any:
    """The value with each `$ref` turned to where its target stands now; `inside` is where the value itself will stand."""
    if isinstance(value, list):
        return [_rewritten(item, base, pointers, inside) for item in value]
    if not isinstance(value, dict):
        return value
    made = {
        name: item if name in _DATA else _rewritten(item, base, pointers, inside)
        for name, item in value.items()
    }
    if isinstance(value.get("$ref"), str):
        made["$ref"] = _turned(value["$ref"], base, pointers, inside)
    return made


def _turned(ref: str, base: str, pointers: Mapping[str, str], inside: str) -> str:
    name, _, fragment = ref.partition("#")
    if not name:
        # An anchor keeps its name wherever it stands; a pointer is one of the whole document.
        return f"#{inside}{fragment}" if fragment == "" or fragment.startswith("/") else ref
    for known in (name, urljoin(base, name)):
        for stated, pointer in pointers.items():
            if known in (stated, urljoin(base, stated)):
                return f"#{pointer}{fragment}"
    return ref
