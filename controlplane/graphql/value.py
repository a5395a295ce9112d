# SPDX-License-Identifier: Apache-2.0
"""Values that many nouns share: instants, money, object keys and pages."""

from collections.abc import Iterable

import strawberry

from controlplane.graphql.described import noun
from terms import instant, money, object_key
from terms.instant import SECOND, Instant
from terms.problem import ProblemError

LARGEST_PAGE = 200
LONGEST_WINDOW_DAYS = 366

DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="An instant as RFC 3339 with its zone, such as 2026-03-01T07:00:00Z.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=instant.text,
    parse_value=lambda value: _instant(value),
)


def _instant(value: object) -> Instant:
    if not isinstance(value, str):
        raise ProblemError("a DateTime is a string", do="write it like 2026-03-01T07:00:00Z")
    return instant.parse(value)


@noun
class Money:
    """An exact amount: decimal text at the currency's precision, and the ISO 4217 code. Currencies are never added."""

    amount: str
    currency: str


@noun
class ObjectKey:
    """The business key of one thing: its type, its id, and both as text (`order:SO-1`)."""

    type: str
    value: str
    text: str


@noun
class PageInfo:
    """Where a page ends: hand `endCursor` back as `after` to go on behind it."""

    has_next_page: bool
    end_cursor: str | None
    has_previous_page: bool
    start_cursor: str | None


def money_of(value: money.Money | None) -> Money | None:
    """Money for the schema; None stays None."""
    return None if value is None else Money(amount=value.amount, currency=value.currency)


def moneys_of(values: Iterable[money.Money]) -> list[Money]:
    """One figure for each currency, in the order given."""
    return [Money(amount=value.amount, currency=value.currency) for value in values]


def key_of(key: object_key.ObjectKey) -> ObjectKey:
    """An object key for the schema."""
    return ObjectKey(type=key.type, value=key.value, text=str(key))


def page_info(cursors: tuple[str, ...], has_next: bool, after: str | None) -> PageInfo:
    """The info of a page whose items have these cursors."""
    return PageInfo(
        has_next_page=has_next,
        end_cursor=cursors[-1] if cursors else None,
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
    )


def page_size(first: int) -> int:
    """The size asked for. Raises ProblemError outside 0 to 200."""
    if not 0 <= first <= LARGEST_PAGE:
        raise ProblemError(
            f"first is {first}", "first", f"ask for 0 to {LARGEST_PAGE}, and for more with after"
        )
    return first


def window_days(days: int) -> int:
    """The length of a window. Raises ProblemError outside 1 to 366."""
    if not 1 <= days <= LONGEST_WINDOW_DAYS:
        raise ProblemError(f"days is {days}", "days", f"ask for 1 to {LONGEST_WINDOW_DAYS}")
    return days


def seconds(microseconds: int) -> float:
    """A duration as the schema gives it."""
    return microseconds / SECOND
