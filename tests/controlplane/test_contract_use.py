# SPDX-License-Identifier: Apache-2.0
"""What is really used: known to be leaving, known to nobody, and in the way of whoever wants to retire it."""

from typing import Any

import pytest
from sqlmodel import select

from collectors import definitions
from collectors.bulk import Bulk
from collectors.contract_use import counting as counted
from collectors.span import BusinessEvent
from controlplane import contract_use
from controlplane.criteria import Criteria
from controlplane.database import Actor, Database
from controlplane.governance import Governance
from policies import rule
from policies.tables import ViolationRow
from registry import canonical, declaration_store, store, transition
from registry.declaration import read
from registry.lifecycle import RETIRED, Wish
from registry.refusal import RefusedError
from terms.instant import DAY, Clock, Instant

MACHINE = Actor("machine", "test")
NO_WORDS: tuple[tuple[str, str], ...] = ()


@pytest.fixture
def write(database: Database, clock: Clock) -> Any:
    """A registry with the invoices API, and a way to write."""

    def work(fn: Any) -> Any:
        return database.write(fn, actor=MACHINE, reason="test")

    for contract in canonical.versions("invoices-api"):
        work(lambda session, one=contract: store.register(session, one, clock()))
    return work


def seen(write: Any, version: str, application: str, at: int, times: int = 1) -> None:
    events = [
        BusinessEvent(application, f"{version}{n}", "call", Instant(at), "", (), contract_subject="invoices-api", contract_version=version)
        for n in range(times)
    ]  # fmt: skip
    write(lambda session: counted.count(Bulk(session), (), (), events, NO_WORDS))


def test_what_is_leaving_and_what_nobody_declared_shows(database: Database, write: Any, clock: Clock) -> None:
    """The portal declared itself and uses the deprecated version; the export never said that it exists."""
    portal = b"name: partner-portal\nversion: '1'\nconsumes: [{subject: invoices-api, version: ^1.0}]\n"
    write(lambda session: declaration_store.declare(session, read(portal, "a.yaml", clock())))
    for version, application in (
        ("1.0.0", "partner-portal"),
        ("2.0.0", "weekly-export"),
        ("9.9.9", "partner-portal"),
    ):
        seen(write, version, application, clock())
    found = database.read(contract_use.observed)
    assert [(u.seen.version, u.lifecycle, u.is_leaving, u.is_declared) for u in found] == [
        ("1.0.0", "deprecated", True, True),
        ("2.0.0", "active", False, False),
        ("9.9.9", "", False, True),
    ]


def test_the_rules_tell_of_both(database: Database, write: Any, clock: Clock) -> None:
    """A violation each while it is seen; once the export declared itself and the old version is quiet, both end."""
    governance = Governance(definitions.load(), Criteria((), rule.load()))

    def opened() -> set[str]:
        write(lambda session: governance.judge_use(session, clock()))
        found = database.read(
            lambda s: s.exec(select(ViolationRow).where(ViolationRow.state == "open")).all()
        )
        return {one.rule_id for one in found if one.target_key == "invoices-api"}

    seen(write, "1.0.0", "weekly-export", clock())
    assert opened() == {"contract.deprecated.used", "contract.consumer.undeclared"}
    export = b"name: weekly-export\nversion: '1'\nconsumes: [{subject: invoices-api, version: ^1.0}]\n"
    write(lambda session: declaration_store.declare(session, read(export, "a.yaml", clock())))
    assert opened() == {"contract.deprecated.used"}
    clock.advance(15 * 86_400)  # type: ignore[attr-defined]
    assert opened() == set()


def test_a_version_that_still_flows_is_not_retired_by_accident(
    database: Database, write: Any, clock: Clock
) -> None:
    """Refused with who uses it; forced with a reason it ends; what was seen long ago does not count."""
    users = contract_use.users(clock)
    seen(write, "1.0.0", "partner-portal", clock(), times=3)
    seen(write, "2.0.0", "weekly-export", clock() - 30 * DAY)

    def retire(version: str, **more: Any) -> Any:
        wish = Wish(RETIRED, **more)
        return write(lambda s: transition.move(s, "invoices-api", version, wish, clock(), users))

    for version in ("1.0.0", "2.0.0"):
        asked = database.read(lambda s, v=version: users(s, "invoices-api", v))
        assert asked == (("partner-portal (3 times, last on 2026-11-20)",) if version == "1.0.0" else ())
    write(
        lambda s: transition.move(
            s, "invoices-api", "1.0.0", Wish("sunset", sunset_at=Instant(clock() + 1)), clock()
        )
    )
    clock.advance(1)  # type: ignore[attr-defined]
    with pytest.raises(RefusedError, match=r"still used by partner-portal \(3 times"):
        retire("1.0.0")
    assert retire("1.0.0", force=True, reason="the portal moves tonight").lifecycle == "retired"
