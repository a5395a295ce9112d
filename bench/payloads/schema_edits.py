# SPDX-License-Identifier: Apache-2.0
"""The edits people make to a schema: a limit moved, a value more, a property less, a keyword put in or taken out."""

from bench.payloads.schema_writer import MAKERS, NAMES, USUAL, Made, Writer


def edit_focus(writer: Writer, place: Made, focus: str) -> str:
    """One edit of the keyword at the place: put in, taken out or changed. Comes back as words."""
    if focus not in place:
        writer.put(place, focus, 1)
        return f"added {focus}"
    if writer.random.random() < 0.25 and focus not in ("properties",):
        del place[focus]
        return f"removed {focus}"
    return _retune(writer, place, focus)


def _retune(writer: Writer, place: Made, keyword: str) -> str:
    """A small change of the value: a step, an item more or less, a change inside."""
    random, value = writer.random, place[keyword]
    if isinstance(value, bool):
        place[keyword] = not value
    elif isinstance(value, int | float):
        place[keyword] = (
            value * 2
            if keyword == "multipleOf" and random.random() < 0.5
            else max(
                value + random.choice((-1, 1, 2)),
                1
                if keyword == "multipleOf"
                else 0
                if keyword[:3] in ("min", "max")
                and keyword[3].isupper()
                and keyword not in ("minimum", "maximum")
                else -9,
            )
        )
    elif isinstance(value, list) and value:
        _retune_list(writer, place, keyword)
    elif isinstance(value, dict) and keyword in (
        "properties",
        "patternProperties",
        "dependentSchemas",
        "dependentRequired",
        "dependencies",
    ):
        _retune_map(writer, value, keyword)
    elif isinstance(value, dict):
        inner = _random_place(writer, value)
        return f"{keyword}: {_edit_place(writer, inner)}"
    else:
        writer.put(place, keyword, 1)
    return f"changed {keyword}"


def _retune_list(writer: Writer, place: Made, keyword: str) -> None:
    random, value = writer.random, place[keyword]
    schemas = (
        [item for item in value if isinstance(item, dict)]
        if keyword not in ("enum", "required", "type")
        else []
    )
    if schemas and random.random() < 0.5:
        _edit_place(writer, random.choice(schemas))
    elif len(value) > 1 and random.random() < 0.5:
        value.pop(random.randrange(len(value)))
    else:
        more = MAKERS[keyword](writer, 0)
        more = [item for item in (more if isinstance(more, list) else [more]) if item not in value]
        place[keyword] = [*value, *more[:1]]


def _retune_map(writer: Writer, value: Made, keyword: str) -> None:
    random = writer.random
    name = random.choice(list(value))
    draw = random.random()
    if draw < 0.3 and len(value) > 1:
        del value[name]
    elif draw < 0.6 or not isinstance(value[name], dict):
        value.update(MAKERS[keyword](writer, 0))
    else:
        _edit_place(writer, value[name])


def edit(writer: Writer, document: Made) -> str:
    """One edit somewhere in the document. Comes back as words."""
    return _edit_place(writer, _random_place(writer, document))


def _edit_place(writer: Writer, place: Made) -> str:
    """One of the edits people make: to the properties, or to a keyword that fits the type."""
    random = writer.random
    kind = place.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" and random.random() < 0.7:
        return _edit_object(writer, place)
    present = [k for k in place if k in MAKERS and k not in ("properties", "$ref")]
    if present and random.random() < 0.6:
        keyword = random.choice(present)
        if random.random() < 0.3 and keyword != "type":
            del place[keyword]
            return f"removed {keyword}"
        return _retune(writer, place, keyword)
    usual = [k for k in USUAL.get(str(kind), ("title",)) if k in writer.known()]
    keyword = random.choice(usual or ["title"])
    writer.put(place, keyword, 0)
    return f"put {keyword}"


def _edit_object(writer: Writer, place: Made) -> str:
    random = writer.random
    properties = place.setdefault("properties", {})
    draw = random.random()
    if draw < 0.3:
        properties[random.choice(NAMES)] = writer.any(0)
        return "added a property"
    if draw < 0.45 and len(properties) > 1:
        del properties[random.choice(list(properties))]
        return "removed a property"
    if draw < 0.75:
        name = random.choice(list(properties) or ["id"])
        required = place.get("required", [])
        place["required"] = [n for n in required if n != name] if name in required else [*required, name]
        if not place["required"]:
            del place["required"]
        return "changed required"
    if draw < 0.85:
        place["additionalProperties"] = not place.get("additionalProperties", True)
        return "opened or closed"
    inner = [each for each in properties.values() if isinstance(each, dict)]
    return _edit_place(writer, random.choice(inner)) if inner else "nothing"


def _random_place(writer: Writer, document: Made) -> Made:
    """A schema somewhere in the document, nearer to its root mostly."""
    here = document
    if "definitions" in document and writer.random.random() < 0.25:
        here = writer.random.choice(list(document["definitions"].values()))
    while writer.random.random() < 0.6:
        inner = [
            item
            for keyword in ("properties", "patternProperties", "definitions")
            for item in here.get(keyword, {}).values()
            if isinstance(item, dict)
        ]
        inner += [
            here[k]
            for k in ("items", "additionalProperties", "contains", "not")
            if isinstance(here.get(k), dict)
        ]
        if not inner:
            break
        here = writer.random.choice(inner)
    return here
