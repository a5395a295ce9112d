# SPDX-License-Identifier: Apache-2.0
"""The Confluent protocol byte by byte: codes, words and shapes that clients of other makes rely on."""

import json
from typing import Any

import httpx2
import pytest

TYPE = "application/vnd.schemaregistry.v1+json"
ROOT = "/apis/ccompat/v7"
OBJECT = '{"type": "object", "maxProperties": 9}'
SMALLER = '{"type": "object", "maxProperties": 5}'


def post(served: Any, path: str, schema: str, **more: Any) -> httpx2.Response:
    answer: httpx2.Response = served.http.post(
        f"{ROOT}/{path}",
        content=json.dumps({"schema": schema, "schemaType": "JSON", **more}),
        headers={"content-type": TYPE},
    )
    return answer


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nowhere", 404, 404),
        ("GET", "", 200, None),
        ("PUT", "subjects", 405, 405),
        ("PATCH", "subjects", 405, 405),
        ("GET", "schemas/ids/999", 404, 40403),
        ("GET", "schemas/ids/abc", 404, 40403),
        ("GET", "schemas/guids/none", 404, 40403),
        ("GET", "subjects/none/versions", 404, 40401),
        ("GET", "subjects/none/versions/latest", 404, 40401),
        ("GET", "subjects/a/versions/2", 404, 40402),
        ("GET", "subjects/a/versions/0", 422, 42202),
        ("GET", "subjects/a/versions/2147483648", 422, 42202),
        ("GET", "subjects/a/versions/1.0.0", 422, 42202),
        ("GET", "subjects/a/versions/-1", 200, None),
        ("GET", "subjects/%20a/versions", 422, 42208),
        ("GET", "subjects/a?deleted=maybe", 405, 405),
        ("GET", "subjects?deleted=maybe", 422, 42201),
        ("DELETE", "subjects/none", 404, 40401),
        ("DELETE", "subjects/a?permanent=True", 404, 40405),
        ("DELETE", "subjects/a/versions/1?permanent=true", 404, 40407),
        ("DELETE", "subjects/a/versions/7", 404, 40402),
        ("GET", "config/a", 404, 40408),
        ("GET", "config/a?defaultToGlobal=True", 200, None),
        ("DELETE", "config/a", 404, 40408),
        ("GET", "mode/a", 404, 40409),
        ("GET", "mode/a?defaultToGlobal=true", 200, None),
        ("GET", "subjects/invoice-issued/versions/latest/schema", 200, None),
        ("GET", "v1/metadata/version", 200, None),
    ],
)
def test_a_refusal_has_a_code_and_a_message(
    served: Any, method: str, path: str, status: int, code: int | None
) -> None:
    """Whatever is wrong, the body is {error_code, message} in the protocol's type."""
    assert post(served, "subjects/a/versions", OBJECT).status_code == 200
    answer = served.http.request(method, f"{ROOT}/{path}")
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.headers["content-type"] == TYPE
        assert answer.json().keys() == {"error_code", "message"}
        assert answer.json()["error_code"] == code
        assert isinstance(answer.json()["message"], str)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, 400),
        ("[]", 400, 400),
        ('{"schema": "{}", "schema": "{}"}', 400, 400),
        ('{"schemaType": "JSON"}', 422, 42201),
        ('{"schema": 3, "schemaType": "JSON"}', 422, 42201),
        ('{"schema": "{}"}', 422, 42201),
        ('{"schema": "{}", "schemaType": "AVRO"}', 422, 42201),
        ('{"schema": "{}", "schemaType": "JSON", "references": "x"}', 422, 42201),
        ('{"schema": "{}", "schemaType": "JSON", "references": [{}]}', 422, 42201),
        ('{"schema": "{\\"$ref\\": \\"#\\"}", "schemaType": "JSON"}', 422, 42201),
        ('{"schema": "{}", "schemaType": "JSON", "id": 77}', 422, 42205),
        ('{"schema": "\\ud800", "schemaType": "JSON"}', 422, 42201),
    ],
    ids=["cut", "array", "twice", "no-schema", "number", "no-type", "avro", "references", "reference", "endless",
         "id", "surrogate"],
)  # fmt: skip
def test_a_body_that_cannot_be_taken_leaves_nothing(served: Any, body: str, status: int, code: int) -> None:
    """Nothing is half-stored: the subject is not there afterwards, not even as deleted."""
    answer = served.http.post(f"{ROOT}/subjects/bad/versions", content=body, headers={"content-type": TYPE})
    assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.text
    assert "bad" not in served.http.get(f"{ROOT}/subjects?deleted=true").json()


def test_a_schema_too_large_has_a_code(served: Any) -> None:
    """8 MiB is the most a contract may have."""
    try:
        answer = served.http.post(f"{ROOT}/subjects/a/versions", content=b"x" * ((8 << 20) + 1))
    except httpx2.WriteError:
        return
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42209)


