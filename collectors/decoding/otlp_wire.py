# SPDX-License-Identifier: Apache-2.0
"""The messages of OTLP traces with attributes, span events and links left as the bytes they came as.

Field numbers are those of opentelemetry/proto/trace/v1/trace.proto, so the same bytes are read: what is declared as bytes
here is a message there, and a list of KeyValue is a map of names to values. Of most attributes nothing but the name is asked,
and a value that is not opened costs a tenth.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "throughline.wire"
_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "bytes": _FIELD.TYPE_BYTES,
    "string": _FIELD.TYPE_STRING,
    "int32": _FIELD.TYPE_INT32,
    "fixed64": _FIELD.TYPE_FIXED64,
}
_MESSAGES = {
    "Status": "2 message string, 3 code int32",
    "Span": "1 trace_id bytes, 2 span_id bytes, 4 parent_span_id bytes, 5 name string, 6 kind int32, "
    "7 start_time_unix_nano fixed64, 8 end_time_unix_nano fixed64, 9 attributes map, 15 status Status",
    "Scope": "1 name string",
    "ScopeSpans": "1 scope Scope, 2 spans Span*",
    "ResourceSpans": "1 resource bytes, 2 scope_spans ScopeSpans*",
    "Request": "1 resource_spans ResourceSpans*",
    # What spans say beside their ids and times, as it came. 99 is no field of a span: what came in another encoding.
    "Said": "9 attributes bytes*, 11 events bytes*, 13 links bytes*, 99 json bytes",
    "SaidInScope": "2 spans Said*",
    "SaidByResource": "2 scope_spans SaidInScope*",
    "SaidInRequest": "1 resource_spans SaidByResource*",
    "Block": "1 spans Said*",
}


def _declare(file: descriptor_pb2.FileDescriptorProto, message: str, fields: str) -> None:
    declared = file.message_type.add(name=message)
    for field in fields.split(", "):
        number, name, kind = field.split(" ")
        if kind == "map":
            entry = declared.nested_type.add(name="AttributesEntry")
            entry.options.map_entry = True
            entry.field.add(name="key", number=1, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
            entry.field.add(name="value", number=2, type=_FIELD.TYPE_BYTES, label=_FIELD.LABEL_OPTIONAL)
            kind = f"{message}.AttributesEntry*"
        is_many, kind = kind.endswith("*"), kind.removesuffix("*")
        one = declared.field.add(name=name, number=int(number))
        one.label = _FIELD.LABEL_REPEATED if is_many else _FIELD.LABEL_OPTIONAL
        one.type = _TYPES.get(kind, _FIELD.TYPE_MESSAGE)
        if kind not in _TYPES:
            one.type_name = f".{_PACKAGE}.{kind}"


def _declared() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="throughline/wire.proto", package=_PACKAGE, syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        _declare(file, message, fields)
    return file


_POOL = descriptor_pool.DescriptorPool()  # of our own: these are no messages that others should find
_POOL.Add(_declared())


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


Request: Any = _message("Request")
SaidInRequest: Any = _message("SaidInRequest")
Said: Any = _message("Said")
Block: Any = _message("Block")
