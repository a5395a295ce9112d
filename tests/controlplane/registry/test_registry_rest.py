# SPDX-License-Identifier: Apache-2.0
"""Our own REST of the registry: what a pipeline and a person's script do with contracts, and how they are refused."""

import json
import threading
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import text

from collectors.bulk import Bulk
from collectors.contract_use import counting as contract_use
from collectors.span import BusinessEvent
from controlplane.database import Actor
from registry import declaration_store, deployment_store
from registry.declaration import read
from terms.instant import DAY, Instant

ROOT = "/apis/registry/v1"
ODD = "price/list ü?#%"


def schema(version: str = "", said: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    stated = {"version": version, "owner": "pricing", **(said or {})}
    stated = {name: value for name, value in stated.items() if value}
    return {"x-throughline": stated, "title": "Price list", "type": "object", **more}


def at(subject: str, *rest: Any) -> str:
    return "/".join([f"{ROOT}/subjects", quote(subject, safe=""), *map(str, rest)])


def push(served: Any, subject: str, document: Any, **query: Any) -> httpx2.Response:
    answer: httpx2.Response = served.http.post(at(subject, "versions"), json=document, params=query)
    return answer


def test_a_contract_is_registered_and_read_as_the_very_bytes(served: Any) -> None:
    """Whatever the subject is called; spaces and order come back as they were sent, by number, semver, latest and content id."""
    sent = b'{ "type":"object",\n "x-throughline": {"version": "1.2.0", "owner": "pricing"} }'
    made = served.http.post(at(ODD, "versions"), content=sent, headers={"content-type": "application/json"})
    assert (made.status_code, made.json()["number"], made.json()["version"]) == (201, 1, "1.2.0")
    again = served.http.post(at(ODD, "versions"), content=sent)
    assert (again.status_code, again.json()["already_there"]) == (200, True)
    for which in ("1", "1.2.0", "latest"):
        got = served.http.get(at(ODD, "versions", which, "document"))
        assert got.content == sent
        assert got.headers["cache-control"] == "private, no-cache"
        assert got.headers["content-type"].startswith("application/json")
    held = served.http.get(f"{ROOT}/contents/{made.json()['content_id']}")
    assert held.content == sent
    assert held.headers["cache-control"] == "private, max-age=31536000, immutable"
    unchanged = served.http.get(held.url.path, headers={"if-none-match": held.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    facts = served.http.get(at(ODD, "versions", 1)).json()
    assert (facts["subject"], facts["lifecycle"], facts["dialect"]) == (
        ODD, "active", "https://json-schema.org/draft/2020-12/schema",
    )  # fmt: skip


def test_yaml_is_a_contract_too(served: Any) -> None:
    """It comes back as YAML, and compares with JSON."""
    text = b"type: object\nmaxProperties: 5\n"
    made = served.http.post(at("a", "versions"), content=text, headers={"content-type": "application/yaml"})
    assert made.status_code == 201, made.text
    got = served.http.get(at("a", "versions", "latest", "document"))
    assert (got.content, got.headers["content-type"]) == (text, "application/yaml")
    verdict = served.http.post(at("a", "check"), json={"type": "object", "maxProperties": 3}).json()
    assert (verdict["status"], verdict["findings"][0]["where_old"]) == ("breaking", "a@1.0.0:2")


def test_a_draft_is_checked_and_only_what_follows_is_taken(served: Any) -> None:
    """The verdict names rule, place, proof and fix under every policy; with if_compatible it keeps the break out."""
    push(served, "a", schema("1.0.0", maxProperties=5))
    smaller = schema("2.0.0", maxProperties=3)
    verdict = served.http.post(at("a", "check"), json=smaller).json()
    assert (verdict["status"], verdict["mode"], verdict["policy"]) == ("breaking", "BACKWARD", "validation")
    assert set(verdict["policies"]) == {"validation", "lenient", "codegen"}
    (finding,) = verdict["findings"]
    assert finding["rule"] == "max-properties-lowered"
    assert json.loads(finding["witness"]["document"]).__len__() == 4
    assert served.http.get(at("a", "versions")).json()["versions"].__len__() == 1
    kept_out = push(served, "a", smaller, if_compatible="true")
    assert (kept_out.status_code, kept_out.json()["status"]) == (409, "breaking")
    forward = served.http.post(at("a", "check"), json=smaller, params={"mode": "FORWARD"}).json()
    assert forward["status"] == "compatible"
    approval = {"fingerprint": finding["fingerprint"], "reason": "agreed", "until": "2026-12-31"}
    assert served.http.post(at("a", "approvals"), json=approval).status_code == 201
    assert served.http.get(at("a", "approvals")).json()["approvals"][0]["by"] == "Ada"
    assert push(served, "a", smaller, if_compatible="true").status_code == 201
    gone = served.http.delete(at("a", "approvals", finding["fingerprint"]))
    assert gone.status_code == 200
    assert served.http.delete(at("a", "approvals", "nothing")).status_code == 404


def test_subjects_are_searched_filtered_and_paged(served: Any) -> None:
    """The shipped contracts are there beside ours; one call gives the current version of all."""
    for name in ("zz/1", "zz/2", "zz/3"):
        push(served, name, schema("1.0.0", {"domain": "pricing"}, properties={"skuCode": {}}))
    listed = served.http.get(
        f"{ROOT}/subjects", params={"search": "SKUCODE", "first": 2, "facets": "true"}
    ).json()
    assert ([one["subject"] for one in listed["subjects"]], listed["total"], listed["next"]) == (
        ["zz/1", "zz/2"], 3, "zz/2",
    )  # fmt: skip
    assert listed["facets"]["domain"] == [{"value": "pricing", "count": 3}]
    rest = served.http.get(f"{ROOT}/subjects", params={"domain": "pricing", "after": "zz/2"}).json()
    assert ([one["subject"] for one in rest["subjects"]], rest["next"]) == (["zz/3"], None)
    latest = served.http.get(f"{ROOT}/latest", params={"documents": "True"})
    names = {one["subject"]: one for one in latest.json()["latest"]}
    assert {"zz/1", "invoice-issued"} <= names.keys()
    assert "skuCode" in names["zz/1"]["document"]
    same = served.http.get(f"{ROOT}/latest?documents=True", headers={"if-none-match": latest.headers["etag"]})
    assert same.status_code == 304
    assert served.http.get(f"{ROOT}/subjects", params={"first": 0}).status_code == 422


def test_a_version_lives_and_ends(served: Any) -> None:
    """Each step is asked for and answered with the state; one that is not allowed says which are."""
    push(served, "a", schema("1.0.0"))
    push(served, "a", schema("1.1.0", title="A"))
    path = at("a", "versions", "1.0.0", "lifecycle")
    refused = served.http.post(path, json={"to": "retired"})
    assert refused.status_code == 409
    assert "may become deprecated" in refused.json()["do"]
    moved = served.http.post(path, json={"to": "deprecated", "successor": "1.1.0"}).json()
    assert (moved["lifecycle"], moved["successor"], moved["deprecated_at"]) == (
        "deprecated", "a@1.1.0", "2026-11-20T12:00:00Z",
    )  # fmt: skip
    dated = served.http.post(path, json={"to": "sunset", "sunset": "2027-01-01T00:00:00Z"}).json()
    assert dated["sunset_at"] == "2027-01-01T00:00:00Z"
    assert served.http.post(path, json={"to": "sunset", "sunset": "soon"}).status_code == 422
    ended = served.http.post(path, json={"to": "retired", "force": True, "reason": "nobody ever used it"})
    assert ended.json()["lifecycle"] == "retired"
    assert (
        served.http.post(at("a", "versions", "9.9.9", "lifecycle"), json={"to": "active"}).status_code == 404
    )


def test_a_version_on_its_way_out_says_so_in_headers_too(served: Any) -> None:
    """Deprecation (RFC 9745), Sunset (RFC 8594) and the way to what follows, on both APIs; none on a version that stays."""
    one = "/apis/registry/v1/subjects/invoices-api/versions"
    successor = f'<{one}/2.0.0>; rel="successor-version"'
    for path in (f"{one}/1.0.0", f"{one}/1/document", f"{one}/1/document?bundled=true"):
        headers = served.http.get(path).headers
        assert headers["deprecation"] == "@1788220800"
        assert headers["sunset"] == "Wed, 30 Jun 2027 00:00:00 GMT"
        assert headers["link"] == successor
    assert not {"deprecation", "sunset", "link"} & served.http.get(f"{one}/2.0.0").headers.keys()
    tag = served.http.get(f"{one}/1/document").headers["etag"]
    same = served.http.get(f"{one}/1/document", headers={"if-none-match": tag})
    assert (same.status_code, same.headers["deprecation"]) == (304, "@1788220800")
    push(served, "a/b", schema("1.0.0"))
    ending = {"to": "deprecated", "deprecated": "2027-01-01T00:00:00Z", "successor": "order-placed@1.0.0"}
    assert served.http.post(at("a/b", "versions", 1, "lifecycle"), json=ending).status_code == 200
    for path in (f"/apis/ccompat/v7/subjects/a%2Fb/versions/1{part}" for part in ("", "/schema")):
        headers = served.http.get(path).headers
        assert headers["deprecation"] == "@1798761600"
        assert "/subjects/order-placed/versions/1.0.0>" in headers["link"]
        assert "sunset" not in headers


def test_a_soft_deletion_can_be_taken_back(served: Any) -> None:
    """Number and state are as they were; not where another took the version's place, nor where nothing was deleted."""
    push(served, "a", schema("1.0.0"))
    push(served, "a", schema("1.1.0", title="A"))
    path = at("a", "versions", "1.1.0", "restore")
    assert served.http.post(path).json()["detail"] == "version 2 of 'a' is not deleted"
    served.http.delete(at("a", "versions", "1.1.0"))
    assert served.http.get(at("a", "versions", "latest")).json()["version"] == "1.0.0"
    assert served.http.post(path).json() == {"subject": "a", "restored": [2]}
    back = served.http.get(at("a", "versions", "latest")).json()
    assert (back["version"], back["number"], back["deleted_at"]) == ("1.1.0", 2, None)
    served.http.delete(at("a", "versions", 2))
    assert push(served, "a", schema("1.1.0", title="A")).json()["number"] == 3
    taken = served.http.post(at("a", "versions", 2, "restore"))
    assert (taken.status_code, taken.json()["detail"]) == (409, "version 3 of 'a' is 1.1.0 now")


def test_what_lost_its_references_does_not_come_back(served: Any) -> None:
    """Once what it refers to was deleted too, that must be restored first."""
    push(served, "money", schema("1.0.0"))
    refers = {"references": [{"name": "money.json", "subject": "money", "version": "1.0.0"}]}
    push(served, "order", schema("1.0.0", refers, properties={"total": {"$ref": "money.json"}}))
    served.http.delete(at("order", "versions", 1))
    served.http.delete(at("money", "versions", 1))
    alone = served.http.post(at("order", "versions", 1, "restore"))
    assert (alone.status_code, "to refer to" in alone.json()["detail"]) == (404, True)
    assert served.http.post(at("money", "versions", 1, "restore")).status_code == 200
    assert served.http.post(at("order", "versions", 1, "restore")).status_code == 200


def test_references_are_stated_bundled_and_hold(served: Any) -> None:
    """A document names what it refers to; bundled it stands alone; what is referred to cannot be deleted."""
    push(served, "money", schema("1.0.0", properties={"minor": {"type": "integer"}}))
    refers = {"references": [{"name": "money.json", "subject": "money", "version": "1.0.0"}]}
    order = schema("1.0.0", refers, properties={"total": {"$ref": "money.json#/properties/minor"}})
    assert push(served, "order", order).status_code == 201
    bundle = served.http.get(at("order", "versions", 1, "document"), params={"bundled": "true"}).json()
    assert bundle["properties"]["total"]["$ref"] == "#/$defs/money@1/properties/minor"
    assert bundle["$defs"]["money@1"]["properties"] == {"minor": {"type": "integer"}}
    assert served.http.get(at("order", "versions", 1, "document")).json() == order
    assert served.http.get(at("money", "versions", 1)).json()["referenced_by"] == [
        {"subject": "order", "number": 1}
    ]
    kept = served.http.delete(at("money"))
    assert (kept.status_code, kept.json()["detail"]) == (
        409,
        "version 1 of 'money' is referred to by order version 1",
    )
    answer = served.http.post(at("order", "versions", "latest", "validate"), json={"total": "1"}).json()
    assert answer["problems"][0]["pointer"] == "/total"
    unknown = schema("1.0.0", {"references": [{"name": "x", "subject": "x", "version": 1}]})
    assert push(served, "other", unknown).status_code == 404
    assert served.http.delete(at("order")).json() == {"subject": "order", "deleted": [1]}
    assert served.http.delete(at("money", "versions", 1)).json()["deleted"] == [1]


def test_payloads_are_validated_against_what_is_registered(served: Any) -> None:
    """One or many; problems carry pointers, numbers are exact, and a pattern made to hang does not."""
    properties = {
        "price": {"type": "number", "multipleOf": 0.1},
        "sku": {"type": "string", "pattern": "^(a+)+$"},
    }
    push(served, "a", schema("1.0.0", properties=properties, required=["price"]))
    path = at("a", "versions", "latest", "validate")
    assert served.http.post(path, content=b'{"price": 0.3}').json()["valid"] is True
    wrong = served.http.post(path, json={"price": 0.35, "sku": "a" * 60 + "!"}).json()
    assert {one["pointer"] for one in wrong["problems"]} == {"/price", "/sku"}
    batch = served.http.post(f"{path}-batch", json=[{"price": 1}, {}, {"price": 2}]).json()
    assert (batch["valid"], [one["index"] for one in batch["invalid"]]) == (2, [1])
    assert served.http.post(path, content=b'{"price": NaN}').status_code == 422
    assert served.http.post(at("a", "versions", 7, "validate"), json={}).status_code == 404
    shipped = served.http.post(at("invoice-issued", "versions", "latest", "validate"), json={}).json()
    assert not shipped["valid"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 422, "is not JSON"),
        (b"[]", 422, "is an array, not a JSON object"),
        (b'{"type": "object", "type": "array"}', 422, "key 'type' stands twice"),
        (b'{"$schema": "https://example.org/own"}', 422, "is not a dialect"),
        (b'{"$ref": "#/$defs/x"}', 422, "#/$defs/x"),
        (b'{"$ref": "https://example.org/x.json"}', 422, "https://example.org/x.json"),
        (b'{"x-throughline": {"version": "1.2"}}', 422, "'1.2' is not a semantic version"),
        (b'{"x-throughline": {"version": "v1.2.3"}}', 422, "'v1.2.3' is not a semantic version"),
        (b'{"x-throughline": {"subject": "other"}}', 422, "is of the subject 'other'"),
        (b'{"x-throughline": {"lifecycle": "dead"}}', 422, "'dead' is not a lifecycle"),
        (b'{"items":' * 70 + b"{}" + b"}" * 70, 422, "nested deeper than 64 levels"),
        (b'{"title": "\xff"}', 422, "is not UTF-8"),
        (b'{"title": "' + b"x" * (8 << 20) + b'"}', 413, "larger than 8 MiB"),
    ],
    ids=["not-json", "array", "twice", "dialect", "nowhere", "remote", "semver", "semver-v", "subject", "lifecycle",
         "deep", "utf-8", "large"],
)  # fmt: skip
def test_what_cannot_be_taken_says_why_and_leaves_nothing(
    served: Any, body: bytes, status: int, said: str
) -> None:
    """A refusal names the fault and its place; the subject is not even begun."""
    try:
        answer = served.http.post(
            at("bad", "versions"), content=body, headers={"content-type": "application/json"}
        )
    except httpx2.WriteError:
        assert status == 413, "a server that will not read on may close the door"
    else:
        assert answer.status_code == status, answer.text
        assert said in answer.json()["detail"]
    assert served.http.get(at("bad")).status_code == 404
    assert served.http.get(f"{ROOT}/subjects", params={"prefix": "bad"}).json()["total"] == 0


def test_a_contract_of_megabytes_is_taken_by_every_door(served: Any) -> None:
    """8 MiB is the limit of contract routes, not that of other bodies; an exported version may come back as JSON text."""
    large = {"title": "ü" * (1 << 20)}
    assert served.http.post(at("large", "versions"), json=large).status_code == 201
    schema_text = {"schema": json.dumps(large), "schemaType": "JSON"}
    theirs = served.http.post("/apis/ccompat/v7/subjects/large/versions", json=schema_text)
    assert (theirs.status_code, theirs.json()["version"]) == (200, 2), "another dialect is other content"
    exported = served.http.get(at("large", "export")).json()
    answer = served.http.post(at("large", "import"), content=json.dumps(exported).encode())
    assert (answer.status_code, answer.json()["changed"]) == (200, 0)


def test_one_version_results_when_many_register_at_once(served: Any) -> None:
    """Eight different contents for one version: one 201, seven 409; the same content at once: one 201, seven 200."""
    statuses: list[int] = []

    def race(document: Any) -> None:
        with served.client("ci") as http:
            statuses.append(http.post(at("a", "versions"), json=document).status_code)

    for documents, expected in (
        ([schema("1.0.0", title=str(place)) for place in range(8)], [201] + [409] * 7),
        ([schema("2.0.0", title="same")] * 8, [200] * 7 + [201]),
    ):
        statuses.clear()
        threads = [threading.Thread(target=race, args=[document]) for document in documents]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == expected
    assert len(served.http.get(at("a", "versions")).json()["versions"]) == 2


def test_settings_hold_for_all_one_and_a_group(served: Any) -> None:
    """They are read back with what is in force, and a wrong word is told."""
    assert served.http.get(f"{ROOT}/config").json()["in_force"]["compatibility"] == "BACKWARD"
    kept = served.http.put(f"{ROOT}/config", json={"compatibility": "FULL", "policy": "codegen"}).json()
    assert kept["in_force"] == {
        "compatibility": "FULL",
        "policy": "codegen",
        "group_by": None,
        "mode": "READWRITE",
    }
    assert served.http.get(at(ODD, "config")).json()["compatibility"] is None
    served.http.put(at(ODD, "config"), json={"compatibility": "NONE", "mode": "READONLY"})
    refused = push(served, ODD, schema("1.0.0"))
    assert (refused.status_code, "read-only" in refused.json()["detail"]) == (409, True)
    assert served.http.delete(at(ODD, "config")).status_code == 200
    assert served.http.delete(at(ODD, "config")).status_code == 404
    for wrong in ({"compatibility": "BACKWARDS"}, {"compat": "FULL"}, {"policy": 3}, []):
        assert served.http.put(f"{ROOT}/config", json=wrong).status_code == 422


def test_roles_and_methods_are_kept_apart(served: Any) -> None:
    """Who reads may check and validate, not register; a stranger gets nothing; a wrong method is told which are right."""
    push(served, "a", schema("1.0.0"))
    with served.client("viewer") as viewer:
        assert viewer.get(at("a")).status_code == 200
        assert viewer.post(at("a", "check"), json={}).status_code == 200
        assert viewer.post(at("a", "versions", 1, "validate"), json={}).status_code == 200
        for refused in (
            viewer.post(at("a", "versions"), json=schema("1.1.0")),
            viewer.delete(at("a")),
            viewer.put(f"{ROOT}/config", json={}),
            viewer.post(at("a", "versions", 1, "lifecycle"), json={"to": "deprecated"}),
        ):
            assert refused.status_code == 403
    assert httpx2.get(f"{served.url}{at('a')}").status_code == 401
    assert served.http.put(at("a", "versions")).status_code == 405
    assert served.http.get(at("a", "nothing", "at", "all")).status_code == 404


def test_every_change_leaves_who_and_why(served: Any) -> None:
    """The audit row names the caller and what was done; a refused change leaves none."""
    from sqlmodel import select

    from controlplane.audit import AuditRow

    push(served, "a", schema("1.0.0"))
    push(served, "a", schema("1.0.0", title="other"))
    served.http.post(at("a", "versions", 1, "lifecycle"), json={"to": "deprecated", "reason": "old"})
    rows = served.parts.database.read(lambda s: s.exec(select(AuditRow)).all())
    told = [(row.actor, row.reason) for row in rows if row.reason.startswith(("register a", "a@"))]
    assert told == [("Ada", "register a"), ("Ada", "a@1 to deprecated: old")]


def test_who_really_uses_a_contract_is_read_in_pages(served: Any) -> None:
    """By version and by application; a version nobody registered and a caller nobody declared are told as such."""
    push(served, ODD, schema("1.0.0"))
    events = [
        BusinessEvent(application, f"{version}{ago}", "call", Instant(served.clock() - ago * DAY), "", (),
                      contract_subject=subject, contract_version=version)
        for subject, version, application, ago in (
            (ODD, "1.0.0", "shop", 0), (ODD, "1.0.0", "shop", 1), (ODD, "2.0.0", "export", 1), (ODD, "1.0.0", "old", 50),
            ("nobody registered", "1.0.0", "shop", 3),
        )
    ]  # fmt: skip
    declared = b"name: shop\nversion: '1'\nconsumes: [{subject: 'price/list \xc3\xbc?#%', version: ^1.0}]\n"

    def write(session: Any) -> None:
        contract_use.count(Bulk(session), (), (), events, ())
        declaration_store.declare(session, read(declared, "application.yaml", served.clock()))

    served.parts.database.write(write, actor=Actor("machine", "test"), reason="test")
    with served.client("ci") as pipeline:
        answer = pipeline.get(at(ODD, "use"), params={"first": 1})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["days"], told["since"], told["uses"], told["applications"]) == (30, "2026-10-22", 3, 2)
    assert told["last_seen_at"] == "2026-11-20T12:00:00Z"
    assert [(one["version"], one["lifecycle"], one["uses"]) for one in told["versions"]] == [
        ("1.0.0", "active", 2),
        ("2.0.0", None, 1),
    ]
    seen = told["seen"]
    while told["next"]:
        told = served.http.get(at(ODD, "use"), params={"first": 1, "after": told["next"]}).json()
        seen += told["seen"]
    assert [(one["application"], one["uses"], one["lifecycle"], one["declared"]) for one in seen] == [
        ("export", 1, None, False),
        ("shop", 2, "active", True),
    ]
    longer = served.http.get(at(ODD, "use"), params={"days": 60}).json()
    assert [one["application"] for one in longer["seen"]] == ["export", "old", "shop"]
    assert served.http.get(at("nobody registered", "use")).json()["uses"] == 1