def test_subjects_may_hold_anything_people_write(served: Any) -> None:
    """A slash, spaces and letters of every script are part of the name, not of the path."""
    path = "subjects/a%2Fb%20%C3%BC%3F/versions"
    assert post(served, path, OBJECT).status_code == 200
    assert served.http.get(f"{ROOT}/{path}").json() == [1]
    assert served.http.get(f"{ROOT}/subjects?subjectPrefix=a/").json() == ["a/b ü?"]
    assert served.http.get(f"{ROOT}/subjects/a/b%20%C3%BC%3F/versions").status_code == 404
    assert served.http.delete(f"{ROOT}/subjects/a%2Fb%20%C3%BC%3F").json() == [1]


def test_lists_are_cut_and_flags_are_read_in_any_case(served: Any) -> None:
    """limit -1 is all; deletedOnly and deleted_only, True and true are the same; unknown parameters mean nothing."""
    for name in ("x1", "x2", "x3"):
        post(served, f"subjects/{name}/versions", OBJECT)
    served.http.delete(f"{ROOT}/subjects/x2")

    def names(query: str) -> Any:
        return served.http.get(f"{ROOT}/subjects?subjectPrefix=x&{query}").json()

    assert names("offset=0&limit=-1&whatever=1") == ["x1", "x3"]
    assert names("deleted=True") == names("deleted=true") == ["x1", "x2", "x3"]
    assert names("deleted=True&offset=1&limit=1") == ["x2"]
    assert names("deletedOnly=true") == names("deleted_only=True") == ["x2"]
    assert served.http.get(f"{ROOT}/subjects?offset=x").status_code == 422


def test_compatibility_tells_why_when_asked(served: Any) -> None:
    """Against a number that is not there 40402, against latest of nothing true; verbose tells an invalid schema too."""
    post(served, "subjects/a/versions", OBJECT)
    at = "compatibility/subjects/a/versions"
    assert post(served, f"{at}/latest", OBJECT).json() == {"is_compatible": True}
    assert post(served, f"{at}/1", SMALLER).json() == {"is_compatible": False}
    told = post(served, f"{at}/latest?verbose=True", SMALLER).json()
    assert "MAX_PROPERTIES_LOWERED" in told["messages"][0]
    assert told["messages"][1:] == [
        "{oldSchemaVersion: 1}",
        "{compatibility: 'BACKWARD', policy: 'validation'}",
    ]
    assert post(served, f"{at}/7", OBJECT).json()["error_code"] == 40402
    assert post(served, "compatibility/subjects/none/versions/latest", OBJECT).json()["is_compatible"]
    assert post(served, f"{at}/1", "{").json()["error_code"] == 42201
    invalid = post(served, f"{at}/1?verbose=true", "{").json()
    assert (invalid["is_compatible"], len(invalid["messages"])) == (False, 1)
    refused = post(served, "subjects/a/versions", SMALLER)
    assert (refused.status_code, refused.json()["error_code"]) == (409, 40901)
    assert "MAX_PROPERTIES_LOWERED" in refused.json()["message"]


def test_policies_decide_by_their_own_rules(served: Any) -> None:
    """LENIENT lets an optional field into an open object, STRICT does not."""
    post(served, "subjects/a/versions", '{"type": "object"}')
    wider = '{"type": "object", "properties": {"note": {"type": "string"}}}'
    at = "compatibility/subjects/a/versions/latest"
    assert not post(served, at, wider).json()["is_compatible"]
    kept = served.http.put(f"{ROOT}/config/a", json={"compatibilityPolicy": "LENIENT"})
    assert kept.json() == {"compatibilityPolicy": "LENIENT"}
    assert served.http.get(f"{ROOT}/config/a").json()["compatibilityPolicy"] == "LENIENT"
    assert post(served, at, wider).json()["is_compatible"]
    assert served.http.put(f"{ROOT}/config/a", json={"compatibilityPolicy": "KIND"}).status_code == 422


def test_drafts_and_retired_versions_are_not_latest(served: Any) -> None:
    """What this door registers is active; what others hold back is seen by its number alone."""
    post(served, "subjects/a/versions", OBJECT)
    draft = {"$schema": "http://json-schema.org/draft-07/schema#", "maxProperties": 1,
             "x-throughline": {"version": "2.0.0", "lifecycle": "draft"}}  # fmt: skip
    assert served.http.post("/apis/registry/v1/subjects/a/versions", json=draft).status_code == 201
    assert served.http.get(f"{ROOT}/subjects/a/versions/latest").json()["version"] == 1
    assert post(served, "compatibility/subjects/a/versions", OBJECT).json()["is_compatible"]
    assert post(served, "subjects/a/versions", json.dumps(draft)).status_code == 409, "agreed, it would break"
    served.http.put(f"{ROOT}/config/a", json={"compatibility": "NONE"})
    assert post(served, "subjects/a/versions", json.dumps(draft)).json()["version"] == 2
    assert served.http.get(f"{ROOT}/subjects/a/versions/latest").json()["version"] == 2
    ended = {"to": "retired", "force": True, "reason": "wrong"}
    served.http.post("/apis/registry/v1/subjects/a/versions/2/lifecycle", json=ended)
    assert served.http.get(f"{ROOT}/subjects/a/versions/latest").json()["version"] == 1
    assert post(served, "subjects/a/versions", json.dumps(draft)).json()["error_code"] == 42205


