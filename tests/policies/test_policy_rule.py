# SPDX-License-Identifier: Apache-2.0
"""Rule files: what loads has examples that hold; what does not load says file, line and what to write instead."""

from pathlib import Path

import pytest

from policies.rule import load, read
from terms.problem import ProblemError

GOOD = """\
id: deal.amount.known
version: 1
title: A deal has an amount
description: Without one nobody can say what is at risk.
target: transaction
kind: cel
severity: warning
owner: sales-operations
when: tx.status == "open"
assert: tx.amount_minor != null
message: "{tx.anchor} has no amount."
remediation: Fill in the amount.
examples:
  - {name: known, expect: pass, context: {status: open, amount_minor: 1, anchor: "order:SO-1"}}
  - {name: unknown, expect: fail, context: {status: open, amount_minor: null, anchor: "order:SO-1"}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rule.yaml"
    path.write_text(text)
    return path


def test_the_shipped_rules_load() -> None:
    """All examples of the shipped pack hold, or this would raise."""
    rules = {rule.id: rule for rule in load()}
    assert set(rules) == {
        "tx.posted.within", "idem.duplicate.effect", "contract.owner.present", "contract.deprecated.used",
        "contract.consumer.undeclared", "source.silent", "source.truncated",
    }  # fmt: skip
    assert all(rule.controls and rule.remediation and len(rule.examples) >= 2 for rule in rules.values())


def test_a_folder_adds_rules(tmp_path: Path) -> None:
    """A rule of one's own stands beside the shipped ones."""
    written(tmp_path, GOOD)
    assert "deal.amount.known" in {rule.id for rule in load([tmp_path])}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("severity: warning", "severty: warning", 7, "did you mean 'severity'?"),
        ("severity: warning", "severity: eror", 7, "did you mean 'error'?"),
        ("target: transaction", "target: transactions", 5, "did you mean 'transaction'?"),
        ("tx.amount_minor != null", "tx.amount != null", 10, "did you mean 'amount_minor'?"),
        ("tx.amount_minor != null", "tx.amount_minor !=", 10, "line 1 column"),
        ("tx.amount_minor != null", "tx.status.size() + 1", 10, "gives INT, not true or false"),
        ("{tx.anchor} has", "{tx.ankor} has", 11, "did you mean 'anchor'?"),
        (
            "expect: fail, context: {status: open, amount_minor: null,",
            "expect: fail, context: {stauts: open,",
            15,
            "did you mean 'status'?",
        ),
        (
            "expect: fail, context: {status: open",
            "expect: pass, context: {status: closed",
            13,
            "no example that must fail",
        ),
        ("  - {name: known, expect: pass", "  - {name: known, expect: passes", 14, "did you mean 'pass'?"),
        (
            "amount_minor: null,",
            "amount_minor: 5,",
            15,
            "example 'unknown' of deal.amount.known expects fail, but the rule gives pass",
        ),
        ("amount_minor: null,", "currency: EUR,", 15, "but the rule gives error: Key not found in map"),
        ("owner: sales-operations\n", "", 1, "missing key 'owner'"),
        ("assert: tx.amount_minor != null\n", "", 1, "missing key 'assert'"),
        ("kind: cel", "kind: builtin\nbuiltin: one_effect_per_kye", 7, "did you mean 'one_effect_per_key'?"),
        ("version: 1", "version: one", 2, "'version' is not a whole number"),
        ("kind: cel", "kind: cel\ndeadline: {from: invoiced, after: 4d}", 7, "'4d' is not a duration"),
        (
            "kind: cel",
            "kind: cel\ndeadline: {from: invoiced, after: params.limit}",
            7,
            "there is no parameter 'limit'",
        ),
    ],
)
def test_a_wrong_rule_says_where_and_what_to_write(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    """Each problem bears file and line."""
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ProblemError) as caught:
        load([tmp_path])
    told = [str(problem) for problem in caught.value.problems]
    assert any(f"{path}:{line}: " in text and says in text for text in told), told


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Nobody mends a rule file one error at a time; and nothing is taken when one rule is wrong."""
    written(tmp_path, GOOD.replace("severity: warning", "severity: eror").replace("owner:", "ownr:"))
    with pytest.raises(ProblemError) as caught:
        load([tmp_path])
    assert len(caught.value.problems) == 3


def test_a_folder_of_definitions_holds_other_kinds_too(tmp_path: Path) -> None:
    """Rules are known by their kind, or by lying in `policies`; what is of another kind is left to its own reader."""
    (tmp_path / "process.yaml").write_text("kind: process\nid: x\n")
    (tmp_path / "broken.yaml").write_text("kind: [")
    (tmp_path / "policies" / "deep").mkdir(parents=True)
    (tmp_path / "policies" / "deep" / "own.yaml").write_text(GOOD)
    assert "deal.amount.known" in {rule.id for rule in load([tmp_path])}


def test_a_higher_version_replaces_a_shipped_rule(tmp_path: Path) -> None:
    """An operator's own limit takes the place of ours without touching our files."""
    shipped = next(rule for rule in load() if rule.id == "tx.posted.within")
    text = Path(shipped.source).read_text().replace("version: 1", "version: 2")
    written(tmp_path, text.replace("limit: 4h", "limit: 240m"))
    rules = {rule.id: rule for rule in load([tmp_path])}
    assert (len(rules), rules["tx.posted.within"].params["limit"]) == (len(load()), "240m")


def test_one_id_names_one_rule(tmp_path: Path) -> None:
    """Two files with one id would hide one of them."""
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD)
    with pytest.raises(ProblemError, match=r"rule 'deal.amount.known' is in .*a.yaml too"):
        load([tmp_path])


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """An empty answer would look like success."""
    with pytest.raises(ProblemError, match="no such folder"):
        load([tmp_path / "nowhere"])


def test_a_message_without_words_still_reports(tmp_path: Path) -> None:
    """The expression in a message may fail; the violation may not be lost for it."""
    from policies.evaluate import evaluate
    from policies.fact import Fact
    from terms.instant import Instant

    rule = read(written(tmp_path, GOOD))
    fact = Fact("transaction", "T1", {"status": "open", "amount_minor": None})
    (finding,) = evaluate((rule,), (fact,), Instant(0)).findings
    assert finding.message == "? has no amount."
