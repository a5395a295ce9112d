# SPDX-License-Identifier: Apache-2.0
"""Every table of ours, in one metadata: importing a room's tables puts them there."""

from sqlmodel import SQLModel

import collectors.contract_use.tables
import collectors.decisions.tables
import collectors.keys.tables
import collectors.kpis.tables
import collectors.payloads.tables
import collectors.rederivation.tables
import collectors.retention.tables
import collectors.sources.tables
import collectors.spans.search_tables
import collectors.tables
import controlplane.audit
import controlplane.presence
import controlplane.saved_view
import controlplane.security.tables
import policies.tables
import registry.deployment_tables
import registry.tables
import sync.tables

metadata = SQLModel.metadata
TABLES = (
    collectors.decisions.tables,
    collectors.keys.tables,
    collectors.kpis.tables,
    collectors.payloads.tables,
    collectors.rederivation.tables,
    collectors.retention.tables,
    collectors.sources.tables,
    collectors.spans.search_tables,
    collectors.tables,
    collectors.contract_use.tables,
    controlplane.audit,
    controlplane.presence,
    controlplane.saved_view,
    controlplane.security.tables,
    policies.tables,
    registry.deployment_tables,
    registry.tables,
    sync.tables,
)
