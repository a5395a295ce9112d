# SPDX-License-Identifier: Apache-2.0
"""Two texts beside each other: every line once, in order, and only equal lines are folded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards import contract_address, side_by_side
from dashboards.side_by_side import MOST_LINES, rows

NONE: tuple[set[int], set[int]] = (set(), set())
TEXTS = st.lists(st.sampled_from(["{", "}", '"a": 1,', '"a": 2,', "", "x y"]), max_size=40).map("\n".join)


@given(TEXTS, TEXTS)
def test_every_line_of_both_texts_stands_in_its_order(old: str, new: str) -> None:
    """Whole: both texts can be read off the two columns, with their numbers; rows marked same hold the same line."""
    found = rows(old, new, NONE, whole=True)
    for text, sides in ((old, [row.old for row in found]), (new, [row.new for row in found])):
        read = [(side.number, "".join(part for part, _ in side.parts)) for side in sides if side]
        assert read == list(enumerate(text.splitlines(), start=1))
    for row in found:
        same = row.old and row.new and row.old.parts == row.new.parts
        assert (row.kind == "same") == bool(same)


@given(TEXTS, TEXTS)
def test_folding_hides_equal_lines_only(old: str, new: str) -> None:
    """What is folded and what is shown add up; no difference is hidden."""
    whole, folded = rows(old, new, NONE, whole=True), rows(old, new, NONE)
    assert [row for row in folded if row.kind not in ("same", "folded")] == [
        row for row in whole if row.kind != "same"
    ]
    assert sum(row.folded or 1 for row in folded) == len(whole)


def test_the_part_that_differs_is_marked() -> None:
    """`maxLength` stays plain, the digits are marked on both sides."""
    (row,) = rows('"maxLength": 64,', '"maxLength": 32,', NONE)
    assert row.old is not None
    assert row.old.parts == (('"maxLength": ', False), ("64", True), (",", False))


def test_a_line_that_a_finding_names_is_never_folded() -> None:
    """Equal texts fold to one row, unless somebody has to look at a line."""
    text = "\n".join(map(str, range(100)))
    assert [row.folded for row in rows(text, text, NONE)] == [100]
    shown = rows(text, text, ({50}, set()))
    assert [row.old.number for row in shown if row.old] == list(range(47, 54))


def test_texts_without_end_are_not_aligned() -> None:
    """Nothing is said rather than a page nobody can read; long differences are cut."""
    assert rows("a\n" * MOST_LINES, "b\n", NONE) == ()
    cut = rows("a\n" * 3_000, "b\n" * 3_000, NONE)
    assert len(cut) == side_by_side.MOST_ROWS + 1
    assert cut[-1].folded == 3_000 - side_by_side.MOST_ROWS


@pytest.mark.parametrize(
    "subject", ["invoice-issued", "a/diff", "what-if", "a?b#c&d=e", "ü ñ", "%41", "a//b", "x/what-if"]
)
@pytest.mark.parametrize("part", ["", "diff"])
def test_an_address_leads_back_to_its_subject(subject: str, part: str) -> None:
    """Slashes, Unicode, percent signs and the names of our own pages: the request that comes names the same subject."""
    from starlette.requests import Request

    raw = contract_address.contract(subject, part, to="1.0.0").partition("?")[0]
    assert raw.isascii()
    request = Request({"type": "http", "method": "GET", "path": raw, "raw_path": raw.encode(), "headers": []})
    assert contract_address.asked(request) == (subject, part)
