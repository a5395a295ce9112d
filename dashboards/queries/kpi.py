# SPDX-License-Identifier: Apache-2.0
"""What does the board ask for? The KPIs, with their series."""

from dashboards.queries.frame import FRAME_PARTS

KPI_PARTS = """
fragment KpiParts on Kpi {
  id version title description formula owner unit statistic asOf days value valueIsLowerBound
  p50Seconds p90Seconds p95Seconds rate rateLow rateHigh target targetMet n open cancelled clockSuspect oldestOpenSeconds
  previousValue better process startMilestone endMilestone changed sourcesLagging
  series { day value p90 n open }
}
"""

KPIS = (
    """
query Kpis($days: Int!, $legalEntity: String) {
  ...Frame
  kpis(days: $days, legalEntity: $legalEntity) {
    ...KpiParts
    byLegalEntity { name value n open series { day value p90 n open } }
    markers { at title subject version legalEntity }
  }
}
"""
    + FRAME_PARTS
    + KPI_PARTS
)

KPI = (
    """
query OneKpi($id: ID!, $days: Int!, $legalEntity: String) {
  kpi(id: $id, days: $days, legalEntity: $legalEntity) {
    ...KpiParts
    markers { at title subject version legalEntity }
  }
}
"""
    + KPI_PARTS
)
