# SPDX-License-Identifier: Apache-2.0
"""A proof as a person reads it: long runs and long documents are cut, and it says so. The JSON holds all of it."""

import re

LONGEST = 600
_RUN = re.compile(r"(.)\1{19,}", re.DOTALL)


def brief(text: str) -> str:
    """The text with long runs of one character counted, and its end left out where it is very long.

    >>> brief('{"memo":"' + "a" * 141 + '"}')
    '{"memo":"aaa...[141 times a]"}'
    """
    counted = _RUN.sub(lambda run: f"{run[1] * 3}...[{len(run[0])} times {run[1]}]", text)
    if len(counted) <= LONGEST:
        return counted
    return f"{counted[:LONGEST]}...[{len(counted) - LONGEST} characters more]"
