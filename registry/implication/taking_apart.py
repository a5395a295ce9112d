# SPDX-License-Identifier: Apache-2.0
"""What does a claim come down to? A schema that holds is parts and choices; one that fails is a choice of what fails in it.

Each choice names every way there is: a value that keeps the claim keeps at least one way of each of its choices.
"""

from collections.abc import Callable, Iterator
from typing import Any

from registry import domain
from registry.claim import Claim
from registry.domain import ATOMS
from registry.implication.goal import Choice, Failed, Part, Way
from registry.implication.unevaluated import evaluated_at_least, evaluated_at_most
from registry.schema import Node

NUMBERS = frozenset(("integer", "fraction"))
_KINDS = {
    **dict.fromkeys(("minLength", "maxLength", "pattern"), frozenset(("string",))),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), NUMBERS),
    **dict.fromkeys(
        ("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "additionalItems", "contains"),
        frozenset(("array",)),
    ),
    **dict.fromkeys(
        (
            "minProperties",
            "maxProperties",
            "properties",
            "patternProperties",
            "additionalProperties",
            "propertyNames",
        ),
        frozenset(("object",)),
    ),
}
OBJECT = frozenset(("object",))
_APART = frozenset(
    (
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "dependentRequired",
        "dependencies",
        "unevaluatedProperties",
        "unevaluatedItems",
    )
)
_READ_WITH = frozenset(("then", "else", "minContains", "maxContains"))


def held(claim: Claim) -> tuple[tuple[Claim, ...], tuple[Part, ...], tuple[Choice, ...]]:
    """A claim that holds of a schema object: the claims, parts and choices that it is, all of them."""
    schema, node = claim.schema, claim.node
    memo = ("held", claim.place)
    found = schema.memo.get(memo)
    if found is None:
        found = schema.memo[memo] = _held(claim, domain.assertions(schema, node))
    result: tuple[tuple[Claim, ...], tuple[Part, ...], tuple[Choice, ...]] = found
    return result


def _held(
    claim: Claim, names: frozenset[str]
) -> tuple[tuple[Claim, ...], tuple[Part, ...], tuple[Choice, ...]]:
    schema, node = claim.schema, claim.node
    raw: dict[str, Any] = node.raw if isinstance(node.raw, dict) else {}
    claims, parts, choices = [], [], list[Choice]()
    for keyword in sorted(names & domain.REFERENCES):
        target = domain.referred(schema, node, keyword)
        if target is not None:
            claims.append(claim.about(target))
    claims += [claim.child("allOf", i) for i in range(len(raw["allOf"]) if "allOf" in names else 0)]
    if "not" in names:
        claims.append(claim.child("not", holds=False))
    own = {name: raw[name] for name in raw if name in names and name not in _APART | domain.REFERENCES}
    if own:
        parts.append(
            Part(schema, node if len(own) == len(raw) else Node(node.pointer, own, f"{node.part} own"))
        )
    parts += [Part(schema, each) for each in evaluated_at_most(schema, node, names)]
    if "anyOf" in names:
        choices.append(tuple(Way(claims=(branch,)) for branch in _branches(claim, "anyOf")))
    if "oneOf" in names:
        branches = _branches(claim, "oneOf")
        choices.append(
            tuple(
                Way(claims=(one, *(_contrary(other) for other in branches if other is not one)))
                for one in branches
            )
        )
    if "if" in names:
        choices.append(_conditional(claim, raw))
    choices += _dependent(claim, names, raw)
    return tuple(claims), tuple(parts), tuple(choices)


def failed(claim: Claim) -> Choice:
    """A claim that a schema object fails: every way in which it can."""
    memo = ("failed", claim.place)
    found = claim.schema.memo.get(memo)
    if found is None:
        names = domain.assertions(claim.schema, claim.node)
        found = claim.schema.memo[memo] = tuple(ways_to_fail(claim, names))
    result: Choice = found
    return result


def ways_to_fail(claim: Claim, names: frozenset[str]) -> Iterator[Way]:
    """Every way in which a value can fail one of the named keywords."""
    for keyword in sorted(names - _READ_WITH, key=_cheap_first):
        if claim.schema.dialect.flag_bounds and keyword.startswith("exclusive"):
            continue  # it is read with its bound
        own = _FAILING.get(keyword)
        if own is not None:
            yield from own(claim, keyword)
        else:
            failing = Failed(claim.schema, claim.node, keyword)
            yield Way(_KINDS.get(keyword, ATOMS), failed=(failing,))


def _failed_type(claim: Claim, _: str) -> Iterator[Way]:
    yield Way(ATOMS - domain.declared_kinds(claim.node))


