# SPDX-License-Identifier: Apache-2.0
"""What a rule may do to a value before it is a key, by name. Nothing is done that a rule does not declare.

A normaliser gives the new text, or None when the value does not have the form it needs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import re2

from collectors.keys.finding import Rejection
from terms.problem import ProblemError, did_you_mean

MAX_TEXT = 4_096  # characters an expression looks at; no business key stands behind more
_PATTERN_MEMORY = 1 << 20
_SFDC_SHORT, _SFDC_LONG = 15, 18
_SFDC_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

Change = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """One declared step. `reason` is what a value is refused for when it has not the form the step needs.

    A step that `looks_for_a_key` in a longer text, such as a path, may find none: then nothing is refused.
    """

    name: str
    argument: str
    apply: Change = field(repr=False, compare=False)
    reason: Rejection = "pattern"
    looks_for_a_key: bool = False


def salesforce_id(text: str) -> str | None:
    """The 18-character form of a Salesforce id, which does not depend on case; None when its check characters do not fit.

    The three last characters say which of each five are capitals (Salesforce: "ID Field Type").

    >>> salesforce_id("001D000000IqhSL")
    '001D000000IqhSLIAZ'
    >>> salesforce_id("001D000000IqhSLIAZ"), salesforce_id("001D000000IqhSLIAA"), salesforce_id("SO-1")
    ('001D000000IqhSLIAZ', None, None)
    """
    if len(text) not in (_SFDC_SHORT, _SFDC_LONG) or not (text.isascii() and text.isalnum()):
        return None
    head = text[:_SFDC_SHORT]
    check = "".join(
        _SFDC_LETTERS[sum(1 << place for place, letter in enumerate(part) if letter.isupper())]
        for part in (head[:5], head[5:10], head[10:])
    )
    return head + check if len(text) == _SFDC_SHORT or text[_SFDC_SHORT:].upper() == check else None


def without_leading_zeros(text: str) -> str | None:
    """The text without its leading zeros; nothing but zeros leaves one.

    >>> without_leading_zeros("0000100017"), without_leading_zeros("000")
    ('100017', '0')
    """
    return text.lstrip("0") or ("0" if text else "")


def digits_only(text: str) -> str | None:
    """The ASCII digits of the text; None when there are none.

    >>> digits_only("INV 2026/000-17"), digits_only("none")
    ('202600017', None)
    """
    return "".join(letter for letter in text if "0" <= letter <= "9") or None


@lru_cache(1_000)
def expression(text: str) -> Any:
    """A compiled RE2 expression, which takes time linear in what it reads. Raises ProblemError for one RE2 cannot take."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as error:
        raise ProblemError(
            f"the expression {text!r} cannot be used: {error}",
            do="write it without look-around and back-references, and shorter",
        ) from error


def _capture(pattern: str) -> Change:
    compiled = expression(pattern)
    if compiled.groups != 1:
        raise ProblemError(
            f"the expression {pattern!r} has {compiled.groups} groups",
            do="put one pair of brackets around the key",
        )

    def apply(text: str) -> str | None:
        found = compiled.search(text[:MAX_TEXT])
        return found.group(1) if found else None

    return apply


def _strip_prefix(prefix: str) -> Change:
    return lambda text: text.removeprefix(prefix)


PLAIN: Final[Mapping[str, Normaliser]] = {
    "trim": Normaliser("trim", "", str.strip),
    "upper": Normaliser("upper", "", str.upper),
    "lower": Normaliser("lower", "", str.lower),
    "salesforce-id": Normaliser("salesforce-id", "", salesforce_id, "checksum"),
    "strip-leading-zeros": Normaliser("strip-leading-zeros", "", without_leading_zeros),
    "digits-only": Normaliser("digits-only", "", digits_only),
}
WITH_ARGUMENT: Final[Mapping[str, Callable[[str], Change]]] = {
    "strip-prefix": _strip_prefix,
    "capture": _capture,
}


def normaliser(name: str, argument: str = "") -> Normaliser:
    """The normaliser of that name. Raises ProblemError for an unknown name, or an argument that cannot be used."""
    if name in PLAIN and not argument:
        return PLAIN[name]
    if name in WITH_ARGUMENT and argument:
        return Normaliser(name, argument, WITH_ARGUMENT[name](argument), looks_for_a_key=name == "capture")
    if name in PLAIN:
        raise ProblemError(f"'{name}' takes no argument", do=f"write - {name}")
    if name in WITH_ARGUMENT:
        raise ProblemError(f"'{name}' needs an argument", do=f"write - {name}: '...'")
    raise ProblemError(f"there is no normaliser '{name}'", do=did_you_mean(name, (*PLAIN, *WITH_ARGUMENT)))
