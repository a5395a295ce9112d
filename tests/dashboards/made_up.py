# SPDX-License-Identifier: Apache-2.0
"""A made-up month of the line, shaped as the API's types: what the page tests and the page server show.

Pure: one instant, one world. A deal is a row here only because these tests are about pages; every other test in this
house gets its rows through the real intake.
"""

import random
from typing import Any

from terms.instant import DAY, HOUR, MINUTE, SECOND, Instant, parse, text

NOW = parse("2026-11-20T12:00:00Z")
ENTITIES = ("US", "CA", "DE", "UK")
CURRENCY = {"US": "USD", "CA": "CAD", "DE": "EUR", "UK": "GBP"}
NAMES = (
    "Cobalt Freight",
    "Aster & Vale",
    "Mistral Labs",
    "Nordlicht Logistik",
    "Quill Press",
    "Harbour <Health>",
)
FAILED_ID = "a1" * 16

Row = dict[str, Any]


def at(ago: int) -> str:
    return text(Instant(NOW - ago))


def money(minor: int, currency: str) -> Row:
    return {"amount": f"{minor / 100:.2f}", "currency": currency}


def key(kind: str, value: str) -> Row:
    return {"type": kind, "value": value, "text": f"{kind}:{value}"}


def page(nodes: list[Row], *, first: int, after: str | None = None, **_: Any) -> Row:
    """A Relay connection over a list; cursors are positions."""
    start = int(after) if after else 0
    shown = nodes[start : start + first]
    end = start + len(shown)
    info = {
        "hasNextPage": end < len(nodes),
        "endCursor": str(end),
        "hasPreviousPage": start > 0,
        "startCursor": str(start),
    }
    return {"nodes": shown, "edges": [], "pageInfo": info, "totalCount": len(nodes)}  # fmt: skip


# ---- transactions -------------------------------------------------------------------------------------------------

_MILESTONES = (
    ("ordered", "Ordered", "salesforce", None),
    ("customer-ready", "Customer ready", "chargebee", HOUR),
    ("activated", "Activated", "chargebee", 4 * HOUR),
    ("invoiced", "Invoiced", "chargebee", 2 * HOUR),
    ("posted", "Posted to ledger", "netsuite", 6 * HOUR),
    ("paid", "Paid", "stripe", 14 * DAY),
    ("cash-applied", "Cash applied", "netsuite", 6 * HOUR),
    ("closed-in-crm", "Closed in CRM", "salesforce", 2 * HOUR),
)
_EVENTS = {
    "ordered": "order-placed", "customer-ready": "customer-created", "activated": "subscription-activated",
    "invoiced": "invoice-issued", "posted": "journal-posted", "paid": "payment-settled", "cash-applied": "journal-posted",
    "closed-in-crm": "crm-updated",
}  # fmt: skip


def transaction(number: int, draw: random.Random) -> Row:
    """One lead-to-cash deal: most complete, some open, a few failed."""
    entity = ENTITIES[number % 4]
    started = Instant(NOW - draw.randrange(30 * DAY))
    state = draw.choices(("COMPLETED", "OPEN", "FAILED", "CANCELLED"), (82, 12, 4, 2))[0]
    reached = 8 if state == "COMPLETED" else draw.randrange(3, 7)
    milestones: list[Row] = []
    moment = started
    for place, (name, title, system, limit) in enumerate(_MILESTONES):
        took = 0 if place == 0 else round((limit or HOUR) * draw.uniform(0.05, 0.9))
        moment = Instant(min(moment + took, NOW - (8 - place) * MINUTE))
        states = {place < reached: "REACHED", place == reached: "FAILED" if state == "FAILED" else "WAITING"}
        milestones.append(
            {"name": name, "title": title, "system": system, "owner": "Billing operations", "steward": "", "exceptionTeam": "", "runbook": "", "calendar": None, "progress": None, "state": states.get(True, "PENDING"), "eventId": None,
             "reachedAt": text(moment) if place < reached else None, "dueAt": None, "slaSeconds": limit and limit / SECOND,
             "elapsedSeconds": took / SECOND if place and place <= reached else None}
        )  # fmt: skip
    waits = milestones[reached] if reached < 8 else None
    return {
        "id": f"{number:032x}", "process": "lead-to-cash", "processTitle": "Lead to cash", "definitionVersion": 1,
        "anchor": key("order", f"SO-{1000 + number}"), "status": state, "overdue": state == "OPEN" and number % 3 == 0,
        "startedAt": text(started), "endedAt": text(moment) if state == "COMPLETED" else None, "lastEventAt": text(moment),
        "durationSeconds": (moment - started) / SECOND, "amount": money(draw.randrange(90_000, 9_000_000), CURRENCY[entity]),
        "customer": NAMES[number % 6], "legalEntity": entity, "region": "EMEA" if entity in ("DE", "UK") else "AMER",
        "waitingFor": waits and waits["name"], "waitingForTitle": waits and waits["title"],
        "waitingSystem": waits and waits["system"], "waitingSince": text(moment) if waits else None,
        "waitingSeconds": (NOW - moment) / SECOND if waits else None,
        "sentence": f"SO-{1000 + number} " + ("reached the ledger and was paid." if not waits else f"waits for {waits['title'].lower()}."),
        "milestones": milestones, "events": [_event(one, number, entity) for one in milestones if one["reachedAt"]],
        "members": [], "decisions": [], "spans": spans([]), "violations": [], "exceptions": [],
        "related": [], "comparison": None,
    }  # fmt: skip


