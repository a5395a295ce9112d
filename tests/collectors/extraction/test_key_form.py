# SPDX-License-Identifier: Apache-2.0
"""A text is a key or it is not: what stands for nothing joins nothing, and nothing is changed that no rule declares."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.extraction.key_form import NULL_LIKE, PLAIN, KeyForm, cleaner, is_date, judged
from collectors.extraction.normaliser import PLAIN as STEPS
from collectors.extraction.normaliser import normaliser, salesforce_id
from terms.problem import ProblemError


def steps(*names: Any) -> KeyForm:
    return KeyForm(
        normalise=tuple(
            normaliser(*(name.popitem() if isinstance(name, dict) else (name, ""))) for name in names
        )
    )


@pytest.mark.parametrize("text", [*sorted(NULL_LIKE), "N/A", " Null ", "0", "000", "UNKNOWN", "Test", "0 "])
def test_what_stands_for_nothing_is_no_key(text: str) -> None:
    """In any case, with blanks around it, and nothing but zeros."""
    assert judged(PLAIN, text)[1] == "null-like"
    assert cleaner(PLAIN)(text) is None


@pytest.mark.parametrize(
    "text", ["SO-1", "test-17", "nullarbor", "10", "0010", "unknown-5", "N/A-4", "a", "-1"]
)
def test_what_only_looks_like_nothing_is_a_key(text: str) -> None:
    """A word inside a key does not make it nothing."""
    assert judged(PLAIN, text) == (text, None)


@given(st.one_of(st.text(max_size=20), st.integers(), st.floats(), st.booleans(), st.none()))
def test_the_quick_way_and_the_thorough_way_agree(value: Any) -> None:
    """The hot path has a shortcut; it says what the form says."""
    text, reason = judged(PLAIN, value)
    assert cleaner(PLAIN)(value) == (None if reason else text)
    assert text or reason


@given(st.text(max_size=20), st.lists(st.sampled_from(sorted(STEPS)), max_size=3))
def test_a_key_that_was_made_once_is_made_again_of_itself(text: str, names: list[str]) -> None:
    """Declared steps lead to one text, and leave that text as it is: a key that went through twice joins the same."""
    form = steps(*names)
    made, reason = judged(form, text)
    if reason is None:
        again, still = judged(form, made)
        assert still is not None or judged(form, again)[0] == again


@pytest.mark.parametrize(
    ("form", "value", "key"),
    [
        pytest.param(steps(), "  So-1 ", "So-1", id="only blanks go unasked"),
        pytest.param(steps("upper"), "so-1", "SO-1", id="upper"),
        pytest.param(steps("lower"), "SO-1", "so-1", id="lower"),
        pytest.param(steps("salesforce-id"), "001D000000IqhSL", "001D000000IqhSLIAZ", id="15 to 18"),
        pytest.param(steps("strip-leading-zeros"), "0000100017", "100017", id="leading zeros"),
        pytest.param(steps(), "0000100017", "0000100017", id="leading zeros stay unless declared"),
        pytest.param(steps("digits-only"), "INV 2026/17", "202617", id="digits"),
        pytest.param(steps({"strip-prefix": "urn:order:"}), "urn:order:SO-1", "SO-1", id="prefix"),
        pytest.param(steps({"strip-prefix": "urn:order:"}), "SO-1", "SO-1", id="no prefix to strip"),
        pytest.param(steps({"capture": "/orders/([^/?]+)"}), "https://x/v1/orders/SO-1?a=b", "SO-1", id="capture"),
        pytest.param(steps({"capture": "/orders/([^/?]+)"}, "upper"), "/orders/so-1", "SO-1", id="one after the other"),
        pytest.param(PLAIN, 1001, "1001", id="a whole number"),
        pytest.param(PLAIN, "a\0b", "a\ufffdb", id="what a database cannot hold"),
    ],
)  # fmt: skip
def test_only_declared_steps_change_a_key(form: KeyForm, value: Any, key: str) -> None:
    assert judged(form, value) == (key, None)
    assert cleaner(form)(value) == key


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        pytest.param(steps("salesforce-id"), "001D000000IqhSLIAA", "checksum", id="check characters that do not fit"),
        pytest.param(steps("salesforce-id"), "SO-1", "checksum", id="no Salesforce id"),
        pytest.param(steps({"capture": "/orders/(.+)"}), "/orders/null", "null-like", id="captures nothing's name"),
        pytest.param(steps("digits-only"), "none of them", "pattern", id="no digits"),
        pytest.param(KeyForm(nulls=frozenset({"pending"})), "Pending", "null-like", id="a word of the runtime's own"),
        pytest.param(KeyForm(matches="SO-[0-9]+"), "SO-1x", "pattern", id="the whole key must match"),
        pytest.param(PLAIN, "x" * 513, "too-long", id="endless"),
        pytest.param(PLAIN, True, "not-a-key", id="true"),
        pytest.param(PLAIN, 1.0, "not-a-key", id="a float"),
    ],
)  # fmt: skip
def test_what_has_not_the_declared_form_is_refused_with_its_reason(
    form: KeyForm, value: Any, reason: str
) -> None:
    assert judged(form, value)[1] == reason
    assert cleaner(form)(value) is None


def test_a_path_without_a_key_in_it_names_nothing_and_is_nobodys_fault() -> None:
    """A gateway's every call has a path; most of them are about no order, and that is no finding."""
    form = steps({"capture": "/orders/([^/?#]+)"})
    assert judged(form, "/carts/9") == ("", None)
    assert cleaner(form)("/carts/9") is None


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=15, max_size=15))
def test_the_long_form_of_a_salesforce_id_is_its_own_long_form(text: str) -> None:
    """And a slip in one letter's case is found by its check characters."""
    made = salesforce_id(text)
    assert made is not None
    assert (len(made), made[:15]) == (18, text)
    assert salesforce_id(made) == made
    if text[0].isalpha():
        assert salesforce_id(text[0].swapcase() + made[1:]) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("20000929", True), ("29092000", True), ("2026-02-31", True), ("31.12.2026", True), ("12/31/2026", True), ("20261301", False),
     ("99999999", False), ("2026-1-1", False), ("SO-20261", False), ("1700000000", False)],
)  # fmt: skip
def test_a_bare_date_is_known_by_its_digits(text: str, is_one: bool) -> None:
    """A number that could be a day of this or the last century; order numbers are rarely that, batch numbers often."""
    assert is_date(text) is is_one


def test_an_expression_takes_time_in_proportion_to_what_it_reads() -> None:
    """What would stop a backtracking engine for years is answered, and what RE2 cannot promise is refused at load."""
    assert judged(steps({"capture": "^((?:a+)+)$"}), "a" * 400 + "!") == ("", None)
    with pytest.raises(ProblemError, match="look-around"):
        normaliser("capture", "(?=x)(x)")
