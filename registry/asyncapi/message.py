# SPDX-License-Identifier: Apache-2.0
"""How does one message of an AsyncAPI document differ from another? Its content type, bindings, headers and payload."""

from registry.api import view
from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.api.place import RECEIVED_HEADERS, RECEIVED_PAYLOAD, SENT_HEADERS, SENT_PAYLOAD, Place
from registry.asyncapi import bindings
from registry.asyncapi.bindings import shown
from registry.asyncapi.channels import RECEIVE, SEND
from registry.json_value import key

PREFIXES = {SEND: "sent", RECEIVE: "received"}
"""How the ids of facts about a message of that direction begin."""

_PLACES = {SEND: (SENT_PAYLOAD, SENT_HEADERS), RECEIVE: (RECEIVED_PAYLOAD, RECEIVED_HEADERS)}


def compare(both: Comparison, a: Element, b: Element, action: str) -> None:
    """Records what changed in a message that is sent or received: `action` is SEND or RECEIVE."""
    _content_type(both, a, b)
    if both.same(a, b):
        return
    payload, headers = _PLACES[action]
    x, y = a.at("correlationId"), b.at("correlationId")
    if x.data != y.data:
        both.say("correlation-id-changed", x, y, shown(x), shown(y))
    bindings.compare(both, a, b)
    _described(both, headers, "headers", a, b)
    _described(both, payload, "payload", a, b)


def _content_type(both: Comparison, a: Element, b: Element) -> None:
    x, y = _media_type(a), _media_type(b)
    if x.data != y.data:
        both.say("message-content-type-changed", x, y, shown(x), shown(y))


def _media_type(message: Element) -> Element:
    """What a message says, else what the document says for all that say nothing."""
    own, root = message.at("contentType"), Element(message.document, "", message.document.data)
    default = root.at("defaultContentType")
    return own if own or not default else default


def _described(both: Comparison, place: Place, name: str, a: Element, b: Element) -> None:
    """Compares what describes the payload or the headers of a message, as far as it is JSON Schema on both sides."""
    (old, old_format), (new, new_format) = _schema(a, name), _schema(b, name)
    json = view.speaks_json(old_format), view.speaks_json(new_format)
    if json == (True, True):
        both.nodes(place, both.node(place, *old, old=True), both.node(place, *new, old=False))
        return
    places = f"{a.pointer}/{name}", f"{b.pointer}/{name}"
    if json[0] != json[1] or old_format != new_format:
        both.say(f"{name}-format-changed", *places, old_format, new_format)
    elif key(old[0].at(old[1]).data) != key(new[0].at(new[1]).data):
        both.say(f"{name}-not-compared", *places, old_format, new_format)


def _schema(message: Element, name: str) -> tuple[tuple[Element, str], object]:
    """Around and under which keyword the schema of a payload or of headers stands, and in what format it is."""
    wrapped = message.at(name)
    if view.is_wrapped(wrapped.data):
        return (wrapped, "schema"), wrapped.value("schemaFormat")
    return (message, name), message.value("schemaFormat") if name == "payload" else None
