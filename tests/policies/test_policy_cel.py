# SPDX-License-Identifier: Apache-2.0
"""The engine's traps, each closed: an error is never a verdict, a context never stops the engine, a typo is told."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.cel import Bindings, Incomputable, bind, compile_expression, normal
from policies.fact import SHAPES
from policies.path_lint import unknown_fields, unknown_paths
from terms.instant import parse
from terms.problem import ProblemError

NOW = parse("2026-03-02T12:00:00Z")
CONTEXT = {
    "status": "open",
    "amount_minor": 1050,
    "milestones": {"invoiced": "2026-03-02T08:00:00Z"},
    "effects": [{"system": "netsuite", "type": "journal", "key": "JE-1", "count": 2}],
}


def bindings(context: dict[str, object] | None = None) -> Bindings:
    made = bind("tx", CONTEXT if context is None else context, NOW)
    assert isinstance(made, Bindings)
    return made


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('tx.status == "open"', True),
        ("tx.amount_minor > 2000", False),
        ("has(tx.milestones.posted)", False),
        ('now - timestamp(tx.milestones.invoiced) == duration("4h")', True),
        ("tx.effects.all(effect, effect.count <= params.most)", False),
        ('tx.?legal_entity.orValue("US") == "US"', True),
        ("math.greatest(1, 2) == 2", True),
        ('"a,b".split(",").size() == 2', True),
        ("cel.bind(amount, tx.amount_minor, amount == 1050)", True),
    ],
)
def test_a_check_is_true_or_false(text: str, answer: bool) -> None:
    """The four extensions, `now` and `params` are at hand."""
    assert compile_expression(text, "tx", must_be_bool=True).check(bindings().under({"most": 1})) is answer


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0 == 1", "divide by zero"),
        ("tx.region == 'EMEA'", "region"),
        ("tx.status", "gives string, not true or false"),
        ("tx.amount_minor + 'x' == 'y'", "overload"),
        ('timestamp(tx.status) < now || duration("4d") > duration("1h")', "conversion failed"),
        (
            "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5].all(e, true)))))",
            "budget",
        ),
    ],
    ids=["division", "missing key", "not a bool", "wrong type", "conversion", "too much work"],
)
def test_an_error_is_neither_true_nor_false(text: str, why: str) -> None:
    """What the engine hands back as a truthy text becomes an Incomputable that says why."""
    answer = compile_expression(text, "tx", must_be_bool=True).check(bindings().under({}))
    assert isinstance(answer, Incomputable)
    assert why in answer.message


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("tx.status ==", "mismatched input", "line 1 column 13"),
        ("txx.status == 'open'", "undeclared reference", "line 1 column 4"),
        ("now > duration('4h')", "no matching overload", "line 1 column 5"),
        ("tx.amount_minor + 1", "gives INT, not true or false", "tx.amount_minor"),
        ("(" * 60 + "true" + ")" * 60, "recursion limit", ""),
    ],
    ids=["syntax", "unknown name", "types", "not a truth", "too deep"],
)
def test_a_wrong_expression_does_not_compile(text: str, what: str, where: str) -> None:
    """The problem names line and column."""
    with pytest.raises(ProblemError) as caught:
        compile_expression(text, "tx", must_be_bool=True)
    (problem,) = caught.value.problems
    assert what in f"{problem.what} {problem.where}"
    assert where in problem.where


@pytest.mark.parametrize(
    ("value", "fit"),
    [
        (Decimal("10.50"), "10.50"),
        ((1, "a"), [1, "a"]),
        ({"b", "a"}, ["a", "b"]),
        (datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02T00:00:00+00:00"),
        ("a\ud800", "a?"),
        ({1: None}, {"1": None}),
    ],
    ids=["decimal", "tuple", "set", "datetime", "lone surrogate", "key"],
)
def test_a_context_is_made_fit_for_the_engine(value: object, fit: object) -> None:
    """Values the engine would stop at come out as ones it takes."""
    assert normal(value, "tx") == fit


LEAVES = st.none() | st.booleans() | st.integers(-(1 << 64), 1 << 64) | st.text() | st.sampled_from(["a\ud800", Decimal("1.5"), 0.5])  # fmt: skip
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner))  # fmt: skip


@given(st.dictionaries(st.text(), VALUES))
def test_what_is_fit_already_is_taken_as_it_is(context: dict[str, object]) -> None:
    """Whether a context has to be made fit or not, the engine is given the same."""
    bound = bind("tx", context, NOW)
    if isinstance(bound, Incomputable):
        with pytest.raises(ProblemError, match=re.escape(bound.message)):
            normal(context, "tx")
    else:
        assert repr(bound.variables["tx"]) == repr(normal(context, "tx"))


def test_an_expression_that_was_too_much_leaves_the_next_one_its_answer() -> None:
    """The expressions of a rule share their scope, and nothing else."""
    ten = "[1,2,3,4,5,6,7,8,9,10].all"
    scope = bindings().under({})
    for text, answers in ((f"{ten}(a, {ten}(b, {ten}(c, {ten}(d, {ten}(e, true)))))", False), ("tx.amount_minor == 1050", True)):  # fmt: skip
        answer = compile_expression(text, "tx", must_be_bool=True).check(scope)
        assert (answer is True) is answers


@pytest.mark.parametrize("value", [1 << 63, float("nan"), datetime(2026, 3, 2), object()])  # noqa: DTZ001
def test_a_value_no_rule_can_look_at_is_told_with_its_path(value: object) -> None:
    """A number beyond 64 bits would silently change its value; it is refused instead."""
    answer = bind("tx", {"deep": [value]}, NOW)
    assert isinstance(answer, Incomputable)
    assert answer.message.startswith("tx.deep[0]: ")


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("tx.stauts == 'open'", ["tx.stauts"]),
        ("tx['stauts'] == 'open' && has(tx.milestones.anything)", ["tx.stauts"]),
        ("tx.?anker.orValue('') == ''", ["tx.anker"]),
        ("tx.status.trim() == 'tx.nothing'", []),
        ("tx.status.length == 4", ["tx.status.length"]),
        ("tx.effects.all(e, e.cuont <= 1)", ["e.cuont"]),
        ("tx.effects.filter(e, e.count > 1).map(f, f.kye + f.key)", ["f.kye"]),
        ("tx.effects[0].count == 1 && tx.effects[0].sum == 1", ["tx.effects.0.sum"]),
        ("params.limt == '4h' && params.limit == '4h'", ["params.limt"]),
        ("my.tx.stauts // tx.stauts", []),
    ],
)
def test_a_path_that_no_target_has_is_a_typo(text: str, unknown: list[str]) -> None:
    """The lint follows fields, optional fields, quoted fields, list elements and the variables of list macros."""
    from policies.fact import Shape

    roots = {"tx": SHAPES["transaction"], "params": Shape("record", {"limit": Shape("any")})}
    assert [problem.where for problem in unknown_paths(text, roots)] == unknown


def test_the_lint_says_what_was_meant() -> None:
    """A near field is offered; example contexts are read with the same eyes."""
    (problem,) = unknown_paths("tx.stauts", {"tx": SHAPES["transaction"]})
    assert problem.do == "did you mean 'status'?"
    (problem,) = unknown_fields({"effects": [{"sytem": "netsuite"}]}, SHAPES["transaction"], "tx")
    assert (problem.where, problem.do) == ("tx.effects[].sytem", "did you mean 'system'?")
