# SPDX-License-Identifier: Apache-2.0
"""Between which schemas can a document prove a finding of an API? The bodies, parameters and headers that were compared."""

from collections.abc import Iterator

from registry.api.comparison import roots
from registry.api.place import PLACES, Reader
from registry.api.traits import applied
from registry.api.view import view
from registry.document import Document
from registry.finding import Finding
from registry.rules import BACKWARD
from registry.witness.finder import Side, Trial


def trials(old: Document, new: Document, finding: Finding) -> Iterator[Trial]:
    """The pairs of schemas that may hold the place of the finding, those that stand around it first; none for other facts.

    What a consumer reads is proven the other way round: the provider of the new document writes what a consumer of the old
    one refuses.
    """
    name, dot, _ = finding.rule.partition(".")
    place = next((each for each in PLACES if dot and each.name == name), None)
    if place is None:
        return
    first, second = applied(old.schema), applied(new.schema)
    before, after = (view(each, place.hides) for each in (first, second))
    pairs = sorted(roots(first, second, place), key=lambda p: not _around(p[1].pointer, finding))
    to_new = (finding.direction == BACKWARD) is (place.reader is Reader.PROVIDER)
    for a, b in pairs:
        sides = Side(old.name, before, a), Side(new.name, after, b)
        near = finding.pointer_old, finding.pointer_new
        yield Trial(*sides, near) if to_new else Trial(*sides[::-1], near[::-1])


def _around(pointer: str, finding: Finding) -> bool:
    return finding.pointer_new.startswith(f"{pointer}/")
