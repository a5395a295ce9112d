# SPDX-License-Identifier: Apache-2.0
"""An event may say itself what its objects are to each other; the process still says which pairs of types join."""

from collections.abc import Sequence

import orjson
import pytest

from collectors.definitions import load
from collectors.processes.process import Process
from collectors.stitching.figures import figures_text
from collectors.stitching.stitch import Stitched, stitch
from collectors.stitching.stitch_event import StitchEvent
from collectors.stitching.tree import object_type


def lead() -> Process:
    found = load().process("lead-to-cash")
    assert found is not None
    return found


LEAD = lead()


def said(at: int, kind: str, *objects: str, related: Sequence[str] = ()) -> StitchEvent:
    keys = tuple(sorted(objects))
    text = figures_text(orjson.dumps({"throughline.related": related}).decode()) if related else None
    kinds = tuple(object_type(key) for key in keys)
    return StitchEvent(
        at, "test", f"{kind}@{at}", at, kind, "test", kinds, keys, None, None, None, None, text
    )


def edges(stitched: Stitched) -> set[str]:
    return {f"{one.child} {one.role} {one.parent} by {one.rule}" for one in stitched.edges if not one.refused}


ORDERS = (said(1, "order-placed", "order:A"), said(2, "order-placed", "order:B"))
BOTH = ("invoice:1", "invoice:2", "order:A", "order:B")


def test_a_run_that_names_each_child_with_its_parent_joins_them() -> None:
    """Two invoices and two orders in one event say nothing by being named together; stated in pairs they do."""
    stitched = stitch(
        LEAD, [*ORDERS, said(3, "invoice-issued", *BOTH, related=["invoice:1 child_of order:A", "order:B parent_of invoice:2"])]
    )  # fmt: skip

    assert edges(stitched) == {
        "invoice:1 child_of order:A by invoice-of-order", "invoice:2 child_of order:B by invoice-of-order",
    }  # fmt: skip
    assert stitched.members["order:B"]["invoice:2"].role == "child_of"


@pytest.mark.parametrize(
    ("statement", "edge"),
    [
        pytest.param("invoice:1 child_of order:A", "invoice:1 child_of order:A by invoice-of-order", id="a child of its parent"),
        pytest.param("invoice:1 link order:A", "invoice:1 link order:A by invoice-of-order", id="weakened to a link"),
        pytest.param("order:A link invoice:1", "invoice:1 link order:A by invoice-of-order", id="a link has no direction"),
        pytest.param("order:A child_of invoice:1", "", id="the wrong way round"),
        pytest.param("invoice:1 same_as order:A", "", id="not what the process has for the pair"),
        pytest.param("invoice:1 annotate", "", id="only shown"),
        pytest.param("invoice:9 child_of order:A", "invoice:1 child_of order:A by invoice-of-order", id="of what the event does not name"),
        pytest.param("invoice:1 belongs order:A", "invoice:1 child_of order:A by invoice-of-order", id="a word that is no role"),
    ],
)  # fmt: skip
def test_a_statement_does_no_more_than_the_process_declares(statement: str, edge: str) -> None:
    stitched = stitch(LEAD, [*ORDERS, said(3, "invoice-issued", "invoice:1", "order:A", related=[statement])])

    assert edges(stitched) == ({edge} if edge else set())


def test_a_pair_that_no_process_has_an_edge_for_joins_nothing() -> None:
    event = said(3, "shipped", "order:A", "shipment:S", related=["shipment:S child_of order:A"])

    stitched = stitch(LEAD, [*ORDERS, event])

    assert edges(stitched) == set()
    assert stitched.members["order:A"]["shipment:S"].role == "annotate"


def test_a_child_of_two_orders_in_one_statement_is_linked_to_both() -> None:
    stitched = stitch(
        LEAD, [*ORDERS, said(3, "invoice-issued", "invoice:1", "order:A", "order:B", related=["invoice:1 child_of order:A", "invoice:1 child_of order:B"])]
    )  # fmt: skip

    assert {edge.partition(" by ")[0] for edge in edges(stitched)} == {
        "invoice:1 link order:A",
        "invoice:1 link order:B",
    }


def test_what_nothing_is_stated_of_is_judged_by_being_named_together() -> None:
    event = said(
        3, "invoice-issued", "invoice:1", "order:A", "payment:P", related=["payment:P link invoice:1"]
    )

    assert edges(stitch(LEAD, [*ORDERS, event])) == {
        "invoice:1 child_of order:A by invoice-of-order", "payment:P link invoice:1 by payment-of-invoice",
    }  # fmt: skip


def test_an_event_belongs_nowhere_by_what_it_only_shows() -> None:
    """A quote that names a similar order is in its own order's story and not in the other's."""
    event = said(3, "order-checked", "order:A", "order:B", related=["order:B annotate"])

    stitched = stitch(LEAD, [*ORDERS, event])

    assert [m.event.type for m in stitched.memberships["order:A"]] == ["order-placed", "order-checked"]
    assert [m.event.type for m in stitched.memberships["order:B"]] == ["order-placed"]
