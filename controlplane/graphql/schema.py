# SPDX-License-Identifier: Apache-2.0
"""The schema: every noun's queries and mutations joined, with the limits every document is held to."""

from pathlib import Path
from typing import Any

import strawberry
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from controlplane.graphql.approval import ApprovalQuery
from controlplane.graphql.approving import ApprovalMutation
from controlplane.graphql.compatibility import CompatibilityQuery
from controlplane.graphql.contract import ContractQuery
from controlplane.graphql.contract_list import ContractListQuery
from controlplane.graphql.decision import DecisionMutation, DecisionQuery
from controlplane.graphql.definition import DefinitionQuery
from controlplane.graphql.deployment import DeploymentQuery
from controlplane.graphql.errors import Errors
from controlplane.graphql.exception_item import ExceptionQuery
from controlplane.graphql.key_quality import KeyQualityQuery
from controlplane.graphql.kpi import KpiQuery
from controlplane.graphql.lifecycle import LifecycleMutation
from controlplane.graphql.limits import MOST_TOKENS, Limits
from controlplane.graphql.line import LineQuery
from controlplane.graphql.me import MeQuery
from controlplane.graphql.policy import PolicyQuery
from controlplane.graphql.rederivation import RederivationMutation, RederivationQuery
from controlplane.graphql.registration import RegistrationMutation
from controlplane.graphql.replay import ReplayMutation
from controlplane.graphql.retention import RetentionQuery
from controlplane.graphql.rule_suggestion import RuleSuggestionQuery
from controlplane.graphql.saved_view import SavedViewMutation, SavedViewQuery
from controlplane.graphql.source import SourceQuery
from controlplane.graphql.source_change import SourceMutation
from controlplane.graphql.span_list import SpanQueryRoot
from controlplane.graphql.trace import TraceQuery
from controlplane.graphql.transaction_list import TransactionQuery
from controlplane.graphql.transaction_query import QueryLanguageQuery
from controlplane.graphql.validation import ValidationQuery
from controlplane.graphql.value import DATE_TIME, LARGEST_PAGE
from controlplane.graphql.violation import ViolationQuery
from terms.instant import Instant


@strawberry.type(description="Everything that can be asked.")
class Query(
    MeQuery,
    LineQuery,
    ContractListQuery,
    ContractQuery,
    CompatibilityQuery,
    ApprovalQuery,
    ValidationQuery,
    DeploymentQuery,
    TransactionQuery,
    QueryLanguageQuery,
    SavedViewQuery,
    SpanQueryRoot,
    KpiQuery,
    PolicyQuery,
    ViolationQuery,
    ExceptionQuery,
    TraceQuery,
    DecisionQuery,
    SourceQuery,
    RetentionQuery,
    KeyQualityQuery,
    RuleSuggestionQuery,
    RederivationQuery,
    DefinitionQuery,
):
    pass


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    ReplayMutation,
    RegistrationMutation,
    LifecycleMutation,
    ApprovalMutation,
    DecisionMutation,
    RederivationMutation,
    SavedViewMutation,
    SourceMutation,
):
    pass


class Schema(strawberry.Schema):
    """A schema whose errors are logged once, by the extension that gives them their id."""

    def process_errors(self, errors: list[Any], execution_context: Any = None) -> None:
        """Nothing: see Errors."""


def build() -> Schema:
    """The schema. It holds no state of a request; caches of parsed and validated documents are bounded."""
    return Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(
            scalar_map={Instant: DATE_TIME},
            relay_max_results=LARGEST_PAGE,
            disable_field_suggestions=False,
        ),
        extensions=[
            Errors,
            lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
            lambda: ParserCache(maxsize=256),
            lambda: ValidationCache(maxsize=256),
            Limits,
        ],
    )


if __name__ == "__main__":
    Path(__file__).with_name("schema.graphql").write_text(build().as_str() + "\n")
