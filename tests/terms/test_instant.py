# SPDX-License-Identifier: Apache-2.0
"""An instant as text, and back."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from terms.instant import MINUTE, Instant, from_datetime, parse, text, to_datetime

EVER = st.integers(
    from_datetime(datetime.min.replace(tzinfo=UTC)), from_datetime(datetime.max.replace(tzinfo=UTC))
)


@given(EVER)
@example(-1)
@example(-MINUTE)
@example(0)
def test_it_is_written_as_the_standard_library_writes_it(number: int) -> None:
    """From the year 1 to 9999, before 1970 and after; the zone is a Z, and the text reads back as the same instant."""
    written = text(Instant(number))
    assert written == to_datetime(Instant(number)).isoformat().replace("+00:00", "Z")
    assert parse(written) == number
