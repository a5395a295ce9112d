# SPDX-License-Identifier: Apache-2.0
"""How do two AsyncAPI documents differ? The walk over servers, channels, operations and messages, down to each payload."""

from collections.abc import Iterator
from datetime import date
from operator import attrgetter

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import CHANNEL_PARAMETER
from registry.api.traits import applied
from registry.asyncapi import bindings, message
from registry.asyncapi.channels import RECEIVE, SEND, Channel, Way, channels
from registry.change import ABSENT, Change
from registry.document import Document
from registry.schema import Node


def diff(old: Document, new: Document, _on: date | None = None) -> tuple[Change, ...]:
    """All changes from `old` to `new`, traits applied, each fact once. Always ends."""
    both = Comparison(applied(old.schema), applied(new.schema))
    a, b = (Element(each, "", each.data) for each in (both.old, both.new))
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
    bindings.compare(both, a.element, b.element)
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
    prefix = message.PREFIXES[action]
    for x, y in zip(a.operations, b.operations, strict=False):
        bindings.compare(both, x, y)
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
        return message.compare(both, x, y, action)
    for name, x in olds.items():
        if name in news:
            message.compare(both, x, news[name], action)
        else:
            both.say(f"{prefix}-message-removed", x, b.operations[0], name)
    for name, y in news.items():
        if name not in olds:
            both.say(f"{prefix}-message-added", a.operations[0], y, ABSENT, name)
    return None


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
        bindings.compare(both, x, y)
