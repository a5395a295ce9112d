# SPDX-License-Identifier: Apache-2.0
"""Every table of ours, in one metadata: importing a room's tables puts them there."""

from sqlmodel import SQLModel

import collectors.decision_tables
import collectors.key_tables
import collectors.kpi_tables
import collectors.payload_tables
import collectors.rederivation_tables
import collectors.retention.tables
import collectors.search_tables
import collectors.source_tables
import collectors.tables
import collectors.use_tables
import controlplane.audit
import controlplane.saved_view
import controlplane.security.tables
import policies.tables
import registry.deployment_tables
import registry.tables
import sync.tables

metadata = SQLModel.metadata
TABLES = (
    collectors.decision_tables,
    collectors.key_tables,
    collectors.kpi_tables,
    collectors.payload_tables,
    collectors.rederivation_tables,
    collectors.retention.tables,
    collectors.source_tables,
    collectors.search_tables,
    collectors.tables,
    collectors.use_tables,
    controlplane.audit,
    controlplane.saved_view,
    controlplane.security.tables,
    policies.tables,
    registry.deployment_tables,
    registry.tables,
    sync.tables,
)
