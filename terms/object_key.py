# SPDX-License-Identifier: Apache-2.0
"""An object key: the typed, scoped business key that names one thing in one system's or company's numbering."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """`type` is the object type (order, invoice ...), `value` its id; `namespace` and `scope` make the id unique.

    Namespace is the system instance that numbers it, empty for canonical keys; scope is whatever else the numbering
    restarts in, such as a fiscal year. Text form `type:value`, or `namespace/type@scope:value` where they are set.
    """

    type: str
    value: str
    namespace: str = ""
    scope: str = ""

    def __str__(self) -> str:
        head = f"{self.namespace}/{self.type}" if self.namespace else self.type
        return f"{head}@{self.scope}:{self.value}" if self.scope else f"{head}:{self.value}"


def parse(text: str) -> ObjectKey:
    """The key a text form names: `invoice:INV-7`, `sap/journal@2026:100017`.

    >>> parse("sap/journal@2026:1:7") == ObjectKey("journal", "1:7", "sap", "2026")
    True
    """
    return ObjectKey(*parts(text))


def parts(text: str) -> tuple[str, str, str, str]:
    """(type, value, namespace, scope) of the key a text form names; where it has neither of the last two they are empty."""
    head, _, value = text.partition(":")
    namespace, slash, rest = head.partition("/")
    if not slash:
        namespace, rest = "", head
    kind, _, scope = rest.partition("@")
    return kind, value, namespace, scope
