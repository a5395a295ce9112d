# SPDX-License-Identifier: Apache-2.0
"""Documents made with an eye on what two schemas say: near their limits, with their words, names and alternatives."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from itertools import islice
from random import Random
from typing import Any

from bench.payloads.schema_writer import NAMES, NUMBERS, WORDS
from registry.json_value import key
from registry.witness.automaton import texts

_LIKE = {
    **dict.fromkeys("ab", "abcdefgh"),
    **dict.fromkeys("AB", "ABCDEFGH"),
    **dict.fromkeys("012", "0123456789"),
}
"""Letters that may stand for the few that texts of a pattern are made of."""

_KINDS = ("string", "integer", "number", "boolean", "null", "object", "array")


class Author:
    """Makes documents for a pair of schemas. `root` is the one it follows; words and numbers come from both."""

    def __init__(self, random: Random, root: dict[str, Any], other: dict[str, Any]) -> None:
        self.random, self.root = random, root
        self.words, self.numbers, self.names = set(WORDS), set(NUMBERS), set(NAMES)
        self.sizes = {0, 1, 2}
        for each in (root, other):
            self._learn(each)
        self.all_words, self.all_numbers = sorted(self.words), sorted(self.numbers)
        self.all_names, self.all_sizes = sorted(self.names), sorted(n for n in self.sizes if n < 12)

    def _learn(self, value: Any) -> None:
        if isinstance(value, bool):
            return
        if isinstance(value, int | float):
            self.numbers |= {value, value + 1, value - 1, value + 0.5}
            self.sizes |= {int(n) for n in (value - 1, value, value + 1) if 0 <= n < 12}
        elif isinstance(value, str):
            self.words.add(value)
        elif isinstance(value, list):
            for item in value:
                self._learn(item)
        elif isinstance(value, dict):
            for keyword, item in value.items():
                if keyword in (
                    "properties",
                    "dependentRequired",
                    "dependentSchemas",
                    "dependencies",
                ) and isinstance(item, dict):
                    self.names |= item.keys()
                self._learn(item)

    def valid(
        self, count: int, is_valid: Callable[[Any], bool], tries: int, seeds: Iterable[Any] = ()
    ) -> Iterator[Any]:
        """Up to so many different documents that pass, out of so many tries; those found, and the seeds, are varied for more."""
        found = {key(seed): seed for seed in map(_floats, seeds) if is_valid(seed)}
        yield from list(found.values())[:count]
        for _ in range(tries):
            if len(found) >= count:
                return
            made = self.document(self.root, 5)
            if found and self.random.random() < 0.7:
                made = self._crossed(self.random.choice(list(found.values())), made)
            if key(made) not in found and is_valid(made):
                found[key(made)] = made
                yield made

    def _crossed(self, known: Any, fresh: Any) -> Any:
        """A document that passed, with one thing of a fresh one in it, or one thing less; inside one of its members mostly."""
        random = self.random
        if isinstance(known, dict) and known:
            name = random.choice(sorted(known))
            draw = random.random()
            if draw < 0.15:
                return {n: v for n, v in known.items() if n != name}
            other = fresh if isinstance(fresh, dict) else {}
            if draw < 0.3 and other:
                return {**known, (more := random.choice(sorted(other))): other[more]}
            return {**known, name: self._crossed(known[name], other.get(name, self.anything(1)))}
        if isinstance(known, list) and known:
            index = random.randrange(len(known))
            item = self._crossed(
                known[index], random.choice(fresh) if isinstance(fresh, list) and fresh else fresh
            )
            return [*known[:index], item, *known[index + 1 :]]
        return fresh

    def document(self, schema: Any, depth: int) -> Any:
        """One document; mostly what the schema wants, sometimes not."""
        random = self.random
        if not isinstance(schema, dict) or depth < 0 or random.random() < 0.04:
            return self.anything(depth)
        merged = self._merged(schema, 0)
        if "const" in merged and random.random() < 0.9:
            return merged["const"]
        if merged.get("enum") and random.random() < 0.9:
            return random.choice(merged["enum"])
        kind = self._kind(merged)
        if kind == "object":
            return self._object(merged, depth)
        if kind == "array":
            return self._array(merged, depth)
        return self._plain(kind, merged)

    def _merged(self, schema: dict[str, Any], level: int) -> dict[str, Any]:
        """The schema with one alternative of each choice written into it."""
        made = {**schema}
        parts: list[Any] = []
        for keyword in ("$ref", "$dynamicRef"):
            if keyword in schema:
                parts.append(
                    self.root.get("definitions", {}).get(str(schema[keyword]).rsplit("/", 1)[-1].lstrip("#"))
                )
        if "$recursiveRef" in schema:
            parts.append(self.root)
        parts += schema.get("allOf", [])
        parts += [self.random.choice(schema[k]) for k in ("anyOf", "oneOf") if schema.get(k)]
        parts += [schema[k] for k in ("then", "else", "if") if k in schema and self.random.random() < 0.5]
        for keyword in ("dependentSchemas", "dependencies"):
            parts += [s for s in schema.get(keyword, {}).values() if isinstance(s, dict)]
        for part in parts:
            if isinstance(part, dict) and level < 4:
                self._merge(made, self._merged(part, level + 1))
        return made

    @staticmethod
    def _merge(made: dict[str, Any], part: dict[str, Any]) -> None:
        for keyword, value in part.items():
            if keyword in ("properties", "patternProperties") and keyword in made:
                made[keyword] = {**value, **made[keyword]}
            elif keyword == "required" and keyword in made:
                made[keyword] = [*made[keyword], *value]
            else:
                made.setdefault(keyword, value)

    def _kind(self, merged: dict[str, Any]) -> str:
        said = merged.get("type")
        if isinstance(said, list):
            return str(self.random.choice(said)) if said else "null"
        if isinstance(said, str):
            return said
        if {"properties", "required", "patternProperties", "minProperties"} & merged.keys():
            return "object"
        if {
            "items",
            "prefixItems",
            "contains",
            "minItems",
            "additionalItems",
            "unevaluatedItems",
        } & merged.keys():
            return "array"
        if {"minLength", "maxLength", "pattern"} & merged.keys():
            return "string"
        if {"minimum", "maximum", "multipleOf"} & merged.keys():
            return "number"
        return self.random.choice(_KINDS)

    def _object(self, merged: dict[str, Any], depth: int) -> dict[str, Any]:
        random, known = self.random, merged.get("properties", {})
        names = {n for n in known if random.random() < 0.6} | set(merged.get("required", ()))
        free = merged.get("additionalProperties", True) is not False
        if random.random() < (0.5 if free else 0.1):
            names |= set(random.sample(self.all_names, min(len(self.all_names), random.randint(1, 3))))
        if merged.get("patternProperties") and random.random() < 0.5:
            names.add(random.choice(("x", "x_ref", "a", "ab", "a_b", "xa")))
        for name, wanted in {**merged.get("dependentRequired", {}), **merged.get("dependencies", {})}.items():
            if name in names and isinstance(wanted, list) and random.random() < 0.8:
                names |= set(wanted)
        if random.random() < 0.08 and names:
            names.discard(random.choice(sorted(names)))
        rest = merged.get("additionalProperties", True)
        return {
            name: self.document(known.get(name, self._by_pattern(merged, name, rest)), depth - 1)
            for name in sorted(names)
        }

    @staticmethod
    def _by_pattern(merged: dict[str, Any], name: str, rest: Any) -> Any:
        for text, schema in merged.get("patternProperties", {}).items():
            plain = text.strip("^$")
            if (
                (plain in ("x", "a") and name.startswith(plain))
                or (plain == "_" and "_" in name)
                or "[" in plain
            ):
                return schema
        return rest

    def _array(self, merged: dict[str, Any], depth: int) -> list[Any]:
        random = self.random
        first = merged.get("prefixItems") or (
            merged["items"] if isinstance(merged.get("items"), list) else []
        )
        rest = (
            merged.get("additionalItems", True)
            if isinstance(merged.get("items"), list)
            else merged.get("items", True)
        )
        low = int(merged.get("minItems", 0))
        sizes = [n for n in self.all_sizes if n >= low][:4] or [low]
        size = random.choice(sizes) if random.random() < 0.9 else low + random.randint(0, 9)
        made = [self.document(first[i] if i < len(first) else rest, depth - 1) for i in range(size)]
        if "contains" in merged:
            for index in range(random.randint(0, max(int(merged.get("minContains", 1)), 1) + 1)):
                item = self.document(merged["contains"], depth - 1)
                made[index : index + 1] = [item]
        if made and random.random() < 0.15:
            made.append(random.choice(made))
        return made

    def _plain(self, kind: str, merged: dict[str, Any]) -> Any:
        random = self.random
        match kind:
            case "string":
                return self._text(merged)
            case "integer":
                step = merged.get("multipleOf", 1)
                if random.random() < 0.4:
                    return int(step * random.randint(-300, 300))
                return int(random.choice([*self.all_numbers, *range(-3, 13)]))
            case "number":
                step = merged.get("multipleOf", 1)
                if "multipleOf" not in merged and random.random() < 0.4:
                    low, high = merged.get("minimum", -50), merged.get("maximum", 50)
                    return round(random.uniform(float(low), float(high)), 2)
                if random.random() < 0.7:
                    return _number(step * random.randint(*random.choice(((-4, 12), (-300, 300)))))
                return _number(random.choice(self.all_numbers))
            case "boolean":
                return random.random() < 0.5
            case _:
                return None

    def _text(self, merged: dict[str, Any]) -> str:
        """A word of the schemas, some letters, or what the pattern asks for."""
        random, draw = self.random, self.random.random()
        if "pattern" in merged and draw < 0.5:
            return random.choice(
                _matching(merged["pattern"], int(merged.get("minLength", 0))) or self.all_words
            )
        if draw < 0.7:
            return random.choice(self.all_words)
        low = int(merged.get("minLength", 0))
        size = low if low == merged.get("maxLength") else random.choice([low, low + 1, *self.all_sizes])
        return "".join(random.choice("abcdefxyzABZ0189_-") for _ in range(size))

    def anything(self, depth: int) -> Any:
        """Any value."""
        random = self.random
        draw = random.random()
        if draw < 0.2 and depth > 0:
            return [self.anything(depth - 1) for _ in range(random.randint(0, 3))]
        if draw < 0.4 and depth > 0:
            return {n: self.anything(depth - 1) for n in random.sample(self.all_names, random.randint(0, 3))}
        return self._plain(random.choice(("string", "integer", "number", "boolean", "null")), {})


@cache
def _matching(pattern: str, least: int) -> list[str]:
    """Some hundred texts that match."""
    return list(islice(texts((pattern,), (), least, None, steps=3000, alike=40), 300))


def _number(value: float) -> Any:
    return int(value) if value == int(value) else value


def _floats(value: Any) -> Any:
    """The value with floats for decimals, as other validators want it."""
    if isinstance(value, dict):
        return {name: _floats(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_floats(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def parts_dropped(value: Any) -> Iterator[Any]:
    """The value without one member or item, for each one."""
    if isinstance(value, dict):
        for name in value:
            yield {n: v for n, v in value.items() if n != name}
            yield from ({**value, name: less} for less in parts_dropped(value[name]))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
            yield from ([*value[:index], less, *value[index + 1 :]] for less in parts_dropped(value[index]))
