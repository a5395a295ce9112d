# SPDX-License-Identifier: Apache-2.0
"""The tenant leads every key. There is one today; the column is there so that there can be more."""

from typing import NewType

Tenant = NewType("Tenant", int)

TENANT = Tenant(1)
