# SPDX-License-Identifier: Apache-2.0
"""Stages that need more than one event: two of three, all that are known or planned, 95 % of the money; and those not planned."""

from pathlib import Path

import pytest

from collectors.definitions import load
from collectors.processes.outcome import Outcome, outcome
from collectors.processes.process import Process
from collectors.stitching.figures import figures_text
from collectors.stitching.stitch import stitch
from collectors.stitching.stitch_event import StitchEvent
from collectors.stitching.tree import object_type
from terms.problem import ProblemError

PROCESS = """kind: process
id: orders
version: 1
title: Orders
anchor: order
amount: [order-placed]
edges:
  - {id: invoice-of-order, child: invoice, parent: order, role: child_of}
  - {id: payment-of-invoice, child: payment, parent: invoice, role: link}
milestones:
  - {name: placed, event: order-placed}
  - {name: invoiced, event: invoice-issued, object: invoice, POLICY}
  - {name: paid, event: payment-settled, reached: amount, share: 95%, object: payment}
completed_when: [invoiced, paid]
"""


def process(tmp_path: Path, policy: str = "reached: all") -> Process:
    (tmp_path / "orders.yaml").write_text(PROCESS.replace("POLICY", policy))
    found = load((tmp_path,)).process("orders")
    assert found is not None
    return found


def said(
    at: int, kind: str, *keys: str, amount: int | None = None, currency: str = "EUR", **figures: str
) -> StitchEvent:
    told = ", ".join(f'"throughline.{name}": {value}' for name, value in figures.items())
    return StitchEvent(
        at, "test", f"{kind}@{at}", at, kind, "test", tuple(object_type(key) for key in sorted(keys)),
        tuple(sorted(keys)), amount, currency, None, None, figures_text(f"{{{told}}}"),
    )  # fmt: skip


def of(rules: Process, *events: StitchEvent) -> Outcome:
    stitched = stitch(rules, events)
    members = {key for key, member in stitched.members["order:SO-1"].items() if member.role != "annotate"}
    return outcome(rules, stitched.memberships["order:SO-1"], members)


def invoices(*numbers: int) -> list[StitchEvent]:
    return [said(10 + n, "invoice-issued", "order:SO-1", f"invoice:INV-{n}", amount=100) for n in numbers]


ORDER = said(1, "order-placed", "order:SO-1", amount=1_000)


@pytest.mark.parametrize(
    ("policy", "plan", "numbers", "reached_at"),
    [
        pytest.param("reached: any", "{}", (1, 2), 11, id="the first of any"),
        pytest.param("reached: count, count: 2", "{}", (1,), None, id="one of two"),
        pytest.param("reached: count, count: 2", "{}", (1, 2, 3), 12, id="the second of two"),
        pytest.param("reached: all", "{}", (1, 2, 3), 13, id="all that are known"),
        pytest.param("reached: all", '{"invoice": 3}', (1, 2), None, id="two of three planned"),
        pytest.param("reached: all", '{"invoice": 3}', (1, 2, 3), 13, id="all three planned"),
        pytest.param("reached: all", '{"invoice": 1}', (1, 2), 12, id="more came than was planned"),
    ],
)
def test_a_stage_may_need_more_than_one(
    tmp_path: Path, policy: str, plan: str, numbers: tuple[int, ...], reached_at: int | None
) -> None:
    """Reached when the last one needed came, by business time."""
    found = of(
        process(tmp_path, policy),
        ORDER._replace(figures=figures_text(f'{{"throughline.planned": {plan}}}')),
        *invoices(*numbers),
    )
    at = found.milestones["invoiced"].at if "invoiced" in found.milestones else None
    assert at == reached_at


def test_an_invoice_known_but_not_issued_keeps_a_stage_open(tmp_path: Path) -> None:
    """All means every invoice that belongs to the order, also one of which only something else was said."""
    drafted = said(5, "invoice-drafted", "order:SO-1", "invoice:INV-9")
    assert "invoiced" not in of(process(tmp_path), ORDER, drafted, *invoices(1, 2)).milestones
    issued = said(30, "invoice-issued", "order:SO-1", "invoice:INV-9")
    assert of(process(tmp_path), ORDER, drafted, *invoices(1, 2), issued).milestones["invoiced"].at == 30


def test_money_reaches_a_stage_by_its_share(tmp_path: Path) -> None:
    """95 % of the order: 900 is not enough, 950 is; dollars add nothing to euros."""
    rules = process(tmp_path)
    paid = [
        said(20, "payment-settled", "invoice:INV-1", "payment:P-1", amount=900),
        said(21, "payment-settled", "invoice:INV-1", "payment:P-2", amount=900, currency="USD"),
        said(22, "payment-settled", "invoice:INV-1", "payment:P-3", amount=50),
    ]
    assert "paid" not in of(rules, ORDER, *invoices(1), *paid[:2]).milestones
    done = of(rules, ORDER, *invoices(1), *paid)
    assert (done.milestones["paid"].at, done.status, done.ended_at) == (22, "completed", 22)


def test_only_the_orders_part_of_a_payment_counts(tmp_path: Path) -> None:
    """A payment of two orders pays this one with what was allocated to its invoice."""
    payment = said(
        20, "payment-settled", "invoice:INV-1", "invoice:INV-2", "payment:P-1", amount=1_500,
        allocated='{"invoice:INV-1": 940, "invoice:INV-2": 560}',
    )  # fmt: skip
    other = said(2, "invoice-issued", "order:SO-2", "invoice:INV-2")
    rules = process(tmp_path)
    assert "paid" not in of(rules, ORDER, other, *invoices(1), payment).milestones
    rest = said(30, "payment-settled", "invoice:INV-1", "payment:P-2", amount=10)
    assert of(rules, ORDER, other, *invoices(1), payment, rest).milestones["paid"].at == 30


def test_what_is_not_planned_is_not_waited_for(tmp_path: Path) -> None:
    """An order of which nothing is to be paid is done once it is invoiced; a payment that comes all the same is seen."""
    free = ORDER._replace(figures=figures_text('{"throughline.planned": {"payment": 0}}'))
    rules = process(tmp_path)
    done = of(rules, free, *invoices(1))
    assert (done.status, done.waiting_for, done.not_planned) == ("completed", None, "paid")
    waiting = of(rules, free)
    assert (waiting.status, waiting.waiting_for) == ("open", "invoiced")
    paid = said(20, "payment-settled", "invoice:INV-1", "payment:P-1", amount=1_000)
    assert of(rules, free, *invoices(1), paid).not_planned is None


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        ("reached: most", "unknown word 'most'"),
        ("reached: count, count: 0", "count is not a whole number from 1"),
        ("reached: amount, share: half", "'half' is not a share"),
        ("calendar: finance-de", "a calendar means nothing without a limit"),
    ],
)
def test_a_policy_that_means_nothing_is_refused(tmp_path: Path, policy: str, what: str) -> None:
    with pytest.raises(ProblemError, match=what):
        process(tmp_path, policy)


def test_what_is_counted_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(PROCESS.replace("object: invoice, POLICY", "reached: all"))
    with pytest.raises(ProblemError, match="does not say what is counted"):
        load((tmp_path,))
