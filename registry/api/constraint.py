# SPDX-License-Identifier: Apache-2.0
"""Did the author of a schema ask for more? Keywords that bind others together, compared as they are written.

What they do to the values is often nothing, or cannot be shown: then it is still told that the author changed them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from registry.json_value import key

# The keyword, and the one under whose place the schema engine tells of it.
KEYWORDS = {
    "contains": "contains",
    "minContains": "contains",
    "maxContains": "contains",
    "dependentRequired": "dependentRequired",
    "dependentSchemas": "dependentSchemas",
    "propertyNames": "propertyNames",
    "unevaluatedItems": "unevaluatedItems",
    "unevaluatedProperties": "unevaluatedProperties",
    "not": "not",
    "if": "if",
    "then": "if",
    "else": "if",
}


def differences(x: Mapping[str, Any], y: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each keyword that differs, with what was done to it: added, removed, tightened, loosened or changed."""
    for keyword in KEYWORDS:
        if keyword not in x and keyword not in y:
            continue
        if keyword in x and keyword in y:
            if key(x[keyword]) != key(y[keyword]):
                yield keyword, _how(keyword, x[keyword], y[keyword])
        else:
            yield keyword, "removed" if keyword in x else "added"


def _how(keyword: str, before: Any, after: Any) -> str:
    match keyword:
        case "minContains" | "maxContains":
            return "tightened" if (after > before) is (keyword == "minContains") else "loosened"
        case "dependentRequired":
            if _asks_no_more(before, after):
                return "tightened"
            return "loosened" if _asks_no_more(after, before) else "changed"
        case _:
            return "changed"


def _asks_no_more(less: Mapping[str, Any], more: Mapping[str, Any]) -> bool:
    return all(set(names) <= set(more.get(name, ())) for name, names in less.items())
