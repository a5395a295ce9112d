# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to an API document, the gate answers: it refuses the document, or it compares it, and its mirror holds."""

import copy
import json
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import json_lines
from registry.compare import compare
from registry.document import Document, parse
from registry.rules import BACKWARD, FORWARD, Level, rules
from terms.problem import ProblemError
from tests.registry.test_asyncapi_diff import in_2, in_3
from tests.registry.test_openapi_diff import TODAY, an_api

ODD = (
    None,
    True,
    0,
    -1,
    "",
    "x",
    [],
    {},
    ["a"],
    {"$ref": "#"},
    {"type": "object"},
    {"oneOf": [{}, {"type": "null"}]},
)
GOOD = (
    True,
    3,
    "integer",
    {"type": "string", "maxLength": 4},
    {"enum": ["open"]},
    {"type": "array", "items": {"minimum": 2}},
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every container of the document with each key or index in it."""
    found: list[tuple[Any, Any]] = []
    waiting = [data]
    while waiting:
        here = waiting.pop()
        steps = list(here) if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        found += [(here, step) for step in steps]
        waiting += [here[step] for step in steps]
    return found


def edited(random: Random, data: Any, values: tuple[Any, ...]) -> Any:
    """The document after one to three edits: something removed, replaced, doubled or renamed."""
    made = copy.deepcopy(data)
    for _ in range(random.randint(1, 3)):
        here, step = random.choice(places(made))
        match random.randrange(3):
            case 0:
                del here[step]
            case 1:
                here[step] = copy.deepcopy(random.choice(values))
            case _ if isinstance(here, dict):
                here[random.choice(("required", "type", "x", "200", "schema"))] = copy.deepcopy(here[step])
            case _:
                here.append(copy.deepcopy(here[step]))
    return made


def read(data: Any) -> Document | None:
    try:
        return parse(json.dumps(data).encode(), "api.json")
    except ProblemError:
        return None


def worst(old: Document, new: Document, direction: str) -> Level:
    order = list(Level)
    found = [rules()[each.id, direction, "validation"].level for each in compare(old, new, TODAY)]
    return max(found, key=order.index, default=Level.SAFE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from([an_api, in_2, in_3]))
def test_no_document_makes_the_gate_fall_over(seed: int, made: Any) -> None:
    """Broken in odd ways, a document is refused with a reason, or compared with the whole one, both ways round."""
    random = Random(seed)
    good, odd = read(made()), read(edited(random, made(), ODD))
    assert good is not None
    if odd is not None and odd.type == good.type:
        compare(good, odd, TODAY)
        compare(odd, good, TODAY)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), st.sampled_from([an_api, in_2, in_3]))
def test_what_breaks_forwards_is_what_breaks_when_undone(seed: int, made: Any) -> None:
    """FORWARD of a change is BACKWARD of its undoing, for every edit and not only for the ones we thought of."""
    random = Random(seed)
    old, new = read(made()), read(edited(random, made(), GOOD))
    assert old is not None
    if new is not None and new.type == old.type:
        assert worst(old, new, FORWARD) == worst(new, old, BACKWARD)
        assert worst(old, new, BACKWARD) == worst(new, old, FORWARD)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([None, 1, 4]))
def test_a_line_that_is_looked_up_is_the_line_of_the_whole_map(seed: int, indent: int | None) -> None:
    """Looking up some pointers finds what a pass over the whole text finds."""
    random = Random(seed)
    text = json.dumps(edited(random, an_api(), ODD), indent=indent)
    whole = json_lines.lines(text)
    asked = random.sample(sorted(whole), min(5, len(whole)))
    found = json_lines.find(text, [*asked, "/not/there"])
    assert {pointer: found[pointer] for pointer in asked} == {pointer: whole[pointer] for pointer in asked}
    assert found.items() <= whole.items()
