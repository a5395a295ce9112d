# SPDX-License-Identifier: Apache-2.0
"""The files that hold what was removed."""

from sqlalchemy import BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class SpanArchiveRow(SQLModel, table=True):
    """One Parquet file of spans. `from_ns` and `to_ns`: the first start and the last one in it. `path` is empty when
    they were removed without a file, as was asked for."""

    __tablename__ = "span_archive"

    tenant: int = Field(default=TENANT, primary_key=True, sa_type=SmallInteger)
    archive_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    path: str = Field(sa_type=Text)
    sha256: str = Field(sa_type=Text)
    bytes: int = Field(sa_type=BigInteger)
    spans: int = Field(sa_type=BigInteger)
    from_ns: int = Field(sa_type=BigInteger)
    to_ns: int = Field(sa_type=BigInteger)
    removed_at: int = Field(sa_type=BigInteger)
