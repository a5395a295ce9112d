# SPDX-License-Identifier: Apache-2.0
"""No contract keeps the gate busy: work is counted in steps, and what does not come to an end within them is not decided."""

import json
from functools import partial
from itertools import count

import pytest

from bench.payloads.hard_contracts import pair
from registry import compare, confirm, effort, fix
from registry.check import check_documents
from registry.document import parse
from registry.sources import Versions
from registry.verdict import Verdict

MOST = compare.PROOF_STEPS + confirm.MOST_STEPS + fix.MOST_STEPS
HARD = (
    "60 overlapping anyOf",
    "30 definitions, all to all",
    "long patterns",
    "maxItems 200 to 100",
    "50 dependent schemas",
)


def judged(name: str) -> tuple[Verdict, int]:
    """The verdict over both directions with witnesses, and the steps it took."""
    old, new = (parse(json.dumps(made).encode(), "contract.json") for made in pair(name))
    return effort.measured(
        partial(check_documents, new, Versions((old,), complete=True), "FULL", witnesses=True)
    )


@pytest.mark.parametrize("name", HARD)
def test_the_hardest_contracts_come_to_an_end_and_always_to_the_same(name: str) -> None:
    """The steps are limited for each part of the work, and a second run takes as many and says the same."""
    (first, steps), (again, steps_again) = judged(name), judged(name)
    assert steps <= MOST + 1_000
    assert (first, steps) == (again, steps_again)


def test_what_was_asked_before_changes_no_answer() -> None:
    """A server compares the same documents again and again; what it remembers of them saves time, never a step."""
    old, new = (parse(json.dumps(made).encode(), "contract.json") for made in pair("24 choices, one more"))
    ask = partial(check_documents, new, Versions((old,), complete=True), "FULL", witnesses=True)
    assert effort.measured(ask) == effort.measured(ask)


def test_a_question_ends_with_its_own_steps_or_with_those_around_it() -> None:
    """What an inner question spends is gone for the outer one too, whether it was answered or not."""

    def outer() -> list[str]:
        return [
            effort.within(10, lambda: effort.spend(4) or "short", "cut"),
            effort.within(10, lambda: effort.spend(40) or "long", "cut"),
            effort.within(10, lambda: effort.spend(7) or "more than is left", "cut"),
        ]

    assert effort.measured(lambda: effort.within(20, outer, [])) == (["short", "cut", "cut"], 20)


def test_values_are_found_as_far_as_the_steps_reach() -> None:
    """A caller may stop and go on; the steps are counted over all values together."""

    def each_for_three() -> "count[int]":
        for number in count():
            effort.spend(3)
            yield number

    assert list(effort.found_within(10, each_for_three())) == [0, 1, 2]
