# SPDX-License-Identifier: Apache-2.0
"""What does a contract file say? First step of walk (b): bytes become one JSON Schema, or an error that names file and line."""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from registry import json_lines, meta_schema
from registry.api import shape as api_shape
from registry.dialect import DIALECTS, DRAFT_07, DRAFT_2020_12, Dialect, named
from registry.local_references import reference_problems
from registry.schema import Raw, Schema
from registry.words import shown
from terms.problem import Problem, ProblemError

ArtefactType = Literal["json-schema", "openapi", "asyncapi"]
API_TYPES: tuple[ArtefactType, ...] = ("openapi", "asyncapi")
"""What a document is; an API says so itself, by the key of that name with its edition."""

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
_MAX_EXPONENT = 400  # beyond what any double holds; keeps exact arithmetic cheap


@dataclass(frozen=True, slots=True)
class Copy:
    """Another file that a document refers to: its text was copied in and stands at the pointer."""

    pointer: str
    name: str
    syntax: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """A contract as it was read: `name` for people (a path or `subject@version`), the source text, the parsed document.

    `syntax` is json or yaml. `schema` is the whole document as a place to look nodes and references up in: its root is
    a schema only where `type` is json-schema; in an API the schemas are nodes inside, in the dialect of that edition.
    `copies` are the files it refers to: they stand in `schema`, not in `text`.
    """

    name: str
    syntax: str
    text: str = field(repr=False)
    schema: Schema = field(repr=False)
    type: ArtefactType = "json-schema"
    copies: tuple[Copy, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """The parsed document; fractions are Decimal. A schema that is `true` or `false` has no members."""
        return self.schema.data if isinstance(self.schema.data, dict) else {}

    def where(self, pointer: str) -> str:
        """`name:line` of the pointer or of its nearest ancestor."""
        return self.places([pointer])[pointer]

    def places(self, pointers: list[str]) -> dict[str, str]:
        """`name:line` of each pointer or of its nearest ancestor, in the file it was copied from where it is in a copy."""
        found: dict[str, str] = {}
        for copy in self.copies:
            below = {
                p: p.removeprefix(copy.pointer) for p in pointers if f"{p}/".startswith(f"{copy.pointer}/")
            }
            lines = _lines(copy.syntax, copy.text, list(below.values())) if below else {}
            found |= {pointer: f"{copy.name}:{lines[rest]}" for pointer, rest in below.items()}
        own = [pointer for pointer in pointers if pointer not in found]
        lines = _lines(self.syntax, self.text, own) if own else {}
        return found | {pointer: f"{self.name}:{line}" for pointer, line in lines.items()}


def _lines(syntax: str, text: str, pointers: list[str]) -> dict[str, int]:
    """The line of each pointer; one pass over the text for all of them."""
    if syntax == "json":
        found = json_lines.find(text, pointers)
    else:
        from terms import yaml_lines  # see _yaml

        found = yaml_lines.find(text.encode(), pointers)
    return {pointer: json_lines.nearest(found, pointer) for pointer in pointers}


def read(path: Path) -> Document:
    """The contract in a file. Raises ProblemError (what, file:line, next) for everything `parse` refuses."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProblemError(
            f"cannot be read: {error.strerror}", where=str(path), do="check the path and its permissions"
        ) from error
    return parse(content, str(path))


def load(content: bytes, name: str, syntax: str | None = None) -> Raw:
    """The object in `content` as `parse` reads it, before anybody asks whether it is a schema. Raises ProblemError."""
    syntax = syntax or syntax_of(name)
    text = _text(content, name)
    data = _yaml(content, name)[0] if syntax == "yaml" else _json(text, name)
    _refuse_depth(data, name, syntax, text)
    return data


def syntax_of(name: str) -> str:
    """json or yaml, as a file's name ends."""
    return "yaml" if name.endswith((".yaml", ".yml")) else "json"


def parse(content: bytes, name: str, syntax: str | None = None, dialect: str | None = None) -> Document:
    """The contract in `content`: JSON or YAML as `syntax` says, else as the name ends.

    `dialect` is the `$schema` that counts where the document states none, else draft-07. Raises ProblemError for what is
    not one object (or true or false), duplicate keys, more than 64 levels or 8 MiB, numbers no reader could hold, an
    unknown `$schema` or edition of an API, keywords of the wrong shape, and references that leave the document, lead nowhere or never end.
    """
    syntax = syntax or syntax_of(name)
    return of(load(content, name, syntax), _text(content, name), name, syntax, dialect)


def of(
    data: Raw, text: str, name: str, syntax: str, dialect: str | None = None, copies: tuple[Copy, ...] = ()
) -> Document:
    """The contract that data is which was read from a text, with what was copied in. Raises ProblemError as `parse` does."""
    said = data if isinstance(data, dict) else {}
    for kind in API_TYPES:
        if kind in said and not isinstance(said[kind], dict | list | bool | None):
            api = Document(name, syntax, text, Schema(data, api_dialect(kind)), kind, copies)
            _refuse(api_shape.problems(api.schema, kind), api)
            return api
    declared = said.get("$schema", dialect or DRAFT_07.uri)
    known = named(declared)
    if known is None:
        line = _lines(syntax, text, ["/$schema"])["/$schema"]
        what = f"$schema {shown(declared)} is not a dialect of JSON Schema that Throughline knows"
        raise ProblemError(what, f"{name}:{line}", f"write one of {', '.join(d.uri for d in DIALECTS)}")
    made = Document(name, syntax, text, Schema(data, known), copies=copies)
    _refuse(meta_schema.problems(made.schema, len(text)) or reference_problems(made.schema), made)
    return made


def _refuse(found: tuple[Problem, ...], document: Document) -> None:
    """Raises what was found, each with the line it stands on; nothing when nothing was."""
    if found:
        places = document.places([problem.where for problem in found])
        raise ProblemError(
            tuple(Problem(f"{p.what}, at {p.where or '/'}", places[p.where], p.do) for p in found)
        )


def api_dialect(kind: ArtefactType) -> Dialect:
    """The dialect of the schemas inside an API document: draft-07 in AsyncAPI, else 2020-12."""
    return DRAFT_07 if kind == "asyncapi" else DRAFT_2020_12


def _text(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        raise ProblemError(
            f"is larger than {MAX_BYTES // 1024 // 1024} MiB",
            where=name,
            do="split it into several contracts",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(
            "is not UTF-8 text", where=f"{name}: byte {error.start}", do="save it as UTF-8"
        ) from error


class _DuplicateKeyError(ValueError):
    pass


def _json(text: str, name: str) -> Raw:
    try:
        data = json.loads(
            text, parse_float=_decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique
        )
    except json.JSONDecodeError as error:
        raise ProblemError(
            f"is not JSON: {error.msg.lower()} in column {error.colno}",
            where=f"{name}:{error.lineno}",
            do="a contract is one JSON object; check it with a JSON formatter",
        ) from error
    except _DuplicateKeyError as error:
        raise ProblemError(
            f"key '{error}' stands twice in one object",
            where=f"{name}:{_second_line(text, str(error))}",
            do="remove one of the two; readers disagree on which counts",
        ) from error
    except RecursionError as error:
        raise _too_deep(f"{name}:{json_lines.depth(text, MAX_DEPTH)}") from error
    except ValueError as error:
        raise ProblemError(str(error), where=name, do="write a number a reader can hold") from error
    return _schema(data, name)


def _yaml(content: bytes, name: str) -> tuple[Raw, dict[str, int]]:
    """The document and the line of each node."""
    # Loading YAML costs more than checking a contract, so a gate over JSON files never does.
    from terms import yaml_lines

    read = yaml_lines.load(content, name, MAX_BYTES)
    return _schema(_exact(read.data), name), read.lines


def _schema(data: Any, name: str) -> Raw:
    if not isinstance(data, dict | bool):
        kind = {list: "an array", str: "a text", type(None): "null"}.get(type(data), "a number")
        raise ProblemError(
            f"is {kind}, not a JSON object",
            where=f"{name}:1",
            do='a contract is a JSON Schema such as {"type": "object", "properties": {}}',
        )
    return data


def _exact(value: Any) -> Any:
    match value:
        case dict():
            return {name: _exact(item) for name, item in value.items()}
        case list():
            return [_exact(item) for item in value]
        case float():
            return Decimal(repr(value))
        case _:
            return value


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MAX_EXPONENT or number.adjusted() > _MAX_EXPONENT:
        raise ValueError(f"the number {text[:40]} is out of range")
    return number


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKeyError(next(name for name in names if names.count(name) > 1))
    return result


def _second_line(text: str, key: str) -> int:
    """The line of the key's last place as a key; the right one in all but contrived files, and close in those."""
    place = text.rfind(json.dumps(key, ensure_ascii=False))
    return text.count("\n", 0, place) + 1 if place >= 0 else 1


def _refuse_depth(data: Raw, name: str, syntax: str, text: str) -> None:
    level: list[Any] = [data]
    for _ in range(MAX_DEPTH):
        level = [item for value in level for _, item in _children(value)]
        if not level:
            return
    line = json_lines.nearest(_line_map(name, syntax, text), _deepest(data))
    raise _too_deep(f"{name}:{line}")


def _children(value: Any) -> list[tuple[str | int, Any]]:
    inner: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [(step, item) for step, item in inner if isinstance(item, dict | list)]


def _deepest(data: Raw) -> str:
    """The pointer of the first thing that is too deep."""
    level: list[tuple[str, Any]] = [("", data)]
    for _ in range(MAX_DEPTH):
        level = [
            (f"{at}/{json_lines.escape(str(step))}", item)
            for at, value in level
            for step, item in _children(value)
        ]
    return level[0][0]


def _too_deep(where: str) -> ProblemError:
    return ProblemError(f"is nested deeper than {MAX_DEPTH} levels", where, do="name inner parts in $defs")


def _line_map(name: str, syntax: str, text: str) -> dict[str, int]:
    # In YAML's map a name with a slash is not escaped; it falls back to the line of what is around it.
    return _yaml(text.encode(), name)[1] if syntax == "yaml" else json_lines.lines(text)
