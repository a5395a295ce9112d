# SPDX-License-Identifier: Apache-2.0
"""What a docstring shows is true: every example in the code runs and prints what it says."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("controlplane", "registry", "sync", "collectors", "policies", "dashboards", "terms")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if ">>> " in path.read_text()
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    """Each module with an example, as the interpreter would run it."""
    answer = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert answer.attempted > 0, "its examples were not found: they stand outside a docstring"
    assert answer.failed == 0