def _failed_reference(claim: Claim, keyword: str) -> Iterator[Way]:
    target = domain.referred(claim.schema, claim.node, keyword)
    # Nothing is known of a reference whose meaning the way to it decides: that way is never shown to be shut.
    yield Way(claims=(claim.about(target),)) if target is not None else Way()


def _failed_all(claim: Claim, keyword: str) -> Iterator[Way]:
    yield from (Way(claims=(branch,)) for branch in _branches(claim, keyword))


def _failed_any(claim: Claim, keyword: str) -> Iterator[Way]:
    yield Way(claims=tuple(_branches(claim, keyword)))


def _failed_one(claim: Claim, keyword: str) -> Iterator[Way]:
    """None of the branches holds, or two of them do."""
    none = _branches(claim, keyword)
    yield Way(claims=tuple(none))
    some = [_contrary(branch) for branch in none]
    for index, one in enumerate(some):
        yield from (Way(claims=(one, other)) for other in some[index + 1 :])


def _failed_not(claim: Claim, keyword: str) -> Iterator[Way]:
    yield Way(claims=(claim.child(keyword, holds=True),))


def _failed_conditional(claim: Claim, _: str) -> Iterator[Way]:
    raw = claim.node.raw if isinstance(claim.node.raw, dict) else {}
    if "then" in raw:
        yield Way(claims=(claim.child("if", holds=True), claim.child("then")))
    if "else" in raw:
        yield Way(claims=(claim.child("if"), claim.child("else")))


def _failed_required(claim: Claim, keyword: str) -> Iterator[Way]:
    raw = claim.node.raw if isinstance(claim.node.raw, dict) else {}
    yield from (Way(OBJECT, absent=(name,)) for name in raw[keyword])


def _failed_dependent(claim: Claim, keyword: str) -> Iterator[Way]:
    raw = claim.node.raw if isinstance(claim.node.raw, dict) else {}
    for name, wanted in raw[keyword].items():
        if isinstance(wanted, list):
            yield from (Way(OBJECT, present=(name,), absent=(other,)) for other in wanted)
        else:
            yield Way(OBJECT, claims=(claim.child(keyword, name),), present=(name,))


def _failed_unevaluated(claim: Claim, keyword: str) -> Iterator[Way]:
    kinds = OBJECT if keyword == "unevaluatedProperties" else frozenset(("array",))
    for stand_in, inside in evaluated_at_least(claim.schema, claim.node, keyword):
        yield Way(kinds, failed=(Failed(claim.schema, stand_in, inside),))


_FAILING: dict[str, Callable[[Claim, str], Iterator[Way]]] = {
    "type": _failed_type,
    **dict.fromkeys(sorted(domain.REFERENCES), _failed_reference),
    "allOf": _failed_all,
    "anyOf": _failed_any,
    "oneOf": _failed_one,
    "not": _failed_not,
    "if": _failed_conditional,
    "required": _failed_required,
    **dict.fromkeys(("dependentRequired", "dependentSchemas", "dependencies"), _failed_dependent),
    **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), _failed_unevaluated),
}


def _cheap_first(keyword: str) -> tuple[bool, str]:
    return (keyword in ("properties", "items", "allOf", "$ref", "anyOf", "oneOf"), keyword)


def _branches(claim: Claim, keyword: str) -> list[Claim]:
    raw = claim.node.raw
    assert isinstance(raw, dict)
    return [claim.child(keyword, index) for index in range(len(raw[keyword]))]


def _contrary(claim: Claim) -> Claim:
    return claim.about(claim.node, holds=not claim.holds)


def _conditional(claim: Claim, raw: dict[str, Any]) -> Choice:
    then = (claim.child("then"),) if "then" in raw else ()
    other = (claim.child("else"),) if "else" in raw else ()
    return (
        Way(claims=(claim.child("if"), *then)),
        Way(claims=(claim.child("if", holds=False), *other)),
    )


def _dependent(claim: Claim, names: frozenset[str], raw: dict[str, Any]) -> Iterator[Choice]:
    """What an object must be when it has a name: it lacks the name, or it is so; other kinds of value are free."""
    for keyword in sorted(names & {"dependentRequired", "dependentSchemas", "dependencies"}):
        for name, wanted in raw[keyword].items():
            if isinstance(wanted, list):
                then = Way(OBJECT, present=(name, *wanted))
            else:
                then = Way(OBJECT, claims=(claim.child(keyword, name),), present=(name,))
            yield (Way(ATOMS - OBJECT), Way(OBJECT, absent=(name,)), then)
