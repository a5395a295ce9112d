# SPDX-License-Identifier: Apache-2.0
"""YAML with line numbers: every definition file is read here, so that a typo is told with file, line and key."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from terms.problem import Problem, ProblemError, did_you_mean

MAX_BYTES = 256 * 1024
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML mapping with the line of each node. `lines` maps a JSON pointer (`/milestones/0/event`) to a 1-based line."""

    path: str
    data: dict[str, Any]
    lines: dict[str, int] = field(repr=False)

    def where(self, pointer: str = "") -> str:
        """`file:line` of the pointer, or of its nearest ancestor that has a line."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return f"{self.path}:{self.lines.get(pointer, 1)}"

    def problem(self, what: str, pointer: str = "", do: str = "") -> Problem:
        """A problem placed at the pointer's line."""
        return Problem(what, self.where(pointer), do)

    def unknown_keys(self, pointer: str, mapping: dict[str, Any], known: Iterable[str]) -> list[Problem]:
        """One problem for each key of `mapping` that is not known, saying what it may be."""
        names = tuple(known)
        return [
            self.problem(
                f"unknown key '{key}'", f"{pointer}/{_escape(str(key))}", did_you_mean(str(key), names)
            )
            for key in mapping
            if key not in names
        ]

    def missing_keys(self, pointer: str, mapping: dict[str, Any], required: Iterable[str]) -> list[Problem]:
        """One problem for each required key that `mapping` lacks."""
        return [
            self.problem(f"missing key '{key}'", pointer, f"add '{key}:'")
            for key in required
            if key not in mapping
        ]


def read(path: Path) -> Document:
    """The document in a file. Raises ProblemError (file:line) as `load` does, or when the file cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return load(content, str(path))


def load(content: bytes, path: str, max_bytes: int = MAX_BYTES) -> Document:
    """The one mapping in `content`.

    Raises ProblemError for a syntax error, a document that is not a mapping, duplicate keys, aliases, tags beyond
    the JSON ones, more than one document, or more than `max_bytes`.
    """
    if len(content) > max_bytes:
        raise ProblemError(f"is larger than {max_bytes // 1024} KiB", where=path)
    loader = _Loader(content)
    reading = _Reading(loader, path)
    try:
        data = reading.document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProblemError(
            f"is not YAML: {error.problem}", f"{path}:{line}", "check quotes, brackets and indentation there"
        ) from error
    except yaml.YAMLError as error:
        raise ProblemError(f"is not YAML: {error}", where=f"{path}:1") from error
    except RecursionError as error:
        raise ProblemError("is nested too deep", where=path, do="split it into parts") from error
    finally:
        loader.dispose()
    return Document(path, data, reading.lines)


_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp")
)
_TEXTS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "timestamp"))


@dataclass(slots=True)
class _Reading:
    """One way through the events of a text: values and lines are made as they come, with no tree of nodes in between."""

    loader: Any
    path: str
    lines: dict[str, int] = field(default_factory=lambda: {"": 1})
    plain: dict[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        event = self.loader.get_event()
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = self.loader.get_event()
        if not isinstance(event, yaml.MappingStartEvent):
            raise ProblemError(
                "is not a mapping of keys to values", where=f"{self.path}:1", do="start with 'id: ...'"
            )
        data: dict[str, Any] = self.value(event, "")
        self.loader.get_event()  # the end of the document
        after = self.loader.get_event()
        if not isinstance(after, yaml.StreamEndEvent):
            raise ProblemError(
                "is not YAML: but found another document", where=f"{self.path}:{_line(after.start_mark)}"
            )
        return data

    def value(self, event: Any, pointer: str) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.AliasEvent):
            where = f"{self.path}:{_line(event.start_mark)}"
            raise ProblemError(f"an alias (*{event.anchor}) is not allowed", where, "write the value out")
        if event.tag is not None and not event.implicit:
            raise ProblemError(
                f"tag {event.tag} is not allowed", where=f"{self.path}:{_line(event.start_mark)}"
            )
        return self.items(pointer) if isinstance(event, yaml.SequenceStartEvent) else self.members(pointer)

    def members(self, pointer: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        next_event = self.loader.get_event
        while not isinstance(event := next_event(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise ProblemError(
                    "a key is not a plain word", f"{self.path}:{line}", "write it as one word, or in quotes"
                )
            key = str(event.value)
            if key in result:
                what = f"key '{key}' stands twice in one mapping"
                raise ProblemError(what, f"{self.path}:{line}", "remove one of the two")
            here = f"{pointer}/{_escape(key)}"
            self.lines[here] = line
            result[key] = self.value(next_event(), here)
        return result

    def items(self, pointer: str) -> list[Any]:
        result: list[Any] = []
        next_event = self.loader.get_event
        while not isinstance(event := next_event(), yaml.SequenceEndEvent):
            here = f"{pointer}/{len(result)}"
            self.lines[here] = event.start_mark.line + 1
            result.append(self.value(event, here))
        return result

    def scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is None and not event.implicit[0]:
            return text  # quoted
        if event.tag is None and text in self.plain:
            return self.plain[text]
        tag = event.tag or self.loader.resolve(yaml.ScalarNode, text, event.implicit)
        if tag not in _PLAIN_TAGS:
            raise ProblemError(f"tag {tag} is not allowed", where=f"{self.path}:{_line(event.start_mark)}")
        # A date stays the text it was written as: what it means is for the reader of the key to say.
        made = text if tag in _TEXTS else self.loader.construct_object(yaml.ScalarNode(tag, text))
        if event.tag is None:
            self.plain[text] = made
        return made


def find(content: bytes, pointers: Iterable[str]) -> dict[str, int]:
    """The 1-based line of each pointer into a mapping that `load` took, and of all that is around it.

    What does not exist is left out; what is not asked for is passed over, which makes it faster than `load`.

    >>> find(b"a: 1\\nb:\\n  - c: 2\\n", ["/b/0/c", "/z"])
    {'': 1, '/b': 2, '/b/0': 3, '/b/0/c': 3}
    """
    wanted: dict[str, Any] = {}
    for pointer in pointers:
        here = wanted
        for part in pointer.split("/")[1:]:
            here = here.setdefault(part, {})
    loader = _Loader(content)
    lines = {"": 1}
    try:
        event = loader.get_event()
        while not isinstance(event, yaml.MappingStartEvent):
            event = loader.get_event()
        _find(loader.get_event, event, "", wanted, lines)
    finally:
        loader.dispose()
    return lines


def _find(next_event: Any, event: Any, pointer: str, wanted: dict[str, Any], lines: dict[str, int]) -> None:
    """Notes the lines of the wanted members of the value that begins with the event, and reads to its end."""
    if not isinstance(event, yaml.CollectionStartEvent):
        return
    if not wanted:
        depth = 1
        while depth:
            event = next_event()
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        return
    is_mapping, index = isinstance(event, yaml.MappingStartEvent), 0
    while not isinstance(event := next_event(), yaml.CollectionEndEvent):
        name = _escape(str(event.value)) if is_mapping else str(index)
        if name in wanted:
            lines[f"{pointer}/{name}"] = _line(event.start_mark)
        _find(
            next_event,
            next_event() if is_mapping else event,
            f"{pointer}/{name}",
            wanted.get(name, {}),
            lines,
        )
        index += 1


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 1


def _escape(part: str) -> str:
    """A key as one part of a JSON pointer (RFC 6901)."""
    return part.replace("~", "~0").replace("/", "~1") if "~" in part or "/" in part else part
