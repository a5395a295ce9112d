# SPDX-License-Identifier: Apache-2.0
"""Lists of contracts: whatever happens to their versions, the page, the total and every facet are those of what can be seen."""

import json
import random
from collections import Counter
from dataclasses import fields
from itertools import product
from typing import Any

import alembic.command
import pytest
from sqlalchemy import create_engine, text
from sqlmodel import Session

from controlplane.database import Actor, Database
from controlplane.migrations import schema
from registry import content, deletion, facets, listing, store, subjects, transition, versions
from registry.contract import Contract, contract
from registry.document import parse
from registry.facets import FACETS
from registry.lifecycle import DEPRECATED, SUNSET, Wish
from registry.listing import Wanted
from registry.refusal import RefusedError
from registry.search_text import search_text
from terms.instant import DAY, Clock, Instant

ADA = Actor("person", "Ada")
OWNERS, DOMAINS, MODES, STATES = ("Ann", "Bob", ""), ("money", "people"), ("FULL", ""), ("active", "draft")
WORDS = ("amount", "due", "payer", "Ärger")
SEARCHES = ("", "amount", "AMOUNT due", "ann", "ärger", "event-1", "nothing")


def made(rng: random.Random, subject: str, version: int) -> Contract:
    said = {
        "subject": subject,
        "version": f"{version}.0.0",
        "owner": rng.choice(OWNERS),
        "domain": rng.choice(DOMAINS),
        "compatibility": rng.choice(MODES),
        "lifecycle": rng.choice(STATES),
    }
    named = {word: {"type": "string"} for word in rng.sample(WORDS, 2)}
    document = {"x-throughline": said, "type": "object", "title": f"T{version}", "properties": named}
    return contract(parse(json.dumps(document).encode(), "made.json"))


def anything(rng: random.Random, session: Session, now: Instant, version: int) -> None:
    """Something that can happen to a subject: a new version, a step of its life, a deletion."""
    subject = f"event-{rng.randrange(12)}"
    store.register(session, made(rng, subject, version), now)
    number = versions.rows(session, subject)[-1].number
    for state in (DEPRECATED, SUNSET)[: rng.randrange(3)]:
        wish = Wish(state, sunset_at=Instant(now + DAY) if state == SUNSET else None)
        transition.move(session, subject, str(number), wish, now)
    if rng.random() < 0.2:
        deletion.delete_subject(session, subject, now)
        if rng.random() < 0.5:
            deletion.delete_subject(session, subject, now, permanent=True)


def seen(session: Session) -> list[tuple[str, str, dict[str, str]]]:
    """Every subject that can be seen as (name, its words, its facets), read from the documents themselves."""
    found = []
    for each in versions.latest_of_all(session):
        said = contract(content.document(session, each.content, each.row.subject), each.row.subject)
        values = {
            "domain": said.domain,
            "owner": said.owner,
            "steward": said.steward,
            "audience": said.audience,
            "lifecycle": each.row.lifecycle,
            "type": said.document.type,
            "mode": said.compatibility if said.states_mode else "",
        }
        found.append((said.subject, search_text(said), values))
    return sorted(found)


@pytest.mark.parametrize("seed", range(3))
def test_a_list_is_of_what_can_be_seen_whatever_happened(database: Database, clock: Clock, seed: int) -> None:
    """Registered, moved on, deleted in any order: a search, a filter and both together give the same page, total and facets
    as reading every document would."""
    rng = random.Random(seed)
    for version in range(1, 80):
        try:
            database.write(lambda s, v=version: anything(rng, s, clock(), v), actor=ADA, reason="test")
        except RefusedError:
            continue  # a draft is not deprecated
    every = database.read(seen)
    assert len({values["lifecycle"] for _, _, values in every}) > 1
    for search, owner, domain, lifecycle in product(SEARCHES, ("", "Ann"), ("", "money"), ("", "active")):
        filters = {"owner": owner, "domain": domain, "lifecycle": lifecycle}
        wanted = Wanted(search=search, **filters)
        left = [
            (name, values)
            for name, words, values in every
            if all(word in words for word in search.casefold().split())
            and all(values[facet] == value for facet, value in filters.items() if value)
        ]
        page = database.read(lambda s, w=wanted: listing.page(s, w, first=4))
        counted = database.read(lambda s, c=page.counts: facets.counted(s, c))
        assert [head.name for head in page.heads] == [name for name, _ in left][:4], wanted
        assert (page.total, page.has_more) == (len(left), len(left) > 4), wanted
        for facet in FACETS:
            expected = Counter(values[facet] for _, values in left if values[facet])
            assert counted[facet] == tuple(sorted(expected.items(), key=lambda one: (-one[1], one[0])))
        assert database.read(lambda s, w=wanted: listing.facet_counts(s, w)) == counted


