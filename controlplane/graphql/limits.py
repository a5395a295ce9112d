# SPDX-License-Identifier: Apache-2.0
"""Limits and permissions of a GraphQL document: checked on the whole of it, before the first resolver runs."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

from controlplane.graphql.measure import Measure, measure
from controlplane.security.caller import Caller
from controlplane.security.permissions import field_permission

MOST_TOKENS = 1_000
DEEPEST = 10
MOST_ALIASES = 30
MOST_ROOTS = 20
MOST_DIRECTIVES = 20
HIGHEST_COST = 5_000


class Limits(SchemaExtension):
    """Refuses what asks too much, and what asks for a field the caller's roles do not cover.

    Checking once per document, not once per resolved field, costs nothing per row and leaves no half answer.
    """

    def on_execute(self) -> Iterator[None]:
        """Runs after the document was found valid."""
        running = self.execution_context
        document = running.graphql_document
        assert document is not None
        found = measure(running.schema._schema, document, running.operation_name, running.variables or {})
        context: Any = running.context
        for error in (*over_limits(found), *forbidden(found, context.caller)):
            raise error
        yield


def over_limits(found: Measure) -> Iterator[GraphQLError]:
    """An error for each limit that the document passes."""
    for what, count, most, do in (
        ("levels deep", found.depth, DEEPEST, "ask for less at once"),
        ("aliases", found.aliases, MOST_ALIASES, "split it into several requests"),
        ("fields at the top", found.roots, MOST_ROOTS, "split it into several requests"),
        ("directives", found.directives, MOST_DIRECTIVES, "leave some out"),
        (
            "objects as its cost",
            found.cost,
            HIGHEST_COST,
            "ask for smaller pages (first), or for fewer lists in a list",
        ),
    ):
        if count > most:
            shown = f"{count:,}" if count < 1_000_000 else "far more"
            text = f"the query has {shown} {what}; the limit is {most:,} ({do})"
            yield GraphQLError(text, extensions={"code": "TOO_COMPLEX"})


def forbidden(found: Measure, caller: Caller) -> Iterator[GraphQLError]:
    """An error that names the fields the caller may not ask for. A field without an entry is refused to everyone."""
    granted = caller.permissions
    lacking: dict[str, list[str]] = {}
    for name in sorted(found.fields):
        permission = field_permission(*name.split(".", 1))
        if permission not in granted:
            lacking.setdefault(str(permission or "none: the field has no entry"), []).append(name)
    for lacked, names in lacking.items():
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        roles = " and ".join(caller.roles)
        text = f"the role {roles} lacks the permission {lacked}, which {shown} needs"
        yield GraphQLError(text, extensions={"code": "FORBIDDEN"})
