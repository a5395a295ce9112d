# SPDX-License-Identifier: Apache-2.0
"""A server that is killed while spans come in loses none that it acknowledged, keeps none twice, and leaves nothing half done."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "kill.py"


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "database",
    [pytest.param([], id="sqlite"), pytest.param(["--postgres"], id="postgres", marks=pytest.mark.postgres)],
)
def test_five_kills_at_random_moments(database: list[str]) -> None:
    """The long version is `make soak`: 200 kills, half of them on PostgreSQL."""
    done = subprocess.run(
        [sys.executable, str(BENCH), "--kills", "5", "--deals", "150", "--seed", "11", *database],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 spans lost, doubled or half there; transactions are the same as without a kill" in done.stdout
