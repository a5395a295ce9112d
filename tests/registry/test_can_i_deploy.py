# SPDX-License-Identifier: Apache-2.0
"""May it be deployed? Yes only when everything that runs there was compared and can go on reading."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry import reading
from registry.can_i_deploy import Answer, Question, can_i_deploy
from registry.compare import compare
from registry.declaration import read
from registry.deployment import ENVIRONMENTS, Declaration, RegisteredVersion
from registry.document import Document, parse
from terms.instant import Instant
from terms.problem import ProblemError

BEFORE, THEN, LATER = Instant(10), Instant(100), Instant(200)
TEXT = {"type": "string"}


def schema(**more: Any) -> dict[str, Any]:
    """An invoice whose number and total every version has."""
    properties = {"number": TEXT, "total": {"$ref": "#/$defs/money"}, **more.pop("properties", {})}
    money = more.pop("money", {"amount": TEXT, "currency": TEXT})
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["number", "total"],
        "$defs": {"money": {"type": "object", "required": list(money), "properties": money}},
        "properties": properties,
        **more,
    }


def version(
    semver: str,
    body: dict[str, Any],
    at: Instant = BEFORE,
    lifecycle: str = "active",
    subject: str = "invoice",
) -> RegisteredVersion:
    document = parse(json.dumps(body).encode(), f"{subject}@{semver}", "json")
    return RegisteredVersion(subject, semver, lifecycle, at, document)


def unlike(pattern: str) -> dict[str, Any]:
    return {"type": "string", "not": {"pattern": pattern}}


def app(text: str, at: Instant = THEN) -> Declaration:
    return read(text.encode(), "application.yaml", at)


def writer(range_: str, name: str = "billing", **more: Any) -> Declaration:
    return replace(
        app(f"{{name: {name}, version: '7', produces: [{{subject: invoice, version: '{range_}'}}]}}"), **more
    )


def reader(range_: str, *fields: str, name: str = "erp-sync", **more: Any) -> Declaration:
    use = f"{{subject: invoice, version: '{range_}', fields: {json.dumps(fields)}}}"
    return replace(app(f"{{name: {name}, version: '2.3', consumes: [{use}]}}"), **more)


ONE = version("1.0.0", schema())
WITH_NOTE = version("1.1.0", schema(properties={"note": TEXT}))
AMOUNT_IN_CENTS = version("2.0.0", schema(money={"cents": {"type": "integer"}, "currency": TEXT}))


def asked(
    mine: Declaration | None,
    *deployed: Declaration,
    versions: tuple[RegisteredVersion, ...] = (ONE,),
    **more: Any,
) -> Answer:
    question = Question(
        mine.application if mine else "billing", mine.version if mine else "7", "stage", mine, ENVIRONMENTS, deployed,
        frozenset({"dev", "test"}), {"invoice": versions},
    )  # fmt: skip
    return can_i_deploy(replace(question, **more))


def kinds(answer: Answer) -> list[tuple[str, str]]:
    return [(reason.weight, reason.kind) for reason in answer.reasons]


def test_everyone_who_reads_can_go_on_reading() -> None:
    """The writer writes what the reader says it reads."""
    answer = asked(writer("1.0.0"), reader("^1.0"))
    assert (answer.answer, kinds(answer)) == ("yes", [])
    assert [(m.reader, m.written, m.status) for m in answer.meetings] == [("erp-sync", "1.0.0", "declared")]


def test_a_break_names_who_why_and_what_to_do() -> None:
    """Renaming the amount breaks the ERP sync in stage; the answer names it, the pointer and the fix."""
    answer = asked(writer("2.0.0"), reader("^1.0", "/total/amount"), versions=(ONE, AMOUNT_IN_CENTS))
    assert answer.answer == "no"
    reason = answer.reasons[0]
    assert (reason.kind, reason.application, reason.application_version) == (
        "consumer-breaks",
        "erp-sync",
        "2.3",
    )
    assert (
        "in stage, erp-sync 2.3 cannot read invoice 2.0.0 as billing 7 writes it; it reads 1.0.0"
        in reason.what
    )
    assert {f.rule for f in reason.findings} >= {"required-added"}
    assert {f.pointer_new for f in reason.findings} >= {"/$defs/money/required/0"}
    assert reason.do


def test_a_break_in_a_field_nobody_there_reads_is_named_but_does_not_block() -> None:
    """A closed reader that reads only the number does not mind another money, nor a new note."""
    for new in (AMOUNT_IN_CENTS, WITH_NOTE):
        answer = asked(writer(new.semver), reader("1.0.0", "/number"), versions=(ONE, new))
        assert (answer.answer, kinds(answer)) == ("yes", [("told", "unread-field-differs")])
        assert answer.reasons[0].findings


def test_a_reader_that_names_no_fields_reads_all_of_them() -> None:
    """A new field breaks a reader that takes no other: under validation it is refused, a tolerant reader takes it."""
    apps = (writer("1.1.0"), reader("1.0.0"))
    answer = asked(*apps, versions=(ONE, WITH_NOTE))
    assert (answer.answer, kinds(answer)) == ("no", [("blocks", "consumer-breaks")])


def test_the_consumer_asks_the_same_question_from_the_other_side() -> None:
    """A reader goes where the writer already writes what it cannot read."""
    answer = asked(reader("1.0.0", "/total/amount"), writer("2.0.0"), versions=(ONE, AMOUNT_IN_CENTS))
    assert (answer.answer, kinds(answer)) == ("no", [("blocks", "producer-breaks")])
    assert answer.reasons[0].application == "billing"


def test_a_range_speaks_of_the_versions_there_were() -> None:
    """A version registered after the reader declared itself is judged from its schema, though the range names it."""
    late = replace(AMOUNT_IN_CENTS, semver="1.2.0", registered_at=LATER)
    answer = asked(
        writer("1.2.0", declared_at=Instant(300)), reader("^1.0", "/total/amount"), versions=(ONE, late)
    )
    assert kinds(answer) == [("blocks", "consumer-breaks")]
    newer = reader("^1.0", "/total/cents", declared_at=Instant(300))
    assert asked(writer("1.2.0", declared_at=Instant(300)), newer, versions=(ONE, late)).answer == "yes"


def test_a_reader_is_served_by_the_version_that_fits_best() -> None:
    """It reads 1.0.0 and 2.0.0; what is written fits the second."""
    written = version(
        "2.1.0", schema(money={"cents": {"type": "integer"}, "currency": TEXT}, properties={"note": TEXT})
    )
    answer = asked(
        writer("2.1.0"), reader(">=1 <2.1", "/total"), versions=(ONE, AMOUNT_IN_CENTS, written)
    )  # fmt: skip
    assert answer.answer == "yes"
    assert [(m.read, m.status) for m in answer.meetings] == [("2.0.0", "compatible")]


def test_every_version_a_writer_may_write_is_compared() -> None:
    """A writer of a range may write any of it."""
    answer = asked(
        writer(">=1"), reader("1.0.0", "/total/amount"), versions=(ONE, WITH_NOTE, AMOUNT_IN_CENTS)
    )
    assert [(m.written, m.status) for m in answer.meetings] == [
        ("1.0.0", "declared"), ("1.1.0", "compatible"), ("2.0.0", "breaking"),
    ]  # fmt: skip
    assert answer.answer == "no"


NEVER_YES = {
    "an application nobody declared": ((None, reader("1.0.0")), {}, "undecided", ("undecided", "not-declared")),
    "an environment where nothing is recorded": ((writer("1.0.0"),), {}, "undecided", ("undecided", "nothing-deployed")),
    "a version that is not registered": (
        (writer("9.0.0"), reader("1.0.0")), {}, "undecided", ("undecided", "no-version"),
    ),
    "a subject that is not registered": ((writer("1.0.0"), reader("1.0.0")), {"versions": ()}, "undecided", ("undecided", "no-version")),
    "only a draft": (
        (writer("1.0.0"), reader("1.0.0")), {"versions": (replace(ONE, lifecycle="draft"),)}, "undecided", ("undecided", "no-version"),
    ),
    "a retired version": (
        (writer("1.0.0"), reader("1.0.0")), {"versions": (replace(ONE, lifecycle="retired"),)}, "no", ("blocks", "version-retired"),
    ),
    "a reader that no version fits": (
        (writer("1.0.0"), reader("9.0.0")), {}, "undecided", ("undecided", "not-decided"),
    ),
    "a reader of what nobody writes there": (
        (reader("1.0.0"), reader("1.0.0", name="other")), {}, "undecided", ("undecided", "no-producer"),
    ),
    "a field no version has": ((reader("1.0.0", "/totl"), writer("1.0.0")), {}, "undecided", ("undecided", "field-not-known")),
    "a version that was not in the environment before": (
        (writer("1.0.0"), reader("1.0.0")), {"environment": "prod"}, "no", ("blocks", "not-promoted"),
    ),
    "schemas that cannot be decided": (
        (writer("1.1.0"), reader("1.0.0", "/number")),
        {"versions": (version("1.0.0", schema(properties={"number": unlike("^x")})), version("1.1.0", schema(properties={"number": unlike("^y")})))},
        "undecided", ("undecided", "not-decided"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("apps", "more", "answer", "reason"), NEVER_YES.values(), ids=NEVER_YES.keys())
def test_what_is_not_known_is_never_a_yes(
    apps: tuple[Declaration | None, ...], more: dict[str, Any], answer: str, reason: tuple[str, str]
) -> None:
    """No record, no verdict, nothing to compare with: each is a reason that says what to do next."""
    mine, *deployed = apps
    found = asked(mine, *[one for one in deployed if one], **more)
    assert found.answer == answer
    assert kinds(found)[0] == reason
    assert found.reasons[0].what
    assert found.reasons[0].do


def test_a_person_may_say_that_it_is_the_first() -> None:
    """Then comparing with nothing is right, and the answer still tells what nobody reads or writes."""
    answer = asked(writer("1.0.0"), is_first=True)
    assert (answer.answer, kinds(answer)) == ("yes", [("told", "no-consumer")])
    assert asked(reader("1.0.0"), is_first=True).answer == "yes"


def test_a_missed_step_is_refused_or_told_as_its_row_says() -> None:
    """Into stage without test is a warning by default, into prod without stage a refusal."""
    warned = asked(writer("1.0.0"), reader("1.0.0"), been=frozenset())
    assert (warned.answer, kinds(warned)) == ("yes", [("warns", "not-promoted")])
    assert "throughline can-i-deploy billing 7 --to test" in warned.reasons[0].do


def test_a_deprecated_version_may_still_go_out() -> None:
    """It is a warning that names the version."""
    old = replace(ONE, lifecycle="deprecated")
    answer = asked(writer("1.0.0"), reader("1.0.0"), versions=(old,))
    assert (answer.answer, kinds(answer)) == ("yes", [("warns", "version-deprecated")])


def test_an_unknown_environment_is_refused() -> None:
    """With the name that was probably meant."""
    with pytest.raises(ProblemError, match=r"no environment 'stag' \(did you mean 'stage'\?\)"):
        asked(writer("1.0.0"), environment="stag")


def doc(body: dict[str, Any], name: str = "c") -> Document:
    return parse(json.dumps(body).encode(), name, "json")


TREE = {
    "type": "object",
    "properties": {"root": {"$ref": "#/$defs/node"}, "name": TEXT},
    "$defs": {"node": {"type": "object", "properties": {"label": TEXT, "kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}},
}  # fmt: skip
LIST = {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "object", "properties": {"account": TEXT, "memo": TEXT}}}}}  # fmt: skip


def changed(body: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(body))
    here: Any = copy
    *way, last = pointer.split("/")[1:]
    for part in way:
        here = here[part]
    here[last] = value
    return copy


TOUCHED = {
    "the field itself": (LIST, "/properties/lines/items/properties/account/type", "integer", "/lines/*/account", True),
    "its neighbour": (LIST, "/properties/lines/items/properties/memo/type", "integer", "/lines/*/account", False),
    "what is around it": (LIST, "/properties/lines/type", "object", "/lines/*/account", True),
    "what is inside it": (LIST, "/properties/lines/items/properties/memo/type", "integer", "/lines", True),
    "a member that must be there now": (LIST, "/properties/lines/items/required", ["memo"], "/lines/*/account", False),
    "the member itself must be there now": (LIST, "/properties/lines/items/required", ["account"], "/lines/*/account", True),
    "other members are refused now": (LIST, "/properties/lines/items/additionalProperties", False, "/lines/*/account", False),
    "other members are refused, and one is read": (LIST, "/properties/lines/items/additionalProperties", False, "/lines/*/extra", True),
    "a tree, deep inside": (TREE, "/$defs/node/properties/label/type", "integer", "/root/kids/*/kids/*/label", True),
    "a tree, beside it": (TREE, "/$defs/node/properties/label/type", "integer", "/name", False),
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer", "value", "field", "expected"), TOUCHED.values(), ids=TOUCHED.keys()
)
def test_which_changes_concern_a_field(
    body: dict[str, Any], pointer: str, value: Any, field: str, expected: bool
) -> None:
    """A change is left aside only when it is about something else for certain."""
    old, new = doc(body), doc(changed(body, pointer, value))
    changes = compare(old, new)
    assert changes
    assert any(reading.touches(old, new, change, (field,)) for change in changes) is expected


TYPOS = {
    "an unknown key": ("name: a\nversion: '1'\nconsume: []\n", "application.yaml:3: unknown key 'consume' (did you mean 'consumes'?)"),
    "a key in a use": ("name: a\nversion: '1'\nconsumes:\n- subject: s\n  version: '1'\n  field: [/a]\n", "application.yaml:6: unknown key 'field' (did you mean 'fields'?)"),
    "a bad range": ("name: a\nversion: '1'\nconsumes:\n- subject: s\n  version: latest\n", "application.yaml:5: 'latest' is not a version range"),
    "a field that is no pointer": ("name: a\nversion: '1'\nconsumes:\n- subject: s\n  version: '1'\n  fields:\n  - total\n", "application.yaml:7: 'total' is not a pointer"),
    "fields of what is produced": ("name: a\nversion: '1'\nproduces:\n- {subject: s, version: '1', fields: [/a]}\n", "application.yaml:4: what is produced is written whole"),
    "a subject twice": ("name: a\nversion: '1'\nproduces:\n- {subject: s, version: '1'}\n- {subject: s, version: '2'}\n", "application.yaml:5: subject 's' stands twice"),
    "a number for a version": ("name: a\nversion: 1.0\nproduces: [{subject: s, version: '1'}]\n", "application.yaml:2: 'version' is not text"),
    "nothing at all": ("name: a\nversion: '1'\n", "neither produces nor consumes"),
    "a name with a space": ("name: a b\nversion: '1'\nproduces: [{subject: s, version: '1'}]\n", "application.yaml:1: 'a b' is not the name of an application"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), TYPOS.values(), ids=TYPOS.keys())
def test_a_typo_in_an_application_file_is_told_with_its_line(text: str, said: str) -> None:
    """File, line, key, and what may have been meant."""
    with pytest.raises(ProblemError) as refused:
        app(text)
    assert said in str(refused.value)


def test_a_pipeline_may_name_the_version() -> None:
    """The commit is known when the file is pushed, not when it is written."""
    text = b"name: erp-sync\nowner: finance\nconsumes:\n- {subject: invoice, version: ^1.0, fields: [/total], optional: true}\n"
    declared = read(text, "application.yaml", THEN, version="4f2c1a9")
    assert (declared.version, declared.owner, declared.uses[0].optional) == ("4f2c1a9", "finance", True)


def test_the_file_of_the_docs_is_right() -> None:
    """Whoever copies it declares what it says."""
    page = (Path(__file__).parents[2] / "docs" / "deployments.md").read_text()
    declared = app(page.split("```yaml\n")[1].split("```")[0])
    assert [use.subject for use in declared.of("consumes")] == ["invoice-issued", "credit-memo-posted"]
