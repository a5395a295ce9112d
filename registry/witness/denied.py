# SPDX-License-Identifier: Apache-2.0
"""How can a value fail a schema? By failing one keyword, each in its own ways."""

from collections.abc import Callable, Iterator
from itertools import combinations, islice

from registry.claim import Claim
from registry.domain import ATOMS, atoms_of
from registry.witness import fact
from registry.witness.asserted import bound, contained, keywords, kinds_of
from registry.witness.fact import Fact, Scope
from registry.witness.keyword import Keyword
from registry.witness.way import NUMBERS, Way

_MOST_PAIRS = 30


def ways(claim: Claim) -> tuple[Way, ...]:
    """All ways to fail the node of the claim, which says that it is not satisfied; simple ones first."""
    if not isinstance(claim.node.raw, dict):
        return () if claim.node.raw else (Way(),)
    memo = ("ways to fail", claim.place)
    found: tuple[Way, ...] | None = claim.schema.memo.get(memo)
    if found is None:
        names = sorted(keywords(claim.schema, claim.node), key=_ORDER.index)
        found = tuple(way for name in names for way in _WAYS[name](Keyword(claim, name)))
        claim.schema.memo[memo] = found
    return found


def _kind(kind: str, keyword: Keyword, *facts: Fact) -> Way:
    kinds = NUMBERS if kind == "number" else frozenset((kind,))
    return Way(kinds, facts, pointer=keyword.pointer)


def _type(keyword: Keyword) -> Iterator[Way]:
    yield Way(ATOMS - kinds_of(keyword.value), pointer=keyword.pointer)


def _values(keyword: Keyword) -> Iterator[Way]:
    """Another value, first one of the same kind: closer to what a person would get wrong."""
    values = (keyword.value,) if keyword.name == "const" else tuple(keyword.value)
    alike = frozenset(atoms_of(each) for each in values)
    for kinds in (alike, ATOMS - alike):
        yield Way(kinds, (fact.Values(values, holds=False),), pointer=keyword.pointer)


def _least(kind: str) -> Callable[[Keyword], Iterator[Way]]:
    def found(keyword: Keyword) -> Iterator[Way]:
        if keyword.value >= 1:
            yield _kind(kind, keyword, fact.Size(kind, most=int(keyword.value) - 1))

    return found


def _most(kind: str) -> Callable[[Keyword], Iterator[Way]]:
    def found(keyword: Keyword) -> Iterator[Way]:
        yield _kind(kind, keyword, fact.Size(kind, least=int(keyword.value) + 1))

    return found


def _bound(keyword: Keyword) -> Iterator[Way]:
    limit = bound(keyword)
    if limit is not None:
        beyond = fact.Bound(limit.limit, lower=not limit.lower, strict=not limit.strict)
        yield _kind("number", keyword, beyond)


def _match(keyword: Keyword) -> Iterator[Way]:
    yield _kind("string", keyword, fact.Match(keyword.value, holds=False))


def _step(keyword: Keyword) -> Iterator[Way]:
    yield _kind("number", keyword, fact.Step(keyword.value, holds=False))


def _unique(keyword: Keyword) -> Iterator[Way]:
    if keyword.value:
        yield _kind("array", keyword, fact.Unique(holds=False))


def _items(keyword: Keyword) -> Iterator[Way]:
    first, rest = keyword.tuple_items()
    wanted = [fact.SomeItem(index, index, claim) for index, claim in enumerate(first)]
    for each in [*wanted, *([] if rest is None else [fact.SomeItem(len(first), None, rest)])]:
        yield Way(frozenset(("array",)), (each,), pointer=each.claim.node.pointer)


def _prefix_items(keyword: Keyword) -> Iterator[Way]:
    if keyword.beside("items") is None:
        yield from _items(keyword)


def _unevaluated_items(keyword: Keyword) -> Iterator[Way]:
    first, rest = keyword.tuple_items()
    if rest is None:
        for start in (len(first), len(first) + 1):
            yield _kind("array", keyword, fact.SomeItem(start, None, keyword.inner()))


