# SPDX-License-Identifier: Apache-2.0
"""The official Confluent client does its usual work against the real app behind a real server."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
)
from confluent_kafka.schema_registry.common.schema_registry_client import (
    ConfigCompatibilityLevel,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

ODD = "orders/eu ü-value"


def text(**more: Any) -> str:
    return json.dumps({"title": "Order", "type": "object", **more})


V1 = Schema(text(properties={"id": {"type": "string"}}, additionalProperties=False), "JSON")
V2 = Schema(
    text(properties={"id": {"type": "string"}, "note": {"type": "string"}}, additionalProperties=False),
    "JSON",
)
BROKEN = Schema(text(properties={"id": {"type": "integer"}}, additionalProperties=False), "JSON")


@pytest.fixture
def client(served: Any) -> Iterator[SchemaRegistryClient]:
    settings = {
        "url": f"{served.url}/apis/ccompat/v7",
        "basic.auth.user.info": f"anyone:{served.token('ci')}",
        "max.retries": 0,
    }
    with SchemaRegistryClient(settings) as made:
        yield made


def refused(raised: pytest.ExceptionInfo[SchemaRegistryError]) -> tuple[int, int]:
    return raised.value.http_status_code, raised.value.error_code


def test_schemas_are_registered_found_and_listed(client: SchemaRegistryClient) -> None:
    """Ids are small, the same for the same schema anywhere; every way to a schema leads to the text as it was registered."""
    first = client.register_schema(ODD, V1)
    assert client.register_schema(ODD, V1) == first
    assert client.register_schema("other-value", V1) == first
    second = client.register_schema_full_response(ODD, V2)
    assert (second.version, second.schema.schema_str) == (2, V2.schema_str)
    got = client.get_schema(first)
    assert (got.schema_str, got.schema_type) == (V1.schema_str, "JSON")
    assert client.get_schema_by_guid(second.guid).schema_str == V2.schema_str
    found = client.lookup_schema(ODD, V2)
    assert (found.subject, found.version, found.schema_id) == (ODD, 2, second.schema_id)
    assert client.get_latest_version(ODD).version == 2
    assert client.get_version(ODD, 1).schema.schema_str == V1.schema_str
    assert client.get_versions(ODD) == [1, 2]
    assert {ODD, "other-value"} <= set(client.get_subjects())
    assert client.get_subjects_by_schema_id(first) == ["orders/eu ü-value", "other-value"]
    where = [(one.subject, one.version) for one in client.get_schema_versions(first)]
    assert where == [(ODD, 1), ("other-value", 1)]
    assert client.get_schema_types() == ["JSON"]


def test_what_breaks_is_refused_and_says_why(client: SchemaRegistryClient) -> None:
    """409 with 40901; the check tells the same beforehand, and NONE lets it through."""
    client.register_schema("a", V1)
    assert client.test_compatibility("a", V2)
    assert not client.test_compatibility("a", BROKEN, 1)
    assert not client.test_compatibility_all_versions("a", BROKEN)
    assert client.test_compatibility("never-seen", BROKEN)
    with pytest.raises(
        SchemaRegistryError, match=r"incompatible.*TYPE_CHANGED.*oldSchemaVersion: 1"
    ) as raised:
        client.register_schema("a", BROKEN)
    assert refused(raised) == (409, 40901)
    client.set_compatibility("a", "NONE")
    assert client.register_schema("a", BROKEN) > 0
    assert client.get_compatibility("a") == "NONE"


def test_config_is_settled_and_taken_back(client: SchemaRegistryClient) -> None:
    """A subject without its own level says so; the global one is BACKWARD."""
    assert client.get_compatibility() == "BACKWARD"
    with pytest.raises(SchemaRegistryError, match="does not have subject-level compatibility") as raised:
        client.get_config("a")
    assert refused(raised) == (404, 40408)
    client.set_config(
        "a", ServerConfig(compatibility=ConfigCompatibilityLevel.FULL, compatibility_group="major")
    )
    kept = client.get_config("a")
    assert (kept.compatibility_level, kept.compatibility_group) == (ConfigCompatibilityLevel.FULL, "major")
    client.delete_config("a")
    with pytest.raises(SchemaRegistryError):
        client.get_config("a")
    with pytest.raises(SchemaRegistryError, match="Invalid compatibility level") as raised:
        client.set_compatibility("a", "SIDEWAYS")
    assert refused(raised) == (422, 42203)
    client.set_compatibility(level="FORWARD")
    assert client.get_compatibility() == "FORWARD"


def test_modes_keep_writers_out(client: SchemaRegistryClient) -> None:
    """Read-only refuses, import takes the id it is given."""
    assert client.get_global_mode() == "READWRITE"
    with pytest.raises(SchemaRegistryError) as raised:
        client.get_mode("a")
    assert refused(raised) == (404, 40409)
    client.update_mode("a", "READONLY")
    assert client.get_mode("a") == "READONLY"
    with pytest.raises(SchemaRegistryError, match="read-only mode") as raised:
        client.register_schema("a", V1)
    assert refused(raised) == (422, 42205)
    client.update_mode("a", "IMPORT", force=True)
    assert client.delete_mode("a") == "IMPORT"
    with pytest.raises(SchemaRegistryError) as raised:
        client.update_mode("a", "SOMETIMES")
    assert refused(raised) == (422, 42204)


def test_a_subject_ends(client: SchemaRegistryClient) -> None:
    """Softly deleted it is out of the list unless asked for; permanently deleted it is gone."""
    client.register_schema("a", V1)
    client.register_schema("a", V2)
    with pytest.raises(SchemaRegistryError, match="not deleted first") as raised:
        client._rest_client.delete("subjects/a/versions/1?permanent=true")
    assert refused(raised) == (404, 40407)
    assert client.delete_version("a", 1) == 1
    assert client.get_versions("a") == [2]
    with pytest.raises(SchemaRegistryError, match=r"Version .*not found") as raised:
        client.get_version("a", 1)
    assert refused(raised) == (404, 40402)
    assert client.get_version("a", 1, deleted=True).version == 1
    assert client.delete_subject("a") == [2]
    assert "a" not in client.get_subjects()
    assert "a" in client.get_subjects(deleted=True)
    assert "a" in client.get_subjects(deleted_only=True)
    with pytest.raises(SchemaRegistryError, match=r"Subject .*not found") as raised:
        client.get_versions("a")
    assert refused(raised) == (404, 40401)
    client.clear_caches()
    assert client.register_schema_full_response("a", V1).version == 3
    client.delete_subject("a")
    assert client._rest_client.delete("subjects/a?permanent=true") == [1, 2, 3]
    assert "a" not in client.get_subjects(deleted=True)
    client.clear_caches()
    assert client.register_schema_full_response("a", V1).version == 1


def test_references_are_resolved_and_held(client: SchemaRegistryClient) -> None:
    """A schema may refer to another subject's; who is referred to is listed and cannot go."""
    money = Schema(text(title="Money", properties={"minor": {"type": "integer"}}), "JSON")
    client.register_schema("money", money)
    order = Schema(
        text(properties={"total": {"$ref": "money.json"}}),
        "JSON",
        [SchemaReference("money.json", "money", 1)],
    )
    schema_id = client.register_schema("order-value", order)
    assert client.get_schema(schema_id).references == [SchemaReference("money.json", "money", 1)]
    assert client.get_referenced_by("money", 1) == [schema_id]
    with pytest.raises(SchemaRegistryError, match="references exist") as raised:
        client.delete_version("money", 1)
    assert refused(raised) == (422, 42206)
    lost = Schema(text(properties={"x": {"$ref": "x.json"}}), "JSON", [SchemaReference("x.json", "x", 1)])
    with pytest.raises(SchemaRegistryError, match="Invalid schema") as raised:
        client.register_schema("lost", lost)
    assert refused(raised) == (422, 42201)
    broken = Schema(
        text(properties={"total": {"$ref": "money.json#/properties/major"}}), "JSON", order.references
    )
    with pytest.raises(SchemaRegistryError, match="Invalid schema"):
        client.register_schema("lost", broken)


