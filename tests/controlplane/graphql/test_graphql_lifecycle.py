# SPDX-License-Identifier: Apache-2.0
"""What may become of a version and of a break that was accepted: the ways that are open, and each taken once."""

from typing import Any

from sqlmodel import select

from controlplane.audit import AuditRow
from tests.controlplane.graphql.test_graphql_registration import (
    APPROVE,
    ODD,
    document,
    move,
    register,
)

LIFE = """
query($subject: String!, $version: String) {
  contract(subject: $subject) {
    version(version: $version) { lifecycle steps { to needsDate needsForce refusal } verdict { status findings { fingerprint approval } } }
    versions { number semver lifecycle }
    deletedVersions { number semver lifecycle deletedAt }
    approvals { fingerprint reason approvedBy until inForce finding { rule } }
  }
}
"""
DELETE = "mutation($input: VersionInput!) { deleteVersion(input: $input) { __typename ... on VersionDeleted { number alreadyDone } ... on ContractRefused { kind message } } }"
RESTORE = "mutation($input: VersionInput!) { restoreVersion(input: $input) { __typename ... on VersionRestored { number alreadyDone } ... on ContractRefused { kind message } } }"
WITHDRAW = "mutation($input: WithdrawApprovalInput!) { withdrawApproval(input: $input) { ... on ApprovalWithdrawn { fingerprint alreadyGone } } }"
APPROVALS = """
query($first: Int!, $after: String, $subject: String, $ended: Boolean) {
  approvals(first: $first, after: $after, subject: $subject, ended: $ended) {
    totalCount pageInfo { hasNextPage endCursor } nodes { subject fingerprint inForce }
  }
}
"""


LISTED = "query($search: String!) { contracts(first: 9, search: $search) { nodes { subject standing { verdict withoutApprovals approvedUntil } } } }"


def listed(world: Any) -> tuple[str, str, str | None]:
    """How the contract stands in the list: its verdict, the same without approvals, and until when they count."""
    (found,) = world.ask(LISTED, search=ODD)["contracts"]["nodes"]
    standing = found["standing"]
    return standing["verdict"], standing["withoutApprovals"], standing["approvedUntil"]


def life(world: Any, version: str | None = None) -> Any:
    return world.ask(LIFE, subject=ODD, version=version)["contract"]


def two_versions(world: Any) -> str:
    """Registers a version and a break of it; the fingerprint of the break."""
    register(world, document("1.0.0", a={"type": "string"}))
    register(world, document("2.0.0", a={"type": "string", "maxLength": 5}))
    (finding,) = life(world)["version"]["verdict"]["findings"]
    return str(finding["fingerprint"])


def used(world: Any, version: str) -> None:
    """A portal is seen with the version."""
    world.happened({
        "system": "portal", "type": "looked", "objects": {"order": "SO-1"}, "at": "2026-11-20T08:00:00Z",
        "also": {"contract.subject": ODD, "contract.version": version},
    })  # fmt: skip


def test_the_open_ways_are_told_with_what_stands_against_them(world: Any) -> None:
    """From active: deprecated, or retired by force; once its day is named, who still uses it stands against the end."""
    two_versions(world)
    first = life(world, "1.0.0")["version"]["steps"]
    assert [(step["to"], step["needsForce"]) for step in first] == [("deprecated", False), ("retired", True)]
    move(world, "1.0.0", "deprecated", successor="2.0.0", deprecatedAt="2026-09-01T00:00:00Z")
    steps = {step["to"]: step for step in life(world, "1.0.0")["version"]["steps"]}
    assert steps["sunset"] == {"to": "sunset", "needsDate": True, "needsForce": False, "refusal": None}
    assert steps["retired"]["refusal"] == "no day was named after which it may stop"
    move(world, "1.0.0", "sunset", sunsetAt="2027-01-01T00:00:00Z")
    used(world, "1.0.0")
    steps = {step["to"]: step for step in life(world, "1.0.0")["version"]["steps"]}
    assert steps["retired"]["refusal"] == "it is still used by runtime (1 times, last on 2026-11-20)"
    refused = move(world, "1.0.0", "retired")
    assert (refused["__typename"], refused["message"]) == ("ContractRefused", steps["retired"]["refusal"])
    assert move(world, "1.0.0", "retired", force=True)["message"] == "forced without a reason"
    gone = move(world, "1.0.0", "retired", force=True, reason="the portal is switched off tonight")
    assert gone["version"]["retiredAt"] == "2026-11-20T12:00:00Z"
    assert life(world, "1.0.0")["version"]["steps"] == []


