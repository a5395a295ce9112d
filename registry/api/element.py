# SPDX-License-Identifier: Apache-2.0
"""What stands at one place of an API document? An operation, a parameter, a header: read through its `$ref`, with its true pointer."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.json_lines import escape
from registry.schema import Node, Schema

_MAX_HOPS = 32  # a longer chain of references names nothing; reading refuses endless ones


@dataclass(frozen=True, slots=True)
class Element:
    """One object or list of a document. `pointer` is where it really stands: behind the `$ref` that led to it.

    What is missing, or null, or of another kind than asked for, reads as empty: shape checks say what must not be so.
    """

    document: Schema
    pointer: str
    data: Any

    def at(self, *steps: str | int) -> "Element":
        """What stands below, references followed at every step; its data is None where nothing does."""
        here = self
        for step in steps:
            data = here.data
            if isinstance(data, dict) and isinstance(step, str):
                inner = data.get(step)
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                inner = data[step]
            else:
                inner = None
            here = Element(here.document, f"{here.pointer}/{escape(str(step))}", inner).settled()
        return here

    def settled(self) -> "Element":
        """The element itself, or what it refers to."""
        here = self
        for _ in range(_MAX_HOPS):
            ref = here.data.get("$ref") if isinstance(here.data, dict) else None
            if not isinstance(ref, str):
                return here
            target = here.document.target(ref)
            if target is None:
                break
            here = Element(here.document, target.pointer, target.raw)
        return Element(here.document, here.pointer, None)

    def __bool__(self) -> bool:
        """Whether anything stands here."""
        return self.data is not None

    @property
    def fields(self) -> Mapping[str, Any]:
        """The members of an object; empty for everything else."""
        return self.data if isinstance(self.data, dict) else {}

    def value(self, name: str, default: Any = None) -> Any:
        """One member as it is written."""
        return self.fields.get(name, default)

    def text(self, name: str) -> str:
        """One member that is a text; empty where it is none."""
        found = self.value(name)
        return found if isinstance(found, str) else ""

    def flag(self, name: str) -> bool:
        """One member that is true."""
        return self.value(name) is True

    def named(self, *steps: str) -> dict[str, "Element"]:
        """The members of the map below, by name, without extensions and references followed."""
        around = self.at(*steps) if steps else self
        return {
            name: around.at(name)
            for name, value in around.fields.items()
            if value is not None and not name.startswith("x-")
        }

    def listed(self, name: str) -> list["Element"]:
        """The items of the list below, references followed."""
        around = self.at(name)
        return [around.at(i) for i in range(len(around.data))] if isinstance(around.data, list) else []

    def node(self) -> Node:
        """The element as a node of the schema engine."""
        return Node(self.pointer, self.data)


_REF = re.compile(r"'\$ref': (?:'([^']*)'|\"([^\"]*)\")")


def references(shown: str) -> Iterator[str]:
    """The references in the Python text of a parsed value: far faster than a walk, and only the texts count."""
    for match in _REF.finditer(shown):
        yield match[1] or match[2] or ""
