# SPDX-License-Identifier: Apache-2.0
"""How do two contracts of any type differ? Each type has its own walk; all of them answer with changes."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from registry.asyncapi import messaging
from registry.change import ABSENT, Change
from registry.diff import diff
from registry.document import ArtefactType, Document
from registry.effort import within
from registry.openapi import paths

Walk = Callable[[Document, Document, date | None], tuple[Change, ...]]

WALKS: Mapping[ArtefactType, Walk] = {
    "json-schema": lambda old, new, _: diff(old.schema, new.schema),
    "openapi": paths.diff,
    "asyncapi": messaging.diff,
}

PROOF_STEPS = 600_000
"""Steps of all proofs in one comparison; what is not proven within them is undecided."""

_UNCOMPARED = (Change("budget-spent", "", "", ABSENT, PROOF_STEPS),)


def compare(old: Document, new: Document, on: date | None = None) -> tuple[Change, ...]:
    """All changes from `old` to `new`, in the order of the documents, each fact once. Always ends.

    `on` is the day that the sunset dates of an API are held against; None: no sunset has come yet. A contract of another
    type is one change, whatever it says.
    """
    if old.type != new.type:
        return (Change("artefact-type-changed", "", "", old.type, new.type),)
    # Most contracts of a pull request are as they were. Equal texts, not equal values: in Python 1 is True.
    if _written(old) == _written(new) and old.schema.dialect == new.schema.dialect:
        return ()
    return within(PROOF_STEPS, partial(WALKS[new.type], old, new, on), _UNCOMPARED)


def _written(document: Document) -> tuple[Any, ...]:
    """All that was written of it, copies included."""
    copies = ((copy.pointer, copy.text) for copy in document.copies)
    return (document.syntax, document.text, *copies)
