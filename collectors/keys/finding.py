# SPDX-License-Identifier: Apache-2.0
"""Something wrong with a business key: it was not taken, or it was taken and does not do what a key should.

Reading spans finds keys that are none (`REJECTED`): each use of one is an occurrence, and occurrences are counted.
Stitching finds keys that stand for too much (`DEMOTED`): that is a state, which holds until the key is judged again.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from terms.instant import Instant

Rejection = Literal[
    "null-like", "date-like", "too-short", "too-long", "pattern", "checksum", "not-a-key", "too-many", "bad-time", "bad-amount"
]  # fmt: skip
Demotion = Literal["conflict", "two-parents", "circle", "self-loop", "hub"]
Reason = Rejection | Demotion

REJECTED: Final[Mapping[Rejection, str]] = {
    "null-like": "It stands for nothing, such as n/a, 0 or test.",
    "date-like": "It is a date, and objects of this type are not numbered by dates.",
    "too-short": "It is shorter than the rule allows.",
    "too-long": "It is longer than a key may be.",
    "pattern": "It does not have the form that the rule declares.",
    "checksum": "Its check characters do not fit it.",
    "not-a-key": "It is neither text nor a whole number.",
    "too-many": "One event names more objects than may be; no event is made of it.",
    "bad-time": "The event's time cannot be read; no event is made of it.",
    "bad-amount": "The event's amount cannot be read; no event is made of it.",
}
DEMOTED: Final[Mapping[Demotion, str]] = {
    "conflict": "Events disagree about what it is the same as; none of them is believed.",
    "two-parents": "Events name several parents, as when an id is used again; the first of them holds.",
    "circle": "It would stand above itself; the statement that closes the circle is refused.",
    "self-loop": "It is said to belong to itself.",
    "hub": "It would join too many transactions, and only links them.",
}


class KeyFinding(NamedTuple):
    """One finding about one key. Its identity is (reason, type, source, key); the rest is the newest that was told.

    `key` is what stood there for a rejected one, and the key text (`order:SO-1`) for a demoted one. `at` is the time of
    the event that told it, `what` a sentence with the other keys concerned, `event_id` the stored event, if it was stored.
    A finding that sums up several events says how many (`uses`) and when the first was (`since`; None: `at`).
    """

    reason: Reason
    type: str
    source: str
    key: str
    at: Instant
    what: str = ""
    event_id: int | None = None
    uses: int = 1
    since: Instant | None = None
