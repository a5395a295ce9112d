# SPDX-License-Identifier: Apache-2.0
"""Row ids grow."""

from hypothesis import given
from hypothesis import strategies as st

from terms.row_id import row_ids


@given(st.lists(st.integers(1, 40_000), max_size=8))
def test_ids_grow_and_never_repeat(counts: list[int]) -> None:
    """However many are taken at once, each id is greater than all before it and fits a signed 64-bit column."""
    taken = [row_id for count in counts for row_id in row_ids(count)]
    assert taken == sorted(set(taken))
    assert len(taken) == sum(counts)
    assert all(0 < row_id < 2**63 for row_id in taken)
