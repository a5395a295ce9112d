# SPDX-License-Identifier: Apache-2.0
"""A definition file with a typo is told with file, line, key and what the key may be."""

import pytest

from terms import yaml_lines
from terms.problem import ProblemError


def test_an_unknown_key_is_placed_on_its_line() -> None:
    """The steward sees where the typo stands and the word that was meant."""
    document = yaml_lines.load(b"id: x\nmilestones:\n  - name: a\n    evnt: b\n", "p.yaml")
    (problem,) = document.unknown_keys("/milestones/0", document.data["milestones"][0], ["name", "event"])
    assert str(problem) == "p.yaml:4: unknown key 'evnt' (did you mean 'event'?)"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        pytest.param(b"a: &x {b: 1}\nc: *x\n", "f:2", id="alias"),
        pytest.param(b"a: 1\na: 2\n", "f:2", id="key twice"),
        pytest.param(b"- a\n", "f:1", id="a list"),
        pytest.param(b"", "f:1", id="empty"),
        pytest.param(b"a: [\n", "f:2", id="unfinished"),
        pytest.param(b"a: !!python/object:os.system x\n", "f:1", id="a tag that would build an object"),
        pytest.param(b"a: 1\n---\nb: 2\n", "f:2", id="two documents"),
        pytest.param(b"a: \xff\xfe\n", "f:1", id="not UTF-8"),
        pytest.param(b"a: " + b"x" * 300_000, "f", id="too large"),
    ],
)
def test_what_is_not_one_plain_mapping_is_refused(content: bytes, where: str) -> None:
    """Every refusal names the file, and the line where there is one."""
    with pytest.raises(ProblemError) as caught:
        yaml_lines.load(content, "f")
    assert caught.value.problems[0].where == where


def test_a_date_stays_the_text_it_was() -> None:
    """What a date means is for the key's reader to say; the loader does not turn it into an object."""
    assert yaml_lines.load(b"on: 2026-01-01\n", "f").data == {"on": "2026-01-01"}
