# SPDX-License-Identifier: Apache-2.0
"""Are two nodes written the same, with all that they refer to? The quick answer that most of two versions of a contract get."""

import re
from dataclasses import dataclass, field
from typing import Any

from registry.schema import Node, Raw, Schema

_REFERENCE = re.compile(r"'\$ref': ('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")")
_DYNAMIC = ("'$dynamicRef'", "'$recursiveRef'")


def common_text(before: Any, now: Any) -> str | None:
    """The Python text of two values that are the same JSON; None when they are not. Equality alone would take 1 for true."""
    if before != now:
        return None
    text = repr(before)
    return text if text == repr(now) else None


@dataclass(slots=True)
class Alike:
    """Two documents and what is known of the references in them. No answer of it is wrong; `False` may only be too careful."""

    old: Schema
    new: Schema
    _known: dict[str, bool] = field(default_factory=dict)
    _comparable: bool | None = None

    def holds(self, a: Node, b: Node) -> bool:
        """Whether `a` of the old document and `b` of the new one are the same text and refer to the same."""
        return a.part == b.part and self.written(a.raw, b.raw)

    def written(self, before: Raw, now: Raw) -> bool:
        """The same of what is written at two places of the documents."""
        text = common_text(before, now)
        return text is not None and self.says(text)

    def says(self, text: str) -> bool:
        """The same of a text that both documents hold."""
        if "$" not in text:
            return self.old.dialect is self.new.dialect
        return self.comparable and not any(d in text for d in _DYNAMIC) and self._references(text)

    @property
    def comparable(self) -> bool:
        """Whether equal references are about equal places: one dialect, no `$id` inside, and no part of a document is hidden."""
        if self._comparable is None:
            self._comparable = self.old.dialect is self.new.dialect and not (
                self.old.has_inner_ids or self.new.has_inner_ids
            )
        return self._comparable

    def _references(self, text: str) -> bool:
        return all(self._same_target(found[1:-1]) for found in _REFERENCE.findall(text))

    def _same_target(self, ref: str) -> bool:
        known = self._known.get(ref)
        if known is None:
            self._known[ref] = True  # met again on the way, it stands deeper in the value
            x, y = self.old.target(ref), self.new.target(ref)
            known = x is not None and y is not None and x.pointer == y.pointer and self.holds(x, y)
            self._known[ref] = known
            if not known:
                # What leaned on it was not sound; nothing but the failure is kept.
                self._known = {name: False for name, same in self._known.items() if not same}
        return known
