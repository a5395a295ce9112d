# SPDX-License-Identifier: Apache-2.0
"""How can a value satisfy a schema? Each keyword leaves a choice of ways; all keywords of a node must be satisfied together."""

from collections.abc import Callable
from typing import Any

from registry.claim import Claim
from registry.domain import ATOMS, atoms_of
from registry.schema import Node, Schema
from registry.witness import fact
from registry.witness.fact import Fact
from registry.witness.keyword import Keyword
from registry.witness.way import NUMBERS, Choice, Way, both

_MOST_DEPENDENT = 4  # each doubles the ways


def choices(claim: Claim) -> tuple[Choice, ...]:
    """What must be chosen for the claim, which says that a node is satisfied. All that leaves no choice comes first, as one."""
    if not isinstance(claim.node.raw, dict):
        return ((Way(),) if claim.node.raw else (),)
    forced, several = Way(), []
    for name in keywords(claim.schema, claim.node):
        choice = WAYS[name](Keyword(claim, name))
        if len(choice) == 1:
            way = choice[0]
            forced = both(forced, way)
        else:
            several.append(choice)
    return ((forced,), *several)


def keywords(schema: Schema, node: Node) -> list[str]:
    """The keywords of a node that are understood here and count in its dialect, in the order of the table."""
    assert isinstance(node.raw, dict)
    if "$ref" in node.raw and schema.dialect.lonely_ref:
        return ["$ref"]
    return [keyword for keyword in WAYS if keyword in node.raw and keyword in schema.dialect.asserting]


def kinds_of(types: Any) -> frozenset[str]:
    """The kinds of value that `type` allows."""
    names = {types} if isinstance(types, str) else set(types)
    return frozenset(names & ATOMS) | (NUMBERS if "number" in names else frozenset())


def bound(keyword: Keyword) -> fact.Bound | None:
    """The limit a keyword sets. In draft-04 `exclusiveMinimum` is a flag beside `minimum`, and sets none itself."""
    if isinstance(keyword.value, bool):
        return None
    lower = keyword.name.endswith("inimum")
    flag = keyword.beside("exclusiveMinimum" if lower else "exclusiveMaximum")
    return fact.Bound(keyword.value, lower, keyword.name.startswith("exclusive") or flag is True)


def contained(keyword: Keyword) -> tuple[int, int | None]:
    """How many items `contains` wants: at least, at most. Only newer dialects let a schema say so."""
    if not keyword.claim.schema.dialect.counts_contains:
        return 1, None
    least, most = keyword.beside("minContains", 1), keyword.beside("maxContains")
    return int(least), None if most is None else int(most)


def _forced(*facts: Fact) -> Choice:
    return (Way(facts=facts),)


def _type(keyword: Keyword) -> Choice:
    return (Way(kinds_of(keyword.value)),)


def _values(keyword: Keyword) -> Choice:
    values = (keyword.value,) if keyword.name == "const" else tuple(keyword.value)
    return (Way(frozenset(atoms_of(value) for value in values), (fact.Values(values, holds=True),)),)


def _least(kind: str) -> Callable[[Keyword], Choice]:
    return lambda keyword: _forced(fact.Size(kind, least=int(keyword.value)))


def _most(kind: str) -> Callable[[Keyword], Choice]:
    return lambda keyword: _forced(fact.Size(kind, most=int(keyword.value)))


def _bound(keyword: Keyword) -> Choice:
    limit = bound(keyword)
    return _forced() if limit is None else _forced(limit)


def _match(keyword: Keyword) -> Choice:
    return _forced(fact.Match(keyword.value, holds=True))


def _step(keyword: Keyword) -> Choice:
    return _forced(fact.Step(keyword.value, holds=True))


def _unique(keyword: Keyword) -> Choice:
    return _forced(fact.Unique(holds=True)) if keyword.value else _forced()


def _items(keyword: Keyword) -> Choice:
    first, rest = keyword.tuple_items()
    facts = [fact.Items(index, index, claim) for index, claim in enumerate(first)]
    return _forced(*facts, *([] if rest is None else [fact.Items(len(first), None, rest)]))


def _prefix_items(keyword: Keyword) -> Choice:
    return _forced() if keyword.beside("items") is not None else _items(keyword)


