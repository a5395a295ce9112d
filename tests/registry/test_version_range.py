# SPDX-License-Identifier: Apache-2.0
"""Version ranges: which versions a reader means."""

import pytest

from registry.version_range import parse
from terms.problem import ProblemError

RANGES = {
    "1.2.0": ({"1.2.0"}, {"1.2.1", "1.1.9", "1.2.0-rc.1"}),
    "^1.1": ({"1.1.0", "1.9.9"}, {"1.0.9", "2.0.0", "2.0.0-rc.1"}),
    "^0.2.3": ({"0.2.3", "0.2.9"}, {"0.2.2", "0.3.0"}),
    "^0.0.3": ({"0.0.3"}, {"0.0.4"}),
    "^1": ({"1.0.0", "1.7.0"}, {"2.0.0"}),
    "~1.2.3": ({"1.2.3", "1.2.9"}, {"1.3.0", "1.2.2"}),
    "~1": ({"1.9.0"}, {"2.0.0"}),
    ">=1.0 <2": ({"1.0.0", "1.9.9"}, {"0.9.0", "2.0.0"}),
    ">= 1.0, < 2": ({"1.5.0"}, {"2.0.0"}),
    ">1.2": ({"1.3.0"}, {"1.2.9"}),
    "<=1.2": ({"1.2.9"}, {"1.3.0"}),
    "1.x": ({"1.0.0", "1.4.2"}, {"2.0.0"}),
    "1": ({"1.0.0", "1.4.2"}, {"2.0.0"}),
    "1.2.*": ({"1.2.7"}, {"1.3.0"}),
    "*": ({"0.0.1", "9.9.9"}, {"1.0.0-rc.1"}),
    "1.x || 3.0.1": ({"1.4.0", "3.0.1"}, {"2.0.0", "3.0.2"}),
    ">=1.0.0-rc.1": ({"1.0.0-rc.2", "1.0.0"}, {"1.0.0-beta"}),
}


@pytest.mark.parametrize(("text", "named"), RANGES.items(), ids=RANGES.keys())
def test_a_range_names_versions(text: str, named: tuple[set[str], set[str]]) -> None:
    """Each way of writing a range means what package managers mean by it."""
    held, others = named
    assert {v for v in held | others if parse(text).holds(v)} == held


@pytest.mark.parametrize(
    "text", ["", "  ", "latest", "1.2.3.4", "^", ">=1 <", "1.0 ||", "^1.1-rc", "01.2", "1.0.0beta", "9" * 300]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    """The refusal shows how ranges are written."""
    with pytest.raises(ProblemError, match=r"is not a version range .*write it like \^1\.1"):
        parse(text)
