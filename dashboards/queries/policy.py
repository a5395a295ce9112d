# SPDX-License-Identifier: Apache-2.0
"""What do the pages of policies and of keys ask for? Rules, violations, and keys of which something is wrong."""

from dashboards.queries.frame import FRAME_PARTS

VIOLATION_PARTS = """
fragment ViolationParts on Violation {
  id rule title severity state targetKind targetKey message remediation firstSeenAt lastSeenAt resolvedAt
  occurrences reopened amount { amount currency } transaction { id anchor { value } }
}
"""

POLICIES = (
    """
query Policies($first: Int!, $after: String, $state: ViolationState, $rule: String) {
  ...Frame
  policies {
    id title description severity target expression remediation owner controls openViolations
    moneyAtRisk { amount currency } source examples
  }
  violations(first: $first, after: $after, state: $state, rule: $rule) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ...ViolationParts }
  }
}
"""
    + FRAME_PARTS
    + VIOLATION_PARTS
)

KEY_QUALITY = (
    """
query KeyQuality($first: Int!, $after: String) {
  ...Frame
  keyQuality(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { type source reason sentence verdict uses keys moreKeys lastSeenAt examples { key what } }
  }
}"""
    + FRAME_PARTS
)
