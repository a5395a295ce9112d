# SPDX-License-Identifier: Apache-2.0
"""Which contract do these payloads keep? A draft for a person to finish: nobody writes eighty contracts by hand.

What was observed stands beside each field, so that whoever reviews the draft sees the evidence: how often a field came, in which
values, from how many payloads. The draft promises only what held in every payload; what is likely but not certain, such as a short
list of values, is proposed and not asserted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.dialect import DRAFT_2020_12
from registry.domain import atoms_of
from registry.json_lines import escape
from registry.masking import MASKED

OWNER_TODO = "TODO: name the owner, the steward and the domain; then read every field, and say what it means"

_MOST_NAMES = 200  # an object with more names is a map, whose names are data
_MOST_VALUES = 40
_MOST_LISTED = 10
_LEAST_EVIDENCE = 20  # payloads, before a list of values is worth proposing
_REPEATED = 4  # times a listed value must come on average
_EXAMPLES = 3
_LONGEST_EXAMPLE = 80
_SHARE_DIGITS = 4

_FORMATS = (
    ("date-time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")),
    ("date", re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")),
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
    ("uri", re.compile(r"[a-z][a-z0-9+.-]*://\S+")),
)
_PATTERNS = (
    ("decimal money text", re.compile(r"-?\d{1,15}\.\d{2,4}"), r"^-?\d{1,15}\.\d{2,4}$"),
    ("currency code", re.compile(r"[A-Z]{3}"), r"^[A-Z]{3}$"),
)
_CURRENCY = re.compile(r"currency|_ccy$|Currency")


@dataclass(slots=True)
class Seen:
    """Everything observed at one place of the payloads. It grows as payloads are added; its size stays bounded."""

    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    members: dict[str, "Seen"] = field(default_factory=dict)
    others: "Seen | None" = None
    items: "Seen | None" = None
    values: Counter[Any] = field(default_factory=Counter)
    many: bool = False
    shapes: set[str] | None = None

    def add(self, value: Any) -> None:
        """One more value at this place."""
        self.count += 1
        kind = atoms_of(value)
        self.kinds[kind] += 1
        match value:
            case dict():
                for name, item in value.items():
                    self._member(name).add(item)
            case list():
                self.items = self.items or Seen()
                for item in value:
                    self.items.add(item)
            case None | bool():
                pass
            case _:
                self._scalar(value)

    def _member(self, name: str) -> "Seen":
        if name in self.members or len(self.members) < _MOST_NAMES:
            return self.members.setdefault(name, Seen())
        self.others = self.others or Seen()
        return self.others

    def _scalar(self, value: Any) -> None:
        if isinstance(value, str):
            fitting = _shapes(value)
            self.shapes = fitting if self.shapes is None else self.shapes & fitting
        if value in self.values or len(self.values) < _MOST_VALUES:
            self.values[value] += 1
        else:
            self.many = True


def infer(
    payloads: Iterable[Any], *, subject: str = "", classes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A draft contract, JSON Schema 2020-12, of the payloads; of none at all, one that promises nothing.

    Names stand in the order they were first seen. `classes` are known data classes by the field's pointer, `*` for any item
    (`/lines/*/account`): what is confidential or personal, there or inside, is described without its values. The same payloads
    in the same order give the same draft.
    """
    root = Seen()
    for payload in payloads:
        root.add(payload)
    title = subject.replace("-", " ").replace("_", " ").capitalize()
    drafting = _Draft(dict(classes or {}))
    return {
        "$schema": DRAFT_2020_12.uri,
        "title": title or "Draft",
        "description": f"Drafted from {root.count} observed payloads.",
        "$comment": OWNER_TODO,
        "x-throughline": {
            "subject": subject,
            "version": "0.1.0",
            "lifecycle": "draft",
            "compatibility": "BACKWARD",
            "owner": "",
            "steward": "",
            "domain": "",
            "audience": "",
        },
        **drafting.schema(root, root.count, "", hidden=False),
    }


