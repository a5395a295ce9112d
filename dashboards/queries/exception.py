# SPDX-License-Identifier: Apache-2.0
"""What does the queue ask for? Exceptions, and their replay."""

from dashboards.queries.frame import FRAME_PARTS

EXCEPTION_PARTS = """
fragment ExceptionParts on Exception {
  id state flow stage step system errorClass fingerprint sentence message advice businessKey
  objects { type value text } amount { amount currency } legalEntity openedAt lastSeenAt attempts replays
  transaction { id anchor { type value } processTitle customer }
}
"""

EXCEPTIONS = (
    """
query Exceptions($first: Int!, $after: String, $state: ExceptionState) {
  ...Frame
  exceptions(first: $first, after: $after, state: $state) {
    totalCount moneyAtRisk { amount currency } pageInfo { hasNextPage endCursor } nodes { ...ExceptionParts }
  }
}
"""
    + FRAME_PARTS
    + EXCEPTION_PARTS
)

REPLAY = """
mutation Replay($input: ReplayExceptionInput!) {
  replayException(input: $input) {
    __typename
    ... on ReplayStarted { alreadyAsked exception { id businessKey } }
    ... on ExceptionNotFound { message }
    ... on ExceptionNotOpen { message exception { id state } }
  }
}
"""
