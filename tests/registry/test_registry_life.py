# SPDX-License-Identifier: Apache-2.0
"""What becomes of a version: references that hold it, states it goes through, deletions it survives."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session

from registry import (
    config,
    content,
    deletion,
    judgement,
    store,
    subjects,
    versions,
)
from registry.config import Config
from registry.contract import Contract, contract
from registry.document import parse
from registry.lifecycle import LIFECYCLES, Wish, step, steps
from registry.references import Reference, bundled
from registry.refusal import RefusedError
from registry.verdict import Verdict
from registry.views import VersionInfo, VersionView
from terms.instant import DAY, Instant, text
from terms.problem import ProblemError
from tests.registry.held_contracts import DRAFT_7, Registry, kind_of, made


def test_the_same_content_has_one_id_under_any_subject(registry: Registry) -> None:
    """A number stands for a content, not for a place: two subjects that hold the same share it, other content does not."""
    plain = contract(parse(b'{"type": "object"}', "x.json"), "a")
    first, second = registry.register(plain), registry.register(replace(plain, subject="b"))
    other = registry.register(replace(contract(parse(b'{"type": "array"}', "x.json"), "a"), subject="c"))
    assert (first.schema_id, first.content_id) == (second.schema_id, second.content_id)
    assert (first.schema_id, other.schema_id) == (1, 2)
    held = registry.database.read(lambda s: content.by_schema_id(s, 1))
    assert held is not None
    assert held.body == b'{"type": "object"}'
    assert registry.database.read(lambda s: content.by_guid(s, held.guid)) == held
    assert registry.database.read(lambda s: versions.of_content(s, held.content_id)) == [("a", 1), ("b", 1)]


def test_a_version_without_a_semantic_version_is_given_one(registry: Registry) -> None:
    """The next minor where everything written before is still read, the next major where it is not."""
    small, smaller = {"maxProperties": 9}, {"maxProperties": 5}
    answers = [
        registry.register(made("a", **schema))
        for schema in (small, {**small, "title": "A"}, smaller, {**smaller, "title": "A"})
    ]
    assert [(one.number, one.semver) for one in answers] == [
        (1, "1.0.0"),
        (2, "1.1.0"),
        (3, "2.0.0"),
        (4, "2.1.0"),
    ]


def test_only_what_is_compatible_is_taken_when_asked(registry: Registry) -> None:
    """The verdict comes back, and nothing is stored."""
    registry.register(made("a", maxProperties=9))
    answer = registry.register(made("a", maxProperties=5), enforce=True)
    assert isinstance(answer, Verdict)
    assert (answer.status, answer.new, answer.against) == ("breaking", "a@draft", ("a@1.0.0",))
    assert [row.number for row in registry.database.read(lambda s: versions.rows(s, "a"))] == [1]
    assert registry.register(made("a", maxProperties=12), enforce=True).number == 2


def test_latest_never_sees_drafts_and_retired_versions(registry: Registry) -> None:
    """A draft speaks for nobody until it is agreed; a retired version does not any more."""
    registry.register(made("a", "1.0.0"))
    registry.register(made("a", "2.0.0", {"lifecycle": "draft", "owner": "new team"}))
    assert registry.latest("a") == "1.0.0"
    assert registry.names(owner="new team") == []
    registry.move("a", "2.0.0", Wish("active"))
    assert registry.latest("a") == "2.0.0"
    assert registry.names(owner="new team") == ["a"]
    registry.move("a", "2.0.0", Wish("retired", "a mistake", force=True))
    assert registry.latest("a") == "1.0.0"
    assert registry.names(owner="new team") == []


def test_a_life_from_draft_to_retired(registry: Registry) -> None:
    """Each step leaves its date and its successor; the last waits for the sunset and for the last user."""
    registry.register(made("a", "1.0.0", {"lifecycle": "draft"}))
    registry.register(made("a", "2.0.0"))
    now: Instant = registry.clock()
    assert registry.move("a", "1.0.0", Wish("active")).lifecycle == "active"
    deprecated = registry.move("a", "1.0.0", Wish("deprecated", successor="2.0.0"))
    assert (deprecated.state.successor, deprecated.state.deprecated_at) == ("a@2.0.0", now)
    sunset = Instant(now + 2 * DAY)
    assert registry.move("a", "1.0.0", Wish("sunset", sunset_at=sunset)).state.sunset_at == sunset
    with pytest.raises(RefusedError, match="its sunset is 2026-11-22T12:00:00Z"):
        registry.move("a", "1.0.0", Wish("retired"))
    registry.clock.advance(2 * 86_400)
    with pytest.raises(RefusedError, match=r"still used by erp-sync 2\.3 in prod.*move them"):
        registry.move("a", "1.0.0", Wish("retired"), lambda *_: ("erp-sync 2.3 in prod",))
    with pytest.raises(RefusedError, match="forced without a reason"):
        registry.move("a", "1.0.0", Wish("retired", force=True), lambda *_: ("erp-sync 2.3 in prod",))
    ended = registry.move("a", "1.0.0", Wish("retired", "agreed with ERP", force=True), lambda *_: ("erp",))
    assert isinstance(ended, VersionView)
    assert (ended.lifecycle, ended.state.retired_at, ended.state.sunset_at) == (
        "retired",
        registry.clock(),
        sunset,
    )
    with pytest.raises(RefusedError, match="is retired"):
        registry.register(made("a", "1.0.0", {"lifecycle": "draft"}))


@pytest.mark.parametrize("before", LIFECYCLES)
@pytest.mark.parametrize("after", LIFECYCLES)
def test_a_step_that_no_row_allows_is_refused_with_the_ones_there_are(before: str, after: str) -> None:
    """Whoever may not go there is told where they may."""
    allowed = {row.after: row.by_force for row in steps(before)}
    if after in allowed:
        assert step(before, after, force=allowed[after]).after == after
    if not allowed.get(after, True):
        return
    with pytest.raises(ProblemError) as refused:
        step(before, after)
    for each in allowed:
        assert each in refused.value.problems[0].do


def test_a_version_begins_as_its_document_says(registry: Registry) -> None:
    """Since when it is deprecated, when it may stop and what follows are kept from the first day, the follower yet to come."""
    said = {"lifecycle": "deprecated", "successor": "2.0.0", "deprecated": "2026-09-01", "sunset": "2027-06-30T12:00:00+02:00"}  # fmt: skip
    registry.register(made("a", "1.0.0", said))
    registry.register(made("b", "1.0.0", {"lifecycle": "deprecated"}))
    registry.register(made("c", "1.0.0", {"sunset": "2027-06-30", "successor": "c@2.0.0"}))

    def told(subject: str) -> list[str | None]:
        found = registry.database.read(lambda s: versions.find(s, subject, 1))
        assert found is not None
        state = versions.state(found.row)
        times = (state.deprecated_at, state.sunset_at)
        return [state.lifecycle, state.successor, *(None if at is None else text(at) for at in times)]

    assert told("a") == ["deprecated", "a@2.0.0", "2026-09-01T00:00:00Z", "2027-06-30T10:00:00Z"]
    assert told("b") == ["deprecated", "", "2026-11-20T12:00:00Z", None]
    assert told("c") == ["active", "", None, None]
    with pytest.raises(ProblemError, match=r"made.json:1.*'next year' is neither a day"):
        made("d", "1.0.0", {"lifecycle": "deprecated", "sunset": "next year"})


def test_what_was_announced_can_be_put_right(registry: Registry) -> None:
    """Another successor, another day; never a sunset before the deprecation, never a successor that is not there."""
    registry.register(made("a", "1.0.0"))
    registry.register(made("a", "2.0.0"))
    now = registry.clock()
    later = Instant(now + 40 * DAY)
    registry.move("a", "1.0.0", Wish("deprecated", deprecated_at=Instant(now + DAY), sunset_at=later))
    put_right = registry.move("a", "1.0.0", Wish("deprecated", successor="2.0.0"))
    assert (put_right.state.successor, put_right.state.deprecated_at, put_right.state.sunset_at) == (
        "a@2.0.0", now + DAY, later,
    )  # fmt: skip
    with pytest.raises(RefusedError, match="before the deprecation"):
        registry.move("a", "1.0.0", Wish("deprecated", deprecated_at=Instant(later + 1)))
    with pytest.raises(RefusedError, match=r"no version 3.0.0 of 'a' to follow"):
        registry.move("a", "1.0.0", Wish("deprecated", successor="3.0.0"))
    with pytest.raises(RefusedError, match="still used by portal"):
        registry.move("a", "1.0.0", Wish("retired"), lambda *_: ("portal",))
    with pytest.raises(RefusedError, match="its sunset is"):
        registry.move("a", "1.0.0", Wish("retired"))
    registry.clock.advance(40 * 86_400)
    assert registry.move("a", "1.0.0", Wish("retired")).lifecycle == "retired"


def test_an_agreed_draft_is_judged_against_what_came_meanwhile(registry: Registry) -> None:
    """A draft that would break stays one when only what is compatible may pass."""
    registry.register(made("a", "2.0.0", {"lifecycle": "draft"}, maxProperties=5))
    registry.register(made("a", "1.0.0", maxProperties=9))
    kept = registry.move("a", "2.0.0", Wish("active"), if_compatible=True)
    assert isinstance(kept, Verdict)
    assert registry.latest("a") == "1.0.0"
    passed = registry.move("a", "2.0.0", Wish("active"))
    assert passed.verdict is not None
    assert passed.verdict.status == "breaking"


def test_what_is_referred_to_stays(registry: Registry) -> None:
    """A version cannot be deleted while another refers to it; the subject that refers may go with it or before it."""
    registry.register(made("money", "1.0.0", properties={"minor": {"type": "integer"}}))
    held = Reference("money.json", "money", 1)

    def invoice(session: Session) -> VersionInfo:
        text = {"$schema": DRAFT_7, "properties": {"total": {"$ref": "money.json#/properties/minor"}}}
        document = bundled(
            json.dumps(text).encode(),
            "invoice.json",
            "json",
            [held],
            lambda one: content.referenced(session, one),
        )
        said = replace(contract(document, "invoice"), references=(held,), body=json.dumps(text).encode())
        return store.register(session, said, registry.clock())

    info = registry.do(invoice)
    assert registry.database.read(lambda s: deletion.referenced_by(s, "money", 1)) == [
        ("invoice", 1, info.schema_id)
    ]
    for number in (1, None):
        with pytest.raises(RefusedError, match="is referred to by invoice version 1") as refused:
            registry.delete("money", number)
        assert kind_of(refused) == "referenced"
    stored = registry.database.read(lambda s: store.subject(s, "invoice"))
    assert stored.latest.document.endswith('{"total": {"$ref": "money.json#/properties/minor"}}}')
    registry.delete("invoice")
    assert registry.delete("money", 1) == 1


def test_a_deleted_version_keeps_its_number_and_its_name(registry: Registry) -> None:
    """Softly deleted, a version is out of sight and its number taken; for good only after that, and then the count starts anew."""
    for version in ("1.0.0", "1.1.0"):
        registry.register(made("a", version, title=version))
    with pytest.raises(RefusedError) as refused:
        registry.delete("a", 2, permanent=True)
    assert kind_of(refused) == "version-not-deleted"
    assert registry.delete("a", 2) == 2
    assert registry.latest("a") == "1.0.0"
    with pytest.raises(RefusedError) as refused:
        registry.delete("a", 2)
    assert kind_of(refused) == "version-deleted"
    with pytest.raises(RefusedError, match="exists with other content"):
        registry.register(made("a", "1.1.0", title="other"))
    assert registry.register(made("a", "1.1.0", title="1.1.0")).number == 3
    assert registry.delete("a") == [1, 3]
    assert registry.names() == []
    with pytest.raises(RefusedError) as refused:
        registry.delete("a")
    assert kind_of(refused) == "subject-deleted"
    assert registry.delete("a", permanent=True) == [1, 2, 3]
    assert registry.database.read(lambda s: subjects.head(s, "a")) is None
    assert registry.database.read(lambda s: content.by_schema_id(s, 1)) is None
    assert registry.register(made("a", "1.0.0")).number == 1


def test_the_nearest_setting_counts(registry: Registry) -> None:
    """Its group, the subject, what its documents state, all subjects, the default: in that order."""

    def settle(subject: str, group: str = "", **values: Any) -> None:
        registry.do(lambda s: config.settle(s, subject, group, Config(**values), registry.clock()))

    def mode(each: Contract) -> str:
        return str(registry.database.read(lambda s: config.effective(s, each.subject, each).compatibility))

    second = made("a", "2.0.0")
    assert mode(second) == "BACKWARD"
    settle("", compatibility="FORWARD", group_by="major_version")
    assert mode(second) == "FORWARD"
    registry.register(made("a", "1.0.0", {"compatibility": "FULL"}))
    assert mode(second) == "FULL"
    settle("a", compatibility="NONE")
    assert mode(second) == "NONE"
    settle("a", "2", compatibility="BACKWARD_TRANSITIVE")
    assert mode(second) == "BACKWARD_TRANSITIVE"
    assert mode(made("a", "1.1.0")) == "NONE"
    assert registry.names() == ["a"]
    head = registry.database.read(lambda s: subjects.head(s, "a"))
    assert head is not None
    assert head.compatibility == "NONE"
    with pytest.raises(ProblemError, match="'FULLY' is not a compatibility"):
        settle("a", compatibility="FULLY")


def test_a_group_is_compared_with_itself_only(registry: Registry) -> None:
    """A new major version may break the one before; the next minor of either may not."""
    registry.do(lambda s: config.settle(s, "", "", Config(group_by="major_version"), registry.clock()))
    registry.register(made("a", "1.0.0", maxProperties=5), enforce=True)
    assert registry.register(made("a", "2.0.0", maxProperties=3), enforce=True).number == 2
    assert registry.register(made("a", "1.1.0", maxProperties=6), enforce=True).number == 3
    refused = registry.register(made("a", "2.1.0", maxProperties=2), enforce=True)
    assert isinstance(refused, Verdict)
    assert refused.against == ("a@2.0.0",)


def test_a_read_only_registry_takes_nothing_new(registry: Registry) -> None:
    """What is there is still found; nothing is added, moved or deleted."""
    known = made("a", "1.0.0")
    registry.register(known)
    registry.do(lambda s: config.settle(s, "", "", Config(registry_mode="READONLY"), registry.clock()))
    assert registry.register(known).already_there
    for attempt in (
        lambda: registry.register(made("a", "1.1.0")),
        lambda: registry.move("a", "1.0.0", Wish("deprecated")),
        lambda: registry.delete("a"),
    ):
        with pytest.raises(RefusedError, match="read-only") as refused:
            attempt()
        assert kind_of(refused) == "read-only"


def test_a_deleted_version_comes_back_as_it_was(registry: Registry) -> None:
    """Its state, its number and its word about the subject are there again; once only, and not beside its successor in name."""
    registry.register(made("a", "1.0.0"))
    registry.register(made("a", "1.1.0", {"owner": "new team"}))
    registry.move("a", "1.1.0", Wish("deprecated"))
    registry.delete("a", 2)
    assert registry.names(owner="new team") == []

    def restore(number: int = 2) -> Any:
        return registry.do(lambda s: deletion.restore_version(s, "a", number, registry.clock()))

    assert restore() == 2
    found = registry.database.read(lambda s: versions.find(s, "a", versions.LATEST))
    assert found is not None
    assert (found.row.semver, found.row.lifecycle, found.row.deleted_at) == ("1.1.0", "deprecated", None)
    assert registry.names(owner="new team") == ["a"]
    for number, kind in ((2, "version-not-deleted"), (9, "unknown-version")):
        with pytest.raises(RefusedError) as refused:
            restore(number)
        assert kind_of(refused) == kind
    registry.delete("a", 2)
    registry.register(made("a", "1.1.0", {"owner": "new team"}))
    with pytest.raises(RefusedError, match=r"version 3 of 'a' is 1.1.0 now"):
        restore()


def test_a_comparison_is_made_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run of a pipeline reads what the first found out, with the names of its own documents."""
    registry.register(made("a", "1.0.0", maxProperties=9))
    smaller = made("a", "2.0.0", maxProperties=5)
    first = registry.database.read(lambda s: judgement.judged(s, smaller, registry.clock()))
    registry.do(lambda s: store.register(s, smaller, registry.clock(), first.comparisons))
    registry.do(lambda s: deletion.delete_version(s, "a", 2, registry.clock()))
    monkeypatch.setattr("registry.comparison.compare", None)  # whoever compares again falls over it
    again = registry.database.read(lambda s: judgement.judged(s, smaller, registry.clock()))
    assert again.verdict == first.verdict
    assert again.verdict.findings[0].where_old == "a@1.0.0:1"


