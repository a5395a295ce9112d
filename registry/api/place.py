# SPDX-License-Identifier: Apache-2.0
"""Where does a schema stand in an API, and who reads what it describes? The place is the first half of a rule's id."""

from dataclasses import dataclass
from enum import Enum

from registry.change import BACKWARD, FORWARD

_MIRROR = {BACKWARD: FORWARD, FORWARD: BACKWARD}


class Reader(Enum):
    """Who takes the values that a schema describes: the party that publishes the API, or the one that uses it."""

    PROVIDER = "provider"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place. `name` begins the ids of its rules, `words` the sentence of its findings.

    `hides` is the keyword that takes a property out of the values here: what is readOnly is not sent in a request.
    """

    name: str
    words: str
    reader: Reader
    hides: str = ""

    def turned(self, directions: frozenset[str]) -> frozenset[str]:
        """Directions between schemas as directions between APIs: turned where the consumer reads."""
        if self.reader is Reader.PROVIDER:
            return directions
        return frozenset(_MIRROR[direction] for direction in directions)


REQUEST_PARAMETER = Place("request-parameter", "request parameter", Reader.PROVIDER, "readOnly")
REQUEST_BODY = Place("request-body", "request body", Reader.PROVIDER, "readOnly")
RESPONSE_BODY = Place("response-body", "response body", Reader.CONSUMER, "writeOnly")
RESPONSE_HEADER = Place("response-header", "response header", Reader.CONSUMER, "writeOnly")
# A webhook or callback is a request the provider sends, so its roles are turned.
CALLBACK_PARAMETER = Place("callback-parameter", "callback parameter", Reader.CONSUMER, "readOnly")
CALLBACK_BODY = Place("callback-body", "callback body", Reader.CONSUMER, "readOnly")
CALLBACK_RESPONSE_BODY = Place(
    "callback-response-body", "callback response body", Reader.PROVIDER, "writeOnly"
)
CALLBACK_RESPONSE_HEADER = Place(
    "callback-response-header", "callback response header", Reader.PROVIDER, "writeOnly"
)
RECEIVED_PAYLOAD = Place("received-payload", "received payload", Reader.PROVIDER)
RECEIVED_HEADERS = Place("received-headers", "received headers", Reader.PROVIDER)
SENT_PAYLOAD = Place("sent-payload", "sent payload", Reader.CONSUMER)
SENT_HEADERS = Place("sent-headers", "sent headers", Reader.CONSUMER)
CHANNEL_PARAMETER = Place("channel-parameter", "channel parameter", Reader.PROVIDER)

PLACES = (
    REQUEST_PARAMETER,
    REQUEST_BODY,
    RESPONSE_BODY,
    RESPONSE_HEADER,
    CALLBACK_PARAMETER,
    CALLBACK_BODY,
    CALLBACK_RESPONSE_BODY,
    CALLBACK_RESPONSE_HEADER,
    RECEIVED_PAYLOAD,
    RECEIVED_HEADERS,
    SENT_PAYLOAD,
    SENT_HEADERS,
    CHANNEL_PARAMETER,
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The places of one request and its response. `turned`: the provider sends the request, so all roles are swapped."""

    parameter: Place
    body: Place
    response_body: Place
    response_header: Place
    turned: bool

    def kind(self, name: str) -> str:
        """The id of a fact about the request or its response: its own where the roles are swapped."""
        return f"callback-{name}" if self.turned else name


CALL = Exchange(REQUEST_PARAMETER, REQUEST_BODY, RESPONSE_BODY, RESPONSE_HEADER, turned=False)
CALLBACK = Exchange(
    CALLBACK_PARAMETER, CALLBACK_BODY, CALLBACK_RESPONSE_BODY, CALLBACK_RESPONSE_HEADER, turned=True
)
