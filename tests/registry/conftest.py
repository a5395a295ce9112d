# SPDX-License-Identifier: Apache-2.0
"""What tests of the registry may ask for."""

from typing import Any

import pytest

from controlplane.database import Database
from tests.registry.held_contracts import Registry


@pytest.fixture
def registry(database: Database, clock: Any) -> Registry:
    return Registry(database, clock)
