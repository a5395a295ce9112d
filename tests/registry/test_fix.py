# SPDX-License-Identifier: Apache-2.0
"""A breaking finding comes with a JSON Patch that repairs the new contract, where there is one, and the patch is known to work."""

import json
from datetime import date
from typing import Any

import pytest

from registry.check import check_documents
from registry.document import Document, parse
from registry.json_patch import PatchError, patched
from registry.sources import Versions
from registry.verdict import Verdict


def document(made: Any, name: str) -> Document:
    """The contract as if read from a file of that name."""
    return parse(json.dumps(made).encode(), name)


def checked(old: Any, new: Any, mode: str = "BACKWARD") -> Verdict:
    """The verdict with witnesses and patches."""
    return check_documents(
        document(new, "new.json"), Versions((document(old, "old.json"),), True), mode, witnesses=True
    )


def thing(required: tuple[str, ...] = (), closed: bool = False, **members: Any) -> dict[str, Any]:
    """An object schema."""
    made: dict[str, Any] = {"type": "object", "properties": members}
    if required:
        made["required"] = list(required)
    return made | ({"additionalProperties": False} if closed else {})


TEXT, COUNT = {"type": "string"}, {"type": "integer"}
CASES: dict[str, tuple[str, Any, Any, list[dict[str, Any]]]] = {
    "removed values come back": (
        "BACKWARD",
        thing(state={"enum": ["a", "b", "c"]}),
        thing(state={"enum": ["c", "d"]}),
        [
            {"op": "add", "path": "/properties/state/enum/-", "value": "a"},
            {"op": "add", "path": "/properties/state/enum/-", "value": "b"},
        ],
    ),
    "a name is no longer required": (
        "BACKWARD",
        thing(("a",), a=TEXT, b=TEXT),
        thing(("a", "b"), a=TEXT, b=TEXT),
        [{"op": "remove", "path": "/required/1"}],
    ),
    "a limit goes back to what it was": (
        "BACKWARD",
        thing(a={"type": "string", "maxLength": 9}),
        thing(a={"type": "string", "maxLength": 7}),
        [{"op": "replace", "path": "/properties/a/maxLength", "value": 9}],
    ),
    "a new limit goes": (
        "BACKWARD",
        thing(a=TEXT),
        thing(a={"type": "string", "pattern": "^a"}),
        [{"op": "remove", "path": "/properties/a/pattern"}],
    ),
    "a removed field is optional again": (
        "BACKWARD",
        thing(closed=True, **{"a/b": TEXT, "c": TEXT}),
        thing(closed=True, c=TEXT),
        [{"op": "add", "path": "/properties/a~1b", "value": TEXT}],
    ),
    "a field under a free name accepts anything": (
        "BACKWARD",
        thing(a=TEXT),
        thing(a=TEXT, b={"type": "string", "title": "B"}),
        [{"op": "replace", "path": "/properties/b", "value": {"title": "B"}}],
    ),
    "a type is what it was": (
        "BACKWARD",
        thing(a={"type": ["string", "null"]}),
        thing(a=TEXT),
        [{"op": "replace", "path": "/properties/a/type", "value": ["string", "null"]}],
    ),
    "an alternative comes back": (
        "BACKWARD",
        {"anyOf": [TEXT, COUNT, {"type": "null"}]},
        {"anyOf": [TEXT, {"type": "null"}]},
        [{"op": "add", "path": "/anyOf/-", "value": COUNT}],
    ),
    "a name stays required": (
        "FORWARD",
        thing(("a",), a=TEXT),
        thing(a=TEXT),
        [{"op": "add", "path": "/required", "value": ["a"]}],
    ),
    "an object opens again": (
        "BACKWARD",
        thing(a=TEXT),
        thing(closed=True, a=TEXT),
        [{"op": "remove", "path": "/additionalProperties"}],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_patch_clears_its_finding(case: str) -> None:
    """The least change that makes the contract compatible is offered, and does."""
    mode, old, new, patch = CASES[case]
    finding = checked(old, new, mode).of_level("breaking")[0]
    assert list(finding.patch) == patch
    assert checked(old, patched(new, finding.patch), mode).of_level("breaking") == ()


def test_each_finding_has_a_patch_of_its_own_and_all_of_them_together_repair_the_contract() -> None:
    """A patch clears its own finding and leaves the others as they are."""
    old = thing(("id",), id=TEXT, state={"enum": ["a", "b"]}, n=COUNT)
    new = thing(("id", "n"), id={"type": "string", "minLength": 2}, state={"enum": ["a"]}, n=COUNT)
    found = checked(old, new).of_level("breaking")
    assert len(found) == 3
    for finding in found:
        left = checked(old, patched(new, finding.patch)).of_level("breaking")
        assert {f.rule for f in left} == {f.rule for f in found} - {finding.rule}
    whole = new
    for finding in found:
        whole = patched(whole, finding.patch)
    assert checked(old, whole).status == "compatible"


def test_a_patch_that_breaks_the_other_direction_is_not_offered() -> None:
    """Under FULL a repair of one direction must not break the other one: only what was there before helps both."""
    old = thing(state={"enum": ["a", "b"]})
    new = thing(state={"enum": ["b", "c"]})
    found = checked(old, new, "FULL").of_level("breaking")
    assert {(f.rule, f.direction) for f in found} == {
        ("values-removed", "BACKWARD"),
        ("values-added", "FORWARD"),
    }
    for finding in found:
        rest = checked(old, patched(new, finding.patch), "FULL").of_level("breaking")
        assert len(rest) < len(found)


def test_a_patch_of_an_api_leaves_no_reference_without_its_target() -> None:
    """A schema that refers to what is gone cannot simply be copied back; what it refers to comes with it, or nothing does."""

    def api(body: Any, **schemas: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": body}}
        operation = {"requestBody": {"content": content}, "responses": {"200": {"description": "ok"}}}
        made = {
            "openapi": "3.1.0",
            "info": {"title": "x", "version": "1"},
            "paths": {"/a": {"post": operation}},
        }
        return {**made, "components": {"schemas": schemas}}

    old = api({"anyOf": [TEXT, {"$ref": "#/components/schemas/Gone"}]}, Gone=thing(("a",), a=TEXT))
    new = api({"anyOf": [TEXT]}, Other=TEXT)
    for finding in checked(old, new).of_level("breaking"):
        assert "Gone" not in json.dumps(finding.patch)


def test_what_cannot_be_restored_has_no_patch() -> None:
    """A contract of another type is not repaired by an edit."""
    api = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    (finding,) = checked(TEXT, api).of_level("breaking")
    assert finding.patch == ()
    assert finding.confirmed


PATCHES = {
    "add a member": ({"a": 1}, [{"op": "add", "path": "/b", "value": 2}], {"a": 1, "b": 2}),
    "insert an item": ([1, 3], [{"op": "add", "path": "/1", "value": 2}], [1, 2, 3]),
    "append an item": ({"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}], {"a": [1, 2]}),
    "replace the whole": ({"a": 1}, [{"op": "replace", "path": "", "value": 2}], 2),
    "remove by an escaped name": ({"a/b": 1, "c~d": 2}, [{"op": "remove", "path": "/a~1b"}], {"c~d": 2}),
    "in order": ([], [{"op": "add", "path": "/-", "value": {}}, {"op": "add", "path": "/0/x", "value": 1}], [{"x": 1}]),
}  # fmt: skip


@pytest.mark.parametrize("case", PATCHES)
def test_a_patch_is_applied_as_rfc_6902_says(case: str) -> None:
    """The given document stays as it is."""
    given, operations, expected = PATCHES[case]
    before = json.dumps(given)
    assert patched(given, operations) == expected
    assert json.dumps(given) == before


@pytest.mark.parametrize("path", ["/b", "/a/0", "/l/2", "/l/-", "/l/x", "/a/b/c"])
def test_a_place_that_is_not_there_is_refused(path: str) -> None:
    """Neither removing nor replacing makes a place."""
    for kind in ("remove", "replace"):
        with pytest.raises(PatchError):
            patched({"a": 1, "l": [1, 2]}, [{"op": kind, "path": path, "value": 0}])


ON = date(2026, 11, 28)


def api(**operations: Any) -> dict[str, Any]:
    """An OpenAPI document with one path for each operation."""
    paths = {f"/{name}": {"get": {"responses": {}, **said}} for name, said in operations.items()}
    return {"openapi": "3.1.0", "info": {"title": "Bills", "version": "1.0.0"}, "paths": paths}


def checked_on(old: Any, new: Any, on: date) -> Verdict:
    """The verdict of two APIs as of a day."""
    versions = Versions((document(old, "old.json"),), complete=True)
    return check_documents(document(new, "new.json"), versions, on=on, witnesses=True)


def test_an_operation_removed_as_announced_does_not_stand_in_the_way_of_repairs() -> None:
    """Its sunset has come on the day of the check, so it has come for the patch as well."""
    gone = {"deprecated": True, "x-sunset": "2026-11-01"}
    asked = {"parameters": [{"name": "tax_id", "in": "query", "required": True, "schema": TEXT}]}
    verdict = checked_on(api(bills={}, drafts=gone), api(bills=asked), ON)
    patches = {each.rule: each.patch for each in verdict.findings}
    assert patches["operation-removed-after-sunset"] == ()
    assert patches["required-parameter-added"]


@pytest.mark.parametrize("now", ["2026-12-05", "2027-02-01"])
def test_a_sunset_that_comes_too_soon_is_repaired_as_of_the_day_of_the_check(now: str) -> None:
    """What the patch makes is checked again on that day, and nothing fails."""
    promised = {"deprecated": True, "x-sunset": "2027-12-31", "x-stability-level": "stable"}
    old, new = api(bills=promised), api(bills={**promised, "x-sunset": now})
    verdict = checked_on(old, new, ON)
    (finding,) = [each for each in verdict.findings if each.rule == "sunset-too-soon"]
    assert finding.patch
    assert checked_on(old, patched(new, finding.patch), ON).status == "compatible"
