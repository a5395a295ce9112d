# SPDX-License-Identifier: Apache-2.0
"""What do the traits of an AsyncAPI document say? Each operation and message as it is when its traits are applied to it.

AsyncAPI 2.x (Operation Object and Message Object, `traits`): they are merged into the target by JSON Merge Patch (RFC 7386)
in the order in which they are listed, so the last trait wins. AsyncAPI 3.0 (Traits Merge Mechanism): the same, but what the
target says itself is never overridden. References of traits, and of what is merged, are followed.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from registry.api.element import Element
from registry.effort import spend
from registry.json_lines import escape
from registry.schema import Schema

_ANY = "*"
_MESSAGES = (
    ("components", "messages", _ANY),
    *((*around, "messages", _ANY) for around in (("channels", _ANY), ("components", "channels", _ANY))),
    *(
        (*around, action, *message)
        for around in (("channels", _ANY), ("components", "channels", _ANY))
        for action in ("publish", "subscribe")
        for message in (("message",), ("message", "oneOf", _ANY))
    ),
)
_OPERATIONS = (
    *(("channels", _ANY, action) for action in ("publish", "subscribe")),
    *(("components", "channels", _ANY, action) for action in ("publish", "subscribe")),
    ("operations", _ANY),
    ("components", "operations", _ANY),
)


def applied(document: Schema) -> Schema:
    """The document with every operation and message as its traits leave it; the same one where nothing has any.

    What comes from a trait as a whole is a reference to where it stands, so that it is shown there; what is merged of several
    stands in the target. Costs a step for each member that is merged, once, which is when the document is read; raises
    SpentError.
    """
    if "traits applied" not in document.memo:
        document.memo["traits applied"] = _applied(document)
    made: Schema = document.memo["traits applied"]
    return made


def _applied(document: Schema) -> Schema:
    data: Any = document.data
    edition = data.get("asyncapi") if isinstance(data, dict) else None
    if not isinstance(edition, str):
        return document
    wins = _last_wins if edition.startswith("2.") else _target_wins
    for steps in (*_MESSAGES, *_OPERATIONS):
        data = _replaced(Element(document, "", data), steps, wins)
    return document if data is document.data else Schema(data, document.dialect)


def _replaced(here: Element, steps: tuple[str, ...], wins: Callable[[Element], Any]) -> Any:
    """What stands here, with the targets below those steps as their traits leave them; the same value where none has any."""
    data: Any = here.data
    if not steps:
        return wins(here) if isinstance(here.value("traits"), list) else data
    if not isinstance(data, dict | list):
        return data
    members = dict(data) if isinstance(data, dict) else dict(enumerate(data))
    changed = {}
    for name, before in members.items():
        if steps[0] in (_ANY, name):
            below = Element(here.document, f"{here.pointer}/{escape(str(name))}", before)
            after = _replaced(below, steps[1:], wins)
            if after is not before:
                changed[name] = after
    if not changed:
        return data
    made = {**members, **changed}
    return made if isinstance(data, dict) else list(made.values())


def _last_wins(target: Element) -> Any:
    said: Any = target.fields
    for trait in target.listed("traits"):
        said = _patched(target.document, said, _by_reference(trait))
    return said


def _target_wins(target: Element) -> Any:
    said: Any = {}
    for trait in target.listed("traits"):
        said = _patched(target.document, said, _by_reference(trait))
    return _patched(target.document, said, target.fields)


def _by_reference(trait: Element) -> dict[str, Any]:
    """The members of a trait; objects as references to where they stand."""
    return {
        name: {"$ref": f"#{quote(f'{trait.pointer}/{escape(name)}')}"}
        if isinstance(value, dict) and "$ref" not in value
        else value
        for name, value in trait.fields.items()
    }


def _patched(document: Schema, target: Any, patch: Any) -> Any:
    """The target after a JSON Merge Patch: null removes, objects are merged, everything else replaces what was there."""
    under, over = _settled(document, target), _settled(document, patch)
    if under is over or not (isinstance(under, dict) and isinstance(over, dict)):
        return patch
    spend(len(under) + len(over))
    made = dict(under)
    for name, value in over.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _patched(document, made[name], value) if name in made else value
    return made


def _settled(document: Schema, value: Any) -> Any:
    """The value itself, or what it refers to."""
    return Element(document, "", value).settled().data