def _event(milestone: Row, number: int, entity: str) -> Row:
    subject = _EVENTS[milestone["name"]]
    return {
        "id": f"evt-{subject}-{number}", "type": subject, "source": milestone["system"], "at": milestone["reachedAt"],
        "system": milestone["system"], "objects": [key("order", f"SO-{1000 + number}")], "role": "MEMBER", "sharePpm": 1_000_000,
        "amount": None, "contractSubject": subject, "contractVersion": "1.1.0", "message": None, "spanId": None, "traceId": None,
        "why": "names the anchor", "payload": None,
    }  # fmt: skip


def spans(rows: list[Row]) -> Row:
    """Rows turned into the API's columns."""
    names = ("spanId", "traceId", "parentSpanId", "name", "system", "service", "kind", "startedAt", "durationSeconds",
             "status", "message", "attempt", "why", "attributes", "onCriticalPath", "clockSuspect", "clockNote", "tracerUrl")  # fmt: skip
    links = [
        {"traceId": f"{2:032x}", "spanId": f"{6:016x}", "otherTraceId": f"{1:032x}", "otherSpanId": f"{5:016x}", "isOutgoing": True,
         "otherName": "amend subscription SUB-7", "otherService": "throughline"},
        {"traceId": f"{2:032x}", "spanId": f"{12:016x}", "otherTraceId": "c" * 32, "otherSpanId": "d" * 16, "isOutgoing": False,
         "otherName": None, "otherService": None},
    ] if rows else []  # fmt: skip
    return {"count": len(rows), "links": links} | {name: [row[name] for row in rows] for name in names}


def _span(place: int, trace: int, name: str, system: str, ago: int, took: float, **more: Any) -> Row:
    return {
        "spanId": f"{place:016x}", "traceId": f"{trace:032x}", "parentSpanId": None if more.pop("root", False) else f"{trace:016x}",
        "name": name, "system": system, "service": "throughline", "kind": "client", "startedAt": at(ago), "durationSeconds": took,
        "status": "ok", "message": None, "attempt": None, "why": "names amendment:AMD-7", "attributes": '{"throughline.flow": "renewal"}',
        "onCriticalPath": place in (1, 5, 6, 11), "clockSuspect": place == 8, "clockNote": "starts 2.3 s before its parent" if place == 8 else None,
        "tracerUrl": f"http://127.0.0.1:16686/trace/{trace:032x}" if system == "netsuite" else None,
    } | more  # fmt: skip