def test_a_deprecation_may_begin_on_another_day(world: Any) -> None:
    """The day is kept as it was given; asked once more nothing is done, and another successor is a change."""
    two_versions(world)
    given = {"deprecatedAt": "2027-02-01T00:00:00Z"}
    assert move(world, "1.0.0", "deprecated", **given)["version"]["deprecatedAt"] == "2027-02-01T00:00:00Z"
    assert move(world, "1.0.0", "deprecated", **given)["alreadyThere"] is True
    changed = move(world, "1.0.0", "deprecated", successor="2.0.0")
    assert (changed["alreadyThere"], changed["version"]["successor"]) == (False, f"{ODD}@2.0.0")
    assert move(world, "1.0.0", "deprecated", successor="2.0.0")["alreadyThere"] is True


def test_a_version_is_deleted_and_comes_back(world: Any) -> None:
    """Each press does it once; deleted versions are listed; what is not there is told."""
    two_versions(world)
    given = {"subject": ODD, "number": 2, "idempotencyKey": "k", "reason": "pushed by mistake"}
    assert world.ask(DELETE, input=given)["deleteVersion"]["alreadyDone"] is False
    assert world.ask(DELETE, input=given)["deleteVersion"]["alreadyDone"] is True
    contract = life(world, "1.0.0")
    assert [one["number"] for one in contract["versions"]] == [1]
    assert contract["deletedVersions"] == [
        {"number": 2, "semver": "2.0.0", "lifecycle": "active", "deletedAt": "2026-11-20T12:00:00Z"}
    ]
    assert world.ask(RESTORE, input=given)["restoreVersion"]["alreadyDone"] is False
    assert world.ask(RESTORE, input=given)["restoreVersion"]["alreadyDone"] is True
    assert [one["number"] for one in life(world)["versions"]] == [1, 2]
    for query, name in ((DELETE, "deleteVersion"), (RESTORE, "restoreVersion")):
        for missing in ({"number": 9}, {"subject": "none"}):
            assert world.ask(query, input=given | missing)[name]["__typename"] == "ContractNotFound"
    rows = world.parts.database.read(lambda session: session.exec(select(AuditRow)).all())
    assert sum("pushed by mistake" in str(row) for row in rows) >= 2


def test_another_in_its_place_keeps_a_deleted_version_out(world: Any) -> None:
    """Registered again under a new number, the old number does not come back."""
    two_versions(world)
    given = {"subject": ODD, "number": 2, "idempotencyKey": "k"}
    world.ask(DELETE, input=given)
    register(world, document("2.0.0", a={"type": "string", "maxLength": 5}))
    refused = world.ask(RESTORE, input=given)["restoreVersion"]
    assert (refused["kind"], refused["message"]) == ("version-taken", f"version 3 of '{ODD}' is 2.0.0 now")


