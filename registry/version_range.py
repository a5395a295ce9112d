# SPDX-License-Identifier: Apache-2.0
"""Which versions does a range name? `^1.1`, `~1.2`, `>=1.0 <2`, `1.x`, `1.2.0`, `*`, and several of them with `||`."""

import re
from dataclasses import dataclass
from typing import Any

from registry.semver import precedence
from terms.problem import ProblemError

_PART = r"(0|[1-9]\d{0,8}|[xX*])"
_ONE = re.compile(rf"(>=|<=|>|<|=|\^|~)?\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(-[0-9A-Za-z.-]+)?")
_LIMIT = 200


@dataclass(frozen=True, slots=True)
class _Bound:
    """`sign` is one of >=, >, <, <=; `key` a precedence."""

    sign: str
    key: tuple[Any, ...]

    def holds(self, key: tuple[Any, ...]) -> bool:
        match self.sign:
            case ">=":
                return key >= self.key
            case ">":
                return key > self.key
            case "<":
                return key < self.key
            case _:
                return key <= self.key


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A range as it was written; `alternatives` are joined by or, the bounds within one by and."""

    text: str
    alternatives: tuple[tuple[_Bound, ...], ...]
    names_prerelease: bool

    def holds(self, semver: str) -> bool:
        """Whether the range names the version. A pre-release is named only by a range that names one itself.

        >>> [v for v in ("1.0.0", "1.9.2", "2.0.0-rc.1", "2.0.0") if parse("^1.0").holds(v)]
        ['1.0.0', '1.9.2']
        """
        key = precedence(semver)
        if key[3] == 0 and not self.names_prerelease:
            return False
        return any(all(bound.holds(key) for bound in bounds) for bounds in self.alternatives)


def parse(text: str) -> VersionRange:
    """The range in a text. Raises ProblemError for one that is none.

    >>> parse(">=1.0 <2").holds("1.4.0"), parse("1.x || 3.0.1").holds("3.0.2")
    (True, False)
    """
    if len(text) > _LIMIT or not text.strip():
        raise _refused(text)
    return VersionRange(
        text.strip(), tuple(_bounds(part, text) for part in text.split("||")), "-" in text.replace("||", "")
    )


def _bounds(text: str, whole: str) -> tuple[_Bound, ...]:
    bounds: list[_Bound] = []
    rest = text.strip()
    if not rest:
        raise _refused(whole)
    while rest:
        match = _ONE.match(rest)
        if match is None or (rest[match.end() :][:1].strip() not in ("", ",")):
            raise _refused(whole)
        bounds += _of(whole, *match.groups())
        rest = rest[match.end() :].lstrip(" ,")
    return tuple(bounds)


def _of(
    whole: str, sign: str | None, major: str, minor: str | None, patch: str | None, pre: str | None
) -> list[_Bound]:
    parts = [part for part in (major, minor, patch) if part is not None]
    wild = next((place for place, part in enumerate(parts) if part in "xX*"), len(parts))
    numbers = [int(part) for part in parts[:wild]]
    if pre and len(numbers) < 3:
        raise _refused(whole)
    low = _key([*numbers, 0, 0, 0][:3], pre or "")
    exact = len(numbers) == 3
    if not numbers:
        return [] if sign in (None, "=", ">=", "<=", "^", "~") else [_Bound("<", _key([0, 0, 0], ""))]
    # The first version behind everything the written parts name.
    above = _key(_next(numbers, len(numbers) - 1), "")
    match sign:
        case ">=":
            return [_Bound(">=", low)]
        case "<":
            return [_Bound("<", low)]
        case ">":
            return [_Bound(">", low)] if exact else [_Bound(">=", above)]
        case "<=":
            return [_Bound("<=", low)] if exact else [_Bound("<", above)]
        case "~":
            return [_Bound(">=", low), _Bound("<", _key(_next(numbers, min(1, len(numbers) - 1)), ""))]
        case "^":
            # Below 1.0.0 the first number that is not zero counts as the major one.
            place = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
            return [_Bound(">=", low), _Bound("<", _key(_next(numbers, place), ""))]
        case _:
            return (
                [_Bound(">=", low), _Bound("<=", low)] if exact else [_Bound(">=", low), _Bound("<", above)]
            )


def _next(numbers: list[int], place: int) -> list[int]:
    return [*numbers[:place], numbers[place] + 1, 0, 0][:3]


def _key(numbers: list[int], pre: str) -> tuple[Any, ...]:
    return precedence(".".join(map(str, numbers)) + pre)


def _refused(text: str) -> ProblemError:
    return ProblemError(
        f"'{text[:60]}' is not a version range", do="write it like ^1.1, ~1.2, >=1.0 <2, 1.x or 1.2.0"
    )
