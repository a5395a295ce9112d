# SPDX-License-Identifier: Apache-2.0
"""What does the page of sources ask for? Sources, the definitions in force, and what is done to a source."""

from dashboards.queries.frame import FRAME_PARTS

_SOURCE = """
fragment SourceParts on Source {
  name kind state setUp address watermark behindSeconds truncationCount
  throughput { accepted totalAccepted totalDuplicates totalRejected } flags { reason count lastWhat }
  error { what next at failures } progress { running startedAt endedAt windows traces spans service }
}
"""

SOURCES = (
    """
query Sources($first: Int!, $after: String, $name: String!, $one: Boolean!) {
  ...Frame
  me { permissions }
  sources(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...SourceParts } }
  source(name: $name) @include(if: $one) {
    ...SourceParts
    api services systems headerNames allowPrivate spanUrl everySeconds settleSeconds overlapSeconds quietAfterSeconds limit maxSilenceSeconds
    createdAt createdBy lastContactAt
    rejections { reason count lastWhat } truncations { service fromAt limit } fileProblems { path problem }
    pulled { name watermark }
  }
  definitions { since inForce { kind id version title } problems { what where next } differences { what where next } }
  rederivations { kind names state done total changed added removed daysLeft { day events } endedAt }
}
"""
    + FRAME_PARTS
    + _SOURCE
)

_TRIED = """
    __typename
    ... on SourceAnswered { api services traces spans isFull elapsedSeconds }
    ... on SourceFailed { what where next }
    ... on SourceRefused { problems { what where next } }
    ... on SourceNotFound { message }
"""

TRY_SOURCE = f"mutation TrySource($input: AddSourceInput!) {{ trySource(input: $input) {{ {_TRIED} }} }}"

TEST_SOURCE = f"mutation TestSource($input: SourceNameInput!) {{ testSource(input: $input) {{ {_TRIED} }} }}"

ADD_SOURCE = """
mutation AddSource($input: AddSourceInput!) {
  addSource(input: $input) { __typename ... on SourceRefused { problems { what where next } } }
}
"""

CHANGE_SOURCE = """
mutation ChangeSource($input: ChangeSourceInput!) {
  changeSource(input: $input) { __typename ... on SourceRefused { problems { what where next } } }
}
"""

PAUSE_SOURCE = """
mutation PauseSource($input: SourceNameInput!) { pauseSource(input: $input) { __typename } }
"""

RESUME_SOURCE = """
mutation ResumeSource($input: SourceNameInput!) { resumeSource(input: $input) { __typename } }
"""

REMOVE_SOURCE = """
mutation RemoveSource($input: SourceNameInput!) { removeSource(input: $input) { __typename } }
"""

PULL_SOURCE = """
mutation PullSource($input: SourceNameInput!) {
  pullSource(input: $input) { __typename ... on SourceRefused { problems { what where next } } }
}
"""
