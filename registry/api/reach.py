# SPDX-License-Identifier: Apache-2.0
"""Which operations of an API does a part reach that many of them share? A change of one schema is told with who sends or gets it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from registry.api.element import references
from registry.json_lines import escape, unescape
from registry.schema import Schema

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"))
_DEPTH = {"components": 3, "channels": 2}


@dataclass(slots=True)
class Reach:
    """Who refers to what in one document. Everything is read when the first part is asked for, in one pass."""

    document: Schema
    _operations: list[tuple[str, set[str]]] = field(default_factory=list)
    _parts: dict[str, set[str]] = field(default_factory=dict)
    _is_read: bool = False

    def operations(self, pointer: str) -> tuple[str, ...]:
        """The operations that come to the shared part around the pointer, in the order of the document, each once.

        `POST /orders`, `webhook GET invoiced`, `send order-placed`. Empty where the pointer is in no shared part.
        """
        part = _part(f"#{pointer}")
        if not part:
            return ()
        self._read()
        reaching, waiting = {part}, [part]
        while waiting:
            here = waiting.pop()
            for name in [name for name, refers in self._parts.items() if here in refers]:
                if name not in reaching:
                    reaching.add(name)
                    waiting.append(name)
        return tuple(
            dict.fromkeys(name for name, refers in self._operations if not reaching.isdisjoint(refers))
        )

    def _read(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        data = self.document.data if isinstance(self.document.data, dict) else {}
        self._operations = [(name, _refers(each)) for name, each in _operations(data)]
        for section, members in _mapping(data.get("components")):
            for name, each in _mapping(members):
                self._parts[f"#/components/{escape(section)}/{escape(name)}"] = _refers(each)
        for name, each in _mapping(data.get("channels")):
            self._parts[f"#/channels/{escape(name)}"] = _refers(each)


def _part(ref: str) -> str:
    """The shared part that a reference leads into; empty when it leads into none."""
    steps = ref.split("/")
    depth = _DEPTH.get(steps[1], 0) if len(steps) > 1 else 0
    return "/".join(steps[: depth + 1]) if depth and len(steps) > depth else ""


def _refers(data: object) -> set[str]:
    return {part for ref in references(repr(data)) if (part := _part(ref))}


def _mapping(data: object) -> Iterator[tuple[str, object]]:
    if isinstance(data, dict):
        yield from ((str(name), each) for name, each in data.items())


def _operations(data: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Every operation by the name people call it, with all that is written of it."""
    for section, before in (("paths", ""), ("webhooks", "webhook ")):
        for path, item in _mapping(data.get(section)):
            around = [each for key, each in _mapping(item) if key not in _METHODS]
            for method, each in _mapping(item):
                if method in _METHODS:
                    yield f"{before}{method.upper()} {path}", [each, around]
    for name, channel in _mapping(data.get("channels")):  # AsyncAPI 2 has its operations in the channels
        for action in ("publish", "subscribe"):
            if isinstance(channel, dict) and action in channel:
                yield f"{action} {unescape(name)}", [channel[action], channel.get("parameters")]
    for name, each in _mapping(data.get("operations")):
        said = each.get("action") if isinstance(each, dict) else None
        yield f"{said or 'operation'} {name}", each
