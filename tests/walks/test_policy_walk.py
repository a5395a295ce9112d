# SPDX-License-Identifier: Apache-2.0
"""Walk (d): rule YAML -> load, examples hold -> compile -> evaluate facts -> violation -> store -> listing, and the CI gate beside it."""

import json
from pathlib import Path

from typer.testing import CliRunner

from controlplane.database import Actor, Database
from policies import listing, store
from policies.cli import app
from policies.evaluate import evaluate
from policies.fact import Fact
from policies.finding import Pair
from policies.rule import load
from terms.instant import HOUR, SECOND, Instant, text
from terms.money import Money
from tests.conftest import FixedClock

MACHINE = Actor("machine", "governance")
RULE = """\
id: tx.paid.within
version: 1
title: An invoice is paid within its term
description: Money that does not come must be asked for.
target: transaction
kind: cel
severity: warning
owner: collections
params: {term: 720h}
deadline: {from: invoiced, until: paid, after: params.term}
when: has(tx.milestones.invoiced)
assert: has(tx.milestones.paid) || now - timestamp(tx.milestones.invoiced) <= duration(params.term)
message: "{tx.anchor} is not paid {params.term} after its invoice."
remediation: Remind the customer.
examples:
  - name: paid
    expect: pass
    context: {anchor: "order:SO-1", milestones: {invoiced: "2026-01-01T00:00:00Z", paid: "2026-01-09T00:00:00Z"}}
  - name: not paid for a year
    now: 2027-01-01T00:00:00Z
    expect: fail
    context: {anchor: "order:SO-1", milestones: {invoiced: "2026-01-01T00:00:00Z"}}
"""


def deal(**reached: Instant) -> Fact:
    """A deal of EUR 12,400 that has reached these milestones."""
    return Fact(
        "transaction",
        "T1",
        {
            "id": "T1",
            "process": "lead-to-cash",
            "status": "open",
            "legal_entity": "DE",
            "currency": "EUR",
            "amount_minor": 1_240_000,
            "started_at": "2026-11-20T00:00:00Z",
            "anchor": "order:SO-1",
            "milestones": {name: text(at) for name, at in reached.items()},
            "effects": [],
        },
    )


def test_an_invoice_that_does_not_reach_the_erp_opens_a_violation_which_its_posting_resolves(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    """The limit passes without any news, the deadline brings the violation up, the news of the posting closes it."""
    (tmp_path / "tx.paid.within.yaml").write_text(RULE)
    rules = load([tmp_path])
    issued = clock()

    def look(fact: Fact, now: Instant) -> store.Changes:
        return database.write(
            lambda session: store.apply(session, evaluate(rules, (fact,), now), now),
            actor=MACHINE,
            reason="changed transactions",
        )

    # Issued: nothing is wrong yet, but both rules want to look again.
    assert look(deal(invoiced=issued), issued) == store.Changes()
    assert database.read(lambda session: store.due(session, Instant(issued + 4 * HOUR))) == ()

    # A second after the limit the deadline is due; nothing else happened.
    late = clock.advance(4 * 3_600 + 1)
    (due,) = database.read(lambda session: store.due(session, late))
    assert due.pair == Pair("tx.posted.within", "transaction", "T1")
    (fingerprint,) = look(deal(invoiced=issued), late).opened
    assert database.read(lambda session: store.due(session, late)) == ()

    # It is listed with its money and what to do.
    page = database.read(
        lambda session: listing.violations(session, listing.ViolationFilter(state="open"), 10)
    )
    (violation,) = page.items
    assert (violation.fingerprint, violation.money, violation.severity) == (
        fingerprint,
        Money(1_240_000, "EUR"),
        "error",
    )
    assert "order:SO-1" in violation.message
    assert "replay the exception" in violation.remediation
    standing = database.read(listing.standings)["tx.posted.within"]
    assert (standing.open, standing.money) == (1, (Money(1_240_000, "EUR"),))

    # The posting arrives: the violation resolves, and the other rule still waits for the payment.
    changes = look(deal(invoiced=issued, posted=late), clock.advance(60))
    assert changes.resolved == (fingerprint,)
    month_later = Instant(issued + 720 * HOUR + SECOND)
    (waiting,) = database.read(lambda session: store.due(session, month_later))
    assert waiting.pair.rule_id == "tx.paid.within"
    history = database.read(lambda session: listing.history(session, fingerprint))
    assert [event.change for event in history] == ["opened", "resolved"]


def test_the_gate_judges_the_same_fact_without_a_server(tmp_path: Path, clock: FixedClock) -> None:
    """The same rules from the same files: exit 1, and the fingerprint is the one the store would use."""
    (tmp_path / "own.yaml").write_text(RULE)
    assert CliRunner().invoke(app, ["test", str(tmp_path)]).exit_code == 0
    fact = deal(invoiced=clock())
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps([{"target": fact.target_kind, "key": fact.key, "context": fact.context}]))
    late = Instant(clock() + 5 * HOUR)
    result = CliRunner().invoke(
        app, ["check", str(tmp_path), "--facts", str(facts), "--at", text(late), "--format", "json"]
    )
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)["findings"]
    (own,) = evaluate(load([tmp_path]), (fact,), late).findings
    assert finding["fingerprint"] == own.fingerprint