@pytest.mark.parametrize(
    ("subject", "query", "status", "what"),
    [
        pytest.param("unknown", {}, 404, "there is no subject", id="unknown"),
        pytest.param("invoice-issued", {"days": 0}, 422, "days is 0", id="no-days"),
        pytest.param("invoice-issued", {"first": 2000}, 422, "first is 2000", id="too-many"),
        pytest.param("invoice-issued", {"after": "x"}, 422, "not a cursor", id="foreign-cursor"),
        pytest.param("invoice-issued", {"after": 'use:["a"]'}, 422, "not a cursor", id="half-a-cursor"),
    ],
)
def test_a_wrong_question_about_use_is_answered_with_what_to_ask(
    served: Any, subject: str, query: dict[str, Any], status: int, what: str
) -> None:
    """What is wrong, where, and what to do."""
    answer = served.http.get(at(subject, "use"), params=query)
    assert (answer.status_code, what in answer.json()["detail"]) == (status, True), answer.text


def test_the_rest_describes_itself(served: Any) -> None:
    """Every operation is in /openapi.json with a sentence; our own gate reads it as the OpenAPI document it is."""
    from registry.document import parse

    answer = served.http.get("/openapi.json")
    described = answer.json()
    assert parse(answer.content, "openapi.json").type == "openapi"
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert all(one["summary"] and one["description"] for one in operations)
    assert {"search", "domain", "first", "after"} <= {
        one["name"] for one in described["paths"][f"{ROOT}/subjects"]["get"]["parameters"]
    }
    for path in (f"{ROOT}/subjects/{{subject}}/check", f"{ROOT}/can-i-deploy", f"{ROOT}/xregistry"):
        assert path in described["paths"]


