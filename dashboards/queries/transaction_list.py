# SPDX-License-Identifier: Apache-2.0
"""What does the list of transactions ask for? The rows with facets and starts, and the views that were saved."""

from dashboards.queries.frame import FRAME_PARTS

TRANSACTION_PARTS = """
fragment TransactionParts on Transaction {
  id process processTitle anchor { type value } status overdue sourceLagging startedAt lastEventAt durationSeconds
  amount { amount currency } customer legalEntity waitingForTitle waitingSystem waitingSeconds sentence
}
"""

_VIEW = """
fragment ViewParts on SavedView { id name query sort { field descending } }
"""

TRANSACTIONS = (
    """
query Transactions(
  $query: String!, $sort: TransactionSort!, $first: Int!, $after: String, $last: Int, $before: String, $buckets: Int!
) {
  ...Frame
  transactions(query: $query, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount totalCountAsOf pageInfo { hasNextPage endCursor hasPreviousPage startCursor } nodes { ...TransactionParts }
    facets { name title asOf values { value title count chosen query } }
    histogram(buckets: $buckets) { asOf bucketSeconds queryOfAll buckets { start end count stuck query } }
  }
  savedViews(first: 30) { nodes { ...ViewParts } }
}
"""
    + FRAME_PARTS
    + TRANSACTION_PARTS
    + _VIEW
)

FIND = """
query Find($key: String!) {
  transactions(first: 2, filter: { key: $key }) { nodes { id } }
}
"""

SAVED_VIEW = (
    """
query OneView($id: ID!) {
  savedView(id: $id) { ...ViewParts }
}
"""
    + _VIEW
)

SAVE_VIEW = """
mutation SaveView($input: SaveViewInput!) {
  saveView(input: $input) { __typename }
}
"""

DELETE_VIEW = """
mutation DeleteView($input: DeleteViewInput!) {
  deleteView(input: $input) { alreadyGone }
}
"""