def _unevaluated_items(keyword: Keyword) -> Choice:
    """Items past the positions this node knows itself; what its branches know is left to the check of the value."""
    first, rest = keyword.tuple_items()
    return _forced() if rest is not None else _forced(fact.Items(len(first), None, keyword.inner()))


def _contains(keyword: Keyword) -> Choice:
    return _forced(fact.Contains(keyword.inner(), *contained(keyword)))


def _required(keyword: Keyword) -> Choice:
    if isinstance(keyword.value, bool):  # draft-03's flag, found in the wild; it asks for nothing
        return _forced()
    return (Way(has=tuple(keyword.value)),)


def _members(*written_with: str) -> Callable[[Keyword], Choice]:
    """One fact speaks for all three keywords of a node, so only the first of them that is there says it."""

    def ways(keyword: Keyword) -> Choice:
        said = any(keyword.beside(name) is not None for name in written_with)
        return _forced() if said else _forced(fact.Members(keyword.claim))

    return ways


def _other_members(keyword: Keyword) -> Choice:
    return _forced(fact.OtherMembers(keyword.inner()))


def _names(keyword: Keyword) -> Choice:
    return _forced(fact.Names(keyword.inner()))


def _dependent(keyword: Keyword) -> Choice:
    """Names that come with a name are a fact; a schema that comes with it is a choice, at most of a few."""
    names = {name: others for name, others in keyword.value.items() if isinstance(others, list)}
    found = [Way(facts=tuple(fact.Together(name, tuple(others)) for name, others in names.items()))]
    for name in [name for name in keyword.value if name not in names][:_MOST_DEPENDENT]:
        absent, present = Way(lacks=(name,)), Way(claims=(keyword.inner(name),))
        found = [both(way, more) for way in found for more in (absent, present)]
    return tuple(found)


def _all_of(keyword: Keyword) -> Choice:
    return (Way(claims=tuple(keyword.branches())),)


def _any_of(keyword: Keyword) -> Choice:
    return tuple(Way(claims=(branch,), pointer=branch.node.pointer) for branch in keyword.branches())


def _one_of(keyword: Keyword) -> Choice:
    """A value of one branch mostly fails the others by itself; only then must that be asked for."""
    branches = keyword.branches()
    strict = [
        Way(claims=(b, *(o.contrary for o in branches if o is not b)), pointer=b.node.pointer)
        for b in branches
    ]
    return (*_any_of(keyword), *(strict if len(branches) > 1 else ()))


def _not(keyword: Keyword) -> Choice:
    return (Way(claims=(keyword.inner(holds=not keyword.claim.holds),)),)


def _conditional(keyword: Keyword) -> Choice:
    node, test = keyword.claim.node, keyword.inner()
    then, otherwise = (keyword.claim.about(node.child(name)) for name in ("then", "else"))
    return (
        Way(claims=(test.contrary, otherwise), pointer=otherwise.node.pointer),
        Way(claims=(test, then), pointer=then.node.pointer),
    )


def _reference(keyword: Keyword) -> Choice:
    target = keyword.target()
    return (Way(claims=() if target is None else (target,)),)


WAYS: dict[str, Callable[[Keyword], Choice]] = {
    "type": _type,
    "const": _values,
    "enum": _values,
    "$ref": _reference,
    "$dynamicRef": _reference,
    "$recursiveRef": _reference,
    "minLength": _least("string"),
    "maxLength": _most("string"),
    "pattern": _match,
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "multipleOf": _step,
    "minItems": _least("array"),
    "maxItems": _most("array"),
    "uniqueItems": _unique,
    "prefixItems": _prefix_items,
    "items": _items,
    "unevaluatedItems": _unevaluated_items,
    "contains": _contains,
    "minProperties": _least("object"),
    "maxProperties": _most("object"),
    "required": _required,
    "properties": _members(),
    "patternProperties": _members("properties"),
    "additionalProperties": _members("properties", "patternProperties"),
    "unevaluatedProperties": _other_members,
    "propertyNames": _names,
    "dependentRequired": _dependent,
    "dependentSchemas": _dependent,
    "dependencies": _dependent,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _conditional,
}
"""Every keyword that is understood."""
