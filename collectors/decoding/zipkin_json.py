# SPDX-License-Identifier: Apache-2.0
"""Zipkin v2 JSON -> OTLP groups. A shared span keeps its id: the kind tells the two halves apart.

Times are microseconds and may be absent; such a span has no place in time and is left for the caller to reject.
Format: zipkin-api's zipkin2-api.yaml.
"""

from typing import Any

import orjson

from collectors.decoding import otlp_json
from collectors.decoding.otlp_words import ERROR, KINDS, UNSET, Group, attributes, group, hex_id, nanoseconds
from collectors.span import Decoded, Rejected
from terms.problem import ProblemError

_DO = "send a list of Zipkin v2 spans"


def is_zipkin(document: Any) -> bool:
    """Whether a JSON document is a list of Zipkin v2 spans, or of traces made of them."""
    first = document[0] if isinstance(document, list) and document else None
    if isinstance(first, list):
        return is_zipkin(first)
    return isinstance(first, dict) and "traceId" in first and "id" in first and "specversion" not in first


def decode(body: bytes) -> Decoded:
    """The spans of a list of Zipkin v2 spans. Raises ProblemError with a JSON pointer when the body is none.

    One without a timestamp, or with a zero id, is rejected alone.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(f"is not JSON: {error}", "body", _DO) from error
    found, left_out = groups(document, "")
    decoded = otlp_json.decode_request({"resourceSpans": found})
    decoded.rejected.extend(Rejected("no_time", why) for why in left_out)
    return decoded


def groups(document: Any, where: str) -> tuple[list[Group], list[str]]:
    """The spans in the order written, and why each of the others was left out.

    Raises ProblemError (`where` with a JSON pointer) where the document is not as Zipkin writes it.
    """
    if not isinstance(document, list):
        raise ProblemError("is not a list", where, _DO)
    found: list[Group] = []
    left_out: list[str] = []
    listed = [
        (f"{where}#/{i}", item)
        for i, each in enumerate(document)
        for item in (each if isinstance(each, list) else [each])
    ]
    for here, span in listed:
        if not isinstance(span, dict):
            raise ProblemError("is not a JSON object", here, _DO)
        if span.get("timestamp") is None:
            left_out.append(f"span {span.get('id')}: it has no timestamp")
        else:
            found.append(_group(span, here))
    return found, left_out


def _group(span: dict[str, Any], where: str) -> Group:
    local, tags = _map(span, "localEndpoint", where), _map(span, "tags", where)
    remote = _map(span, "remoteEndpoint", where)
    start = nanoseconds(span, "timestamp", where)
    said = [*tags.items(), *((f"net.peer.{key}", item) for key, item in remote.items())]
    if span.get("shared"):
        said.append(("zipkin.shared", True))
    failed = "error" in tags
    return group(
        [("service.name", str(local.get("serviceName", "")))],
        "",
        [
            {
                "traceId": hex_id(span.get("traceId"), 32),
                "spanId": hex_id(span.get("id"), 16),
                "parentSpanId": hex_id(span["parentId"], 16) if span.get("parentId") else "",
                "name": str(span.get("name") or ""),
                "kind": KINDS.get(str(span.get("kind", "internal")).lower(), 1),
                "startTimeUnixNano": str(start),
                "endTimeUnixNano": str(start + nanoseconds(span, "duration", where)),
                "attributes": attributes(said),
                "events": [
                    {
                        "timeUnixNano": str(nanoseconds(note, "timestamp", where)),
                        "name": str(note.get("value", "")),
                    }
                    for note in span.get("annotations") or ()
                    if isinstance(note, dict)
                ],
                "status": {"code": ERROR, "message": str(tags["error"])} if failed else {"code": UNSET},
            }
        ],
    )


def _map(holder: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    found = holder.get(key) or {}
    if not isinstance(found, dict):
        raise ProblemError("is not a JSON object", f"{where}/{key}", _DO)
    return found
