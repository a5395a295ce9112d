# SPDX-License-Identifier: Apache-2.0
"""Contracts are found by what they say, and listed a page at a time."""

from functools import partial

import pytest

from registry import (
    listing,
    subjects,
)
from registry.refusal import RefusedError
from tests.registry.held_contracts import Registry, made


def test_a_subject_is_found_by_what_it_says(registry: Registry) -> None:
    """Words in names, people, descriptions and fields, in any case and any place; all of them must occur."""
    said = {
        "owner": "Billing",
        "domain": "money",
        "labels": {"tier": "gold"},
        "event_type": "com.acme.invoice",
    }
    registry.register(
        made(
            "invoice/é",
            "1.0.0",
            said,
            title="Invoice Issued",
            properties={"dueDate": {"description": "ÄRGER"}},
        )
    )
    registry.register(made("payment", "1.0.0", {"owner": "billing"}, properties={"amount": {}}))
    for search, found in {
        "duedate": ["invoice/é"],
        "UEDA": ["invoice/é"],
        "ärger": ["invoice/é"],
        "billing": ["invoice/é", "payment"],
        "BILLING amount": ["payment"],
        "tier=gold": ["invoice/é"],
        "acme.invoice": ["invoice/é"],
        "É": ["invoice/é"],
        "100%": [],
        "_": [],
    }.items():
        assert registry.names(search=search) == found, search
    assert registry.names(prefix="inv") == ["invoice/é"]
    assert registry.names(owner="billing") == ["payment"]
    facets = registry.database.read(listing.facet_counts)
    assert facets["owner"] == (("Billing", 1), ("billing", 1))
    assert facets["lifecycle"] == (("active", 2),)
    assert registry.database.read(lambda s: subjects.of_event_type(s, "com.acme.invoice")) == "invoice/é"
    with pytest.raises(RefusedError, match="bound to 'invoice/é'"):
        registry.register(made("other", "1.0.0", {"event_type": "com.acme.invoice"}))


def test_a_list_is_cut_into_pages_in_the_order_of_code_points(registry: Registry) -> None:
    """The same pages on every database, whatever its language."""
    names = ["Zebra", "a", "a-b", "ab", "b", "ä", "😀"]
    for name in reversed(names):
        registry.register(made(name, "1.0.0"))
    seen: list[str] = []
    while True:
        after = seen[-1] if seen else None
        page = registry.database.read(partial(listing.page, first=3, after=after))
        seen += [head.name for head in page.heads]
        assert page.total == 7
        if not page.has_more:
            break
    assert seen == names
