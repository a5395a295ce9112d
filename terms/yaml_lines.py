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
            self.problem(f"unknown key '{key}'", f"{pointer}/{key}", did_you_mean(str(key), names))
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


def load(content: bytes, path: str) -> Document:
    """The one mapping in `content`.

    Raises ProblemError for a syntax error, a document that is not a mapping, duplicate keys, aliases, tags beyond
    the JSON ones, more than one document, or more than 256 KiB.
    """
    if len(content) > MAX_BYTES:
        raise ProblemError(f"is larger than {MAX_BYTES // 1024} KiB", where=path)
    loader = _Loader(content)
    try:
        _refuse_aliases(content, path)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise ProblemError(
                "is not a mapping of keys to values", where=f"{path}:1", do="start with 'id: ...'"
            )
        lines: dict[str, int] = {"": 1}
        data = _value(loader, node, "", path, lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProblemError(
            f"is not YAML: {error.problem}", f"{path}:{line}", "check quotes, brackets and indentation there"
        ) from error
    except yaml.YAMLError as error:
        raise ProblemError(f"is not YAML: {error}", where=f"{path}:1") from error
    finally:
        loader.dispose()
    assert isinstance(data, dict)
    return Document(path, data, lines)


def _refuse_aliases(content: bytes, path: str) -> None:
    for event in yaml.parse(content, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            line = _line(event.start_mark)
            raise ProblemError(
                f"an alias (*{event.anchor}) is not allowed", f"{path}:{line}", "write the value out"
            )


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 1


def _value(loader: Any, node: yaml.Node, pointer: str, path: str, lines: dict[str, int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(pointer, line)
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise ProblemError(
                    "a key is not a plain word", where=f"{path}:{key_node.start_mark.line + 1}"
                )
            key = str(key_node.value)
            if key in result:
                raise ProblemError(
                    f"key '{key}' stands twice", where=f"{path}:{key_node.start_mark.line + 1}"
                )
            here = f"{pointer}/{key}"
            lines[here] = key_node.start_mark.line + 1
            result[key] = _value(loader, value_node, here, path, lines)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(loader, item, f"{pointer}/{index}", path, lines) for index, item in enumerate(node.value)
        ]
    if node.tag.removeprefix("tag:yaml.org,2002:") not in (
        "str",
        "int",
        "float",
        "bool",
        "null",
        "timestamp",
    ):
        raise ProblemError(f"tag {node.tag} is not allowed", where=f"{path}:{line}")
    # A date stays the text it was written as: what it means is for the reader of the key to say.
    return str(node.value) if node.tag.endswith(":timestamp") else loader.construct_object(node)
