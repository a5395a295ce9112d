# SPDX-License-Identifier: Apache-2.0
"""An object key survives its text form, and different keys never look alike."""

from hypothesis import given
from hypothesis import strategies as st

from terms import object_key
from terms.object_key import ObjectKey

words = st.text("abc-_.0", max_size=6)
keys = st.builds(ObjectKey, words, words, words, words)


@given(keys)
def test_text_form_reads_back(key: ObjectKey) -> None:
    """What a link carries is the key it was made from."""
    assert object_key.parse(str(key)) == key
