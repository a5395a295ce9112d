# SPDX-License-Identifier: Apache-2.0
"""The rules of APIs are whole, each has its mirror, and the page lists every one of them as it is."""

from pathlib import Path

import pytest

from registry.api import facts
from registry.api.place import PLACES, Place, Reader
from registry.api.rules import PLACED
from registry.api.rules import rules as api_rules
from registry.rules import BACKWARD, FORWARD, POLICIES, Level, levels_in_words, rules

PAGE = Path(__file__).parents[2] / "docs" / "api-rules.md"
MIRROR = {BACKWARD: FORWARD, FORWARD: BACKWARD}
# What the one who reads does not know is decided by what the document declares, whoever reads.
BY_NAME = ("property-added-to-open", "property-removed-from-open", "property-added", "property-removed")


def test_every_rule_has_words_for_its_level() -> None:
    """Whatever does not pass says why and what to do; what passes asks for nothing."""
    for rule in api_rules().values():
        assert rule.what
        assert rule.why, rule.change
        assert bool(rule.fix) == (rule.level is not Level.SAFE), (rule.change, rule.direction, rule.policy)


@pytest.mark.parametrize("fact", facts.FACTS.values(), ids=lambda fact: fact.name)
def test_a_fact_is_judged_forwards_as_its_opposite_is_backwards(fact: facts.Fact) -> None:
    """Consumers of the new document against an old provider see the change read backwards."""
    for policy in POLICIES:
        forward = rules()[fact.name, FORWARD, policy].level
        assert forward is rules()[fact.opposite, BACKWARD, policy].level


@pytest.mark.parametrize("kind", PLACED)
def test_what_the_consumer_reads_is_judged_as_what_the_provider_reads_turned_round(kind: str) -> None:
    """Every rule of a request has its mirror in the response, and every place of one reader is judged alike."""
    for policy in POLICIES:
        for direction in (BACKWARD, FORWARD):
            by_reader = {
                reader: {
                    rules()[f"{p.name}.{kind}", direction, policy].level for p in PLACES if p.reader is reader
                }
                for reader in Reader
            }
            turned = direction if kind in BY_NAME else MIRROR[direction]
            provider = rules()[f"request-body.{kind}", turned, policy].level
            assert by_reader[Reader.CONSUMER] == {provider}
            assert len(by_reader[Reader.PROVIDER]) == 1


def test_the_page_lists_every_rule_with_its_levels() -> None:
    """The tables of docs/api-rules.md are those that the rules make."""
    page = PAGE.read_text().splitlines()
    for table in (facts_table(), places_table(), schemas_table()):
        for line in table:
            assert line in page, f"docs/api-rules.md lacks: {line}"


def facts_table() -> list[str]:
    head = ["| rule | change | BACKWARD | FORWARD |", "|---|---|---|---|"]
    return head + [
        f"| `{name}` | {fact.what} | {levels_in_words(name, BACKWARD)} | {levels_in_words(name, FORWARD)} |"
        for name, fact in facts.FACTS.items()
    ]


def places_table() -> list[str]:
    head = ["| place | read by |", "|---|---|"]
    return head + [f"| `{place.name}` | {place.reader.value} |" for place in PLACES]


def schemas_table() -> list[str]:
    head = [
        "| change | what | provider reads: BACKWARD | FORWARD | consumer reads: BACKWARD | FORWARD |",
        "|---|---|---|---|---|---|",
    ]
    first = [next(place for place in PLACES if place.reader is reader) for reader in Reader]
    return head + [_row(kind, first) for kind in PLACED]


def _row(kind: str, places: list[Place]) -> str:
    what = rules()[f"{places[0].name}.{kind}", BACKWARD, "validation"].what.removeprefix(
        f"{places[0].words}: "
    )
    levels = [levels_in_words(f"{p.name}.{kind}", way) for p in places for way in (BACKWARD, FORWARD)]
    return f"| `{kind}` | {_plain(what)} | {' | '.join(levels)} |"


def _plain(text: str) -> str:
    return text.replace("{before}", "a field").replace("{after}", "a field")
