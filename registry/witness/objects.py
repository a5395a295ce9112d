# SPDX-License-Identifier: Apache-2.0
"""Which objects keep some facts? Only members that are asked for, each with the first value that all schemas of its name allow."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from registry.claim import Claim
from registry.effort import spend
from registry.evaluate import pattern
from registry.schema import Node
from registry.witness import fact
from registry.witness.fact import Fact, Match, Scope, SomeMember
from registry.witness.pattern import UnknownPatternError
from registry.witness.scalar import size, texts
from terms.problem import ProblemError

if TYPE_CHECKING:
    from registry.witness.search import Search

_FRESH = ("x", "y", "z", "a", "b", "c", *(f"x{n}" for n in range(1, 200)))
_MOST_NAMES = 12
_MOST_MEMBERS = 500
_VARIED = 3

Asked = dict[str, tuple[Claim, ...]]
"""Names a member must have, each with what is asked of its value beyond what the schemas say."""


@dataclass(slots=True)
class Shape:
    """The facts of one object, sorted."""

    search: "Search"
    depth: int
    has: list[str]
    lacks: Set[str]
    together: list[fact.Together]
    members: list[Claim]
    others: list[Claim]
    names: list[Claim]
    some: list[SomeMember]
    least: int
    most: int | None
    _known: list[str] | None = None

    def claims(self, name: str) -> tuple[Claim, ...]:
        """What all schemas say of the value under a name."""
        found = [inner for claim in self.members for inner in _said(claim, name)]
        for other in self.others:
            if not any(m.schema is other.schema and _said_any(m.node, name) for m in self.members):
                found.append(other)
        return tuple(found)

    def allows(self, name: str) -> bool:
        """Whether a member may have this name."""
        return name not in self.lacks and all(self.search.keeps(claim, name) for claim in self.names)

    def known(self) -> Iterator[str]:
        """The names the schemas speak of, those near the finding first."""
        if self._known is None:
            found = {
                name: None for claim in self.members for name in _raw(claim.node).get("properties", {})
            } | dict.fromkeys(self.has)
            spend(2 * len(found))
            ranks = {name: self.search.guides.nearest(self.claims(name)) for name in found}
            self._known = sorted(found, key=lambda name: ranks[name])
        yield from self._known

    def free(self, beside: Node | None) -> Iterator[str]:
        """Names nobody speaks of, then names that fit the patterns and the names the schemas want."""
        yield from islice(_FRESH, 6)
        for claim in self.members:
            for text in _raw(claim.node).get("patternProperties", {}):
                yield from sampled(text)
        if self.names:
            goal = tuple(self.names)
            yield from (n for n in islice(self.search.values(goal, self.depth), 8) if isinstance(n, str))
        if beside is not None:
            refused = tuple(Match(text, holds=False) for text in _raw(beside).get("patternProperties", {}))
            yield from _texts(refused)
        yield from _FRESH[6:]


def objects(
    search: "Search", facts: Sequence[Fact], has: list[str], lacks: Set[str], depth: int
) -> Iterator[dict[str, Any]]:
    """Objects that keep the facts and have and lack these members, few members first. None when that is a contradiction."""
    shape = _shape(search, facts, has, lacks, depth)
    if shape.least > _MOST_MEMBERS:
        return
    for asked in _assigned(shape, shape.some, dict.fromkeys(shape.has, ())):
        names = _named(shape, asked)
        if names is not None and (made := _made(shape, asked, names)) is not None:
            yield from _with_variants(shape, asked, names, made)


def sampled(text: str) -> Iterator[str]:
    """A few texts that match the pattern."""
    yield from _texts((Match(text, holds=True),))


def _texts(facts: tuple[Match, ...]) -> Iterator[str]:
    try:
        yield from islice(texts(facts), 4)
    except UnknownPatternError:
        return


def _shape(search: "Search", facts: Sequence[Fact], has: list[str], lacks: Set[str], depth: int) -> Shape:
    least, most = size([each for each in facts if isinstance(each, fact.Size) and each.kind == "object"])
    return Shape(
        search,
        depth,
        has,
        lacks,
        [each for each in facts if isinstance(each, fact.Together)],
        [each.claim for each in facts if isinstance(each, fact.Members)],
        [each.claim for each in facts if isinstance(each, fact.OtherMembers)],
        [each.claim for each in facts if isinstance(each, fact.Names)],
        [each for each in facts if isinstance(each, SomeMember)],
        least,
        most,
    )


def _assigned(shape: Shape, some: list[SomeMember], asked: Asked) -> Iterator[Asked]:
    """Every member that must exist gets a name."""
    if not some:
        yield asked
        return
    wanted, *rest = some
    claims = () if wanted.claim is None else (wanted.claim,)
    for name in islice(_candidates(shape, wanted.scope), _MOST_NAMES):
        if claims and shape.search.first((*claims, *shape.claims(name)), shape.depth - 1) is None:
            continue
        yield from _assigned(shape, rest, {**asked, name: (*asked.get(name, ()), *claims)})


def _candidates(shape: Shape, scope: Scope) -> Iterator[str]:
    seen: set[str] = set()
    for name in _possible(shape, scope):
        if name not in seen:
            seen.add(name)
            if _covers(shape, scope, name) and shape.allows(name):
                yield name


def _possible(shape: Shape, scope: Scope) -> Iterator[str]:
    if scope.name is not None:
        yield scope.name
    elif scope.bad is not None:
        goal = (scope.bad, *shape.names)
        yield from shape.known()
        yield from (n for n in islice(shape.search.values(goal, shape.depth), 12) if isinstance(n, str))
    else:
        yield from shape.known()
        if scope.pattern is not None:
            yield from sampled(scope.pattern)
        yield from shape.free(scope.beside)


def _covers(shape: Shape, scope: Scope, name: str) -> bool:
    if scope.name is not None:
        return name == scope.name
    if scope.pattern is not None:
        return _matches(scope.pattern, name)
    if scope.bad is not None:
        return shape.search.keeps(scope.bad, name)
    return scope.beside is None or not _said_by_name(scope.beside, name)


def _named(shape: Shape, asked: Asked) -> list[str] | None:
    """The names of all members, fillers included; None when they contradict the facts."""
    names = _closed(shape, list(asked))
    if not all(shape.allows(name) for name in names):
        return None
    for name in chain(shape.known(), shape.free(None)) if len(names) < shape.least else ():
        if len(names) >= shape.least:
            break
        more = _closed(shape, [*names, name])
        if all(n in names or (shape.allows(n) and _possible_value(shape, n)) for n in more):
            names = more
    fits = len(names) >= shape.least and (shape.most is None or len(names) <= shape.most)
    return names if fits else None


def _possible_value(shape: Shape, name: str) -> bool:
    return shape.search.first(shape.claims(name), shape.depth - 1) is not None


def _closed(shape: Shape, names: list[str]) -> list[str]:
    """The names with all that must come with them."""
    found = dict.fromkeys(names)
    size_before = -1
    while len(found) > size_before:
        size_before = len(found)
        for rule in shape.together:
            if rule.name in found:
                found |= dict.fromkeys(rule.others)
    return list(found)


def _made(shape: Shape, asked: Asked, names: list[str]) -> dict[str, Any] | None:
    made: dict[str, Any] = {}
    # What a finding is about comes first: if it has no value, the others need none.
    for name in sorted(names, key=lambda n: not asked.get(n, ())):
        found = shape.search.first((*asked.get(name, ()), *shape.claims(name)), shape.depth - 1)
        if found is None:
            return None
        made[name] = found.value
    return {name: made[name] for name in names}


def _with_variants(
    shape: Shape, asked: Asked, names: list[str], made: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The object; then, for those that need another one, some with other values and one with one more member."""
    yield made
    for name in names[:_VARIED]:
        goal = (*asked.get(name, ()), *shape.claims(name))
        for value in islice(shape.search.values(goal, shape.depth - 1), 1, 1 + _VARIED):
            yield {**made, name: value}
    if shape.most is not None and len(names) >= shape.most:
        return
    for name in islice((n for n in chain(shape.known(), shape.free(None)) if n not in made), 2 * _VARIED):
        more = _closed(shape, [*names, name])
        if all(shape.allows(n) for n in more) and (larger := _made(shape, asked, more)) is not None:
            yield larger


def _raw(node: Node) -> dict[str, Any]:
    return node.raw if isinstance(node.raw, dict) else {}


def _said(claim: Claim, name: str) -> list[Claim]:
    """What one node says of the member under a name."""
    raw = _raw(claim.node)
    found = [claim.about(claim.node.child("properties", name))] if name in raw.get("properties", {}) else []
    found += [
        claim.about(claim.node.child("patternProperties", text))
        for text in raw.get("patternProperties", {})
        if _matches(text, name)
    ]
    if not found and "additionalProperties" in raw:
        found.append(claim.about(claim.node.child("additionalProperties")))
    return found


def _said_any(node: Node, name: str) -> bool:
    return "additionalProperties" in _raw(node) or _said_by_name(node, name)


def _said_by_name(node: Node, name: str) -> bool:
    raw = _raw(node)
    return name in raw.get("properties", {}) or any(
        _matches(t, name) for t in raw.get("patternProperties", {})
    )


def _matches(text: str, name: str) -> bool:
    try:
        return bool(pattern(text).search(name))
    except ProblemError:
        return False
