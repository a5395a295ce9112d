# SPDX-License-Identifier: Apache-2.0
"""Errors in GraphQL answers: what the caller can put right is told in full, what is ours only with an id."""

import logging
import secrets

from graphql import GraphQLError
from strawberry.extensions import MaskErrors

from controlplane.database import BusyError
from terms.problem import ProblemError

_log = logging.getLogger("throughline.graphql")


class Errors(MaskErrors):
    """Rewrites each error that came from code of ours; those of the query language itself are left as they are."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda error: error.original_error is not None)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """The error as the caller sees it."""
        cause = error.original_error
        if isinstance(cause, ProblemError):
            return _as(error, str(cause), code="BAD_USER_INPUT")
        if isinstance(cause, BusyError):
            return _as(error, "too many writes wait; nothing was stored, ask again in a second", code="BUSY")
        error_id = secrets.token_hex(4)
        _log.error("GraphQL error %s at %s", error_id, error.path, exc_info=cause)
        return _as(error, f"something failed on our side (error {error_id})", code="INTERNAL", id=error_id)


def _as(error: GraphQLError, message: str, **extensions: str) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
