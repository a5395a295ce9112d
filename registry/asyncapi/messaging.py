# SPDX-License-Identifier: Apache-2.0
"""How do two AsyncAPI documents differ? The walk over servers, channels, operations and messages, down to each payload."""

from collections.abc import Iterator
from datetime import date
from operator import attrgetter

from registry.api import view
from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import (
    CHANNEL_PARAMETER,
    RECEIVED_HEADERS,
    RECEIVED_PAYLOAD,
    SENT_HEADERS,
    SENT_PAYLOAD,
)
from registry.asyncapi.channels import RECEIVE, SEND, Channel, Way, channels
from registry.change import ABSENT, Change
from registry.document import Document
from registry.schema import Node

_PLACES = {
    SEND: ("sent", SENT_PAYLOAD, SENT_HEADERS),
    RECEIVE: ("received", RECEIVED_PAYLOAD, RECEIVED_HEADERS),
}


def diff(old: Document, new: Document, _on: date | None = None) -> tuple[Change, ...]:
    """All changes from `old` to `new`, each fact once. Always ends."""
    both = Comparison(old.schema, new.schema)
    a, b = (Element(each.schema, "", each.data) for each in (old, new))
    _servers(both, a, b)
    for x, y in _same_channels(channels(a), channels(b)):
        if x is None and y is not None:
            both.say("channel-added", a.at("channels"), y.element, ABSENT, y.address)
        elif x is not None and y is None:
            both.say("channel-removed", x.element, b.at("channels"), x.address)
        elif x is not None and y is not None:
            _channel(both, x, y)
    return both.found()


def _same_channels(
    olds: list[Channel], news: list[Channel]
) -> Iterator[tuple[Channel | None, Channel | None]]:
    """Each channel of either side with its like: of the same name and address, else at the same address, else of the name."""
    likes: dict[str, Channel] = {}
    taken: set[str] = set()
    for known_by in (attrgetter("name", "address"), attrgetter("address"), attrgetter("name")):
        free = {known_by(each): each for each in reversed(news) if each.name not in taken}
        for a in (each for each in olds if each.name not in likes):
            b = free.pop(known_by(a), None)
            if b is not None:
                likes[a.name] = b
                taken.add(b.name)
    yield from ((a, likes.get(a.name)) for a in olds)
    yield from ((None, each) for each in news if each.name not in taken)


def _channel(both: Comparison, a: Channel, b: Channel) -> None:
    if a.address != b.address:
        both.say("channel-address-changed", a.element, b.element, a.address, b.address)
    _bindings(both, a.element, b.element)
    _parameters(both, a.element, b.element)
    for action in (SEND, RECEIVE):
        x, y = a.way(action), b.way(action)
        if x.operations and not y.operations:
            both.say(f"{action}-operation-removed", x.operations[0], b.element, a.address)
        elif y.operations and not x.operations:
            both.say(f"{action}-operation-added", a.element, y.operations[0], ABSENT, b.address)
        elif x.operations:
            _way(both, x, y, action)


def _way(both: Comparison, a: Way, b: Way, action: str) -> None:
    prefix = _PLACES[action][0]
    for x, y in zip(a.operations, b.operations, strict=False):
        _bindings(both, x, y)
        before, after = x.value("security", ABSENT), y.value("security", ABSENT)
        if before != after:
            both.say(
                "broker-security-changed", f"{x.pointer}/security", f"{y.pointer}/security", before, after
            )
    olds, news = a.messages, b.messages
    if len(olds) == len(news) == 1:  # a lone message is that message, whatever it is called
        ((name, x),), ((now, y),) = olds.items(), news.items()
        if name and now and name != now:
            both.say("message-name-changed", x, y, name, now)
        return _message(both, x, y, action)
    for name, x in olds.items():
        if name in news:
            _message(both, x, news[name], action)
        else:
            both.say(f"{prefix}-message-removed", x, b.operations[0], name)
    for name, y in news.items():
        if name not in olds:
            both.say(f"{prefix}-message-added", a.operations[0], y, ABSENT, name)
    return None


