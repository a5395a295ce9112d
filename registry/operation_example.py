# SPDX-License-Identifier: Apache-2.0
"""What does it look like that goes in or comes out of an operation? The document's own example first, else one that is made."""

from dataclasses import dataclass
from typing import Any

from registry import example
from registry.api.element import Element
from registry.json_indent import indented
from terms import canonical_json

MOST_MADE = 60
"""Making one takes a search; beyond so many a document shows only the examples it gives itself."""


@dataclass(slots=True)
class Examples:
    """The examples of one document. `left` is how many may still be made."""

    left: int = MOST_MADE

    def of(self, holder: Element, name: str, schema: Element) -> str:
        """JSON text: the first of the holder's `examples` that holds `name`, its `example`, or one made from the schema.

        Empty where there is none.
        """
        given = _given(holder, name)
        if given:
            return _shown(given[0])
        if not isinstance(schema.data, dict) or not self.left:
            return ""
        self.left -= 1
        made = example.examples(schema.document, schema.node(), full=True)
        return _shown(made[0]) if made else ""


def _given(holder: Element, name: str) -> list[Any]:
    """OpenAPI names its examples, AsyncAPI lists them."""
    around = holder.at("examples")
    listed = holder.listed("examples") if isinstance(around.data, list) else list(around.named().values())
    found = [one.fields[name] for one in listed if name in one.fields]
    return [*found, holder.value("example")] if "example" in holder.fields else found


def _shown(value: Any) -> str:
    return indented(canonical_json.text(value))