def failed_renewal() -> Row:
    """The story of the demo: a large amendment whose journal a closed period refuses."""
    start = 3 * DAY + 2 * HOUR
    closed = "posting period 2026-10 of DE is closed"
    rows = [
        _span(1, 1, "poll renewal amendments", "salesforce", start, 0.31, root=True),
        _span(2, 1, "validate renewal-amended 1.0.0", "throughline", start - 320_000, 0.004),
        _span(3, 1, "amend subscription SUB-7", "chargebee", start - 330_000, 0.642, attempt=1, status="error", message="timed out after sending; outcome unknown"),
        _span(4, 1, "probe subscription SUB-7", "chargebee", start - 2 * SECOND, 0.12),
        _span(5, 1, "amend subscription SUB-7", "chargebee", start - 2_200_000, 0.44, attempt=2),
        _span(6, 2, "receive invoice_generated", "chargebee", start - 41 * MINUTE, 0.022, root=True),
        _span(7, 2, "validate invoice-issued 1.2.0", "throughline", start - 41 * MINUTE - 25_000, 0.003),
        _span(8, 2, "map invoice to journal", "throughline", start - 41 * MINUTE - 29_000, 0.002),
        *(
            _span(8 + n, 2, "post journal JE-INV-7", "netsuite", start - 41 * MINUTE - wait, 0.21, attempt=n, status="error", message=closed)
            for n, wait in ((1, 40_000), (2, 1_300_000), (3, 4_000_000))
        ),
        _span(12, 2, "open exception", "throughline", start - 41 * MINUTE - 4_230_000, 0.006),
    ]  # fmt: skip
    wanted = (
        ("amended", "Amended", "salesforce", "REACHED", start, None, None),
        ("recalculated", "Recalculated", "chargebee", "LATE", start - 41 * MINUTE, 1800.0, 2460.0),
        ("posted", "Posted to ledger", "netsuite", "FAILED", None, 21600.0, 263_940.0),
        ("closed-in-crm", "Closed in CRM", "salesforce", "PENDING", None, 7200.0, None),
    )
    objects = (
        key("amendment", "AMD-7"),
        key("subscription", "SUB-7"),
        key("invoice", "INV-7"),
        key("customer", "CUST-7"),
    )

    def event(
        name: str, system: str, ago: int, subject: str | None, names: tuple[int, ...], **more: Any
    ) -> Row:
        return {
            "id": f"evt-{name}-7", "type": name, "source": system, "at": at(ago), "system": system, "role": "MEMBER",
            "objects": [objects[n] for n in names], "sharePpm": 1_000_000, "amount": None, "contractSubject": subject,
            "contractVersion": "1.2.0" if subject else None, "message": None, "spanId": f"{1:016x}", "traceId": f"{1:032x}",
            "why": "names the anchor", "payload": None,
        } | more  # fmt: skip

    def member(n: int, role: str, parent: int | None, why: str, rule: str, from_event: str | None) -> Row:
        return {"object": objects[n], "role": role, "parent": None if parent is None else objects[parent], "why": why,
                "rule": rule, "ruleVersion": 1, "eventId": from_event, "eventAt": from_event and at(start), "decisionId": None,
                "supports": supports(objects[n], objects[parent], role, rule, 24 if n == 2 else 1) if parent is not None else page_of_none}  # fmt: skip

    return {
        "id": FAILED_ID, "process": "renewal-amendment", "processTitle": "Renewal amendment", "definitionVersion": 1,
        "anchor": objects[0], "status": "FAILED", "overdue": True, "startedAt": at(start), "endedAt": None,
        "lastEventAt": at(start - 42 * MINUTE), "durationSeconds": None, "amount": money(18_430_000, "EUR"),
        "customer": "Nordlicht Logistik", "legalEntity": "DE", "region": "EMEA", "waitingFor": "posted",
        "waitingForTitle": "Posted to ledger", "waitingSystem": "netsuite", "waitingSince": at(start - 41 * MINUTE),
        "waitingSeconds": (start - 41 * MINUTE) / SECOND,
        "sentence": "NetSuite refused the journal of INV-7 because the posting period 2026-10 of DE is closed. Nothing was posted.",
        "milestones": [
            {"name": n, "title": t, "system": s, "owner": "Finance operations" if s == "netsuite" else "", "steward": "", "exceptionTeam": "Ledger desk", "calendar": None,
             "runbook": "docs/runbooks/posting.md" if s == "netsuite" else "", "state": state,
             "progress": {"amounts": [money(8_000, "EUR")], "done": 2, "expected": 3, "expectedAmount": money(12_000, "EUR")} if s == "chargebee" else None, "reachedAt": None if ago is None else at(ago), "dueAt": None,
             "slaSeconds": limit, "elapsedSeconds": took, "eventId": None}
            for n, t, s, state, ago, limit, took in wanted
        ],
        "events": [
            event("renewal-amended", "salesforce", start, "renewal-amended", (0, 1, 3), amount=money(18_430_000, "EUR")),
            event("invoice-issued", "chargebee", start - 41 * MINUTE, "invoice-issued", (2, 0, 1, 3), amount=money(18_430_000, "EUR"), why="invoice:INV-7 is child of amendment:AMD-7"),
            event("throughline.exception-opened", "netsuite", start - 42 * MINUTE, None, (0, 2), message=closed, role="MEMBER"),
        ],
        "members": lambda _, **asked: [one for one in (
            member(0, "ANCHOR", None, "the process is anchored on the amendment", "renewal-amendment", None),
            member(1, "LINK", 0, "a subscription outlives its amendments", "renewal-amended", "evt-renewal-amended-7"),
            member(2, "CHILD_OF", 0, "the invoice names the amendment it was made for", "invoice-issued", "evt-invoice-issued-7"),
            member(3, "ANNOTATE", None, "a customer never joins transactions", "renewal-amended", "evt-renewal-amended-7"),
        ) if asked.get("object") in (None, one["object"]["text"])],
        "decisions": [
            {"id": "71", "kind": "APART", "object": objects[2], "other": key("order", "SO-9"), "reason": "the invoice says otherwise",
             "decidedBy": "bob", "decidedAt": at(start), "revokedBy": None, "revokedAt": None, "revokedReason": None},
        ],
        "spans": spans(rows), "violations": [], "exceptions": [], "related": [], "comparison": None,
    }  # fmt: skip