def _message(both: Comparison, a: Element, b: Element, action: str) -> None:
    if both.same(a, b):
        return
    _, payload, headers = _PLACES[action]
    for name, kind in (
        ("contentType", "message-content-type-changed"),
        ("correlationId", "correlation-id-changed"),
        ("traits", "message-traits-changed"),
    ):
        before, after = a.value(name, ABSENT), b.value(name, ABSENT)
        if before != after:
            both.say(kind, f"{a.pointer}/{name}", f"{b.pointer}/{name}", before, after)
    _bindings(both, a, b)
    both.schemas(headers, a, b, "headers")
    (old, old_format), (new, new_format) = _payload(a), _payload(b)
    json = view.speaks_json(old_format), view.speaks_json(new_format)
    if json == (True, True):
        both.nodes(payload, both.node(payload, *old, old=True), both.node(payload, *new, old=False))
    elif json[0] != json[1] or old_format != new_format:
        both.say(
            "payload-format-changed", f"{a.pointer}/payload", f"{b.pointer}/payload", old_format, new_format
        )
    elif old[0].value(old[1]) != new[0].value(new[1]):
        both.say(
            "payload-not-compared", f"{a.pointer}/payload", f"{b.pointer}/payload", old_format, new_format
        )


def _payload(message: Element) -> tuple[tuple[Element, str], object]:
    """Around and under which keyword the payload's schema stands, and in what format it is."""
    wrapped = message.at("payload")
    if view.is_wrapped(wrapped.data):
        return (wrapped, "schema"), wrapped.value("schemaFormat")
    return (message, "payload"), message.value("schemaFormat")


def _parameters(both: Comparison, a: Element, b: Element) -> None:
    olds, news = a.named("parameters"), b.named("parameters")
    for name in {**olds, **news}:
        x, y = olds.get(name), news.get(name)
        if x is None or y is None:
            how = "added" if x is None else "removed"
            shown = (ABSENT, name) if x is None else (name, ABSENT)
            both.say(f"channel-parameter-{how}", x or a.at("parameters"), y or b.at("parameters"), *shown)
        elif not both.same(x, y):
            both.nodes(CHANNEL_PARAMETER, _texts(both, x, old=True), _texts(both, y, old=False))


def _texts(both: Comparison, parameter: Element, *, old: bool) -> Node:
    """What may be filled in: the schema in 2.x, any text or one of those listed in 3.0."""
    if "schema" in parameter.fields:
        return both.node(CHANNEL_PARAMETER, parameter, "schema", old=old)
    listed = parameter.value("enum")
    return Node(
        parameter.pointer, {"type": "string", **({"enum": listed} if isinstance(listed, list) else {})}
    )


def _servers(both: Comparison, a: Element, b: Element) -> None:
    olds, news = a.named("servers"), b.named("servers")
    for name in {**olds, **news}:
        x, y = olds.get(name), news.get(name)
        if x is None or y is None:
            how = "added" if x is None else "removed"
            shown = (ABSENT, name) if x is None else (name, ABSENT)
            both.say(f"server-{how}", x or a.at("servers"), y or b.at("servers"), *shown)
            continue
        for field, kind in (("protocol", "server-protocol-changed"), ("security", "broker-security-changed")):
            before, after = x.value(field, ABSENT), y.value(field, ABSENT)
            if before != after:
                both.say(kind, f"{x.pointer}/{field}", f"{y.pointer}/{field}", before, after)
        _bindings(both, x, y)


def _bindings(both: Comparison, a: Element, b: Element) -> None:
    before, after = a.at("bindings").fields, b.at("bindings").fields
    for protocol in {**before, **after}:
        if before.get(protocol) != after.get(protocol):
            places = f"{a.pointer}/bindings/{protocol}", f"{b.pointer}/bindings/{protocol}"
            both.say("binding-changed", *places, before.get(protocol, ABSENT), after.get(protocol, ABSENT))
