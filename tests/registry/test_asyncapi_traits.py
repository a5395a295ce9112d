# SPDX-License-Identifier: Apache-2.0
"""What a message or an operation says by its traits is what it says: where it is written makes no difference."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from registry.check import check_documents
from registry.compare import compare
from registry.document import Document, parse
from registry.operations import operations
from registry.rules import BACKWARD, rules
from registry.sources import Versions
from tests.registry.test_asyncapi_diff import TEXT, in_2, in_3, message

EDITIONS = {"2.6": in_2, "3.0": in_3}
HEADERS = {"type": "object", "properties": {"trace": TEXT}}
KAFKA = {"kafka": {"key": TEXT, "bindingVersion": "0.5.0"}}
Edit = Callable[[Any], Any]


def document(api: Any) -> Document:
    return parse(json.dumps(api, indent=1).encode(), "events.json")


def changed(old: Any, new: Any) -> dict[str, str]:
    """The changes from one to the other, with their levels for those who are there."""
    found = compare(document(old), document(new))
    return {each.id: rules()[each.id, BACKWARD, "validation"].level.value for each in found}


def edited(edition: str, *edits: Edit) -> Any:
    api = EDITIONS[edition]()
    for edit in edits:
        edit(api)
    return api


def operation(api: Any) -> Any:
    return (
        api["operations"]["sendPaid"]
        if "operations" in api
        else api["channels"]["paid/{region}"]["subscribe"]
    )


def says(**members: Any) -> Edit:
    """The message says it itself."""
    return lambda api: message(api, "Paid").update(members)


def by_trait(**members: Any) -> Edit:
    """A trait, written in the message, says it."""
    return lambda api: (
        _without(message(api, "Paid"), members),
        message(api, "Paid").update(traits=[members]),
    )


def by_shared_trait(**members: Any) -> Edit:
    """A trait of the components says it; the message refers to it by way of another reference."""
    refer = {"$ref": "#/components/messageTraits/Alias"}
    traits = {"Alias": {"$ref": "#/components/messageTraits/Common~1all"}, "Common/all": members}
    return lambda api: (
        _without(message(api, "Paid"), members),
        message(api, "Paid").update(traits=[refer]),
        api["components"].update(messageTraits=traits),
    )


def by_two_traits(first: Any, second: Any) -> Edit:
    return lambda api: (
        _without(message(api, "Paid"), {**first, **second}),
        message(api, "Paid").update(traits=[first, second]),
    )


def _without(target: Any, members: Any) -> list[Any]:
    return [target.pop(name, None) for name in members]


def operation_says(**members: Any) -> Edit:
    return lambda api: operation(api).update(members)


def operation_by_trait(**members: Any) -> Edit:
    return lambda api: (
        operation(api).update(traits=[{"$ref": "#/components/operationTraits/Common"}])
        or api["components"].update(operationTraits={"Common": members})
    )


ALIKE: dict[str, tuple[Edit, Edit]] = {
    "headers in a trait": (says(headers=HEADERS), by_trait(headers=HEADERS)),
    "headers in a shared trait": (says(headers=HEADERS), by_shared_trait(headers=HEADERS)),
    "bindings in a trait": (says(bindings=KAFKA), by_trait(bindings=KAFKA)),
    "bindings in a shared trait": (says(bindings=KAFKA), by_shared_trait(bindings=KAFKA)),
    "payload in a trait": (says(), lambda api: by_trait(payload=message(api, "Paid")["payload"])(api)),
    "content type in a trait": (says(), by_trait(contentType="application/json")),
    "name in a trait": (says(name="paid"), by_shared_trait(name="paid")),
    "correlation id in a trait": (
        says(correlationId={"location": "$message.header#/trace"}), by_shared_trait(correlationId={"location": "$message.header#/trace"}),
    ),
    "one binding here, one in a trait": (
        says(bindings={**KAFKA, "amqp": {"contentEncoding": "gzip"}}),
        lambda api: message(api, "Paid").update(bindings=KAFKA, traits=[{"bindings": {"amqp": {"contentEncoding": "gzip"}}}]),
    ),
    "one member of a binding here, one in a trait": (
        says(bindings=KAFKA),
        lambda api: message(api, "Paid").update(bindings={"kafka": {"key": TEXT}}, traits=[{"bindings": {"kafka": {"bindingVersion": "0.5.0"}}}]),
    ),
    "one header here, one in a trait": (
        says(headers={"type": "object", "properties": {"trace": TEXT, "tenant": TEXT}}),
        lambda api: message(api, "Paid").update(traits=[{"headers": {"properties": {"tenant": TEXT}}}]),
    ),
    "one header here, one in a schema that a trait refers to": (
        says(headers={"type": "object", "properties": {"trace": TEXT, "tenant": TEXT}}),
        lambda api: (
            api["components"]["schemas"].update(Tenant={"type": "object", "properties": {"tenant": TEXT}}),
            message(api, "Paid").update(traits=[{"headers": {"$ref": "#/components/schemas/Tenant"}}]),
        ),
    ),
    "the last of two traits": (says(contentType="application/avro"), by_two_traits({"contentType": "text/plain"}, {"contentType": "application/avro"})),
    "a trait takes back what one before it said": (
        says(bindings=KAFKA), by_two_traits({"bindings": {**KAFKA, "amqp": {"contentEncoding": "gzip"}}}, {"bindings": {"amqp": None}}),
    ),
    "bindings of an operation in a trait": (operation_says(bindings=KAFKA), operation_by_trait(bindings=KAFKA)),
    "security of an operation in a trait": (operation_says(security=[{"type": "plain"}]), operation_by_trait(security=[{"type": "plain"}])),
    "an empty list of traits": (says(), says(traits=[])),
}  # fmt: skip


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("plain", "moved"), ALIKE.values(), ids=ALIKE.keys())
def test_moving_a_member_between_a_trait_and_its_target_changes_nothing(
    edition: str, plain: Edit, moved: Edit
) -> None:
    """Both ways: out of the target into a trait, and back."""
    here, there = edited(edition, plain), edited(edition, moved)
    assert changed(here, there) == {}
    assert changed(there, here) == {}


IN_TRAIT: dict[str, tuple[Edit, Edit, dict[str, str]]] = {
    "a header is asked for": (
        by_shared_trait(headers=HEADERS), by_shared_trait(headers={**HEADERS, "required": ["trace"]}), {"sent-headers.required-added": "safe"},
    ),
    "a header is no longer sent for sure": (
        by_trait(headers={**HEADERS, "required": ["trace"]}), by_trait(headers=HEADERS), {"sent-headers.required-removed": "breaking"},
    ),
    "a header that is merged gets another type": (
        says(traits=[{"headers": {"properties": {"tenant": TEXT}}}]),
        says(traits=[{"headers": {"properties": {"tenant": {"type": "integer"}}}}]),
        {"sent-headers.type-changed": "breaking"},
    ),
    "a trait is left out": (by_trait(contentType="application/json"), lambda api: _without(message(api, "Paid"), ["contentType"]), {"message-content-type-changed": "breaking"}),
    "a binding": (by_shared_trait(bindings=KAFKA), by_shared_trait(bindings={"kafka": {"key": {"type": "integer"}, "bindingVersion": "0.5.0"}}), {"binding-changed": "warning"}),
    "a binding of an operation": (operation_by_trait(bindings=KAFKA), operation_by_trait(bindings={}), {"binding-changed": "warning"}),
    "the security of an operation": (operation_by_trait(security=[{"type": "plain"}]), operation_by_trait(), {"broker-security-changed": "warning"}),
    "words only": (by_shared_trait(summary="paid"), by_shared_trait(summary="was paid"), {}),
}  # fmt: skip


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(("before", "after", "expected"), IN_TRAIT.values(), ids=IN_TRAIT.keys())
def test_a_change_of_a_trait_is_a_change_of_what_it_is_applied_to(
    edition: str, before: Edit, after: Edit, expected: dict[str, str]
) -> None:
    """It is named and judged as if the target said it itself."""
    assert changed(edited(edition, before), edited(edition, after)) == expected


BOTH_SAY = {"contentType": "application/json", "traits": [{"contentType": "application/avro"}]}


@pytest.mark.parametrize(("edition", "counts"), [("2.6", "application/avro"), ("3.0", "application/json")])
def test_who_wins_where_both_say_something(edition: str, counts: str) -> None:
    """In 2.x a trait overrides its target, in 3.0 it never does."""
    both = edited(edition, says(**BOTH_SAY))
    assert changed(both, edited(edition, says(contentType=counts))) == {}
    assert operations(document(both))[0].parts[0].media_type == counts


def test_a_schema_format_that_a_trait_names_counts_for_the_payload() -> None:
    """An Avro payload is not refused for keywords that are none of JSON Schema, and is compared as undecided."""
    avro = "application/vnd.apache.avro;version=1.9.0"

    def payload(kind: str) -> Any:
        return edited("2.6", says(payload={"type": "record", "items": kind}, traits=[{"schemaFormat": avro}]))

    assert changed(payload("a"), payload("a")) == {}
    assert changed(payload("a"), payload("b")) == {"payload-not-compared": "undecided"}


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_finding_names_the_line_of_the_trait(edition: str) -> None:
    """Who changed the shared trait is shown where, and a document proves the break as it does anywhere else."""
    old = edited(edition, by_shared_trait(headers={**HEADERS, "required": ["trace"]}))
    new = document(edited(edition, by_shared_trait(headers=HEADERS)))
    verdict = check_documents(new, Versions((document(old),), complete=True), witnesses=True)
    (finding,) = [each for each in verdict.findings if each.level == "breaking"]
    assert finding.pointer_new == "/components/messageTraits/Common~1all/headers/required"
    line = int(finding.where_new.rpartition(":")[2])
    assert '"headers"' in new.text.splitlines()[line - 1]
    assert finding.witness is not None


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_document_proves_a_break_of_headers_that_are_merged(edition: str) -> None:
    """The message brings one half, its trait the other; the finding stands at the message, which is where they meet."""

    def half(**said: Any) -> Edit:
        return says(traits=[{"headers": {"properties": {"tenant": TEXT}, **said}}])

    old, new = (
        document(edited(edition, half(required=["trace", "tenant"]))),
        document(edited(edition, half())),
    )
    verdict = check_documents(new, Versions((old,), complete=True), witnesses=True)
    found = {each.pointer_new: each for each in verdict.findings}
    assert list(found) == ["/components/messages/Paid/headers/required"]
    proof = found["/components/messages/Paid/headers/required"].witness
    assert proof is not None
    assert proof.refused_by == old.name


def test_traits_that_are_merged_without_end_are_undecided_not_compatible() -> None:
    """Two recursive schemas, one in the message and one in its trait, have no merged form that ends."""

    def api(limit: int) -> Any:
        def recursive(name: str) -> Any:
            return {
                "type": "object",
                "properties": {"inner": {"$ref": f"#/components/schemas/{name}"}},
                "maxProperties": limit,
            }

        made = edited(
            "3.0",
            says(
                headers={"$ref": "#/components/schemas/A"},
                traits=[{"headers": {"$ref": "#/components/schemas/B"}}],
            ),
        )
        made["components"]["schemas"].update(A=recursive("A"), B=recursive("B"))
        return made

    assert changed(api(9), api(8)) == {"budget-spent": "undecided"}
    assert len(operations(document(api(9)))) == 2


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("traits", [7, {"headers": {}}, [3, None], ["#/components"]], ids=repr)
def test_traits_of_the_wrong_kind_say_nothing(edition: str, traits: Any) -> None:
    """They are read as what they are not: missing."""
    assert changed(edited(edition), edited(edition, says(traits=traits))) == {}


def test_a_trait_that_refers_to_nothing_is_refused() -> None:
    """With the place of the reference, as every other reference."""
    api = edited("2.6", says(traits=[{"$ref": "#/components/messageTraits/None"}]))
    with pytest.raises(
        Exception, match=r"names nothing in this document, at .*/components/messages/Paid/traits/0/\$ref"
    ):
        document(api)


def test_a_message_without_a_content_type_has_that_of_the_document() -> None:
    """Moving it there changes nothing; changing it there changes all that rely on it."""
    plain = edited("2.6")
    moved = edited(
        "2.6",
        lambda api: _without(message(api, "Paid"), ["contentType"]),
        lambda api: api.update(defaultContentType="application/json"),
    )
    message(plain, "Refund").update(contentType="application/json")
    assert changed(plain, moved) == {}
    assert changed(moved, {**moved, "defaultContentType": "application/xml"}) == {
        "message-content-type-changed": "breaking"
    }


def test_headers_with_their_format_written_out_are_compared() -> None:
    """As AsyncAPI 3.0 allows for every schema; headers in a format of another kind are undecided."""
    json_schema = "application/schema+json;version=draft-07"

    def headers(schema: Any, form: str = json_schema) -> Any:
        return edited("3.0", says(headers={"schemaFormat": form, "schema": schema}))

    assert changed(edited("3.0", says(headers=HEADERS)), headers(HEADERS)) == {}
    assert changed(headers({**HEADERS, "required": ["trace"]}), headers(HEADERS)) == {
        "sent-headers.required-removed": "breaking"
    }
    assert changed(headers({"a": 1}, "text/x"), headers({"a": 2}, "text/x")) == {
        "headers-not-compared": "undecided"
    }
    assert changed(headers(HEADERS), headers(HEADERS, "text/x")) == {"headers-format-changed": "breaking"}
