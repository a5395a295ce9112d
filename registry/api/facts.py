# SPDX-License-Identifier: Apache-2.0
"""What can be said of an API's change beside its schemas? Each fact with its opposite, its level and its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from registry.rules import Level

S, W, B = Level.SAFE, Level.WARNING, Level.BREAKING
_Texts = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """`level` is that of BACKWARD; FORWARD has the level of `opposite`, which is what the change is called read backwards."""

    name: str
    opposite: str
    level: Level
    what: str
    why: str = ""
    fix: str = ""
    exceptions: Mapping[str, Level] = field(default_factory=dict)


_KEEP = "keep it, set deprecated and x-sunset, and remove it when that day has come"


def _pair(
    added: str, removed: str, noun: str, when_added: Level, when_removed: Level, texts: Mapping[str, str]
) -> tuple[Fact, Fact]:
    """Two facts that are each other's opposite: something is there that was not, and the other way round."""
    return (
        Fact(added, removed, when_added, texts.get("added", f"{noun} was added"), texts.get("why added", ""), texts.get("fix added", "")),
        Fact(removed, added, when_removed, texts.get("removed", f"{noun} was removed"), texts.get("why", ""), texts.get("fix", "")),
    )  # fmt: skip


_MOVED = "both sides would look in different places"
_EXCHANGE = (
    *_pair("operation-added", "operation-removed", "an operation", S, B, {
        "why": "consumers that call {before} are refused", "fix": _KEEP, "why added": "a provider of the old document does not know it",
    }),
    Fact("operation-removed-before-sunset", "operation-added", B, "an operation was removed before its sunset",
         "consumers may call it until {before}", "keep it until {before}"),
    Fact("operation-removed-after-sunset", "operation-added", S, "an operation was removed, as announced"),
    *_pair("parameter-added", "parameter-removed", "an optional parameter", S, W, {
        "removed": "a parameter was removed",
        "why": "the document does not say whether {before} is still understood, ignored or refused",
        "fix": "keep {before} and mark it as deprecated, with x-sunset",
        "why added": "a provider of the old document may ignore {after} or refuse it",
    }),
    Fact("parameter-removed-after-sunset", "parameter-added", S, "a parameter was removed, as announced"),
    *_pair("required-parameter-added", "required-parameter-removed", "a required parameter", B, W, {
        "why added": "consumers do not send {after}", "fix added": "make {after} optional, and say what is done without it",
        "why": "the document does not say whether {before} is still understood, ignored or refused",
        "fix": "keep {before} and mark it as deprecated, with x-sunset",
    }),
    *_pair("parameter-became-required", "parameter-became-optional", "", B, S, {
        "added": "a parameter became required", "removed": "a parameter became optional",
        "why added": "consumers may leave it out", "fix added": "leave it optional, and say what is done without it",
        "why": "a provider of the old document refuses a request without it",
    }),
    Fact("parameter-moved", "parameter-moved", B, "a parameter is sent in another place",
         f"{_MOVED}: {{before}} and {{after}}", "accept it in {before} too, as a deprecated parameter of its own"),
    Fact("parameter-style-changed", "parameter-style-changed", B, "a parameter is written in another way",
         "the text that consumers send is read differently", "keep style and explode as they were"),
    *_pair("empty-parameter-refused", "empty-parameter-allowed", "", B, S, {
        "added": "a parameter may no longer be empty", "removed": "a parameter may be empty",
        "why added": "consumers may send {before} without a value", "fix added": "keep allowEmptyValue",
        "why": "a provider of the old document may refuse {after} without a value",
    }),
    *_pair("parameter-deprecated", "parameter-reactivated", "", S, S, {
        "added": "a parameter was deprecated", "removed": "a parameter is no longer deprecated",
    }),
    *_pair("request-body-added", "request-body-removed", "an optional request body", S, B, {
        "removed": "the request body was removed", "why": "what consumers send is not read, or is refused",
        "fix": "keep the body as optional until consumers have stopped sending it",
        "why added": "a provider of the old document reads no body",
    }),
    *_pair("required-request-body-added", "required-request-body-removed", "a required request body", B, B, {
        "why added": "consumers send no body", "fix added": "make the body optional",
        "why": "what consumers send is not read, or is refused", "fix": "keep the body as optional until consumers have stopped sending it",
    }),
    *_pair("request-body-became-required", "request-body-became-optional", "", B, S, {
        "added": "the request body became required", "removed": "the request body became optional",
        "why added": "consumers may send none", "fix added": "leave the body optional", "why": "a provider of the old document asks for a body",
    }),
    *(fact for where, noun in (("request", "request body"), ("response", "response body"), ("parameter", "parameter"), ("response-header", "response header"))
      for fact in (
        *_pair(f"{where}-media-type-added", f"{where}-media-type-removed", f"a media type of the {noun}", S, B, {
            "why": f"consumers that {'read' if 'response' in where else 'send'} {{before}} are left without", "fix": "keep {before} beside the new media types",
            "why added": "the other side does not know {after}",
        }),
        Fact(f"{where}-encoding-changed", f"{where}-encoding-changed", W, f"the encoding of parts of the {noun} was changed",
             "parts may be written in a way the other side does not read", "keep the encoding of the parts that are there"),
    )),
    *_pair("response-status-added", "response-status-removed", "a response status", S, B, {
        "why": "consumers wait for {before} and get something else", "fix": "keep {before}",
        "why added": "a provider of the old document never answers {after}",
    }),
    *_pair("error-response-status-added", "error-response-status-removed", "a status of failed requests", S, S, {}),
    *_pair("response-header-added", "response-header-removed", "a response header", S, W, {
        "why": "the document does not say whether consumers rely on {before}", "fix": "keep sending {before}",
        "why added": "a provider of the old document may not send {after}",
    }),
    *_pair("required-response-header-added", "required-response-header-removed", "a response header that is always sent", S, B, {
        "why": "consumers may rely on {before}, which was always sent", "fix": "keep sending {before}",
        "why added": "a provider of the old document does not send {after}",
    }),
    *_pair("response-header-became-required", "response-header-became-optional", "", S, B, {
        "added": "a response header is always sent now", "removed": "a response header may be left out now",
        "why": "consumers may rely on it", "fix": "keep it required", "why added": "a provider of the old document may leave it out",
    }),
)  # fmt: skip
_DOCUMENT = (
    *_pair("operation-deprecated", "operation-reactivated", "", S, S, {
        "added": "an operation was deprecated", "removed": "an operation is no longer deprecated",
    }),
    Fact("operation-deprecated-without-sunset", "operation-reactivated", W, "an operation was deprecated without a sunset",
         "consumers are not told how long it stays", "add x-sunset with the day from which on it may be gone"),
    Fact("sunset-too-soon", "sunset-too-soon", B, "the sunset leaves less time than the stability level promises",
         "consumers have until {after} only", "choose a later day for x-sunset"),
    *_pair("sunset-moved-closer", "sunset-moved-later", "", W, S, {
        "added": "the sunset was moved to an earlier day", "removed": "the sunset was moved to a later day",
        "why added": "consumers were told {before}", "fix added": "keep x-sunset at {before}",
        "why": "a consumer of the new document may call it until {after}",
    }),
    *_pair("sunset-set", "sunset-removed", "", S, W, {
        "added": "a sunset was set", "removed": "the sunset was removed", "why": "consumers are no longer told how long it stays",
        "fix": "keep x-sunset at {before}, or take back the deprecation", "why added": "the old document names no day",
    }),
    *_pair("stability-lowered", "stability-raised", "", B, S, {
        "added": "the stability level was lowered", "removed": "the stability level was raised",
        "why added": "consumers were promised {before}", "fix added": "keep x-stability-level at {before}",
        "why": "the old document promises {before} only",
    }),
    Fact("unstable-operation-changed", "unstable-operation-changed", S, "a draft or alpha operation was changed"),
    Fact("operation-id-changed", "operation-id-changed", S, "the operationId was changed",
         "generated clients name their functions {before}", "keep operationId {before}", {"codegen": B}),
    *_pair("tag-added", "tag-removed", "a tag", S, S, {}),
    *_pair("security-added", "security-removed", "", B, S, {
        "added": "a caller must show more than before", "removed": "a caller must show less than before",
        "why added": "consumers that show {before} are refused", "fix added": "keep {before} as an alternative until consumers have changed",
        "why": "a provider of the old document asks for more than {after}",
    }),
    *_pair("security-scope-added", "security-scope-removed", "", B, S, {
        "added": "a scope is asked for that was not", "removed": "a scope is no longer asked for",
        "why added": "tokens that consumers hold lack the scope: {before} was enough", "fix added": "ask for {before} only, or keep it as an alternative",
        "why": "a provider of the old document asks for more than {after}",
    }),
    *_pair("security-alternative-added", "security-alternative-removed", "", S, B, {
        "added": "another way to authenticate was added", "removed": "a way to authenticate was removed",
        "why": "consumers that show {before} are refused", "fix": "keep {before} as an alternative until consumers have changed",
        "why added": "a provider of the old document does not take {after}",
    }),
    *_pair("security-scheme-added", "security-scheme-removed", "a security scheme", S, S, {}),
    Fact("security-scheme-changed", "security-scheme-changed", B, "a security scheme was changed",
         "consumers send their credentials as {before}", "add the new scheme under a name of its own, as an alternative"),
    *_pair("security-flow-added", "security-flow-removed", "an OAuth flow", S, B, {
        "why": "consumers get their tokens by {before}", "fix": "keep the flow {before}", "why added": "a provider of the old document does not know {after}",
    }),
    Fact("security-address-changed", "security-address-changed", W, "an address of an authorization server was changed",
         "the document does not say whether {before} still answers", "keep {before} answering"),
    *_pair("defined-scope-added", "defined-scope-removed", "a scope of an OAuth flow", S, S, {}),
    *_pair("server-added", "server-removed", "a server", S, S, {}),
)  # fmt: skip
_MESSAGES = (
    *_pair("channel-added", "channel-removed", "a channel", S, B, {
        "why": "the other applications at {before} are left alone", "fix": "keep the channel {before} until nobody uses it",
        "why added": "an application of the old document is not at {after}",
    }),
    Fact("channel-address-changed", "channel-address-changed", B, "the address of a channel was changed",
         f"{_MOVED}: {{before}} and {{after}}", "keep {before}, and add the new address as a channel of its own"),
    *_pair("channel-parameter-added", "channel-parameter-removed", "a parameter of a channel's address", B, B, {
        "why": "the others fill in {before}", "fix": "keep the address as it was", "why added": "the others do not fill in {after}", "fix added": "keep the address as it was",
    }),
    *_pair("send-operation-added", "send-operation-removed", "", S, B, {
        "added": "the application sends to a channel now", "removed": "the application no longer sends to a channel",
        "why": "those who listen at {before} wait for it", "fix": "keep sending until nobody listens",
        "why added": "an application of the old document does not send to {after}",
    }),
    *_pair("receive-operation-added", "receive-operation-removed", "", S, B, {
        "added": "the application receives from a channel now", "removed": "the application no longer receives from a channel",
        "why": "what others send to {before} is not read", "fix": "keep receiving until nobody sends",
        "why added": "an application of the old document does not read {after}",
    }),
    Fact("sent-message-added", "sent-message-removed", W, "a message is sent that was not",
         "the document does not say whether those who listen pass over {after}", "publish listeners that know {after} first", {"lenient": S, "codegen": B}),
    Fact("sent-message-removed", "sent-message-added", B, "a message is no longer sent",
         "those who listen wait for {before}", "keep sending {before} until nobody waits for it"),
    *_pair("received-message-added", "received-message-removed", "", S, B, {
        "added": "a message is received that was not", "removed": "a message is no longer received",
        "why": "others still send {before}", "fix": "keep receiving {before} until nobody sends it",
        "why added": "an application of the old document does not know {after}",
    }),
    Fact("message-name-changed", "message-name-changed", S, "a message got another name",
         "generated code names its type {before}", "keep the name {before}", {"codegen": B}),
    Fact("message-content-type-changed", "message-content-type-changed", B, "the content type of a message was changed",
         "the other side reads {before}", "add a message of its own for {after}"),
    *(fact for part, verb in (("payload", "is"), ("headers", "are")) for fact in (
        Fact(f"{part}-format-changed", f"{part}-format-changed", B, f"the {part} {verb} described in another format",
             "the other side reads {before}", "add a message of its own for {after}"),
        Fact(f"{part}-not-compared", f"{part}-not-compared", Level.UNDECIDED, f"a message was changed whose {part} {verb} not described by JSON Schema",
             f"{part} in {{after}} are not compared", "check it with the tools of that format, and approve the finding"),
    )),
    Fact("correlation-id-changed", "correlation-id-changed", W, "where the correlation id stands was changed",
         "the other side looks in {before}", "keep it in {before}"),
    Fact("binding-changed", "binding-changed", W, "a protocol binding was changed",
         "what it means is up to the protocol", "keep the binding as it was, or have its owner decide"),
    Fact("broker-security-changed", "broker-security-changed", W, "what an application must show to the broker was changed",
         "the document does not say whether the broker still takes {before}", "keep {before} beside the new way"),
    Fact("server-protocol-changed", "server-protocol-changed", B, "the protocol of a server was changed",
         "the others speak {before}", "add a server of its own for {after}"),
)  # fmt: skip


