# SPDX-License-Identifier: Apache-2.0
"""Which version comes after which? Semantic versions (semver.org 2.0.0): what is one, their order, and the next."""

import re
from collections.abc import Iterable
from typing import Any

from terms.problem import ProblemError

_NUMBER, _NAME = r"(?:0|[1-9][0-9]*)", r"[0-9A-Za-z-]"
_PART = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-]{_NAME}*)"
_SEMVER = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PART}(?:\.{_PART})*))?(?:\+{_NAME}+(?:\.{_NAME}+)*)?"
)


def is_semver(text: str) -> bool:
    """Whether the text is a semantic version."""
    return _SEMVER.fullmatch(text) is not None


def precedence(semver: str) -> tuple[Any, ...]:
    """A sort key: semantic version precedence, a pre-release before its release.

    >>> sorted(["1.10.0", "1.2.0", "1.10.0-rc.1"], key=precedence)
    ['1.2.0', '1.10.0-rc.1', '1.10.0']
    """
    match = _SEMVER.fullmatch(semver)
    if match is None:
        raise ProblemError(f"'{semver}' is not a semantic version", do="write it like 1.2.0")
    numbers = tuple(int(part) for part in match.group(1, 2, 3))
    if match.group(4) is None:
        return (*numbers, 1, ())
    parts = tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in match.group(4).split(".")
    )
    return (*numbers, 0, parts)


def major(semver: str) -> str:
    """The major version, as text."""
    return semver.partition(".")[0]


def following(taken: Iterable[str], is_breaking: bool) -> str:
    """The version for content that states none: the next minor after the highest one taken, the next major if it breaks.

    >>> following([], False), following(["1.0.0", "1.2.5"], False), following(["1.2.5"], True)
    ('1.0.0', '1.3.0', '2.0.0')
    """
    highest = max(taken, key=precedence, default=None)
    if highest is None:
        return "1.0.0"
    numbers = precedence(highest)
    return f"{numbers[0] + 1}.0.0" if is_breaking else f"{numbers[0]}.{numbers[1] + 1}.0"
