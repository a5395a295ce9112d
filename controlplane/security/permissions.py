# SPDX-License-Identifier: Apache-2.0
"""Who may do what: roles as rows of permissions, and the permission each route and each GraphQL field asks for.

What has no entry here is refused, whoever asks; a test walks the running app and the schema and fails on a gap.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from starlette.routing import compile_path

Role = Literal["admin", "operator", "steward", "architect", "viewer", "ci", "ingest"]
Permission = Literal[
    "me", "line:read", "kpis:read", "transactions:read", "spans:read", "payloads:read", "contracts:read",
    "contracts:write", "policies:read", "exceptions:read", "exceptions:replay", "transactions:decide", "ingest:spans",
    "metrics:read", "views:write", "admin",
    "sources:read", "sources:operate", "sources:write",
]  # fmt: skip

ROLES: tuple[Role, ...] = get_args(Role)

_READ: frozenset[Permission] = frozenset({
    "me", "line:read", "kpis:read", "transactions:read", "spans:read", "contracts:read", "policies:read",
    "exceptions:read",
})  # fmt: skip

# What a person keeps for themselves changes nothing for anybody else.
_PEOPLE: frozenset[Permission] = _READ | {"views:write"}

GRANTS: Mapping[Role, frozenset[Permission]] = {
    "admin": frozenset(get_args(Permission)),
    # What an operator may do about a source is what an admin has set up: where it is and what it is sent stays as it was.
    "operator": _PEOPLE
    | {
        "exceptions:replay",
        "transactions:decide",
        "metrics:read",
        "payloads:read",
        "sources:read",
        "sources:operate",
    },
    "steward": _PEOPLE | {"exceptions:replay", "transactions:decide", "contracts:write", "payloads:read"},
    "architect": _PEOPLE | {"contracts:write"},
    "viewer": _PEOPLE,
    # A pipeline registers and checks; what customers bought is none of its business.
    "ci": frozenset({"me", "contracts:read", "contracts:write", "policies:read"}),
    "ingest": frozenset({"ingest:spans"}),
}


@dataclass(frozen=True, slots=True)
class RouteRow:
    """`permission` None: open to everyone; the route proves its caller by other means, or tells nothing."""

    path: str
    permission: Permission | None
    methods: frozenset[str] = frozenset({"GET", "HEAD", "POST"})


_GET = frozenset({"GET", "HEAD"})
_POST = frozenset({"POST"})
_PUT = frozenset({"PUT"})
_DELETE = frozenset({"DELETE"})
_REGISTRY = "/apis/registry/v1"
_CONFLUENT = "/apis/ccompat/v7"

ROUTES: tuple[RouteRow, ...] = (
    RouteRow("/healthz", None, _GET),
    RouteRow("/readyz", None, _GET),
    RouteRow("/sign-in", None),
    RouteRow("/webhooks/{connection}", None, _POST),  # each vendor signs its own
    RouteRow("/sign-out", "me", _POST),
    RouteRow("/graphql", "me"),  # then every field asks for its own
    RouteRow("/live", "me", _GET),
    RouteRow("/v1/traces", "ingest:spans", _POST),
    RouteRow("/v1/logs", "ingest:spans", _POST),
    RouteRow("/v1/metrics", "ingest:spans", _POST),
    RouteRow("/api/v2/spans", "ingest:spans", _POST),
    RouteRow("/events", "ingest:spans", _POST),
    RouteRow("/apis/registry/v1/environments", "contracts:read", _GET),
    RouteRow("/apis/registry/v1/environments", "contracts:write", _PUT),
    RouteRow("/apis/registry/v1/applications", "contracts:read", _GET),
    RouteRow("/apis/registry/v1/applications", "contracts:write", _POST),
    RouteRow("/apis/registry/v1/deployments", "contracts:read", _GET),
    RouteRow("/apis/registry/v1/deployments", "contracts:write", _POST),
    RouteRow("/apis/registry/v1/deployments/{environment}/{application}", "contracts:write", _DELETE),
    RouteRow("/apis/registry/v1/can-i-deploy", "contracts:read", _GET),
    RouteRow("/apis/registry/v1/deployment-matrix", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/latest", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/names", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/xregistry", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/observed/{{subject:path}}", "contracts:write", _GET),  # payloads, not contracts
    RouteRow(f"{_REGISTRY}/contents/{{path:path}}", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/event-types/{{path:path}}", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/config", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/config", "contracts:write", _PUT | _DELETE),
    RouteRow(f"{_REGISTRY}/subjects", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/subjects/{{path:path}}", "contracts:read", _GET),
    RouteRow(f"{_REGISTRY}/subjects/{{path:path}}/check", "contracts:read", _POST),
    RouteRow(f"{_REGISTRY}/subjects/{{path:path}}/validate", "contracts:read", _POST),
    RouteRow(f"{_REGISTRY}/subjects/{{path:path}}/validate-batch", "contracts:read", _POST),
    RouteRow(f"{_REGISTRY}/subjects/{{path:path}}", "contracts:write", _POST | _PUT | _DELETE),
    RouteRow(_CONFLUENT, "contracts:read", _GET),
    RouteRow(f"{_CONFLUENT}/{{path:path}}", "contracts:read", _GET),
    RouteRow(f"{_CONFLUENT}/compatibility/{{path:path}}", "contracts:read", _POST),
    RouteRow(f"{_CONFLUENT}/contexts/{{id}}/compatibility/{{path:path}}", "contracts:read", _POST),
    RouteRow(f"{_CONFLUENT}/{{path:path}}/versions", "contracts:write", _POST),
    RouteRow(f"{_CONFLUENT}/{{path:path}}", "contracts:read", _POST),
    RouteRow(f"{_CONFLUENT}/{{path:path}}", "contracts:write", _PUT | _DELETE),
    RouteRow("/metrics", "metrics:read", _GET),
    RouteRow("/openapi.json", "me", _GET),
    RouteRow("/static/{path:path}", "me", _GET),
    RouteRow("/", "line:read", _GET),
    RouteRow("/tour", "me", _GET),
    RouteRow("/map", "line:read", _GET),
    RouteRow("/kpis", "kpis:read", _GET),
    RouteRow("/kpis/{path:path}", "kpis:read", _GET),
    RouteRow("/transactions", "transactions:read", _GET),
    RouteRow("/transactions/{id}/decisions", "transactions:decide", _POST),
    RouteRow("/transactions/views", "views:write", _POST),
    RouteRow("/transactions/views/{id}/delete", "views:write", _POST),
    RouteRow("/transactions/{path:path}", "transactions:read", _GET),
    RouteRow("/traces", "spans:read", _GET),
    RouteRow("/traces/{path:path}", "transactions:read", _GET),
    RouteRow("/exceptions/{id}/replay", "exceptions:replay", _POST),
    RouteRow("/exceptions", "exceptions:read", _GET),
    RouteRow("/exceptions/{path:path}", "exceptions:read", _GET),
    RouteRow("/contracts", "contracts:read", _GET),
    RouteRow("/contracts/what-if", "contracts:read", _POST),
    RouteRow("/contracts/{path:path}", "contracts:read", _GET),
    RouteRow("/admin", "sources:read", _GET),
    RouteRow("/admin/sources", "sources:write", _POST),
    RouteRow("/admin/sources/change", "sources:write", _POST),
    RouteRow("/admin/sources/{verb}", "sources:operate", _POST),
    RouteRow("/admin/keys", "transactions:read", _GET),
    RouteRow("/contracts/{path:path}", "contracts:write", _POST),
    RouteRow("/policies", "policies:read", _GET),
    RouteRow("/policies/{path:path}", "policies:read", _GET),
)

# A type's row holds for each of its fields that has no row of its own.
FIELDS: Mapping[str, Permission] = {
    "Query.me": "me",
    "Query.instance": "me",
    "Query.line": "line:read",
    "Query.contracts": "contracts:read",
    "Query.contract": "contracts:read",
    "Query.diff": "contracts:read",
    "Query.compatibility": "contracts:read",
    "Query.approvals": "contracts:read",
    "Query.validate": "contracts:read",
    "Query.environments": "contracts:read",
    "Query.deployments": "contracts:read",
    "Query.canIDeploy": "contracts:read",
    "Query.transactions": "transactions:read",
    "Query.transaction": "transactions:read",
    "Query.transactionQuery": "transactions:read",
    "Query.trace": "transactions:read",
    "Query.spans": "spans:read",
    "Query.spanQuery": "spans:read",
    "Query.promotedAttributes": "spans:read",
    "Query.retention": "spans:read",
    "Query.decisions": "transactions:read",
    "Query.keyQuality": "transactions:read",
    "Query.ruleSuggestion": "spans:read",
    "Query.rederivations": "transactions:read",
    "Query.definitions": "sources:read",
    "Query.stuck": "transactions:read",
    "Query.kpis": "kpis:read",
    "Query.kpi": "kpis:read",
    "Query.policies": "policies:read",
    "Query.violations": "policies:read",
    "Query.exceptions": "exceptions:read",
    "Query.exception": "exceptions:read",
    "Query.savedViews": "transactions:read",
    "Query.savedView": "transactions:read",
    "Mutation.saveView": "views:write",
    "Mutation.deleteView": "views:write",
    "Mutation.replayException": "exceptions:replay",
    "Mutation.stopRederivation": "admin",
    "Mutation.resumeRederivation": "admin",
    "RederivationTurned": "admin",
    "RederivationNotRunning": "admin",
    "Mutation.separate": "transactions:decide",
    "Mutation.join": "transactions:decide",
    "Mutation.revokeDecision": "transactions:decide",
    "Mutation.registerContract": "contracts:write",
    "Mutation.changeLifecycle": "contracts:write",
    "Mutation.deleteVersion": "contracts:write",
    "Mutation.restoreVersion": "contracts:write",
    "Mutation.approveFinding": "contracts:write",
    "Mutation.withdrawApproval": "contracts:write",
    "Query.sources": "sources:read",
    "Query.source": "sources:read",
    "Mutation.addSource": "sources:write",
    "Mutation.changeSource": "sources:write",
    "Mutation.removeSource": "sources:write",
    "Mutation.trySource": "sources:write",
    "Mutation.pauseSource": "sources:operate",
    "Mutation.resumeSource": "sources:operate",
    "Mutation.pullSource": "sources:operate",
    "Mutation.testSource": "sources:operate",
    "SourceConnection": "sources:read",
    "SourceEdge": "sources:read",
    "Source": "sources:read",
    "SourceError": "sources:read",
    "SourceFlag": "sources:read",
    "SourceRejection": "sources:read",
    "SourceTruncation": "sources:read",
    "SourceService": "sources:read",
    "SourceProgress": "sources:read",
    "SourceThroughput": "sources:read",
    "SourceFileProblem": "sources:read",
    "SourceKept": "sources:read",
    "SourceRefused": "sources:read",
    "SourceNotFound": "sources:read",
    "SourceRemoved": "sources:read",
    "SourceAnswered": "sources:read",
    "SourceFailed": "sources:read",
    "Me": "me",
    "Instance": "me",
    "System": "me",
    "Money": "me",
    "ObjectKey": "me",
    "PageInfo": "me",
    "Line": "line:read",
    "MoneyCount": "line:read",
    "StageCount": "line:read",
    "HopWait": "line:read",
    "Hop": "line:read",
    "TransactionConnection": "transactions:read",
    "TransactionEdge": "transactions:read",
    "TransactionFacet": "transactions:read",
    "TransactionFacetValue": "transactions:read",
    "TransactionHistogram": "transactions:read",
    "TransactionBucket": "transactions:read",
    "SavedViewConnection": "transactions:read",
    "SavedViewEdge": "transactions:read",
    "SavedView": "transactions:read",
    "TransactionOrder": "transactions:read",
    "ViewSaved": "views:write",
    "ViewNameTaken": "views:write",
    "ViewRefused": "views:write",
    "ViewDeleted": "views:write",
    "QueryReading": "transactions:read",
    "SpanConnection": "spans:read",
    "SpanEdge": "spans:read",
    "Span": "spans:read",
    "SpanQueryReading": "spans:read",
    "PromotedAttribute": "spans:read",
    "QueryWord": "transactions:read",
    "QueryProblem": "transactions:read",
    "QueryCompletion": "transactions:read",
    "Transaction": "transactions:read",
    "Transaction.spans": "spans:read",
    "Transaction.violations": "policies:read",
    "Transaction.exceptions": "exceptions:read",
    "RelatedTransaction": "transactions:read",
    "Milestone": "transactions:read",
    "StageProgress": "transactions:read",
    "TransactionEvent": "transactions:read",
    "TransactionEvent.payload": "payloads:read",
    "EventPayload": "payloads:read",
    "Member": "transactions:read",
    "EdgeSupport": "transactions:read",
    "EdgeSupportEdge": "transactions:read",
    "EdgeSupportConnection": "transactions:read",
    "KeyQualityConnection": "transactions:read",
    "KeyQualityEdge": "transactions:read",
    "KeyQuality": "transactions:read",
    "KeyExample": "transactions:read",
    "RuleSuggestion": "spans:read",
    "Rederivation": "transactions:read",
    "DayLeft": "transactions:read",
    "Decision": "transactions:read",
    "DecisionEdge": "transactions:read",
    "DecisionConnection": "transactions:read",
    "DecisionTaken": "transactions:decide",
    "DecisionRefused": "transactions:decide",
    "DecisionContradicts": "transactions:decide",
    "DecisionRevoked": "transactions:decide",
    "DecisionNotFound": "transactions:decide",
    "Spans": "spans:read",
    "SpanLink": "spans:read",
    "Comparison": "transactions:read",
    "ComparedHop": "transactions:read",
    "Definitions": "sources:read",
    "Definition": "sources:read",
    "Retention": "spans:read",
    "SpanArchiveConnection": "spans:read",
    "SpanArchive": "spans:read",
    "Kpi": "kpis:read",
    "KpiSeries": "kpis:read",
    "KpiBreakdown": "kpis:read",
    "KpiMarker": "kpis:read",
    "Policy": "policies:read",
    "ViolationConnection": "policies:read",
    "ViolationEdge": "policies:read",
    "Violation": "policies:read",
    "Violation.transaction": "transactions:read",
    "ExceptionConnection": "exceptions:read",
    "ExceptionEdge": "exceptions:read",
    "Exception": "exceptions:read",
    "Exception.transaction": "transactions:read",
    "ReplayStarted": "exceptions:replay",
    "ExceptionNotFound": "exceptions:replay",
    "ExceptionNotOpen": "exceptions:replay",
    "ContractConnection": "contracts:read",
    "ContractEdge": "contracts:read",
    "Contract": "contracts:read",
    "Contract.traffic": "transactions:read",
    "ContractTraffic": "transactions:read",
    "Contract.violations": "policies:read",
    "ContractUse": "contracts:read",
    "VersionUse": "contracts:read",
    "DayUse": "contracts:read",
    "ObservedUseConnection": "contracts:read",
    "ObservedUseEdge": "contracts:read",
    "StillUsed": "contracts:read",
    "ObservedUse": "contracts:read",
    "ContractApplication": "contracts:read",
    "ContractMatrix": "contracts:read",
    "MatrixColumn": "contracts:read",
    "MatrixRow": "contracts:read",
    "MatrixCell": "contracts:read",
    "ApiOperation": "contracts:read",
    "ApiPart": "contracts:read",
    "Environment": "contracts:read",
    "Deployment": "contracts:read",
    "Deployability": "contracts:read",
    "DeployReason": "contracts:read",
    "ContractVersion": "contracts:read",
    "ContractStanding": "contracts:read",
    "ContractStatement": "contracts:read",
    "ChangeNote": "contracts:read",
    "LifecycleStep": "contracts:read",
    "DeletedVersion": "contracts:read",
    "ContractApproval": "contracts:read",
    "ContractApprovalEdge": "contracts:read",
    "ContractApprovalConnection": "contracts:read",
    "Label": "contracts:read",
    "Facet": "contracts:read",
    "FacetValue": "contracts:read",
    "ContractField": "contracts:read",
    "Verdict": "contracts:read",
    "Finding": "contracts:read",
    "PolicyLevel": "contracts:read",
    "PolicyStatus": "contracts:read",
    "Witness": "contracts:read",
    "Diff": "contracts:read",
    "Compatibility": "contracts:read",
    "ComparedDocument": "contracts:read",
    "DraftUnreadable": "contracts:read",
    "ContractNotFound": "contracts:read",
    "Problem": "contracts:read",
    "PayloadChecked": "contracts:read",
    "PayloadsChecked": "contracts:read",
    "ContractRegistered": "contracts:write",
    "ContractIncompatible": "contracts:write",
    "ContractRefused": "contracts:write",
    "LifecycleChanged": "contracts:write",
    "VersionDeleted": "contracts:write",
    "VersionRestored": "contracts:write",
    "FindingApproved": "contracts:write",
    "ApprovalWithdrawn": "contracts:write",
}

_PATTERNS = tuple((compile_path(row.path)[0], row) for row in ROUTES)


def permissions(roles: tuple[Role, ...]) -> frozenset[Permission]:
    """All that the roles grant together."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def field_permission(type_name: str, field_name: str) -> Permission | None:
    """What a GraphQL field asks for; None where no row names it, which refuses it to everyone."""
    return FIELDS.get(f"{type_name}.{field_name}") or FIELDS.get(type_name)


def route_row(path: str, method: str) -> RouteRow | None:
    """The row that governs a request: the first whose path and method match, else the first whose path does."""
    return _known_row(path, method) if len(path) <= _SHORT else _row(path, method)


def _row(path: str, method: str) -> RouteRow | None:
    rows = [row for pattern, row in _PATTERNS if pattern.match(path)]
    return next((row for row in rows if method in row.methods), rows[0] if rows else None)


# The same few addresses are asked for again and again; trying every pattern costs a tenth of answering them.
_SHORT = 256
_known_row = lru_cache(1_024)(_row)
