# SPDX-License-Identifier: Apache-2.0
"""What does the query bar ask for? How a query is read, and how it may go on."""

from dashboards.queries.frame import FRAME_PARTS

_READING = """
fragment ReadingParts on QueryReading {
  text words { text without } problems { what at length next } hints { what at length next }
}
"""

QUERY_READING = (
    """
query QueryRead($text: String!) {
  transactionQuery(text: $text) { ...ReadingParts }
}
"""
    + _READING
)

QUERY_COMPLETION = (
    """
query QueryGoesOn($text: String!, $caret: Int!) {
  transactionQuery(text: $text, caret: $caret) { ...ReadingParts completions { word title query caret } }
}
"""
    + _READING
)

QUERY_TROUBLE = (
    """
query QueryWrong($text: String!, $caret: Int!) {
  ...Frame
  transactionQuery(text: $text, caret: $caret) { ...ReadingParts completions { word title query caret } }
}
"""
    + FRAME_PARTS
    + _READING
)
