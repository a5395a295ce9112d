# SPDX-License-Identifier: Apache-2.0
"""Texts that rows repeat over and over: each stands once, under a number that rows bear in its place.

A business has a few dozen sources, types of events, rules and milestones. A label is never changed and never removed.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, select

from collectors import tables
from collectors.bulk import Bulk
from collectors.numbers import Numbers
from terms.tenant import TENANT

_label: Any = tables.LabelRow.__table__  # type: ignore[attr-defined]


def label_digest(text: str) -> bytes:
    """16 bytes by which a label is found, however long its text is."""
    return blake2b(text.encode(), digest_size=16).digest()


def label_numbers(bulk: Bulk, numbers: Numbers, texts: Iterable[str]) -> Mapping[str, int]:
    """The number of each text, of others too. One that no row bore yet gets the next."""
    known = numbers.known["label"]
    digests = {label_digest(text): text for text in set(texts).difference(known)}
    for digest, label_no in bulk.select("digest, label_no", "label", "digest", digests):
        known[digests[bytes(digest)]] = label_no
    new = sorted((text, digest) for digest, text in digests.items() if text not in known)
    rows = [
        (label_no, digest, text)
        for label_no, (text, digest) in zip(numbers.take("label", len(new)), new, strict=True)
    ]
    bulk.insert(tables.LabelRow, "label_no, digest, label", rows)
    known.update((text, label_no) for label_no, _, text in rows)
    return known


def labels_of(bulk: Bulk, label_nos: Iterable[int]) -> dict[int, str]:
    """The texts behind these numbers."""
    return dict(bulk.select("label_no, label", "label", "label_no", label_nos))


def label_of(column: Any) -> ColumnElement[Any]:
    """The text behind a column of numbers, to be selected, compared or sorted by; NULL behind NULL."""
    found = select(_label.c.label).where(_label.c.tenant == TENANT, _label.c.label_no == column)
    return found.scalar_subquery()


def label_no_of(text: str) -> ColumnElement[Any]:
    """The number of a text, to compare a column of numbers with; NULL where no row bears it."""
    found = select(_label.c.label_no).where(_label.c.tenant == TENANT, _label.c.digest == label_digest(text))
    return found.scalar_subquery()
