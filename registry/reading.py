# SPDX-License-Identifier: Apache-2.0
"""Does a change touch what a reader reads? Places in a schema become places in a payload, and those meet the fields read.

A change is left aside only when it is proven to be about something else; what cannot be placed concerns every reader.
"""

from collections.abc import Iterator

from registry.change import ABSENT, Change
from registry.document import Document
from registry.json_lines import escape
from registry.schema import Node, Schema, children

BUDGET = 20_000

_SAME = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies", "propertyNames", "contentSchema"))  # fmt: skip
_ANY = frozenset(("additionalProperties", "unevaluatedProperties", "patternProperties", "items", "additionalItems", "unevaluatedItems", "contains"))  # fmt: skip
_DYNAMIC = ("$dynamicRef", "$recursiveRef")
_SHARED = ("components", "servers", "security", "channels")

Places = dict[str, set[str]]


def touches(old: Document, new: Document, change: Change, fields: tuple[str, ...]) -> bool:
    """Whether the change may matter to somebody who reads only `fields`; without fields, everything is read."""
    if not fields or change.id in ("artefact-type-changed", "budget-spent"):
        return True
    if old.type != "json-schema":
        return any(_touches_api(pointer, fields) for pointer in (change.pointer_old, change.pointer_new))
    sides = [_places(old, change.pointer_old), _places(new, change.pointer_new)]
    if change.id.startswith("required-"):
        name = change.before if change.after is ABSENT else change.after
        if isinstance(name, str):
            sides = [side and {f"{place}/{escape(name)}" for place in side} for side in sides]
    # The value at fault lies at a place of either document, so a field must meet both.
    return all(side is None or _meet(side, fields) for side in sides) and not _others_only(
        old, new, change, fields
    )


def known(document: Document, field: str) -> bool:
    """Whether a field can stand in a payload of this contract; of an API, whether its document has such a place."""
    if document.type != "json-schema":
        return _has(document.data, field)
    places = _all_places(document.schema)
    return places is None or any(_same(field, place) for found in places.values() for place in found)


def _touches_api(pointer: str, fields: tuple[str, ...]) -> bool:
    first = pointer.split("/")[1:2]
    if not first or first[0] in _SHARED:
        return True  # shared by all operations: whose it is would have to be followed through
    return any(_overlap(pointer, field) for field in fields)


def _has(data: object, pointer: str) -> bool:
    here = data
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        else:
            return False
    return True


def _others_only(old: Document, new: Document, change: Change, fields: tuple[str, ...]) -> bool:
    """A change of what is said of members nobody names, while all that is read is named on both sides."""
    if not change.id.startswith("additional-properties-"):
        return False
    for document, pointer in ((old, change.pointer_old), (new, change.pointer_new)):
        holder = pointer.rpartition("/")[0]
        target = document.schema.target(f"#{holder}")
        raw = target.raw if target is not None else None
        names = raw.get("properties", {}) if isinstance(raw, dict) else {}
        for place in _places(document, holder) or {""}:
            depth = len(place.split("/"))
            for field in fields:
                parts = field.split("/")
                if not _overlap(place, field):
                    continue
                if len(parts) <= depth or parts[depth].replace("~1", "/").replace("~0", "~") not in names:
                    return False
    return True


def _places(document: Document, pointer: str) -> set[str] | None:
    """Where in a payload the schema at the pointer, or the nearest around it, applies; None: it may be anywhere."""
    places = _all_places(document.schema)
    if places is None:
        return None
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    return places.get(pointer)


def _all_places(schema: Schema) -> Places | None:
    memo = schema.memo
    if "places" not in memo:
        memo["places"] = _walked(schema)
    found: Places | None = memo["places"]
    return found


def _walked(schema: Schema) -> Places | None:
    places: Places = {}
    # A node with its place, and where on the way each schema was first entered.
    waiting: list[tuple[Node, str, dict[str, str]]] = [(schema.root, "", {})]
    entrances: set[str] = set()
    for _ in range(BUDGET):
        if not waiting:
            _spread(places, entrances)
            return places
        node, place, on_way = waiting.pop()
        if node.pointer in on_way:
            entrances.add(on_way[node.pointer])
            continue
        met = places.setdefault(node.pointer, set())
        if place in met:
            continue
        met.add(place)
        if isinstance(node.raw, dict):
            if any(keyword in node.raw for keyword in _DYNAMIC):
                return None
            way = {**on_way, node.pointer: place}
            waiting += [(inner, where, way) for inner, where in _inside(schema, node, place)]
    return None


def _inside(schema: Schema, node: Node, place: str) -> Iterator[tuple[Node, str]]:
    assert isinstance(node.raw, dict)
    ref = node.raw.get("$ref")
    target = schema.target(ref) if isinstance(ref, str) else None
    if target is not None:
        yield target, place
    for keyword, inner in children(node):
        if inner.raw is False:
            continue  # nothing can stand there
        last = inner.pointer.rpartition("/")[2]
        if keyword == "properties" or keyword == "prefixItems":
            yield inner, f"{place}/{last}"
        elif keyword in _ANY:
            yield inner, f"{place}/*"
        elif keyword in _SAME:
            yield inner, place


def _spread(places: Places, entrances: set[str]) -> None:
    """What lies below a schema that contains itself may stand anywhere below the place where that was first entered."""
    for found in places.values():
        found |= {
            entrance
            for entrance in entrances
            if any(place == entrance or place.startswith(f"{entrance}/") for place in found)
        }


def _meet(places: set[str], fields: tuple[str, ...]) -> bool:
    return any(_overlap(place, field) for place in places for field in fields)


def _overlap(one: str, other: str) -> bool:
    """Whether one lies at, in or around the other."""
    return all(a == b or "*" in (a, b) for a, b in zip(one.split("/"), other.split("/"), strict=False))


def _same(one: str, other: str) -> bool:
    return one.count("/") == other.count("/") and _overlap(one, other)
