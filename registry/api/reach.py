# SPDX-License-Identifier: Apache-2.0
"""Which operations of an API does a part reach that many of them share? A change of one schema is told with who sends or gets it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from registry.api.element import references
from registry.api.view import stands_at
from registry.json_lines import escape, unescape
from registry.schema import Schema

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace", "query"))


@dataclass(slots=True)
class Reach:
    """Who refers to what in one document. All is read when the first part is asked for, in one pass."""

    document: Schema
    _operations: list[tuple[str, set[str]]] = field(default_factory=list)
    _users: dict[str, set[str]] = field(default_factory=dict)
    _answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _is_read: bool = False

    def operations(self, pointer: str) -> tuple[str, ...]:
        """The operations that come to the shared part around the pointer, in the order of the document, each once.

        `POST /orders`, `webhook GET invoiced`, `send order-placed`. Empty where the pointer is in no shared part.
        """
        part = _part(f"#{pointer}")
        if part and part not in self._answers:
            self._read()
            self._answers[part] = self._coming_to(part)
        return self._answers.get(part, ())

    def _coming_to(self, part: str) -> tuple[str, ...]:
        reaching, waiting = {part}, [part]
        while waiting:
            new = self._users.get(waiting.pop(), set()) - reaching
            reaching |= new
            waiting += new
        return tuple(
            dict.fromkeys(name for name, refers in self._operations if not reaching.isdisjoint(refers))
        )

    def _read(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        data = self.document.data if isinstance(self.document.data, dict) else {}
        self._operations = [(name, _refers(each)) for name, each in _operations(data)]
        for name, each in _parts(data):
            for ref in _refers(each):
                self._users.setdefault(ref, set()).add(name)


def _parts(data: dict[str, object]) -> Iterator[tuple[str, object]]:
    """What several may refer to: components, the channels of AsyncAPI, and each message of a channel."""
    for section, members in _mapping(data.get("components")):
        for name, each in _mapping(members):
            yield f"#/components/{escape(section)}/{escape(name)}", each
    for name, each in _mapping(data.get("channels")):
        channel = f"#/channels/{escape(name)}"
        messages = list(_mapping(each.get("messages"))) if isinstance(each, dict) else []
        # A channel refers to its own messages too.
        yield channel, [each, [{"$ref": f"{channel}/messages/{escape(name)}"} for name, _ in messages]]
        for message, said in messages:
            yield f"{channel}/messages/{escape(message)}", said


def _part(ref: str) -> str:
    """The shared part that a reference leads into; empty when it leads into none."""
    steps = ref.split("/")
    match steps[1:]:
        case ["components", _, _, *_]:
            return "/".join(steps[:4])
        case ["channels", _, "messages", _, *_]:
            return "/".join(steps[:5])
        case ["channels", _, *_]:
            return "/".join(steps[:3])
    return ""


def _refers(data: object) -> set[str]:
    return {part for ref in references(repr(data)) if (part := _part(unquote(ref)))}


def _mapping(data: object) -> Iterator[tuple[str, object]]:
    if isinstance(data, dict):
        yield from ((str(name), each) for name, each in data.items())


def _operations(data: dict[str, object]) -> Iterator[tuple[str, object]]:
    """Every operation by the name people call it, with all that is written of it."""
    for section, before in (("paths", ""), ("webhooks", "webhook ")):
        for path, written in _mapping(data.get(section)):
            item = _followed(data, written)
            around = [each for key, each in _mapping(item) if key not in _METHODS]
            for method, each in _mapping(item):
                if method in _METHODS:
                    yield f"{before}{method.upper()} {path}", [each, around, _reference(written)]
    for name, channel in _mapping(data.get("channels")):  # AsyncAPI 2 has its operations in the channels
        for action in ("publish", "subscribe"):
            if isinstance(channel, dict) and action in channel:
                yield f"{action} {unescape(name)}", [channel[action], channel.get("parameters")]
    for name, each in _mapping(data.get("operations")):
        said = each.get("action") if isinstance(each, dict) else None
        yield f"{said or 'operation'} {name}", _narrowed(each)


def _followed(data: dict[str, object], item: object) -> object:
    """The path item, or what it refers to within the document."""
    ref = item.get("$ref") if isinstance(item, dict) else None
    return stands_at(data, unquote(ref[1:])) if isinstance(ref, str) and ref.startswith("#/") else item


def _reference(item: object) -> object:
    """The reference of a path item, which makes what it leads to a part of each of its operations."""
    return {"$ref": item["$ref"]} if isinstance(item, dict) and isinstance(item.get("$ref"), str) else None


def _narrowed(operation: object) -> object:
    """An operation of AsyncAPI 3 without its channel where it names the messages of it that it is about."""
    if isinstance(operation, dict) and operation.get("messages"):
        return {key: each for key, each in operation.items() if key != "channel"}
    return operation
