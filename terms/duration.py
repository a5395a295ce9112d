# SPDX-License-Identifier: Apache-2.0
"""How long: as people write it (`1h 30m`), and in microseconds."""

import re

from terms.instant import DAY, HOUR, MINUTE, SECOND

_DURATION = re.compile(r"(?=\d)(?:(\d+) ?d)? ?(?:(\d+) ?h)? ?(?:(\d+) ?m)? ?(?:(\d+) ?s)?")
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"))


def parse(text: str) -> int | None:
    """Microseconds of `3d`, `4h`, `1 h 30 m`, `20s`; None when it is not one.

    >>> parse("1d 2h") == DAY + 2 * HOUR, parse("90 m") == 90 * MINUTE, parse("4"), parse("")
    (True, True, None, None)
    """
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()):
        return None
    return sum(int(part or 0) * unit for part, (unit, _) in zip(match.groups(), _UNITS, strict=True))


def text(microseconds: int) -> str:
    """As `parse` reads it, in whole seconds.

    >>> text(5_400 * SECOND), text(0), text(26 * HOUR)
    ('1h 30m', '0s', '1d 2h')
    """
    parts, left = [], microseconds
    for unit, letter in _UNITS:
        whole, left = divmod(left, unit)
        if whole:
            parts.append(f"{whole}{letter}")
    return " ".join(parts) or "0s"
