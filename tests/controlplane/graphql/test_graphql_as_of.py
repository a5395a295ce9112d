# SPDX-License-Identifier: Apache-2.0
"""An answer that is told again says as of when it is, and is told as of then."""

from typing import Any

import pytest

ASK = """query { instance { now } transactions { nodes { id } totalCount totalCountAsOf facets { asOf } histogram { asOf } }
  line { asOf oldestSeconds oldest { overdue waitingSeconds } } }"""


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question costs so much that its answer is told for a minute."""
    monkeypatch.setattr("controlplane.shared_answers.told_for", lambda _cost_s: 60.0)


@pytest.mark.usefixtures("shared")
def test_counts_and_the_line_are_told_as_of_when_they_were_found_out(world: Any, one_deal: Any) -> None:
    """The rows of a list are those of now; its counts say that they are not, and the line keeps to its own instant."""
    world.happened(*one_deal(1, until=2))
    world.ask(ASK)
    found = world.ask(ASK)  # the first answer is never kept
    world.happened(*one_deal(2, until=2))
    world.parts.clock.advance(7)

    told = world.ask(ASK)

    then, now = found["instance"]["now"], told["instance"]["now"]
    assert then < now
    listed = told["transactions"]
    assert (len(listed["nodes"]), listed["totalCount"]) == (2, 1)
    assert {
        listed["totalCountAsOf"],
        listed["histogram"]["asOf"],
        *(one["asOf"] for one in listed["facets"]),
    } == {then}
    assert told["line"] == found["line"]
    assert told["line"]["asOf"] == then


def test_what_is_quick_is_of_the_same_instant_as_the_list(world: Any, one_deal: Any) -> None:
    """Nothing is old where nothing is shared."""
    world.happened(*one_deal(1))
    for _ in range(3):
        world.parts.clock.advance(7)
        told = world.ask(ASK)
        assert told["transactions"]["totalCountAsOf"] == told["line"]["asOf"] == told["instance"]["now"]


@pytest.mark.usefixtures("shared")
def test_the_page_says_how_old_its_counts_are(world: Any, one_deal: Any) -> None:
    """Only where they are older than its rows."""
    world.happened(*one_deal(1))
    for older in (False, False, True):
        page = world.client.get("/transactions", headers=world.token()).text
        assert ("counted as of" in page) is older
        world.parts.clock.advance(7)
