# SPDX-License-Identifier: Apache-2.0
"""The attributes of a span as they came, each opened when it is asked for.

A span has a dozen of them: finding its events asks for some, storing it for none. The bytes must have been checked, so
that opening them cannot fail.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

EVENTS, LINKS = "span.events", "span.links"
_TEXT = 0x0A  # the tag of AnyValue.string_value


class WireAttributes(Mapping[str, Any]):
    """Names to JSON values. `said` is what the span says, as it came; `values_of` its attributes by name, in no order."""

    __slots__ = ("_more", "said", "values_of")

    def __init__(self, said: Any, values_of: Mapping[str, bytes]) -> None:
        self.said = said
        self.values_of = values_of
        self._more = bool(said.events or said.links)

    def __getitem__(self, name: str) -> Any:
        if self._more and name in (EVENTS, LINKS):
            return _more(self.said)[name]
        raw = self.values_of[name]
        size = len(raw)
        # Nine of ten are a text of less than 128 bytes, and need no parser.
        if size > 1 and raw[0] == _TEXT and raw[1] == size - 2:
            return raw[2:].decode()
        return value(AnyValue.FromString(raw))

    def get(self, name: str, default: Any = None) -> Any:
        """The value of that name. Asking for what is not there costs no exception."""
        return self[name] if name in self.values_of or name in self else default

    def names(self) -> tuple[str, ...]:
        """The names of all of them: the same for spans of one kind, mostly in the same order."""
        return tuple(self) if self._more else tuple(self.values_of)

    def __iter__(self) -> Iterator[str]:
        return iter({**self.values_of, **_more(self.said)}) if self._more else iter(self.values_of)

    def __len__(self) -> int:
        return sum(1 for _ in self) if self._more else len(self.values_of)

    def __contains__(self, name: object) -> bool:
        return name in self.values_of or (self._more and name in _more(self.said))

    def __repr__(self) -> str:
        return repr(dict(self))


def of_said(said: Any) -> dict[str, Any]:
    """The attributes of what a span said, in its order."""
    return attributes(map(KeyValue.FromString, said.attributes)) | _more(said)


def attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    """The values of KeyValue messages by their names; of two of one name the last."""
    return {pair.key: value(pair.value) for pair in pairs}


def value(found: Any) -> Any:
    """The JSON value of an AnyValue; bytes become base64, and floats that JSON lacks their name."""
    match found.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [value(item) for item in found.array_value.values]
        case "kvlist_value":
            return attributes(found.kvlist_value.values)
        case "bytes_value":
            return b64encode(found.bytes_value).decode()
        case "double_value":
            number = found.double_value
            return number if number - number == 0 else str(number)
        case name:
            return getattr(found, name)


def _more(said: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if said.events:
        found[EVENTS] = [
            {"name": e.name, "time_unix_nano": e.time_unix_nano, "attributes": attributes(e.attributes)}
            for e in map(Span.Event.FromString, said.events)
        ]
    if said.links:
        found[LINKS] = [
            {"trace_id": k.trace_id.hex(), "span_id": k.span_id.hex(), "attributes": attributes(k.attributes)}
            for k in map(Span.Link.FromString, said.links)
        ]
    return found