def _contains(keyword: Keyword) -> Iterator[Way]:
    least, most = contained(keyword)
    if least == 1:
        yield _kind("array", keyword, fact.Items(0, None, keyword.inner()))
    elif least > 1:
        yield _kind("array", keyword, fact.Contains(keyword.inner(holds=True), 0, least - 1))
    if most is not None:
        yield _kind("array", keyword, fact.Contains(keyword.inner(holds=True), most + 1, None))


def _required(keyword: Keyword) -> Iterator[Way]:
    for index, name in enumerate([] if isinstance(keyword.value, bool) else keyword.value):
        pointer = f"{keyword.pointer}/{index}"
        yield Way(frozenset(("object",)), pointer=pointer, lacks=(name,))


def _properties(keyword: Keyword) -> Iterator[Way]:
    for name in keyword.value:
        inner = keyword.inner(name)
        scope = Scope(name=name) if keyword.name == "properties" else Scope(pattern=name)
        wanted = fact.SomeMember(scope, inner)
        yield Way(frozenset(("object",)), (wanted,), pointer=inner.node.pointer)


def _other_properties(keyword: Keyword) -> Iterator[Way]:
    yield _kind("object", keyword, fact.SomeMember(Scope(beside=keyword.claim.node), keyword.inner()))


def _property_names(keyword: Keyword) -> Iterator[Way]:
    yield _kind("object", keyword, fact.SomeMember(Scope(bad=keyword.inner()), None))


def _dependent(keyword: Keyword) -> Iterator[Way]:
    for name, others in keyword.value.items():
        pointer = keyword.claim.node.child(keyword.name, name).pointer
        if isinstance(others, list):
            for other in others:
                yield Way(frozenset(("object",)), pointer=pointer, has=(name,), lacks=(other,))
        else:
            yield Way(frozenset(("object",)), (), (keyword.inner(name),), pointer, has=(name,))


def _all_of(keyword: Keyword) -> Iterator[Way]:
    for branch in keyword.branches():
        yield Way(claims=(branch,), pointer=branch.node.pointer)


def _any_of(keyword: Keyword) -> Iterator[Way]:
    yield Way(claims=tuple(keyword.branches()), pointer=keyword.pointer)


def _one_of(keyword: Keyword) -> Iterator[Way]:
    yield from _any_of(keyword)
    for one, two in islice(combinations(keyword.branches(), 2), _MOST_PAIRS):
        yield Way(claims=(one.contrary, two.contrary), pointer=keyword.pointer)


def _not(keyword: Keyword) -> Iterator[Way]:
    inner = keyword.inner(holds=True)
    yield Way(claims=(inner,), pointer=inner.node.pointer)


def _conditional(keyword: Keyword) -> Iterator[Way]:
    node = keyword.claim.node
    for branch, met in (("then", True), ("else", False)):
        failed = keyword.claim.about(node.child(branch))
        yield Way(claims=(keyword.inner(holds=met), failed), pointer=failed.node.pointer)


def _reference(keyword: Keyword) -> Iterator[Way]:
    target = keyword.target()
    if target is not None:
        yield Way(claims=(target,), pointer=target.node.pointer)


_WAYS: dict[str, Callable[[Keyword], Iterator[Way]]] = {
    "type": _type,
    "const": _values,
    "enum": _values,
    "required": _required,
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
    "minProperties": _least("object"),
    "maxProperties": _most("object"),
    "uniqueItems": _unique,
    "dependentRequired": _dependent,
    "additionalProperties": _other_properties,
    "propertyNames": _property_names,
    "properties": _properties,
    "patternProperties": _properties,
    "prefixItems": _prefix_items,
    "items": _items,
    "contains": _contains,
    "unevaluatedProperties": _other_properties,
    "unevaluatedItems": _unevaluated_items,
    "$ref": _reference,
    "$dynamicRef": _reference,
    "$recursiveRef": _reference,
    "allOf": _all_of,
    "not": _not,
    "if": _conditional,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "dependentSchemas": _dependent,
    "dependencies": _dependent,
}
_ORDER = list(_WAYS)
