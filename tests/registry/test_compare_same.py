# SPDX-License-Identifier: Apache-2.0
"""Most contracts that a pipeline checks are as they were: that costs next to nothing, and hides no change."""

import pytest

from registry.compare import compare
from registry.dialect import DRAFT_07, DRAFT_2020_12
from registry.document import parse

PAIRS = {
    "the same text": ('{"maximum": 1}', '{"maximum": 1}', False),
    "one is not true": ('{"const": 1}', '{"const": true}', True),
    "one limit less": ('{"maximum": 2}', '{"maximum": 1}', True),
    "the same values, written otherwise": ('{"maximum": 1}', '{ "maximum":1.0 }', False),
}


@pytest.mark.parametrize(("old", "new", "differs"), PAIRS.values(), ids=PAIRS.keys())
def test_equal_texts_have_no_change_and_others_are_looked_at(old: str, new: str, differs: bool) -> None:
    """Values that Python takes for equal are not."""
    found = compare(parse(old.encode(), "old.json"), parse(new.encode(), "new.json"))
    assert bool(found) == differs


def test_the_same_text_in_another_dialect_is_another_contract() -> None:
    """A file without `$schema` and a version that was registered as 2020-12."""
    old = parse(b'{"$defs": {}}', "old.json", dialect=DRAFT_07.uri)
    new = parse(b'{"$defs": {}}', "new.json", dialect=DRAFT_2020_12.uri)
    assert [change.id for change in compare(old, new)] == ["dialect-changed"]
