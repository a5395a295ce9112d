# SPDX-License-Identifier: Apache-2.0
"""What do the pages of spans ask for? A search, and one trace."""

from dashboards.queries.frame import FRAME_PARTS

SPAN_PARTS = """
fragment SpanParts on Spans {
  count spanId traceId parentSpanId name system service kind startedAt durationSeconds status message attempt why attributes
  onCriticalPath clockSuspect clockNote tracerUrl
  links { traceId spanId otherTraceId otherSpanId isOutgoing otherName otherService }
}
"""

SPAN_QUERY = (
    """
query SpanQueryRead($text: String!) {
  ...Frame
  spanQuery(text: $text) { problems { what at length next } }
  promotedAttributes { name isReady blocks lookedAt }
}
"""
    + FRAME_PARTS
)

SPANS = """
query FoundSpans($query: String!, $first: Int!, $after: String) {
  spans(query: $query, first: $first, after: $after) {
    scanned isCut pageInfo { hasNextPage endCursor }
    nodes { traceId name system service status message startedAt durationSeconds }
  }
}
"""

TRACE = (
    """
query OneTrace($id: ID!) {
  ...Frame
  trace(id: $id) { ...SpanParts }
}
"""
    + FRAME_PARTS
    + SPAN_PARTS
)
