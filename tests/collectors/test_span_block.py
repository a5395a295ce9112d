# SPDX-License-Identifier: Apache-2.0
"""Attributes come out of a block as they went in, also from blocks of the first version."""

import zlib

import orjson
from hypothesis import given
from hypothesis import strategies as st

from collectors.span_block import pack, unpack

attributes = st.dictionaries(
    st.text(max_size=8),
    st.one_of(st.text(max_size=8), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.none()),
)


@given(st.lists(attributes, max_size=6))
def test_what_is_packed_comes_out_in_order(spans: list[dict[str, object]]) -> None:
    """No attribute is lost, changed or given to a neighbour."""
    assert unpack(pack(spans)) == spans


def test_a_block_of_the_first_version_is_read() -> None:
    """An upgrade leaves the blocks that are stored as they are."""
    spans = [{"throughline.step": "invoice.read"}, {}]
    assert unpack(zlib.compress(orjson.dumps(spans), 1)) == spans