def test_a_version_stands_as_the_approvals_in_force_leave_it(world: Any, clock: Any) -> None:
    """Registered as a break, it passes while the break is accepted, and fails again when that is taken back or has ended."""
    fingerprint = two_versions(world)
    assert life(world)["version"]["verdict"]["status"] == "BREAKING"
    assert listed(world) == ("BREAKING", "BREAKING", None)
    given = {
        "subject": ODD,
        "fingerprint": fingerprint,
        "reason": "agreed with the portal",
        "idempotencyKey": "k",
    }
    until = {"until": "2026-12-31T00:00:00Z"}
    world.ask(APPROVE, input=given | until)
    contract = life(world)
    assert contract["version"]["verdict"]["status"] == "COMPATIBLE"
    assert listed(world) == ("COMPATIBLE", "BREAKING", "2026-12-31T00:00:00Z")
    (approval,) = contract["approvals"]
    assert (approval["approvedBy"], approval["reason"], approval["inForce"]) == (
        "Ada",
        "agreed with the portal",
        True,
    )
    assert approval["finding"]["rule"] == "max-length-added"
    taken = {"subject": ODD, "fingerprint": fingerprint, "idempotencyKey": "k", "reason": "a mistake"}
    assert world.ask(WITHDRAW, input=taken)["withdrawApproval"]["alreadyGone"] is False
    assert world.ask(WITHDRAW, input=taken)["withdrawApproval"]["alreadyGone"] is True
    assert life(world)["version"]["verdict"]["status"] == "BREAKING"
    world.ask(APPROVE, input=given | until)
    clock.advance(60 * 86_400)
    contract = life(world)
    assert (contract["approvals"], contract["version"]["verdict"]["status"]) == ([], "BREAKING")
    assert listed(world) == ("BREAKING", "BREAKING", None)


def test_approvals_are_listed_in_pages(world: Any, clock: Any) -> None:
    """Those in force, by subject and fingerprint; ended ones apart; of one subject when asked."""
    register(world, document("1.0.0"))
    for subject, fingerprint, until in (
        ("invoice-issued", "b", "2027-01-01"), ("invoice-issued", "a:1", "2027-01-01"), (ODD, "c", "2026-11-22"),
    ):  # fmt: skip
        given = {
            "subject": subject,
            "fingerprint": fingerprint,
            "reason": "r",
            "until": f"{until}T00:00:00Z",
            "idempotencyKey": "k",
        }
        assert world.ask(APPROVE, input=given)["approveFinding"]["__typename"] == "FindingApproved"
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = world.ask(APPROVALS, first=1, after=after)["approvals"]
        assert page["totalCount"] == 3
        seen += [node["fingerprint"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert not page["pageInfo"]["hasNextPage"]
    assert seen == ["c", "a:1", "b"]
    assert world.ask(APPROVALS, first=9, subject=ODD)["approvals"]["totalCount"] == 1
    clock.advance(3 * 86_400)
    assert world.ask(APPROVALS, first=9)["approvals"]["totalCount"] == 2
    (ended,) = world.ask(APPROVALS, first=9, ended=True)["approvals"]["nodes"]
    assert (ended["fingerprint"], ended["inForce"]) == ("c", False)
    wrong = world.post(APPROVALS, {"first": 1, "after": "subject:x"}).json()
    assert wrong["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_document_may_begin_as_a_draft(world: Any) -> None:
    """A draft speaks for nobody; agreed, it is judged, and kept out where only what follows may pass."""
    register(world, document("1.0.0", a={"type": "string"}))
    broken = register(world, document("2.0.0", a={"type": "integer"}), asDraft=True)
    assert broken["version"]["lifecycle"] == "draft"
    assert broken["contract"]["currentVersion"] == "1.0.0"
    kept = world.ask(
        MOVE_IF,
        input={
            "subject": ODD,
            "version": "2.0.0",
            "to": "active",
            "idempotencyKey": "k",
            "ifCompatible": True,
        },
    )
    assert kept["changeLifecycle"]["verdict"]["status"] == "BREAKING"
    assert move(world, "2.0.0", "active")["version"]["lifecycle"] == "active"


MOVE_IF = "mutation($input: ChangeLifecycleInput!) { changeLifecycle(input: $input) { ... on ContractIncompatible { verdict { status } } } }"