@dataclass(frozen=True, slots=True)
class _Draft:
    classes: dict[str, str]

    def schema(self, seen: Seen, around: int, pointer: str, *, hidden: bool) -> dict[str, Any]:
        """The schema of one place; `around` is how many times what holds it was seen."""
        known = self.classes.get(pointer)
        hidden = hidden or known in MASKED
        made: dict[str, Any] = {"type": _types(seen)} if seen.count else {}
        if known is not None:
            made["x-classification"] = known
        if seen.kinds["string"] and set(seen.kinds) <= {"string", "null"}:
            made |= _text(seen, pointer)
        if seen.kinds["object"]:
            made |= self._object(seen, pointer, hidden=hidden)
        if seen.kinds["array"]:
            inner = seen.items
            made["items"] = (
                self.schema(inner, inner.count, f"{pointer}/*", hidden=hidden)
                if inner is not None and inner.count
                else {}
            )
        made["x-observed"] = _evidence(seen, around, made, hidden=hidden)
        return made

    def _object(self, seen: Seen, pointer: str, *, hidden: bool) -> dict[str, Any]:
        objects = seen.kinds["object"]
        made: dict[str, Any] = {}
        required = [name for name, inner in seen.members.items() if inner.count == objects]
        if required:
            made["required"] = required
        made["properties"] = {
            name: self.schema(inner, objects, f"{pointer}/{escape(name)}", hidden=hidden)
            for name, inner in seen.members.items()
        }
        if seen.others is not None:
            # So many names are data, not fields: what they hold is described once.
            everyone = [*seen.members.values(), seen.others]
            merged = _merged(everyone)
            made = {"additionalProperties": self.schema(merged, objects, f"{pointer}/*", hidden=hidden)}
        return made


def _merged(many: Iterable[Seen]) -> Seen:
    """What was seen at several places, as if it were one."""
    whole = Seen()
    for each in many:
        whole.count += each.count
        whole.kinds += each.kinds
        whole.values += each.values
        whole.many = whole.many or each.many or len(whole.values) > _MOST_VALUES
        if each.shapes is not None:
            whole.shapes = each.shapes if whole.shapes is None else whole.shapes & each.shapes
        if each.items is not None:
            whole.items = _merged([each.items] if whole.items is None else [whole.items, each.items])
        for name, inner in each.members.items():
            present = whole.members.get(name)
            whole.members[name] = inner if present is None else _merged([present, inner])
    return whole


def _types(seen: Seen) -> str | list[str]:
    """The types in the order of their frequency; a whole number among fractions is a number."""
    kinds = Counter(seen.kinds)
    if kinds["fraction"]:
        kinds["number"] = kinds.pop("fraction") + kinds.pop("integer", 0)
    names = [kind for kind, count in sorted(kinds.items(), key=lambda each: (-each[1], each[0])) if count]
    return names[0] if len(names) == 1 else names


def _shapes(text: str) -> set[str]:
    found = {name for name, shape in _FORMATS if shape.fullmatch(text)}
    return found | {name for name, shape, _ in _PATTERNS if shape.fullmatch(text)}


def _text(seen: Seen, pointer: str) -> dict[str, Any]:
    """The format that all texts have, or the pattern of money and currencies."""
    shapes = seen.shapes or set()
    for name, _ in _FORMATS:
        if name in shapes:
            return {"format": name}
    for name, _, written in _PATTERNS:
        if name in shapes and (name != "currency code" or _CURRENCY.search(pointer)):
            return {"pattern": written}
    return {}


def _evidence(seen: Seen, around: int, made: dict[str, Any], *, hidden: bool) -> dict[str, Any]:
    evidence: dict[str, Any] = {"count": seen.count}
    if around:
        evidence["share"] = round(seen.count / around, _SHARE_DIGITS) if seen.count < around else 1
    if len(seen.kinds) > 1:
        evidence["types"] = dict(seen.kinds.most_common())
    if hidden:
        evidence["masked"] = True
        return evidence
    texts = list(seen.values)
    shown = sorted(texts, key=lambda value: (-seen.values[value], str(value)))
    examples = [value for value in shown if len(str(value)) <= _LONGEST_EXAMPLE][:_EXAMPLES]
    if examples:
        evidence["examples"] = examples
    if _is_short_list(seen, texts, made):
        evidence["proposedEnum"] = [{"value": value, "count": seen.values[value]} for value in shown]
    return evidence


def _is_short_list(seen: Seen, texts: list[Any], made: dict[str, Any]) -> bool:
    """Whether the values look like a list somebody chose: few, each met again and again, and no amounts or instants."""
    met = sum(seen.values[value] for value in texts)
    return (
        not seen.many
        and bool(texts)
        and all(isinstance(value, str) for value in texts)
        and not {"format", "pattern"} & made.keys()
        and len(texts) <= _MOST_LISTED
        and met >= max(_LEAST_EVIDENCE, _REPEATED * len(texts))
    )
