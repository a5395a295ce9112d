# SPDX-License-Identifier: Apache-2.0
"""The API as the app mounts it: one schema over the sources, reached over HTTP and by the pages in process."""

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError
from starlette.routing import BaseRoute, Route

from controlplane.graphql import schema
from controlplane.graphql.context import Sources, context_of
from controlplane.graphql.door import LONGEST_S, Door, answer_of, too_long
from controlplane.http.refusal import GRAPHQL_PATH
from controlplane.security.caller import Caller


class Service:
    """Answers GraphQL documents. Thread-safe as far as its sources are; it keeps nothing between requests but caches."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._schema = schema.build()

    def routes(self) -> list[BaseRoute]:
        """`/graphql`, GET for queries and POST. There is nothing to subscribe to, so no websocket is taken."""
        return [Route(GRAPHQL_PATH, Door(self._schema, self._sources))]

    async def ask(self, query: str, variables: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
        """The same answer as over HTTP, under the same limits and permissions: `{"data": ..., "errors": ...}`.

        Without a caller it is one error with the code UNAUTHENTICATED.
        """
        if caller is None:
            error = GraphQLError("sign in first", extensions={"code": "UNAUTHENTICATED"})
            return {"errors": [error.formatted]}
        context = await context_of(self._sources, caller)
        try:
            async with asyncio.timeout(LONGEST_S):
                result = await self._schema.execute(query, dict(variables), context_value=context)
        except TimeoutError:
            return {"errors": [too_long().formatted]}
        return dict(answer_of(result))
