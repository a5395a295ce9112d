# SPDX-License-Identifier: Apache-2.0
"""The spans a sync runtime would have sent for a deal: one trace a stage, an event or an attempt a span, wall times as they were."""

from collections.abc import Iterator

from controlplane.demo.pen import Pen, PlannedSpan
from controlplane.demo.story import Story, billed
from terms.instant import SECOND, Instant

_POSTING = "journal"
_UNAVAILABLE = "NetSuite {entity} did not take the posting: 503 Service Unavailable"
# How long before the end each attempt of an overdue posting was made: it is tried less and less often.
_BACKOFF = (2, 8, 30, 120, 480, 1_900)


def spans(story: Story, salt: str) -> Iterator[PlannedSpan]:
    """All spans of the deal, also those that end in the future, stage by stage. Ids follow from the deal and the salt."""
    if story.kind == "new-business":
        yield from _order_stages(Pen(story, salt))
    else:
        yield from _amendment_stages(Pen(story, salt))


def _order_stages(pen: Pen) -> Iterator[PlannedSpan]:
    at, money = pen.at, pen.money()
    pen.stage("order")
    yield pen.event(
        "order-placed", at["ordered"], "salesforce", ("order", "opportunity", "customer"), **money
    )
    yield pen.effect("customer in billing", "chargebee", at["customer-ready"], ("order", "customer"))
    yield pen.event("customer-created", at["customer-ready"], "chargebee", ("customer", "order"))
    subscribed = Instant(at["customer-ready"] + 2 * SECOND)
    yield pen.effect("subscription", "chargebee", subscribed, ("order", "subscription", "customer"))
    if pen.story.cancelled_at is not None:
        pen.stage("cancellation")
        yield pen.event(
            "order-cancelled",
            pen.story.cancelled_at,
            "salesforce",
            ("order", "opportunity", "customer"),
            **money,
        )
        return
    pen.stage("activation")
    yield pen.event(
        "subscription-activated", at["activated"], "chargebee", ("subscription", "order", "customer")
    )
    yield pen.effect(
        "customer in ERP", "netsuite", Instant(at["activated"] + 3 * SECOND), ("order", "customer")
    )
    pen.stage("invoice")
    objects = ("invoice", "order", "subscription", "customer")
    yield pen.event("invoice-issued", at["invoiced"], "chargebee", objects, **money, **_contract(pen.story))
    yield from _posting(pen, "invoice")
    yield from _payment(pen)
    if "closed-in-crm" in at:
        pen.stage("close")
        yield pen.effect("status in CRM", "salesforce", at["closed-in-crm"], ("order", "opportunity"))
        yield pen.event("crm-updated", at["closed-in-crm"], "salesforce", ("order",))


def _amendment_stages(pen: Pen) -> Iterator[PlannedSpan]:
    at, money = pen.at, pen.money()
    is_credit = pen.story.kind == "credit"
    change = {**money, "throughline.amount_minor": -pen.story.amount_minor} if is_credit else money
    pen.stage("amendment")
    yield pen.event(
        "renewal-amended", at["amended"], "salesforce", ("amendment", "subscription", "customer"), **change
    )
    yield pen.effect(
        "amended subscription",
        "chargebee",
        Instant(at["amended"] + 4 * SECOND),
        ("amendment", "subscription"),
    )
    document = "credit-memo" if is_credit else "invoice"
    pen.stage(document)
    objects = (document, "amendment", "subscription", "customer")
    type_ = "credit-memo-posted" if is_credit else "invoice-issued"
    yield pen.event(type_, at["recalculated"], "chargebee", objects, **money, **_contract(pen.story))
    yield from _posting(pen, document)
    if "closed-in-crm" in at:
        pen.stage("close")
        yield pen.effect("status in CRM", "salesforce", at["closed-in-crm"], ("amendment", "opportunity"))
        yield pen.event("crm-updated", at["closed-in-crm"], "salesforce", ("amendment",))
    if not is_credit:
        yield from _payment(pen)


def _posting(pen: Pen, document: str) -> Iterator[PlannedSpan]:
    """The journal of an invoice or a credit memo: attempts, a refusal if there was one, and the posting."""
    story, at = pen.story, pen.at
    pen.objects["journal"] = f"JE-{pen.objects[document]}"
    failure = _UNAVAILABLE.format(entity=story.entity.code)
    if "posted" not in at:
        issued_at = at[billed(story.kind)]
        for attempt in range(1, story.retries + 1):
            tried_at = Instant(issued_at + _BACKOFF[attempt - 1] * SECOND)
            yield pen.effect(_POSTING, "netsuite", tried_at, (document,), failure, attempt)
        return
    for attempt in range(1, story.retries + 1):
        waited = at["posted"] - at[billed(story.kind)]
        tried_at = Instant(at["posted"] - waited * (story.retries + 1 - attempt) // (story.retries + 2))
        yield pen.effect(_POSTING, "netsuite", tried_at, (document,), failure, attempt)
    if story.refusal is not None:
        yield from _refusal(pen, document)
    yield pen.effect(
        _POSTING,
        "netsuite",
        at["posted"],
        (document, "journal"),
        attempt=story.retries + 1 + (story.refusal is not None),
    )
    yield pen.event("journal-posted", at["posted"], "netsuite", ("journal", document), **pen.money())


def _refusal(pen: Pen, document: str) -> Iterator[PlannedSpan]:
    refusal = pen.story.refusal
    assert refusal is not None
    pen.objects["exception"] = f"EX-{pen.story.number}"
    why: dict[str, str | int] = {
        "throughline.message": refusal.message,
        "throughline.error_class": refusal.error_class,
    }
    objects = ("exception", document, pen.story.anchor[0])
    yield pen.effect(
        _POSTING, "netsuite", Instant(refusal.opened_at - SECOND // 50), (document,), refusal.message
    )
    yield pen.event(
        "throughline.exception-opened", refusal.opened_at, "netsuite", objects, **pen.money(), **why
    )
    yield pen.event("throughline.exception-resolved", refusal.resolved_at, "netsuite", objects, **pen.money())


def _payment(pen: Pen) -> Iterator[PlannedSpan]:
    if "paid" not in pen.at:
        return
    money = pen.money()
    pen.stage("payment")
    yield pen.event("payment-settled", pen.at["paid"], "stripe", ("payment", "invoice", "customer"), **money)
    pen.objects["journal"] = f"JE-{pen.objects['payment']}"
    applied_at = pen.at["cash-applied"]
    yield pen.effect("receipt", "netsuite", applied_at, ("payment", "journal"))
    yield pen.event("journal-posted", applied_at, "netsuite", ("journal", "payment"), **money)
    pen.stage("reconciliation")
    cleared_at = pen.cleared_after(applied_at)
    yield pen.event(
        "payment-reconciled", cleared_at, "netsuite", ("payment", "bank-line", "customer"), **money
    )


def _contract(story: Story) -> dict[str, str | int]:
    return {"throughline.contract.version": story.version}
