# SPDX-License-Identifier: Apache-2.0
"""What do comparisons ask for? Two documents side by side, with the verdict."""

from dashboards.queries.frame import FRAME_PARTS

_VERDICT = """
fragment VerdictParts on Verdict {
  status mode policy difference policies { policy status }
  findings {
    rule level levels { policy level } direction pointerOld pointerNew whereOld whereNew what before after why fix against
    confirmed witness { document acceptedBy refusedBy refusal pointer } patch approval fingerprint
    usedBy usedByCount
  }
}
"""

_SIDES = """
fragment SideParts on ComparedDocument { name version text }
"""

DIFF = (
    """
query Compared($subject: String!, $from: String, $to: String, $mode: String, $policy: String) {
  ...Frame
  contract(subject: $subject) { subject title compatibilityMode versions { number semver } }
  diff(subject: $subject, from: $from, to: $to, mode: $mode, policy: $policy) {
    old { ...SideParts } new { ...SideParts } verdict { ...VerdictParts }
  }
}
"""
    + FRAME_PARTS
    + _SIDES
    + _VERDICT
)

WHAT_IF = (
    """
query WhatIf($document: String!, $subject: String, $mode: String, $policy: String) {
  ...Frame
  compatibility(document: $document, subject: $subject, mode: $mode, policy: $policy) {
    __typename
    ... on Compatibility { subject old { ...SideParts } new { ...SideParts } verdict { ...VerdictParts } }
    ... on DraftUnreadable { problems { what where next } }
    ... on ContractNotFound { message }
  }
}
"""
    + FRAME_PARTS
    + _SIDES
    + _VERDICT
)
