# SPDX-License-Identifier: Apache-2.0
"""What is kept beside events, packed: the data of all events of one intake in one row, because they say much the same."""

from collections.abc import Mapping
from typing import Any

import orjson
import zstandard
from sqlalchemy import select
from sqlmodel import Session

from collectors import tables
from collectors.bulk import Bulk
from terms.tenant import TENANT

_LEVEL = 1  # a higher one gains nothing on what repeats this much

_event: Any = tables.EventRow.__table__  # type: ignore[attr-defined]
_data: Any = tables.EventDataRow.__table__  # type: ignore[attr-defined]


def pack_data(data: Mapping[int, str]) -> bytes:
    """The body of a row: zstd over a JSON object of the data by event id."""
    return zstandard.compress(orjson.dumps({str(event_id): text for event_id, text in data.items()}), _LEVEL)


def store_data(bulk: Bulk, data_no: int, data: Mapping[int, str | None]) -> None:
    """Stores what is kept beside these events, by their ids, under the number they bear; nothing where there is none."""
    kept = {event_id: text for event_id, text in data.items() if text is not None}
    if kept:
        bulk.insert(tables.EventDataRow, "data_no, body", [(data_no, pack_data(kept))])


def data_of(session: Session, event_id: int) -> str | None:
    """What is kept beside an event, as JSON text; None when there is nothing."""
    body = session.execute(
        select(_data.c.body)
        .join(_event, (_event.c.tenant == TENANT) & (_event.c.data_no == _data.c.data_no))
        .where(_data.c.tenant == TENANT, _event.c.event_id == event_id)
    ).scalar_one_or_none()
    if body is None:
        return None
    found: str | None = orjson.loads(zstandard.decompress(body)).get(str(event_id))
    return found
