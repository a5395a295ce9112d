# SPDX-License-Identifier: Apache-2.0
"""Texts are made from patterns: what RE2 matches, and what tells two patterns apart."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.evaluate import pattern
from registry.witness.automaton import automaton, texts
from registry.witness.pattern import UnknownPatternError

PATTERNS = (
    "^[A-Z]{3}$", "a", "", "^$", r"^\d{4}-\d{2}-\d{2}$", "^(a|bc)*d?$", "(?i)eur|usd", "^[^@ ]+@[^@ ]+$", r"\.json$",
    "^[[:alpha:]_][[:word:]]*$", r"^\x41\x{42}$", r"^\Qa.b\E$", "^a{0,3}b{2,}$", r"^[\w.-]+$", "x.y", "^.{2}$", "(?s)^.$",
    "^(?P<year>20[0-9]{2})", "a{,2}", "^[a-z]+(-[a-z]+)*$", r"\Aab\z", "^(?:a|)b+?$", "[]a]", "[^]a-]",
)  # fmt: skip


@pytest.mark.parametrize("text", PATTERNS)
def test_texts_match_their_pattern(text: str) -> None:
    """Every text that is made for a pattern is matched by RE2, and the first is one of the shortest."""
    made = list(islice(texts([text], []), 5))
    assert made
    assert all(pattern(text).search(each) for each in made)
    assert len(made[0]) == min(len(each) for each in made)


@pytest.mark.parametrize("text", PATTERNS)
def test_texts_avoid_a_pattern(text: str) -> None:
    """What is made to be refused is refused; only a pattern that everything matches leaves none."""
    made = list(islice(texts([], [text]), 5))
    assert not any(pattern(text).search(each) for each in made)
    assert made or pattern(text).search("")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATTERNS), st.text(alphabet="abAB12-.@ \n_xyd]", max_size=7))
def test_the_automaton_agrees_with_re2(text: str, value: str) -> None:
    """An exact automaton says of any text what RE2 says."""
    machine = automaton(text)
    assert machine.exact
    states = machine.initial()
    for mark in value:
        states = machine.step(states, ord(mark))
    assert machine.accepts(states, empty=not value) is bool(pattern(text).search(value))


@pytest.mark.parametrize("text", [r"(a)\1", "(?=a)", "a{2000}", r"\K", "(", "[a", "*", r"\p{Greek}"])
def test_unknown_syntax_is_said(text: str) -> None:
    """A pattern that cannot be read is not guessed at."""
    with pytest.raises(UnknownPatternError):
        list(texts([text], []))


def test_lengths_are_kept() -> None:
    """A text is as long as it must be, and no longer than it may."""
    assert next(texts(["^[a-z]+$"], ["^a+$"], 4, 6)) == "aaab"
    assert list(texts(["^a{3}$"], [], 4, None)) == []