def test_racing_registrations_of_one_version_make_one(registry: Registry) -> None:
    """Eight contents for one semantic version at once: one is taken, seven are told so, and ids and numbers have no double."""
    answers: list[Any] = []

    def register(place: int) -> None:
        try:
            answers.append(registry.register(made("a", "1.0.0", title=str(place))))
        except RefusedError as refused:
            answers.append(refused.kind)

    threads = [threading.Thread(target=register, args=[place]) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        sorted(one if isinstance(one, str) else "taken" for one in answers)
        == ["taken"] + ["version-taken"] * 7
    )
    assert [row.number for row in registry.database.read(lambda s: versions.rows(s, "a"))] == [1]


def test_racing_subjects_get_ids_of_their_own(registry: Registry) -> None:
    """Different contents at once under different subjects never share a number; the same content does."""
    infos: list[VersionInfo] = []

    def register(place: int) -> None:
        infos.append(registry.register(made(f"s{place}", "1.0.0", title=str(place))))
        same = contract(parse(b'{"type": "object"}', "x.json"), f"t{place}")
        infos.append(registry.register(same))

    threads = [threading.Thread(target=register, args=[place]) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_content = {(one.content_id, one.schema_id) for one in infos}
    assert len(infos) == 12
    assert (
        len(by_content) == len({each for each, _ in by_content}) == len({each for _, each in by_content}) == 7
    )
