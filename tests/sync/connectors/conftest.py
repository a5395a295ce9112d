# SPDX-License-Identifier: Apache-2.0
"""A sandbox of its own for every test, with a receiver for its webhooks."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

sys.path.append(str(Path(__file__).parents[1] / "sandbox"))

from served_sandbox import Receiver, Served, receiver, serve

from sync.sandbox import credentials
from sync.sandbox.ledger import Ledger


@pytest.fixture
def inbox() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture(scope="session")
def credentials_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox file that has credentials and nothing else: making a key takes longer than most tests."""
    file = tmp_path_factory.mktemp("sandbox") / "new.sqlite3"
    ledger = Ledger(file)
    credentials.ensure(ledger)
    ledger.close()
    return file


@pytest.fixture
def sandbox_file(tmp_path: Path, credentials_file: Path) -> Path:
    """The file of a sandbox that has not run yet."""
    return Path(shutil.copy(credentials_file, tmp_path / "sandbox.sqlite3"))


@pytest.fixture
def served(sandbox_file: Path) -> Iterator[Served]:
    with serve(sandbox_file) as found:
        yield found


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, verify=False) as client:
        yield client
