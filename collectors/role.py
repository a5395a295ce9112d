# SPDX-License-Identifier: Apache-2.0
"""What an object or an event is to another or to a transaction, as rows bear it: a small number in place of its word."""

from typing import Any

from sqlalchemy import SmallInteger
from sqlalchemy.types import TypeDecorator

ROLES = ("anchor", "same_as", "child_of", "link", "succeeds", "annotate", "member", "linked")
"""Every role of edges, objects and events; a row bears its place here. Further ones go to the end."""
ROLE_CODES = {role: code for code, role in enumerate(ROLES)}


class Role(TypeDecorator[str]):
    """A column of roles: read and compared as their words, stored as their places in ROLES."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Any) -> int | None:
        """The place of the role."""
        return None if value is None else ROLE_CODES[value]

    def process_result_value(self, value: int | None, _dialect: Any) -> str | None:
        """The role at that place."""
        return None if value is None else ROLES[value]