def test_counts_of_a_page_are_read_the_same_later(database: Database, clock: Clock) -> None:
    """What a page counted stays what it was, though its subjects have moved on since."""
    rng = random.Random(7)
    database.write(
        lambda s: [store.register(s, made(rng, f"event-{n}", 1), clock()) for n in range(9)],
        actor=ADA,
        reason="test",
    )
    page = database.read(listing.page)
    then = database.read(lambda s: facets.counted(s, page.counts))
    for head in page.heads:
        database.write(
            lambda s, name=head.name: deletion.delete_subject(s, name, clock()), actor=ADA, reason="test"
        )
    assert database.read(listing.page).total == 0
    assert database.read(lambda s: facets.counted(s, page.counts)) == then


def test_a_list_can_be_narrowed_by_every_facet(database: Database) -> None:
    """A facet without a filter could be seen and not chosen."""
    assert {field.name for field in fields(Wanted)} == {"search", "prefix", *FACETS}
    assert database.read(listing.facet_counts) == dict.fromkeys(FACETS, ())


def test_many_combinations_are_counted_too(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every subject has an owner of its own, all combinations are read instead of those named: nothing is lost."""
    monkeypatch.setattr(facets, "NAMED", 3)

    def register(session: Session) -> None:
        for number in range(9):
            said = {"subject": f"e{number}", "version": "1.0.0", "owner": f"o{number}"}
            text = json.dumps({"x-throughline": said, "type": "object"})
            store.register(session, contract(parse(text.encode(), "made.json")), clock())

    database.write(register, actor=ADA, reason="test")
    found = database.read(listing.facet_counts)
    assert found["owner"] == tuple(sorted((f"o{number}", 1) for number in range(9)))
    assert found["type"] == (("json-schema", 9),)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_subjects_of_an_older_version_are_listed_after_the_first_start(
    kind: str, request: pytest.FixtureRequest, clock: Clock
) -> None:
    """They have words to be found by and no facets yet; the start gives them theirs, once."""
    url: str = request.getfixturevalue(f"{kind}_url")
    alembic.command.upgrade(schema._config(url), "0011")
    texts = "compatibility, artefact_type, semver, lifecycle, title, description, owner, steward, domain, audience, retention, event_type, labels"
    engine = create_engine(url)
    with engine.begin() as connection:
        for name, owner in (("a", "Ann"), ("b", "Bob"), ("c", "Bob")):
            connection.execute(
                text(
                    f"INSERT INTO contract_subject (tenant, name, current, created_at, changed_at, {texts}) VALUES "
                    "(1, :name, 1, 5, 5, '', 'json-schema', '1.0.0', 'active', '', '', :owner, '', '', '', '', '', '{}')"
                ),
                {"name": name, "owner": owner},
            )
            connection.execute(
                text("INSERT INTO contract_search (tenant, subject, text) VALUES (1, :name, :text)"),
                {"name": name, "text": f"{name} amount"},
            )
    engine.dispose()
    schema.upgrade(url)
    database = Database(url, clock)

    def start() -> Any:
        return database.write(lambda s: subjects.refresh_missing(s, clock()), actor=ADA, reason="start")

    assert (start(), start()) == (3, 0)
    assert database.read(listing.facet_counts)["owner"] == (("Bob", 2), ("Ann", 1))
    page = database.read(lambda s: listing.page(s, Wanted(search="amount", owner="Bob")))
    assert [head.name for head in page.heads] == ["b", "c"]
    database.close()
