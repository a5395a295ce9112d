# SPDX-License-Identifier: Apache-2.0
"""Who sends what where in an AsyncAPI document? Channels with the messages each way, read alike from 2.x and 3.0."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from registry.api.element import Element

SEND, RECEIVE = "send", "receive"
# In 2.x the operation is named by what others do: they subscribe to what the application sends.
_ACTIONS_2 = {"subscribe": SEND, "publish": RECEIVE}
_TURNED = {SEND: RECEIVE, RECEIVE: SEND}


@dataclass(slots=True)
class Way:
    """One direction of a channel, as the application of the document sees it: its operations, and the messages by name."""

    operations: list[Element] = field(default_factory=list)
    messages: dict[str, Element] = field(default_factory=dict)


@dataclass(slots=True)
class Channel:
    """`name` is what it is called in the document, `address` where it is at the broker."""

    name: str
    address: str
    element: Element
    ways: dict[str, Way] = field(default_factory=dict)

    def way(self, action: str) -> Way:
        """The direction, empty when nothing goes that way."""
        return self.ways.setdefault(action, Way())


def channels(document: Element) -> list[Channel]:
    """All channels, in the order of the document."""
    if document.text("asyncapi").startswith("2."):
        return [_channel_2(name, each) for name, each in document.named("channels").items()]
    found = {
        each.pointer: Channel(name, each.text("address") or name, each)
        for name, each in document.named("channels").items()
    }
    for operation in document.named("operations").values():
        action = operation.text("action")
        if action in _TURNED:
            _add(found, operation, operation, action)
            _add(found, operation, operation.at("reply"), _TURNED[action])
    return list(found.values())


def _channel_2(name: str, element: Element) -> Channel:
    channel = Channel(name, name, element)
    for verb, action in _ACTIONS_2.items():
        operation = element.at(verb)
        if operation:
            way = channel.way(action)
            way.operations.append(operation)
            way.messages.update(_named(_messages_2(operation)))
    return channel


def _messages_2(operation: Element) -> list[Element]:
    message = operation.at("message")
    return message.listed("oneOf") if "oneOf" in message.fields else [message] if message else []


def _add(found: dict[str, Channel], operation: Element, exchange: Element, action: str) -> None:
    channel = found.get(exchange.at("channel").pointer)
    if channel is None:
        return
    way = channel.way(action)
    way.operations.append(operation)
    of_channel = channel.element.named("messages")
    chosen = exchange.listed("messages")
    if not chosen:
        way.messages.update(of_channel)
        return
    names = {each.pointer: name for name, each in of_channel.items()}
    way.messages.update({names.get(each.pointer, name): each for name, each in _named(chosen)})


def _named(messages: list[Element]) -> Iterator[tuple[str, Element]]:
    """Messages by what they are called: their component, id or name; a lone one needs none."""
    for index, each in enumerate(messages):
        component = each.pointer.removeprefix("/components/messages/")
        name = each.text("messageId") or each.text("name")
        if component != each.pointer:
            name = component
        yield name or (str(index) if len(messages) > 1 else ""), each