def test_apis_are_not_seen_through_this_door(served: Any) -> None:
    """Its clients know JSON Schema only; an OpenAPI document has an id, but not here."""
    api = {"openapi": "3.1.0", "info": {"title": "T", "version": "1.0.0"}, "paths": {}}
    made = served.http.post("/apis/registry/v1/subjects/some-api/versions", json=api).json()
    assert "some-api" not in served.http.get(f"{ROOT}/subjects").json()
    assert served.http.get(f"{ROOT}/schemas/ids/{made['schema_id']}").json()["error_code"] == 40403
    assert served.http.get(f"{ROOT}/subjects/some-api/versions").json()["error_code"] == 40401
    assert served.http.delete(f"{ROOT}/subjects/some-api").json()["error_code"] == 40401


def test_an_import_keeps_ids_and_numbers(served: Any) -> None:
    """In IMPORT mode the request says both; an id that stands for other content is refused."""
    assert served.http.put(f"{ROOT}/mode/a", json={"mode": "IMPORT"}).json() == {"mode": "IMPORT"}
    made = post(served, "subjects/a/versions", OBJECT, id=4_000, version=7)
    assert (made.json()["id"], made.json()["version"]) == (4_000, 7)
    assert served.http.get(f"{ROOT}/schemas/ids/4000").json()["schema"] == OBJECT
    assert post(served, "subjects/a/versions", SMALLER, id=4_000, version=8).json()["error_code"] == 42207
    served.http.delete(f"{ROOT}/mode/a")
    assert post(served, "subjects/b/versions", '{"type": "array"}').json()["id"] == 4_001
    refused = served.http.put(f"{ROOT}/mode/b", json={"mode": "IMPORT"})
    assert (refused.status_code, refused.json()["error_code"]) == (422, 42205)


def test_a_schema_by_id_may_be_kept_for_ever(served: Any) -> None:
    """It carries a strong tag, and answers 304 to who has it; after it is deleted for good it is gone."""
    schema_id = post(served, "subjects/a/versions", OBJECT).json()["id"]
    got = served.http.get(f"{ROOT}/schemas/ids/{schema_id}")
    assert got.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert served.http.get(got.url.path, headers={"if-none-match": got.headers["etag"]}).status_code == 304
    assert served.http.get(f"{ROOT}/schemas/ids/{schema_id}/schema").text == OBJECT
    for query in ("", "?permanent=true"):
        served.http.delete(f"{ROOT}/subjects/a{query}")
    assert served.http.get(got.url.path).json()["error_code"] == 40403


def test_register_again_answers_from_memory_until_something_is_stored(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes are not parsed again, and a deletion is seen by the very next request."""
    ids = [post(served, "subjects/a/versions", OBJECT).json()["id"] for _ in range(3)]
    with monkeypatch.context() as blind:
        blind.setattr("registry.incoming.load", None)  # whoever parses now falls over it
        assert post(served, "subjects/a/versions", OBJECT).json() == {
            **post(served, "subjects/a/versions", OBJECT).json(), "id": ids[0], "version": 1,
        }  # fmt: skip
    served.http.delete(f"{ROOT}/subjects/a")
    assert post(served, "subjects/a/versions", OBJECT).json()["version"] == 2
    assert len(set(ids)) == 1


def test_context_paths_are_names_with_a_context(served: Any) -> None:
    """`/contexts/.eu/subjects/a` and `:.eu:a` are one thing."""
    assert post(served, "contexts/.eu/subjects/a/versions", OBJECT).status_code == 200
    assert served.http.get(f"{ROOT}/subjects/:.eu:a/versions").json() == [1]
    assert served.http.get(f"{ROOT}/contexts/.eu/subjects").json() == [":.eu:a"]
    assert served.http.get(f"{ROOT}/contexts").json() == [".", ".eu"]
    assert served.http.delete(f"{ROOT}/contexts/.eu").json()["error_code"] == 42211
    assert post(served, "contexts/.eu/compatibility/subjects/a/versions/1", SMALLER).json() == {
        "is_compatible": False
    }


def test_all_schemas_are_listed(served: Any) -> None:
    """Every version of every subject, or the latest of each."""
    post(served, "subjects/x1/versions", OBJECT)
    post(served, "subjects/x1/versions", '{"type": "object", "maxProperties": 10}')
    post(served, "subjects/x2/versions", OBJECT)

    def listed(query: str) -> list[tuple[str, int]]:
        found = served.http.get(f"{ROOT}/schemas?subjectPrefix=x{query}").json()
        return [(one["subject"], one["version"]) for one in found]

    assert listed("") == [("x1", 1), ("x1", 2), ("x2", 1)]
    assert listed("&latestOnly=true") == [("x1", 2), ("x2", 1)]
    assert listed("&limit=1&offset=1") == [("x1", 2)]
