# SPDX-License-Identifier: Apache-2.0
"""A proof holds for every value: pairs of contracts as people change them, and patterns, held to documents and texts."""

import json
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.contracts import Figures, judged
from bench.payloads.schema_pairs import pairs
from bench.payloads.schema_writer import KEYWORDS
from registry.dialect import DIALECTS, DRAFT_2020_12
from registry.document import parse
from registry.evaluate import pattern
from registry.implication.languages import no_text
from registry.implication.prover import Prover


def test_no_document_refutes_what_is_called_compatible() -> None:
    """The short run of `make bench ARGS=contracts`: three hundred pairs in five dialects, judged by another implementation."""
    figures, shown = Figures(), list[str]()
    for pair in pairs(seed=20, count=300):
        judged(pair, figures, 40, shown.append)
    assert figures.refuted == 0, shown
    assert figures.verdicts == 2 * (300 - figures.unreadable)
    assert figures.undecided <= 0.02 * figures.verdicts, shown
    assert figures.breaking_without_witness <= 0.05 * figures.breaking, shown
    assert figures.with_fewer_documents == 0, shown
    assert figures.false_witnesses == figures.large_witnesses == 0, shown


def test_the_pairs_take_turns_over_dialects_and_keywords() -> None:
    """Ten thousand of them have every keyword of a dialect in the focus fifty times and more."""
    focus = [(pair.dialect, pair.focus) for pair in pairs(seed=1, count=1000)]
    assert {dialect for dialect, _ in focus} == set(DIALECTS)
    assert {keyword for _, keyword in focus} == set(KEYWORDS)
    assert min(sum(each == keyword for _, each in focus) for keyword in KEYWORDS) >= 5


PIECES = ("a", "b", "[ab]", "[^a]", ".", "a*", "(a|b)", "b+", "^", "$", "a?", "(ab)*", "[a-c]{2}", "a{1,2}")
TEXTS = ["".join(letters) for size in range(5) for letters in product("abcé", repeat=size)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4),
)
def test_no_text_refutes_what_is_proven_of_patterns(one: list[str], other: list[str]) -> None:
    """Where all texts of one pattern are said to match another, RE2 says so too; likewise where none is said to match both."""
    p, q = "".join(one), "".join(other)
    if no_text(frozenset((p,)), frozenset((q,)), 0, None):
        assert not [t for t in TEXTS if pattern(p).search(t) and not pattern(q).search(t)]
    if no_text(frozenset((p, q)), frozenset(), 0, None):
        assert not [t for t in TEXTS if pattern(p).search(t) and pattern(q).search(t)]


@pytest.mark.parametrize(
    ("inner", "outer", "proven"),
    [
        ("^[a-z]+$", "^[a-zA-Z]*$", True),
        ("^[a-zA-Z]*$", "^[a-z]+$", False),
        ("^(open|paid)$", "^[a-z]{4}$", True),
        ("ab", "a", True),
        ("^a{3}$", "^.{2,4}$", True),
        ("(?=a)b", "a", False),
    ],
)
def test_patterns_that_follow_from_others(inner: str, outer: str, proven: bool) -> None:
    """Inclusion is decided by automata; what cannot be read as one proves nothing."""
    assert no_text(frozenset((inner,)), frozenset((outer,)), 0, None) is proven


def test_a_proof_that_leans_on_an_open_question_is_not_kept() -> None:
    """Two schemas that refer to each other, one of which differs deep inside: both stay unproven, in whatever order asked."""

    def tree(leaf: str) -> dict[str, object]:
        a = {"type": "object", "properties": {"b": {"$ref": "#/$defs/b"}, "leaf": {"type": leaf}}}
        b = {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}}
        return {"$ref": "#/$defs/b", "$defs": {"a": a, "b": b}}

    old, new = (
        parse(json.dumps(tree(leaf)).encode(), "tree.json", dialect=DRAFT_2020_12.uri).schema
        for leaf in ("number", "integer")
    )
    prover = Prover()
    names = ["a", "b"]
    Random(3).shuffle(names)
    for name in (*names, *reversed(names)):
        x, y = (each.root.child("$defs", name) for each in (old, new))
        assert not prover.implies(old, x, new, y)
        assert prover.implies(new, y, old, x)