def test_metadata_makes_another_schema_and_is_looked_up(client: SchemaRegistryClient) -> None:
    """The same text with other metadata is other content; the latest with certain values is found by them."""
    first = Schema(V1.schema_str, "JSON", metadata=Metadata(None, MetadataProperties({"team": "a"}), None))
    second = Schema(V2.schema_str, "JSON", metadata=Metadata(None, MetadataProperties({"team": "b"}), None))
    plain = client.register_schema("plain", V1)
    assert client.register_schema("a", first) != plain
    client.register_schema("a", second)
    assert client.get_latest_with_metadata("a", {"team": "a"}).version == 1
    assert client.get_schema(client.register_schema("a", second)).metadata.properties.properties == {
        "team": "b"
    }
    with pytest.raises(SchemaRegistryError):
        client.get_latest_with_metadata("a", {"team": "c"})


@pytest.mark.parametrize(
    ("schema", "code", "said"),
    [
        (Schema('{"type": "record"}', "AVRO"), 42201, "holds JSON Schema"),
        (Schema('syntax = "proto3";', "PROTOBUF"), 42201, "holds JSON Schema"),
        (Schema("{", "JSON"), 42201, "Invalid schema: .*is not JSON"),
        (Schema('{"type": "nothing"}', "JSON"), 42201, "Invalid schema"),
        (Schema('{"$ref": "http://example.org/x.json"}', "JSON"), 42201, "Invalid schema"),
        (Schema('{"$schema": "http://json-schema.org/draft-01/schema"}', "JSON"), 42201, "not a dialect"),
    ],
    ids=["avro", "protobuf", "not-json", "no-type", "remote", "dialect"],
)
def test_what_is_no_json_schema_is_refused(
    client: SchemaRegistryClient, schema: Schema, code: int, said: str
) -> None:
    """The client gets a code and a sentence it can show."""
    with pytest.raises(SchemaRegistryError, match=said) as raised:
        client.register_schema("a", schema)
    assert refused(raised) == (422, code)
    assert "a" not in client.get_subjects(deleted=True)