def supports(child: Row, parent: Row, role: str, rule: str, count: int) -> Any:
    """As many words on one pair: the second was refused, the third is said no more, the rest holds."""
    states = {1: ("REFUSED", "invoice:INV-7 already belongs to amendment:AMD-7"), 2: ("RETRACTED", None)}

    def support(place: int) -> Row:
        state, refused = states.get(place, ("HOLDS", None))
        event = f"evt-{rule}-{place}"
        return {
            "child": child, "parent": key("order", "SO-9") if refused else parent, "role": role, "state": state, "rule": rule,
            "ruleVersion": 1, "at": at(3 * DAY - place * HOUR), "source": "/chargebee/eu", "eventId": event, "eventType": rule,
            "why": f"{rule} of 17 Nov 1{place % 10}:00 says that {child['text']} belongs to {parent['text']}" + (f"; refused: {refused}" if refused else ""),
            "decisionId": None, "refused": refused, "recordedAt": at(3 * DAY), "retractedAt": at(DAY) if state == "RETRACTED" else None,
        }  # fmt: skip

    nodes = [support(place) for place in range(count)]
    hold = sum(one["state"] == "HOLDS" for one in nodes)
    return lambda _, first, after=None: page(nodes, first=first, after=after) | {"holdCount": hold}


def page_of_none(_: Any, **asked: Any) -> Row:
    """A list in which there is nothing."""
    return page([], **asked) | {"holdCount": 0}


def payload(broken: bool) -> Row:
    """What an event carried, masked, and what its contract says of it."""
    wrong = [{"what": "is not a number", "where": "/total", "next": "send 12.34"}] if broken else []
    return {
        "document": '{"customer": "********", "total": "lots"}', "verdict": "BROKEN" if broken else "KEPT", "problems": wrong,
        "contractSubject": "invoice-issued", "contractVersion": "1.2.0",
    }  # fmt: skip


def beside(story: Row, good: Row) -> None:
    """Gives the story what stands beside it: a chain, a whole, and a good one to compare with."""
    story["related"] = [
        {"relation": "BEFORE", "through": key("subscription", "SUB-7"), "transaction": good},
        {"relation": "WHOLE", "through": key("invoice", "INV-7"), "transaction": good},
    ]
    hops = (
        ("Amended", "salesforce", 0.0, 0.0, "SAME"), ("Recalculated", "chargebee", 2460.0, 900.0, "SLOWER"),
        ("Posted to ledger", "netsuite", 263_940.0, 1200.0, "SLOWER"), ("Closed in CRM", "salesforce", None, 600.0, "MISSING"),
    )  # fmt: skip
    story["comparison"] = {
        "other": good, "differences": ["“Posted to ledger” took 3 d here and 20 min there.", "“Closed in CRM” is not reached here; there it took 10 min."],
        "hops": [
            {"title": title, "system": system, "tookSeconds": took, "otherTookSeconds": other, "difference": difference}
            for title, system, took, other, difference in hops
        ],
    }  # fmt: skip
    story["events"][1]["payload"] = payload(broken=True)


