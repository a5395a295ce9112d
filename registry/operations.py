# SPDX-License-Identifier: Apache-2.0
"""What can be asked of an API, or heard from it? Operations with what goes in and what comes out, as people read them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from registry.api.element import Element
from registry.api.traits import applied
from registry.asyncapi.channels import RECEIVE, SEND, channels
from registry.document import Document
from registry.effort import within
from registry.fields import ContractField, fields, one
from registry.operation_example import Examples
from registry.operation_terms import terms

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MOST = 300
MOST_STEPS = 100_000
"""Steps spent on applying traits; a document that takes more is shown without them."""

MOST_FIELDS = 3_000
"""Of all operations together; beyond them parts are named without their fields and examples."""


@dataclass(frozen=True, slots=True)
class Part:
    """What goes in or comes out. `title` is parameters, request body, a status code, or a message; `media_type` may be empty.

    `example` is JSON text: the document's own, else one that was made; empty where there is none.
    """

    title: str
    media_type: str
    description: str
    fields: tuple[ContractField, ...]
    example: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """`verb` is an HTTP method, send or receive; `place` the path or the channel's address; `sunset` a date or empty.

    `terms` say in words what its use asks for: credentials, rate, idempotency.
    """

    id: str
    verb: str
    place: str
    summary: str
    deprecated: bool
    sunset: str
    parts: tuple[Part, ...]
    terms: tuple[str, ...] = ()


def operations(document: Document) -> tuple[Operation, ...]:
    """The operations in the order of the document, at most 300; empty for what is no API."""
    schema = within(MOST_STEPS, partial(applied, document.schema), document.schema)
    root = Element(schema, "", schema.data)
    found = {"openapi": _http, "asyncapi": _messaging}.get(document.type, lambda _, __: iter(()))(
        root, Examples()
    )
    left = MOST_FIELDS
    listed: list[Operation] = []
    for operation in found:
        if len(listed) == MOST:
            break
        count = sum(len(part.fields) for part in operation.parts)
        kept = (
            operation
            if count <= left
            else replace(operation, parts=tuple(replace(p, fields=(), example="") for p in operation.parts))
        )
        left -= min(count, left)
        listed.append(kept)
    return tuple(listed)


def _http(root: Element, examples: Examples) -> Iterator[Operation]:
    for path, item in root.named("paths").items():
        for method in METHODS:
            operation = item.at(method)
            if operation:
                shared = [each for each in item.listed("parameters") if each]
                parts = tuple(_http_parts(operation, shared, examples))
                yield _operation(root, operation, method.upper(), path, parts)


def _operation(
    root: Element, operation: Element, verb: str, place: str, parts: tuple[Part, ...]
) -> Operation:
    return Operation(
        id=operation.text("operationId"),
        verb=verb,
        place=place,
        summary=operation.text("summary") or operation.text("description") or operation.text("title"),
        deprecated=operation.flag("deprecated"),
        sunset=operation.text("x-sunset"),
        parts=parts,
        terms=terms(root, operation),
    )


def _http_parts(operation: Element, shared: list[Element], examples: Examples) -> Iterator[Part]:
    own = [each for each in operation.listed("parameters") if each]
    named = {(each.text("name"), each.text("in")): each for each in [*shared, *own]}
    if named:
        yield Part("parameters", "", "", tuple(_parameter(each) for each in named.values()))
    body = operation.at("requestBody")
    if body:
        title = "request body, required" if body.flag("required") else "request body"
        yield from _contents(body, title, examples)
    for code, response in operation.named("responses").items():
        yield from _contents(response, code, examples)


def _parameter(parameter: Element) -> ContractField:
    schema = parameter.at("schema")
    where = parameter.text("in")
    found = one(
        parameter.document, schema.node(), parameter.text("name"), required=parameter.flag("required")
    )
    return replace(
        found,
        description=parameter.text("description") or found.description,
        deprecated=parameter.flag("deprecated") or found.deprecated,
        constraints=(f"in {where}", *found.constraints),
    )


def _contents(holder: Element, title: str, examples: Examples) -> Iterator[Part]:
    contents = holder.named("content")
    if not contents:
        yield Part(title, "", holder.text("description"), ())
    for media_type, content in contents.items():
        told = holder.text("description")
        yield Part(
            title,
            media_type,
            told,
            _fields(content.at("schema")),
            examples.of(content, "value", _whole(content.at("schema"))),
        )


def _messaging(root: Element, examples: Examples) -> Iterator[Operation]:
    for channel in channels(root):
        for action in (SEND, RECEIVE):
            way = channel.way(action)
            if not way.operations:
                continue
            parts = tuple(
                Part(
                    name or "message",
                    message.text("contentType"),
                    _said(message),
                    _fields(message.at("payload")),
                    examples.of(message, "payload", _whole(message.at("payload"))),
                )
                for name, message in way.messages.items()
            )
            yield _operation(root, way.operations[0], action, channel.address, parts)


def _said(message: Element) -> str:
    return message.text("summary") or message.text("title") or message.text("description")


def _fields(schema: Element) -> tuple[ContractField, ...]:
    whole = _whole(schema)
    return fields(whole.document, whole.node()) if isinstance(whole.data, dict) else ()


def _whole(schema: Element) -> Element:
    """The schema itself: in AsyncAPI 3 a payload may name its format beside it."""
    return schema.at("schema") if "schemaFormat" in schema.fields and schema.at("schema") else schema
