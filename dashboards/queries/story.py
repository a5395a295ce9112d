# SPDX-License-Identifier: Apache-2.0
"""What does the page of one transaction ask for? Its story, why each part belongs, and what people decide of it."""

from dashboards.queries.exception import EXCEPTION_PARTS
from dashboards.queries.frame import FRAME_PARTS
from dashboards.queries.policy import VIOLATION_PARTS
from dashboards.queries.span import SPAN_PARTS
from dashboards.queries.transaction_list import TRANSACTION_PARTS

_SUPPORT = """
fragment SupportParts on EdgeSupportConnection {
  totalCount holdCount pageInfo { hasNextPage endCursor }
  nodes { child { text } parent { text } role state why rule ruleVersion at source eventId decisionId refused retractedAt }
}
"""

TRANSACTION = (
    """
query OneTransaction($id: ID!) {
  ...Frame
  me { permissions }
  transaction(id: $id) {
    ...TransactionParts
    anchor { text } definitionVersion endedAt region waitingFor waitingSince
    milestones {
      name title system state reachedAt dueAt slaSeconds elapsedSeconds eventId owner steward exceptionTeam runbook calendar
      progress { amounts { amount currency } done expected expectedAmount { amount currency } }
    }
    events {
      id type source at system objects { type value text } role sharePpm amount { amount currency }
      contractSubject contractVersion message spanId traceId why
    }
    members {
      object { type value text } role parent { text } why rule ruleVersion eventId eventAt decisionId
      supports(first: 5) { ...SupportParts }
    }
    related { relation through { text } transaction { id anchor { value } processTitle status overdue startedAt } }
    comparison {
      other { id anchor { value } durationSeconds }
      hops { title system tookSeconds otherTookSeconds difference } differences
    }
    decisions { id kind object { text } other { text } reason decidedBy decidedAt }
    spans { ...SpanParts }
    violations { ...ViolationParts }
    exceptions { ...ExceptionParts }
  }
}
"""
    + FRAME_PARTS
    + SPAN_PARTS
    + _SUPPORT
    + TRANSACTION_PARTS
    + VIOLATION_PARTS
    + EXCEPTION_PARTS
)

SUPPORTS = (
    """
query Supports($id: ID!, $object: String!, $first: Int!, $after: String) {
  ...Frame
  me { permissions }
  transaction(id: $id) {
    id processTitle anchor { value }
    members(object: $object) { object { text } why supports(first: $first, after: $after) { ...SupportParts } }
  }
}
"""
    + FRAME_PARTS
    + _SUPPORT
)

PAYLOADS = """
query Payloads($id: ID!) {
  transaction(id: $id) {
    events { id payload { document verdict problems { what where next } contractSubject contractVersion } }
  }
}
"""

SEPARATE = """
mutation Separate($input: SeparateInput!) {
  separate(input: $input) {
    __typename
    ... on DecisionTaken { alreadyThere }
    ... on DecisionRefused { message next }
    ... on DecisionContradicts { message next }
  }
}
"""

JOIN = """
mutation Join($input: JoinInput!) {
  join(input: $input) {
    __typename
    ... on DecisionTaken { alreadyThere }
    ... on DecisionRefused { message next }
    ... on DecisionContradicts { message next }
  }
}
"""

REVOKE_DECISION = """
mutation RevokeDecision($input: RevokeDecisionInput!) {
  revokeDecision(input: $input) {
    __typename
    ... on DecisionRevoked { alreadyRevoked }
    ... on DecisionNotFound { message }
  }
}
"""