def test_what_something_deployed_reads_is_deleted_only_with_a_reason(served: Any) -> None:
    """Every door refuses and says what runs where; forced with a reason it goes, and the audit log has the reason."""
    assert push(served, "held", schema("1.0.0")).status_code == 201
    declared = read(
        b"name: shop\nversion: '3'\nconsumes: [{subject: held, version: ^1.0}]\n",
        "application.yaml",
        served.clock(),
    )

    def deploy(session: Any) -> None:
        declaration_store.declare(session, declared)
        deployment_store.record_deployment(session, "shop", "3", "dev", served.clock(), "ci")

    served.parts.database.write(deploy, actor=Actor("machine", "test"), reason="test")
    for path in (at("held", "versions", "1.0.0"), at("held")):
        refused = served.http.delete(path)
        assert refused.status_code == 409
        assert "is read by shop 3 in dev" in refused.json()["detail"]
        assert "with a reason" in refused.json()["do"]
    for path in ("/apis/ccompat/v7/subjects/held/versions/1", "/apis/ccompat/v7/subjects/held"):
        refused = served.http.delete(path)
        assert (refused.status_code, refused.json()["error_code"]) == (422, 42205)
        assert "shop 3 in dev" in refused.json()["message"]
    silent = served.http.delete(at("held", "versions", 1), params={"force": "true"})
    assert (silent.status_code, silent.json()["detail"]) == (422, "forced without a reason")
    forced = served.http.delete(
        at("held", "versions", 1), params={"force": "true", "reason": "shop moves today"}
    )
    assert forced.json()["deleted"] == [1]
    log = served.parts.database.read(
        lambda s: s.execute(text("SELECT reason FROM audit ORDER BY 1")).scalars().all()
    )
    assert "delete held version 1, forced: shop moves today" in log