# ---- policies ------------------------------------------------------------------------------------------


def policy(identity: str, title: str, severity: str, still_open: int) -> Row:
    return {
        "id": identity, "title": title, "description": f"{title}. Otherwise revenue is recognised late or twice.", "severity": severity,
        "target": "transaction", "expression": 'has(tx.milestones.invoiced) && !has(tx.milestones.posted) &&\nnow - tx.milestones.invoiced > duration("6h")',
        "remediation": "Open the period or fix the mapping, then replay the exception.", "owner": "Controller", "controls": ["SOX-REV-3"],
        "openViolations": still_open, "moneyAtRisk": [money(18_430_000, "EUR")] if still_open else [], "source": "policies/packs/ledger.yaml:3", "examples": 4,
    }  # fmt: skip


def violation(number: int, story: Row, state: str) -> Row:
    return {
        "id": f"v-{number}", "rule": "invoice-posted", "ruleVersion": 1, "title": "Invoices reach the ledger", "severity": "high",
        "state": state, "targetKind": "transaction", "targetKey": story["id"],
        "message": f"{story['anchor']['value']} was invoiced and is not posted after 6 h.",
        "remediation": "Open the period or fix the mapping, then replay the exception.", "firstSeenAt": at(2 * DAY),
        "lastSeenAt": at(MINUTE), "resolvedAt": None if state == "OPEN" else at(HOUR), "occurrences": 14, "reopened": 0,
        "amount": story["amount"], "transaction": story,
    }  # fmt: skip


def exception(number: int, story: Row, cause: str, state: str = "OPEN") -> Row:
    sentence, message, advice, system, error = _CAUSES[cause]
    return {
        "id": f"ex-{number}", "state": state, "flow": story["process"], "stage": "invoice", "step": "post-journal", "system": system,
        "errorClass": error, "fingerprint": f"fp-{cause}", "sentence": sentence, "message": message, "advice": advice,
        "businessKey": story["anchor"]["value"], "objects": [story["anchor"]], "amount": story["amount"], "legalEntity": story["legalEntity"],
        "openedAt": at(3 * DAY - number * HOUR), "lastSeenAt": at(HOUR), "resolvedAt": None, "attempts": 3, "replays": 0, "transaction": story,
    }  # fmt: skip


_CAUSES = {
    "period": ("NetSuite refuses the journal: the posting period 2026-10 of DE is closed.", "PERIOD_CLOSED: The posting period 2026-10 for subsidiary DE is closed.", "Open the period 2026-10 for DE, then replay.", "netsuite", "period_closed"),
    "mapping": ("NetSuite has no account for the item PLAN-PRO in UK.", "INVALID_KEY_OR_REF: no account mapping for PLAN-PRO.", "Add the account mapping for PLAN-PRO in UK, then replay.", "netsuite", "missing"),
}  # fmt: skip


# ---- keys ----------------------------------------------------------------------------------------------
def _finding(kind: str, source: str, reason: str, verdict: str, uses: int, *examples: tuple[str, str]) -> Row:
    return {
        "type": kind, "source": source, "reason": reason, "sentence": f"A sentence about {reason}.", "verdict": verdict, "uses": uses,
        "keys": len(examples), "moreKeys": uses > 1_000, "firstSeenAt": "2026-11-01T08:00:00Z", "lastSeenAt": "2026-11-20T08:00:00Z",
        "examples": [{"key": key, "what": what, "uses": 1} for key, what in examples],
    }  # fmt: skip


KEY_FINDINGS: list[Row] = [
    _finding("order", "web-shop", "null-like", "REJECTED", 4_711, ("n/a", ""), ("0", ""), ("", "")),
    _finding("order", "web-shop", "hub", "DEMOTED", 51, ("order:20260301", "51 orders in one hour")),
    _finding(
        "", "legacy <batch>", "bad-time", "REJECTED", 1, ("finished_at 'noon' is not a time in unix_ms", "")
    ),
]
