# SPDX-License-Identifier: Apache-2.0
"""The pages ask for nothing that the public schema does not offer."""

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

import pytest
from graphql import build_schema, parse, validate

from dashboards import queries


@pytest.mark.parametrize("name", queries.ALL)
def test_every_document_is_valid_against_the_printed_schema(
    name: str, schema_text: Callable[[], str]
) -> None:
    """A field that the API renames breaks a test, not a page."""
    assert validate(build_schema(schema_text()), parse(queries.ALL[name])) == []


def test_no_document_is_left_out_of_the_check() -> None:
    """`ALL` holds every query and mutation of every noun, by name, and no noun is forgotten."""
    nouns = [import_module(f"dashboards.queries.{one.name}") for one in iter_modules(queries.__path__)]
    written = set(re.findall(r"^([A-Z][A-Z_]*) = ", "".join(map(inspect.getsource, nouns)), flags=re.M))
    assert {"HOME", "TRANSACTIONS", "REPLAY"} < written
    assert set(queries.ALL) == {name for name in written if not name.endswith("_PARTS")}
