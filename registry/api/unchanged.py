# SPDX-License-Identifier: Apache-2.0
"""Which parts of two API documents are the same? Most of them, in most changes: those are not looked into again."""

from dataclasses import dataclass
from typing import Any

from registry.alike import common_text
from registry.api.element import Element, references
from registry.json_lines import escape
from registry.schema import Schema

_COMPONENT_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Unchanged:
    """`components` holds the pointers of components that are the same in both documents, and refer only to such ones.

    `comparable`: both are of one edition, so that the same text means the same.
    """

    components: frozenset[str]
    comparable: bool

    def holds(self, a: Element, b: Element) -> bool:
        """Whether both say the same, through references too. False means only that it was not shown."""
        if not self.comparable or a.data is None or b.data is None:
            return a.data is b.data is None
        text = common_text(a.data, b.data)
        return text is not None and self.says(text)

    def says(self, text: str) -> bool:
        """The same of a text that both documents hold: of a schema as a view shows it, which looks alike in every edition."""
        if "'$dynamicRef'" in text:  # what it means depends on the way to it
            return False
        return all(_component(ref) in self.components for ref in references(text))


def unchanged(old: Schema, new: Schema) -> Unchanged:
    """What is known to be the same; one pass over the components."""
    if _edition(old) != _edition(new):
        return Unchanged(frozenset(), comparable=False)
    olds, news = _components(old), _components(new)
    candidates: dict[str, set[str]] = {}
    for pointer, data in olds.items():
        shown = common_text(data, news.get(pointer))
        if shown is not None:
            candidates[pointer] = {_component(ref) for ref in references(shown)}
    waiting = [pointer for pointer, refs in candidates.items() if not refs <= candidates.keys()]
    used_by: dict[str, list[str]] = {}
    for pointer, refs in candidates.items():
        for ref in refs:
            used_by.setdefault(ref, []).append(pointer)
    changed: set[str] = set()
    while waiting:
        pointer = waiting.pop()
        if pointer not in changed:
            changed.add(pointer)
            waiting.extend(used_by.get(pointer, ()))
    return Unchanged(frozenset(candidates.keys() - changed), comparable=True)


def _edition(schema: Schema) -> str:
    data = schema.data if isinstance(schema.data, dict) else {}
    return str(data.get("openapi") or data.get("asyncapi"))[:3]


def _components(schema: Schema) -> dict[str, Any]:
    around = schema.data.get("components") if isinstance(schema.data, dict) else None
    return {
        f"#/components/{escape(section)}/{escape(name)}": data
        for section, members in (around.items() if isinstance(around, dict) else ())
        if isinstance(members, dict)
        for name, data in members.items()
    }


def _component(ref: str) -> str:
    """The component a reference leads into; the reference itself when it leads elsewhere, which is no component."""
    return "/".join(ref.split("/")[: _COMPONENT_DEPTH + 1])