def test_messages_travel_with_a_schema_id(client: SchemaRegistryClient) -> None:
    """The serializer registers and writes the id, the deserializer reads by it; a wrong message is refused before it is sent."""
    context = SerializationContext("orders", MessageField.VALUE)
    write = JSONSerializer(V1.schema_str, client, lambda order, _: order)
    data = write({"id": "SO-1"}, context)
    assert data is not None
    assert data[0] == 0
    schema_id = int.from_bytes(data[1:5], "big")
    assert client.get_latest_version("orders-value").schema_id == schema_id
    assert JSONDeserializer(None, lambda order, _: order, client)(data, context) == {"id": "SO-1"}
    with pytest.raises(SerializationError):
        write({"id": 1}, context)
    # A newer reader reads the old message by the schema it was written with.
    client.register_schema("orders-value", V2)
    assert JSONDeserializer(V2.schema_str, lambda order, _: order, client)(data, context) == {"id": "SO-1"}
    client.clear_latest_caches()
    latest = JSONSerializer(
        None,
        client,
        lambda order, _: order,
        conf={"auto.register.schemas": False, "use.latest.version": True},
    )
    assert latest({"id": "SO-2", "note": "x"}, context)[1:5] != data[1:5]


def test_contexts_are_part_of_the_name(client: SchemaRegistryClient) -> None:
    """A subject in a context is another subject; the default context is the plain name."""
    client.register_schema(":.eu:a", V1)
    client.register_schema(":.:b", V1)
    assert client.get_contexts() == [".", ".eu"]
    assert {":.eu:a", "b"} <= set(client.get_subjects())
    assert client.get_subjects(subject_prefix=":.eu:") == [":.eu:a"]
    assert client.get_latest_version(":.eu:a").subject == ":.eu:a"


def test_a_bearer_token_works_too_and_a_wrong_one_does_not(served: Any) -> None:
    """Both ways to send a token; what is refused has the protocol's form."""
    settings = {"url": f"{served.url}/apis/ccompat/v7", "max.retries": 0}
    bearer = {
        "bearer.auth.credentials.source": "STATIC_TOKEN",
        "bearer.auth.token": served.token("viewer"),
        "bearer.auth.logical.cluster": "x",
        "bearer.auth.identity.pool.id": "y",
    }
    with SchemaRegistryClient(settings | bearer) as reader:
        assert "invoice-issued" in reader.get_subjects()
        with pytest.raises(SchemaRegistryError, match="lacks the permission contracts:write") as raised:
            reader.register_schema("a", V1)
        assert refused(raised) == (403, 403)
    with SchemaRegistryClient(settings | {"basic.auth.user.info": "x:tl_ci_000000000000_x"}) as stranger:
        with pytest.raises(SchemaRegistryError, match="credential") as raised:
            stranger.get_subjects()
        assert refused(raised) == (401, 401)
    basic = httpx2.get(f"{served.url}/apis/registry/v1/subjects", auth=("x", served.token("ci")))
    assert basic.status_code == 401, "Basic is for Confluent's clients alone"
