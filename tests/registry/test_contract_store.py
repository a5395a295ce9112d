# SPDX-License-Identifier: Apache-2.0
"""Contracts in the database: registered once, numbered in order, never changed."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from controlplane.database import Actor, Database
from registry import canonical, content, listing, store
from registry.contract import Contract, contract
from registry.document import parse
from registry.views import VersionInfo
from terms.instant import Clock
from terms.problem import ProblemError

SYSTEM = Actor("system", "tests")


def made(version: str, mode: str = "BACKWARD", spaces: int | None = None, **schema: Any) -> Contract:
    said = {"subject": "price/list ü", "version": version, "owner": "pricing", "compatibility": mode}
    document = {"x-throughline": said, "title": "Price list", "type": "object", **schema}
    return contract(parse(json.dumps(document, indent=spaces).encode(), "price-list.json"))


@pytest.fixture
def register(database: Database, clock: Clock) -> Callable[[Contract], VersionInfo]:
    return lambda each: database.write(
        lambda session: store.register(session, each, clock()), actor=SYSTEM, reason="register a contract"
    )


def test_the_shipped_contracts_are_registered_once(
    database: Database, register: Callable[[Contract], VersionInfo]
) -> None:
    """A second start finds every version there and adds none; the listing is that of the files."""
    first = [register(each) for each in canonical.load()]
    again = [register(each) for each in canonical.load()]
    assert [info.already_there for info in first] == [False] * len(first)
    assert [(i.subject, i.number, i.content_id) for i in again] == [
        (i.subject, i.number, i.content_id) for i in first
    ]
    page = database.read(listing.page)
    assert [head.name for head in page.heads] == list(canonical.subjects())
    assert (page.total, page.has_more) == (len(page.heads), False)
    invoice = database.read(lambda session: store.subject(session, "invoice-issued"))
    assert invoice is not None
    assert [(v.number, v.semver) for v in invoice.versions] == [(1, "1.0.0"), (2, "1.1.0")]
    assert invoice.owner == "billing-platform"
    assert invoice.latest is not None
    assert invoice.latest.document == canonical.versions("invoice-issued")[-1].document.text


def test_a_version_carries_its_verdict_against_the_one_before(
    database: Database, register: Callable[[Contract], VersionInfo]
) -> None:
    """The first has none; a later one says what it breaks, with places in both documents."""
    register(made("1.0.0", properties={"sku": {"type": "string", "maxLength": 9}}))
    register(made("2.0.0", properties={"sku": {"type": "string", "maxLength": 5}}))
    view = database.read(lambda session: store.subject(session, "price/list ü"))
    assert view is not None
    first, second = view.versions
    assert first.verdict is None
    assert second.verdict is not None
    assert second.verdict.status == "breaking"
    (finding,) = second.verdict.findings
    assert (finding.rule, finding.pointer_old, finding.where_old) == (
        "max-length-lowered", "/properties/sku/maxLength", "price/list ü@1.0.0:1",
    )  # fmt: skip


def test_a_transitive_mode_looks_at_every_version(
    database: Database, register: Callable[[Contract], VersionInfo]
) -> None:
    """What the version before allowed may still break the one before that."""
    mode = "BACKWARD_TRANSITIVE"
    for version, schema in (("1.0.0", {"maxProperties": 9}), ("2.0.0", {"maxProperties": 3}), ("3.0.0", {"maxProperties": 3, "title": "x"})):  # fmt: skip
        register(made(version, mode, **schema))
    view = database.read(lambda session: store.subject(session, "price/list ü"))
    assert view is not None
    verdict = view.versions[2].verdict
    assert verdict is not None
    assert (verdict.status, [f.against for f in verdict.of_level("breaking")]) == (
        "breaking",
        ["price/list ü@1.0.0"],
    )


def test_the_same_content_is_the_same_version(register: Callable[[Contract], VersionInfo]) -> None:
    """Spaces do not make a new version; one changed digit of a number does."""
    first = register(made("1.0.0", maximum=1))
    assert register(made("1.0.0", spaces=2, maximum=1)).content_id == first.content_id
    assert content.content_id(made("1.0.0", maximum=9007199254740993)) != content.content_id(
        made("1.0.0", maximum=9007199254740992)
    )


def test_a_version_cannot_be_given_other_content(
    database: Database, register: Callable[[Contract], VersionInfo]
) -> None:
    """The refusal names the version, and nothing of the attempt is stored."""
    register(made("1.0.0", maximum=1))
    with pytest.raises(ProblemError, match=r"1\.0\.0 of 'price/list ü' exists with other content"):
        register(made("1.0.0", maximum=2))
    view = database.read(lambda session: store.subject(session, "price/list ü"))
    assert view is not None
    assert len(view.versions) == 1


def test_an_unknown_subject_is_nothing(database: Database) -> None:
    """Asking for what was never registered answers None, and the empty registry lists nothing."""
    assert database.read(lambda session: store.subject(session, "nobody")) is None
    assert database.read(listing.page).heads == ()


def test_racing_registrations_of_one_content_make_one_version(
    database: Database, register: Callable[[Contract], VersionInfo]
) -> None:
    """Eight callers at once get the same version, one of them made it."""
    answers: list[VersionInfo] = []
    threads = [
        threading.Thread(target=lambda: answers.append(register(made("1.0.0", maximum=1)))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.number for answer in answers] == [1] * 8
    assert sorted(answer.already_there for answer in answers) == [False] + [True] * 7
    view = database.read(lambda session: store.subject(session, "price/list ü"))
    assert view is not None
    assert len(view.versions) == 1
