# SPDX-License-Identifier: Apache-2.0
"""What do the first screen and the map ask for? The line: what moves between the systems, and what does not."""

from dashboards.queries.exception import EXCEPTION_PARTS
from dashboards.queries.frame import FRAME_PARTS
from dashboards.queries.kpi import KPI_PARTS

HOME = (
    """
query Home($days: Int!) {
  ...Frame
  line(days: $days) {
    asOf days transactions reachedLedger open failed overdue sentence stuckCount stuckMoney { money { amount currency } count }
    oldestSeconds oldest { id anchor { value } }
    hops { id source target title process milestone volume waiting overdue failed atRisk { amount currency } state reason }
  }
  kpis(days: $days) { ...KpiParts }
  exceptions(first: 5, state: OPEN) { totalCount moneyAtRisk { amount currency } nodes { ...ExceptionParts } }
}
"""
    + FRAME_PARTS
    + KPI_PARTS
    + EXCEPTION_PARTS
)

MAP = (
    """
query Map($days: Int!) {
  ...Frame
  line(days: $days) {
    asOf transactions stuckCount
    hops { id source target title process milestone volume waiting overdue failed atRisk { amount currency } state reason
      wait { p50Seconds p90Seconds n open } }
  }
}
"""
    + FRAME_PARTS
)
