# SPDX-License-Identifier: Apache-2.0
"""The example of how events become a transaction runs as the page shows it."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "stitching.md"


def test_the_page_shows_what_happens() -> None:
    answer = doctest.testfile(str(PAGE), module_relative=False)

    assert answer.attempted > 5
    assert answer.failed == 0
