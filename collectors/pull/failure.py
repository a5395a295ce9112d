# SPDX-License-Identifier: Apache-2.0
"""Why a source could not be asked. Nothing that was stored is touched by it, and the window it met is asked for again."""

from typing import Literal

from terms.problem import Problem

Kind = Literal[
    "unreachable",  # nobody answers there, or the connection broke
    "too_slow",  # an answer that does not begin, or does not end
    "busy",  # 429, 502, 503, 504
    "refused",  # 401, 403: the credential
    "blocked",  # the address is one that no admin allowed
    "redirected",  # it points elsewhere; we do not follow
    "too_large",  # more than we read of one answer
    "garbage",  # not what this kind of source answers
    "missing",  # 404 where something must be
    "ours",  # nothing of the source: our database was full or locked, our key does not fit
]

OF_THE_WHOLE: frozenset[Kind] = frozenset(
    {"unreachable", "too_slow", "busy", "refused", "blocked", "redirected", "ours"}
)
"""What one service of a source met, the others would meet as well."""


class SourceFailure(Exception):  # noqa: N818 - it says what failed, which is the point of the name
    """`retry_after_s`: how long the source asked us to stay away, 0 when it did not say."""

    def __init__(self, kind: Kind, problem: Problem, retry_after_s: float = 0.0) -> None:
        super().__init__(str(problem))
        self.kind: Kind = kind
        self.problem = problem
        self.retry_after_s = retry_after_s
