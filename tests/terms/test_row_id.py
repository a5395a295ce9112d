# SPDX-License-Identifier: Apache-2.0
"""Row ids grow."""

from hypothesis import given
from hypothesis import strategies as st

from terms.instant import Instant, wall_clock
from terms.row_id import first_row_id, row_ids, row_ids_in


@given(st.lists(st.integers(1, 40_000), max_size=8))
def test_ids_grow_and_never_repeat(counts: list[int]) -> None:
    """However many are taken at once, each id is greater than all before it and fits a signed 64-bit column."""
    taken = [row_id for count in counts for row_id in row_ids(count)]
    assert taken == sorted(set(taken))
    assert len(taken) == sum(counts)
    assert all(0 < row_id < 2**63 for row_id in taken)


def test_an_id_tells_when_it_was_made() -> None:
    """What arrived before an instant is found by its id alone, which no index has to help."""
    before, now = wall_clock(), row_ids(1)[0]
    assert first_row_id(before) <= now < first_row_id(before) + row_ids_in(60_000_000)
    assert first_row_id(Instant(0)) == 0
