# SPDX-License-Identifier: Apache-2.0
"""What may a subject be called? Any text people write, so slashes and letters of every script; and `:.context:subject`."""

import re

_SUBJECT = re.compile(r"(?! )[^\x00-\x1f\x7f\ud800-\udfff]{1,200}(?<! )")


def is_subject(name: str) -> bool:
    """Whether the text is a subject's name: 1 to 200 characters, none that controls, no space at either end."""
    return _SUBJECT.fullmatch(name) is not None


def context(name: str) -> str:
    """The context a subject is in, `.` for the default one.

    >>> context(":.finance:invoice"), context("invoice")
    ('.finance', '.')
    """
    parts = name.split(":", 2)
    return parts[1] if len(parts) == 3 and not parts[0] and parts[1].startswith(".") else "."
