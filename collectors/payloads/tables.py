# SPDX-License-Identifier: Apache-2.0
"""Payloads of events, with a life of their own."""

from sqlalchemy import BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class PayloadRow(SQLModel, table=True):
    """What may be shown of an event's payload. `problems` is a JSON list, null when nothing could judge it."""

    __tablename__ = "payload"

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    event_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    contract_subject: str | None = Field(default=None, sa_type=Text, nullable=True)
    contract_version: str | None = Field(default=None, sa_type=Text, nullable=True)
    body: str = Field(sa_type=Text)
    problems: str | None = Field(default=None, sa_type=Text, nullable=True)
