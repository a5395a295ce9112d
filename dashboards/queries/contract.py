# SPDX-License-Identifier: Apache-2.0
"""What do the pages of contracts ask for? The catalogue, one contract, and the approvals."""

from dashboards.queries.frame import FRAME_PARTS
from dashboards.queries.policy import VIOLATION_PARTS

_FIELD = """
fragment FieldParts on ContractField {
  pointer type required classification description depth deprecated constraints examples
}
"""

_APPROVAL = """
fragment ApprovalParts on ContractApproval {
  subject fingerprint reason approvedBy approvedAt until inForce finding { what pointerOld pointerNew }
}
"""

CONTRACTS = (
    """
query Contracts($first: Int!, $after: String, $search: String, $filter: ContractFilter, $facets: [String!], $days: Int = 30) {
  ...Frame
  contracts(first: $first, after: $after, search: $search, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } facets(names: $facets) { name values { value count } }
    nodes {
      subject title owner domain type lifecycle compatibilityMode currentVersion
      standing { versions verdict withoutApprovals approvedUntil registeredAt }
      use(days: $days) { days uses applications lastSeenAt versions { version } }
    }
  }
}
"""
    + FRAME_PARTS
)

CONTRACT = (
    """
query OneContract($subject: String!, $version: String, $days: Int = 30, $longDays: Int = 90, $firstSeen: Int = 50, $afterSeen: String) {
  ...Frame
  contract(subject: $subject) {
    subject title description owner steward domain audience type lifecycle compatibilityMode retention eventType labels { name value }
    versions {
      number semver lifecycle registeredAt successor deprecatedAt sunsetAt retiredAt
      verdict {
        status policy difference policies { policy status }
        findings { level levels { policy level } pointerOld pointerNew what before after approval fingerprint }
      }
    }
    deletedVersions { number semver lifecycle deletedAt }
    stillUsed { version applications most { application uses lastSeenAt declared } }
    approvals { ...ApprovalParts }
    violations { ...ViolationParts }
    version(version: $version) {
      number semver contentId lifecycle registeredAt successor deprecatedAt sunsetAt retiredAt type text examples
      steps { to why needsDate needsForce refusal }
      fields { ...FieldParts }
      statement { producers consumers notes { change why breaking } }
      operations {
        operationId verb place summary deprecated sunset terms
        parts { title mediaType description example fields { ...FieldParts } }
      }
    }
    traffic { version events firstSeenAt lastSeenAt legalEntities }
    use(days: $days) {
      days since uses applications lastSeenAt versions { version uses applications lastSeenAt } daily { day uses }
    }
    applications { application version owner role range fields optional environments }
    observed(days: $longDays, first: $firstSeen, after: $afterSeen) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { application version uses firstSeenAt lastSeenAt lifecycle declared }
    }
    matrix {
      policy columns { application version role range environments }
      rows { version lifecycle cells { status read findings { what pointerNew pointerOld why } } }
    }
  }
}
"""
    + FRAME_PARTS
    + _FIELD
    + _APPROVAL
    + VIOLATION_PARTS
)

APPROVALS = (
    """
query Approvals($first: Int!, $after: String, $subject: String, $ended: Boolean) {
  ...Frame
  approvals(first: $first, after: $after, subject: $subject, ended: $ended) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ...ApprovalParts }
  }
}
"""
    + FRAME_PARTS
    + _APPROVAL
)

IS_THERE = "query IsThere($subject: String!) { contract(subject: $subject) { subject } }"