def _turned(fact: Fact) -> Fact:
    """The same fact of a webhook or callback, where the provider sends and the consumer answers: its opposite's level.

    Only whether the webhook is there at all is judged as it is for operations: consumers miss one that is gone, and need
    not subscribe to one that is new.
    """
    name, opposite = f"callback-{fact.name}", f"callback-{fact.opposite}"
    if fact.name.startswith("operation"):
        what = fact.what.replace("an operation", "a webhook or callback")
        return replace(fact, name=name, opposite=opposite, what=what, why=fact.why and _MISSED)
    level = next(each for each in _EXCHANGE if each.name == fact.opposite).level
    fix = "leave it as it was until consumers know the change"
    return Fact(name, opposite, level, f"callback: {fact.what}", _UNEXPECTED, fix)


_MISSED = "consumers wait for it"
_UNEXPECTED = "consumers of the old document do not expect the request, or answer it, like that"

FACTS: Mapping[str, Fact] = {
    fact.name: fact for fact in (*_EXCHANGE, *_DOCUMENT, *_MESSAGES, *(_turned(f) for f in _EXCHANGE))
}
"""Every fact about an API that is not about a schema, by its id."""

_SENT = "values that were sent so far need not fit"
COMPOSED: Mapping[str, _Texts] = {
    "discriminator-added": ("a discriminator was added", "", ""),
    "discriminator-removed": ("the discriminator was removed", "generated code chooses the type by it", "keep the discriminator"),
    "discriminator-property-changed": ("another property tells the alternatives apart", "generated code looks at {before}", "keep propertyName {before}"),
    "discriminator-mapping-added": ("a value of the discriminator was added", "generated code does not know {after}", "publish consumers that know {after} first"),
    "discriminator-mapping-removed": ("a value of the discriminator was removed", "generated code still uses {before}", "keep {before} in the mapping"),
    "discriminator-mapping-changed": ("a value of the discriminator names another schema", "generated code takes {before}", "keep {before}"),
    "named-alternative-added": ("an alternative was added under a name", "code that tells the alternatives apart does not know {after}", "publish readers that know {after} first"),
    "named-alternative-removed": ("a named alternative was removed", "the document does not say whether another alternative takes its place", "keep {before} and mark it as deprecated"),
    "named-part-added": ("a part was added that every value must fit too", _SENT, "make what the part asks for optional"),
    "named-part-removed": ("a part that every value had to fit was removed", "values may lack what {before} promised", "keep the part"),
    "wrapped-in-one-of": ("a schema was split into alternatives of which exactly one must fit", "a value that fits several of them is refused", "use anyOf, or tell the alternatives apart by a required field with a const"),
    "unwrapped-from-one-of": ("alternatives were joined into one schema", "it accepts values that fitted none or several of the alternatives", "keep the alternatives"),
    "idle-keyword-changed": ("a keyword was changed that has no effect on the declared type", "the document does not say what its author meant by {after}", "move the keyword to where it has an effect, or remove it"),
    "constraint-added": ("a constraint on several keywords together was added", "it was not shown that values that were sent so far fit {after}", "leave it out"),
    "constraint-removed": ("a constraint on several keywords together was removed", "the other side may rely on {before}", "keep {before}"),
    "constraint-tightened": ("a constraint on several keywords together asks for more", "it was not shown that values that were sent so far fit {after}", "keep {before}"),
    "constraint-loosened": ("a constraint on several keywords together asks for less", "the other side may rely on {before}", "keep {before}"),
    "constraint-changed": ("a constraint on several keywords together was changed", "it was not shown that values fit both {before} and {after}", "keep {before}"),
    "extensible-values-added": ("values were added to a list that may grow", "", ""),
    "extensible-values-removed": ("values were removed from a list that may only grow", "the other side may still send {before}", "keep {before}"),
}  # fmt: skip
"""The words for what is said of schemas in an API only."""

_ADDED: _Texts = (
    "a property was added",
    "the document does not say whether a side of the old document ignores it, refuses it, or does without it",
    "",
)
_REMOVED: _Texts = (
    "a property was removed",
    "the document does not say whether it is still understood or sent",
    "keep the property, mark it as deprecated and say until when it stays",
)
DECLARED: Mapping[str, _Texts] = {
    "property-added": _ADDED,
    "property-added-to-open": _ADDED,
    "property-removed": _REMOVED,
    "property-removed-from-open": _REMOVED,
}
"""The words for schema changes that an API reads as what it declares."""
