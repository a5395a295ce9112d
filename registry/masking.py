# SPDX-License-Identifier: Apache-2.0
"""What of a payload may be shown? Values of confidential and personal fields keep their shape and lose what they say."""

import re
from collections.abc import Mapping
from typing import Any

from registry.fields import fields
from registry.json_lines import escape
from registry.schema import Schema

MASKED = frozenset(("confidential", "personal"))
"""Classes of fields whose values are never shown."""

_DIGIT, _LOWER, _UPPER = re.compile(r"\d"), re.compile(r"[^\W\d_A-Z]"), re.compile(r"[A-Z]")


def classes(schema: Schema) -> dict[str, str]:
    """The class of each field that states one, by its pointer; `*` stands for any item."""
    return {each.pointer: each.classification for each in fields(schema) if each.classification is not None}


def masked(payload: Any, classified: Mapping[str, str]) -> Any:
    """The payload with every digit of a masked text a 0, every letter an x, every number 0 and every flag false.

    What lies inside a masked field is masked too.

    >>> masked({"iban": "DE89 3704", "total": 12}, {"/iban": "confidential"})
    {'iban': 'XX00 0000', 'total': 12}
    """
    return _masked(payload, classified, "", hidden=False)


def _masked(value: Any, classified: Mapping[str, str], pointer: str, *, hidden: bool) -> Any:
    hidden = hidden or classified.get(pointer) in MASKED
    match value:
        case dict():
            return {
                name: _masked(item, classified, _below(pointer, name, classified), hidden=hidden)
                for name, item in value.items()
            }
        case list():
            return [_masked(item, classified, f"{pointer}/*", hidden=hidden) for item in value]
        case _:
            return _shape(value) if hidden else value


def _below(pointer: str, name: str, classified: Mapping[str, str]) -> str:
    own = f"{pointer}/{escape(name)}"
    known = own in classified or any(each.startswith(f"{own}/") for each in classified)
    anyone = f"{pointer}/*"
    return anyone if not known and anyone in classified else own


def _shape(value: Any) -> Any:
    match value:
        case str():
            return _UPPER.sub("X", _LOWER.sub("x", _DIGIT.sub("0", value)))
        case None:
            return None
        case bool():
            return False
        case _:
            return 0
