# SPDX-License-Identifier: Apache-2.0
"""What do the authors of two schemas say that the sets of values do not? Discriminators, the names of alternatives and of parts
that are put together, keywords that stand where they have no effect, lists of values that may grow.

An API names its alternatives, and clients are generated from the names: a name that is gone is told even where another
alternative happens to accept the same values.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.alike import common_text
from registry.api import constraint
from registry.api.view import stands_at
from registry.change import ABSENT, GROUPS, Change
from registry.diff import Walk
from registry.json_value import key
from registry.schema import Node, Schema, children

_ALTERNATIVES = ("oneOf", "anyOf")
_MAX_HOPS = 32  # reading refuses references without end
_NOTHING_TOLD = {"keyword-not-covered", "budget-spent"} | {
    f"{group}-{how}"
    for group in GROUPS
    for how in ("narrowed", "widened", "changed")
    if group != "combination"
}
# Keywords that matter for values of one type only; where another type is declared they have no effect.
_NUMBER = "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"
_TYPES_OF = {
    **dict.fromkeys(("minLength", "maxLength", "pattern"), ("string",)),
    **dict.fromkeys(_NUMBER.split(" "), ("integer", "number")),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems"), ("array",)),
    **dict.fromkeys(("minProperties", "maxProperties"), ("object",)),
}


def changes(walk: Walk, old: Schema, new: Schema, roots: list[tuple[Node, Node]]) -> list[Change]:
    """The facts of all schemas that stand in the same place on both sides, below the roots; none is told by `walk` too."""
    pairing = _Pairing(
        old, new, {change.pointer_old for change in walk.changes if change.id not in _NOTHING_TOLD}, walk.same
    )
    for a, b in roots:
        pairing.follow(_raw(old, a), _raw(new, b))
    return pairing.found


@dataclass(slots=True)
class _Pairing:
    old: Schema
    new: Schema
    told: set[str]
    same: Callable[[str], bool]
    found: list[Change] = field(default_factory=list)
    met: set[tuple[str, str]] = field(default_factory=set)

    def follow(self, a: Node, b: Node) -> None:
        waiting = [(a, b)]
        while waiting:
            x, y = waiting.pop()
            x, y = _settled(self.old, x), _settled(self.new, y)
            if (x.pointer, y.pointer) in self.met or not (
                isinstance(x.raw, dict) and isinstance(y.raw, dict)
            ):
                continue
            self.met.add((x.pointer, y.pointer))
            text = common_text(x.raw, y.raw)
            if text is not None and self.same(text):
                continue
            self._facts(x, x.raw, y, y.raw)
            waiting.extend(reversed(list(_below(x, y))))

    def _facts(self, a: Node, x: Mapping[str, Any], b: Node, y: Mapping[str, Any]) -> None:
        self._discriminator(a, x.get("discriminator"), b, y.get("discriminator"))
        self._idle(a, x, b, y)
        for keyword in _ALTERNATIVES:
            if keyword in x and keyword in y:
                self._names(a, b, keyword, "alternative")
        if "oneOf" in y and "oneOf" not in x and "properties" in x:
            self._say("wrapped-in-one-of", a, b, "oneOf", after=y["oneOf"])
        if "oneOf" in x and "oneOf" not in y and "properties" in y:
            self._say("unwrapped-from-one-of", a, b, "oneOf", before=x["oneOf"])
        self._names(a, b, "allOf", "part")
        self._extensible(a, x, b, y)
        for keyword, how in constraint.differences(x, y):
            if f"{a.pointer}/{constraint.KEYWORDS[keyword]}" not in self.told:
                shown = ({keyword: z[keyword]} if keyword in z else ABSENT for z in (x, y))
                self._say(f"constraint-{how}", a, b, keyword, *shown)

    def _say(
        self, kind: str, a: Node, b: Node, below: str, before: Any = ABSENT, after: Any = ABSENT
    ) -> None:
        self.found.append(Change(kind, f"{a.pointer}/{below}", f"{b.pointer}/{below}", before, after))

    def _discriminator(self, a: Node, x: Any, b: Node, y: Any) -> None:
        if not isinstance(x, dict) or not isinstance(y, dict):
            if isinstance(x, dict) != isinstance(y, dict):
                how = "removed" if isinstance(x, dict) else "added"
                self._say(f"discriminator-{how}", a, b, "discriminator", x or ABSENT, y or ABSENT)
            return
        before, after = x.get("propertyName"), y.get("propertyName")
        if before != after:
            self._say("discriminator-property-changed", a, b, "discriminator/propertyName", before, after)
        olds, news = (m if isinstance(m, dict) else {} for m in (x.get("mapping"), y.get("mapping")))
        for name in {**olds, **news}:
            if olds.get(name) != news.get(name):
                how = "added" if name not in olds else "removed" if name not in news else "changed"
                at = "discriminator/mapping"
                shown = (
                    {name: olds[name]} if name in olds else ABSENT,
                    {name: news[name]} if name in news else ABSENT,
                )
                self._say(f"discriminator-mapping-{how}", a, b, at, *shown)

    def _idle(self, a: Node, x: Mapping[str, Any], b: Node, y: Mapping[str, Any]) -> None:
        declared = x.get("type")
        if not isinstance(declared, str) or declared != y.get("type"):
            return
        for keyword, types in _TYPES_OF.items():
            if declared in types or not (keyword in x or keyword in y):
                continue
            before, after = x.get(keyword, ABSENT), y.get(keyword, ABSENT)
            if before is ABSENT or after is ABSENT or key(before) != key(after):
                shown = ({keyword: v} if v is not ABSENT else ABSENT for v in (before, after))
                self._say("idle-keyword-changed", a, b, keyword, *shown)

    def _names(self, a: Node, b: Node, keyword: str, what: str) -> None:
        """Members that are on one side only: by name where they have one, else by what they say."""
        olds, news = _members(a, keyword), _members(b, keyword)
        if len(olds) == len(news):  # a part without a name that changed is still that part
            olds, news = ({k: n for k, n in side.items() if isinstance(k, str)} for side in (olds, news))
        for identity, member in olds.items():
            if identity not in news and member.pointer not in self.told:
                self.found.append(
                    Change(f"named-{what}-removed", member.pointer, f"{b.pointer}/{keyword}", member.raw)
                )
        for identity, member in news.items():
            if identity not in olds:
                self.found.append(
                    Change(
                        f"named-{what}-added", f"{a.pointer}/{keyword}", member.pointer, ABSENT, member.raw
                    )
                )

    def _extensible(self, a: Node, x: Mapping[str, Any], b: Node, y: Mapping[str, Any]) -> None:
        before, after = x.get("x-extensible-enum"), y.get("x-extensible-enum")
        if not (isinstance(before, list) and isinstance(after, list)):
            return
        olds, news = {key(value) for value in before}, {key(value) for value in after}
        gone = [value for value in before if key(value) not in news]
        come = [value for value in after if key(value) not in olds]
        if gone:
            self._say("extensible-values-removed", a, b, "x-extensible-enum", gone)
        if come:
            self._say("extensible-values-added", a, b, "x-extensible-enum", ABSENT, come)


def _raw(schema: Schema, node: Node) -> Node:
    """The node as the document has it: a view leaves out what says nothing about values."""
    return Node(node.pointer, stands_at(schema.data, node.pointer))


def _settled(schema: Schema, node: Node) -> Node:
    """What a reference leads to; a node with more than that is itself."""
    for _ in range(_MAX_HOPS):
        if not (isinstance(node.raw, dict) and isinstance(node.raw.get("$ref"), str) and len(node.raw) == 1):
            break
        target = schema.target(node.raw["$ref"])
        if target is None:
            break
        node = target
    return node


def _below(a: Node, b: Node) -> Iterator[tuple[Node, Node]]:
    """The schemas under both that stand in the same place: under the same name, or the same number where there is no name."""
    olds = {_identity(a, keyword, node): node for keyword, node in children(a)}
    for keyword, node in children(b):
        match = olds.get(_identity(b, keyword, node))
        if match is not None:
            yield match, node


def _identity(around: Node, keyword: str, node: Node) -> tuple[str, str]:
    if (
        keyword in (*_ALTERNATIVES, "allOf")
        and isinstance(node.raw, dict)
        and isinstance(node.raw.get("$ref"), str)
    ):
        return keyword, node.raw["$ref"]
    return keyword, node.pointer.removeprefix(around.pointer)


def _members(node: Node, keyword: str) -> dict[Any, Node]:
    """The members of a combination that say something, by their name or by all they say."""
    found: dict[Any, Node] = {}
    for place, member in children(node):
        if place != keyword or not isinstance(member.raw, dict):
            continue
        ref = member.raw.get("$ref")
        if isinstance(ref, str):
            found[ref] = member
        elif keyword == "allOf" and set(member.raw) - {
            "title",
            "description",
            "example",
            "examples",
            "deprecated",
        }:
            found[key(member.raw)] = member
    return found
