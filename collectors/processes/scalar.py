# SPDX-License-Identifier: Apache-2.0
"""How a process writes a length of time, a share, and one word or several."""

import re
from typing import Any

from terms.instant import DAY, HOUR, MINUTE, SECOND

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
_SHARE = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%")


def duration(text: Any) -> int | None:
    """The microseconds of `30m`, `4h`, `2d`; None for what is no length of time.

    >>> duration("90s")
    90000000
    """
    found = _DURATION.fullmatch(str(text))
    return int(found[1]) * _UNITS[found[2]] if found else None


def share_bp(text: Any) -> int | None:
    """The ten-thousandths of a share in percent; None for what is none.

    >>> share_bp("99.5%")
    9950
    """
    found = _SHARE.fullmatch(str(text))
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else None


def words(value: Any) -> tuple[str, ...]:
    """One word or a list of them, as a tuple."""
    if value is None:
        return ()
    return tuple(str(word) for word in value) if isinstance(value, list) else (str(value),)
