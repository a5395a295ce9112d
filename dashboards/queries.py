# SPDX-License-Identifier: Apache-2.0
"""What do the pages ask? Every GraphQL document of this room. A test holds each against the printed schema."""

from dashboards import contract_changes

_FRAME = """
fragment Frame on Query {
  me { name roles permissions }
  instance { version demo sandboxUrl legalEntities systems { name role } now }
}
"""

_EXCEPTION = """
fragment ExceptionParts on Exception {
  id state flow stage step system errorClass fingerprint sentence message advice businessKey
  objects { type value text } amount { amount currency } legalEntity openedAt lastSeenAt attempts replays
  transaction { id anchor { type value } processTitle customer }
}
"""

_KPI = """
fragment KpiParts on Kpi {
  id version title description formula owner unit statistic asOf days value valueIsLowerBound
  p50Seconds p90Seconds p95Seconds rate rateLow rateHigh target targetMet n open cancelled oldestOpenSeconds
  previousValue better process startMilestone endMilestone changed sourcesLagging
  series { day value p90 n open }
}
"""

_TRANSACTION = """
fragment TransactionParts on Transaction {
  id process processTitle anchor { type value } status overdue sourceLagging startedAt lastEventAt durationSeconds
  amount { amount currency } customer legalEntity waitingForTitle waitingSystem waitingSeconds sentence
}
"""

_VIOLATION = """
fragment ViolationParts on Violation {
  id rule title severity state targetKind targetKey message remediation firstSeenAt lastSeenAt resolvedAt
  occurrences reopened amount { amount currency } transaction { id anchor { value } }
}
"""

HOME = (
    """
query Home($days: Int!) {
  ...Frame
  line(days: $days) {
    asOf days transactions reachedLedger open failed overdue sentence stuckCount stuckMoney { money { amount currency } count }
    oldestSeconds oldest { id anchor { value } }
    hops { id source target title process milestone volume waiting overdue failed atRisk { amount currency } state reason }
  }
  kpis(days: $days) { ...KpiParts }
  exceptions(first: 5, state: OPEN) { totalCount moneyAtRisk { amount currency } nodes { ...ExceptionParts } }
}
"""
    + _FRAME
    + _KPI
    + _EXCEPTION
)

MAP = (
    """
query Map($days: Int!) {
  ...Frame
  line(days: $days) {
    transactions stuckCount
    hops { id source target title process milestone volume waiting overdue failed atRisk { amount currency } state reason
      wait { p50Seconds p90Seconds n open } }
  }
}
"""
    + _FRAME
)

KPIS = (
    """
query Kpis($days: Int!, $legalEntity: String) {
  ...Frame
  kpis(days: $days, legalEntity: $legalEntity) {
    ...KpiParts
    byLegalEntity { name value n open series { day value p90 n open } }
    markers { at title subject version legalEntity }
  }
}
"""
    + _FRAME
    + _KPI
)

KPI = (
    """
query OneKpi($id: ID!, $days: Int!, $legalEntity: String) {
  kpi(id: $id, days: $days, legalEntity: $legalEntity) {
    ...KpiParts
    markers { at title subject version legalEntity }
  }
}
"""
    + _KPI
)

_READING = """
fragment ReadingParts on QueryReading {
  text words { text without } problems { what at length next } hints { what at length next }
}
"""

QUERY_READING = (
    """
query QueryRead($text: String!) {
  transactionQuery(text: $text) { ...ReadingParts }
}
"""
    + _READING
)

QUERY_COMPLETION = (
    """
query QueryGoesOn($text: String!, $caret: Int!) {
  transactionQuery(text: $text, caret: $caret) { ...ReadingParts completions { word title query caret } }
}
"""
    + _READING
)

QUERY_TROUBLE = (
    """
query QueryWrong($text: String!, $caret: Int!) {
  ...Frame
  transactionQuery(text: $text, caret: $caret) { ...ReadingParts completions { word title query caret } }
}
"""
    + _FRAME
    + _READING
)

FIND = """
query Find($key: String!) {
  transactions(first: 2, filter: { key: $key }) { nodes { id } }
}
"""

_VIEW = """
fragment ViewParts on SavedView { id name query sort { field descending } }
"""

TRANSACTIONS = (
    """
query Transactions(
  $query: String!, $sort: TransactionSort!, $first: Int!, $after: String, $last: Int, $before: String, $buckets: Int!
) {
  ...Frame
  transactions(query: $query, sort: $sort, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage endCursor hasPreviousPage startCursor } nodes { ...TransactionParts }
    facets { name title values { value title count chosen query } }
    histogram(buckets: $buckets) { bucketSeconds queryOfAll buckets { start end count stuck query } }
  }
  savedViews(first: 30) { nodes { ...ViewParts } }
}
"""
    + _FRAME
    + _TRANSACTION
    + _VIEW
)

SAVED_VIEW = (
    """
query OneView($id: ID!) {
  savedView(id: $id) { ...ViewParts }
}
"""
    + _VIEW
)

SAVE_VIEW = """
mutation SaveView($input: SaveViewInput!) {
  saveView(input: $input) { __typename }
}
"""

DELETE_VIEW = """
mutation DeleteView($input: DeleteViewInput!) {
  deleteView(input: $input) { alreadyGone }
}
"""

_SPANS = """
fragment SpanParts on Spans {
  count spanId traceId parentSpanId name system service kind startedAt durationSeconds status message attempt why attributes
  onCriticalPath clockSuspect tracerUrl
  links { traceId spanId otherTraceId otherSpanId isOutgoing otherName otherService }
}
"""

SPAN_QUERY = (
    """
query SpanQueryRead($text: String!) {
  ...Frame
  spanQuery(text: $text) { problems { what at length next } }
  promotedAttributes { name isReady blocks lookedAt }
}
"""
    + _FRAME
)

SPANS = """
query FoundSpans($query: String!, $first: Int!, $after: String) {
  spans(query: $query, first: $first, after: $after) {
    scanned isCut pageInfo { hasNextPage endCursor }
    nodes { traceId name system service status message startedAt durationSeconds }
  }
}
"""

TRACE = (
    """
query OneTrace($id: ID!) {
  ...Frame
  trace(id: $id) { ...SpanParts }
}
"""
    + _FRAME
    + _SPANS
)

_SUPPORT = """
fragment SupportParts on EdgeSupportConnection {
  totalCount holdCount pageInfo { hasNextPage endCursor }
  nodes { child { text } parent { text } role state why rule ruleVersion at source eventId decisionId refused retractedAt }
}
"""

TRANSACTION = (
    """
query OneTransaction($id: ID!) {
  ...Frame
  me { permissions }
  transaction(id: $id) {
    ...TransactionParts
    anchor { text } definitionVersion endedAt region waitingFor waitingSince
    milestones {
      name title system state reachedAt dueAt slaSeconds elapsedSeconds eventId owner steward exceptionTeam runbook calendar
      progress { amounts { amount currency } done expected expectedAmount { amount currency } }
    }
    events {
      id type source at system objects { type value text } role sharePpm amount { amount currency }
      contractSubject contractVersion message spanId traceId why
    }
    members {
      object { type value text } role parent { text } why rule ruleVersion eventId eventAt decisionId
      supports(first: 5) { ...SupportParts }
    }
    related { relation through { text } transaction { id anchor { value } processTitle status overdue startedAt } }
    comparison {
      other { id anchor { value } durationSeconds }
      hops { title system tookSeconds otherTookSeconds difference } differences
    }
    decisions { id kind object { text } other { text } reason decidedBy decidedAt }
    spans { ...SpanParts }
    violations { ...ViolationParts }
    exceptions { ...ExceptionParts }
  }
}
"""
    + _FRAME
    + _SPANS
    + _SUPPORT
    + _TRANSACTION
    + _VIOLATION
    + _EXCEPTION
)

SUPPORTS = (
    """
query Supports($id: ID!, $object: String!, $first: Int!, $after: String) {
  ...Frame
  me { permissions }
  transaction(id: $id) {
    id processTitle anchor { value }
    members(object: $object) { object { text } why supports(first: $first, after: $after) { ...SupportParts } }
  }
}
"""
    + _FRAME
    + _SUPPORT
)

PAYLOADS = """
query Payloads($id: ID!) {
  transaction(id: $id) {
    events { id payload { document verdict problems { what where next } contractSubject contractVersion } }
  }
}
"""

_VERDICT = """
fragment VerdictParts on Verdict {
  status mode policy difference policies { policy status }
  findings {
    rule level levels { policy level } direction pointerOld pointerNew whereOld whereNew what before after why fix against
    confirmed witness { document acceptedBy refusedBy refusal pointer } patch approval fingerprint
    usedBy usedByCount
  }
}
"""

_FIELD = """
fragment FieldParts on ContractField {
  pointer type required classification description depth deprecated constraints examples
}
"""

_APPROVAL = """
fragment ApprovalParts on ContractApproval {
  subject fingerprint reason approvedBy approvedAt until inForce finding { what pointerOld pointerNew }
}
"""

CONTRACTS = (
    """
query Contracts($first: Int!, $after: String, $search: String, $filter: ContractFilter, $facets: [String!], $days: Int = 30) {
  ...Frame
  contracts(first: $first, after: $after, search: $search, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } facets(names: $facets) { name values { value count } }
    nodes {
      subject title owner domain type lifecycle compatibilityMode currentVersion
      standing { versions verdict withoutApprovals approvedUntil registeredAt }
      use(days: $days) { days uses applications lastSeenAt versions { version } }
    }
  }
}
"""
    + _FRAME
)

CONTRACT = (
    """
query OneContract($subject: String!, $version: String, $days: Int = 30, $longDays: Int = 90, $firstSeen: Int = 50, $afterSeen: String) {
  ...Frame
  contract(subject: $subject) {
    subject title description owner steward domain audience type lifecycle compatibilityMode retention eventType labels { name value }
    versions {
      number semver lifecycle registeredAt successor deprecatedAt sunsetAt retiredAt
      verdict {
        status policy difference policies { policy status }
        findings { level levels { policy level } pointerOld pointerNew what before after approval fingerprint }
      }
    }
    deletedVersions { number semver lifecycle deletedAt }
    stillUsed { version applications most { application uses lastSeenAt declared } }
    approvals { ...ApprovalParts }
    violations { ...ViolationParts }
    version(version: $version) {
      number semver contentId lifecycle registeredAt successor deprecatedAt sunsetAt retiredAt type text examples
      steps { to why needsDate needsForce refusal }
      fields { ...FieldParts }
      statement { producers consumers notes { change why breaking } }
      operations {
        operationId verb place summary deprecated sunset terms
        parts { title mediaType description example fields { ...FieldParts } }
      }
    }
    traffic { version events firstSeenAt lastSeenAt legalEntities }
    use(days: $days) {
      days since uses applications lastSeenAt versions { version uses applications lastSeenAt } daily { day uses }
    }
    applications { application version owner role range fields optional environments }
    observed(days: $longDays, first: $firstSeen, after: $afterSeen) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { application version uses firstSeenAt lastSeenAt lifecycle declared }
    }
    matrix {
      policy columns { application version role range environments }
      rows { version lifecycle cells { status read findings { what pointerNew pointerOld why } } }
    }
  }
}
"""
    + _FRAME
    + _FIELD
    + _APPROVAL
    + _VIOLATION
)

APPROVALS = (
    """
query Approvals($first: Int!, $after: String, $subject: String, $ended: Boolean) {
  ...Frame
  approvals(first: $first, after: $after, subject: $subject, ended: $ended) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ...ApprovalParts }
  }
}
"""
    + _FRAME
    + _APPROVAL
)

IS_THERE = "query IsThere($subject: String!) { contract(subject: $subject) { subject } }"

_SIDES = """
fragment SideParts on ComparedDocument { name version text }
"""

DIFF = (
    """
query Compared($subject: String!, $from: String, $to: String, $mode: String, $policy: String) {
  ...Frame
  contract(subject: $subject) { subject title compatibilityMode versions { number semver } }
  diff(subject: $subject, from: $from, to: $to, mode: $mode, policy: $policy) {
    old { ...SideParts } new { ...SideParts } verdict { ...VerdictParts }
  }
}
"""
    + _FRAME
    + _SIDES
    + _VERDICT
)

WHAT_IF = (
    """
query WhatIf($document: String!, $subject: String, $mode: String, $policy: String) {
  ...Frame
  compatibility(document: $document, subject: $subject, mode: $mode, policy: $policy) {
    __typename
    ... on Compatibility { subject old { ...SideParts } new { ...SideParts } verdict { ...VerdictParts } }
    ... on DraftUnreadable { problems { what where next } }
    ... on ContractNotFound { message }
  }
}
"""
    + _FRAME
    + _SIDES
    + _VERDICT
)

_DEPLOYABILITY = """
fragment DeployParts on Deployability {
  answer application version environment policy compared
  reasons { kind weight what next subject application applicationVersion findings { rule what pointerOld pointerNew why fix } }
}
"""

DEPLOYMENTS = (
    """
query Deployments {
  ...Frame
  environments { name after rule }
  deployments { application version environment deployedAt promotion { answer environment } }
}
"""
    + _FRAME
)

CAN_I_DEPLOY = (
    """
query MayGo($application: String!, $version: String!, $to: String!, $policy: String, $isFirst: Boolean!) {
  canIDeploy(application: $application, version: $version, to: $to, policy: $policy, isFirst: $isFirst) { ...DeployParts }
}
"""
    + _DEPLOYABILITY
)

FRAME = (
    """
query OnlyFrame {
  ...Frame
}
"""
    + _FRAME
)

KEY_QUALITY = (
    """
query KeyQuality($first: Int!, $after: String) {
  ...Frame
  keyQuality(first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { type source reason sentence verdict uses keys moreKeys lastSeenAt examples { key what } }
  }
}"""
    + _FRAME
)

POLICIES = (
    """
query Policies($first: Int!, $after: String, $state: ViolationState, $rule: String) {
  ...Frame
  policies {
    id title description severity target expression remediation owner controls openViolations
    moneyAtRisk { amount currency } source examples
  }
  violations(first: $first, after: $after, state: $state, rule: $rule) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ...ViolationParts }
  }
}
"""
    + _FRAME
    + _VIOLATION
)

EXCEPTIONS = (
    """
query Exceptions($first: Int!, $after: String, $state: ExceptionState) {
  ...Frame
  exceptions(first: $first, after: $after, state: $state) {
    totalCount moneyAtRisk { amount currency } pageInfo { hasNextPage endCursor } nodes { ...ExceptionParts }
  }
}
"""
    + _FRAME
    + _EXCEPTION
)

REPLAY = """
mutation Replay($input: ReplayExceptionInput!) {
  replayException(input: $input) {
    __typename
    ... on ReplayStarted { alreadyAsked exception { id businessKey } }
    ... on ExceptionNotFound { message }
    ... on ExceptionNotOpen { message exception { id state } }
  }
}
"""

SEPARATE = """
mutation Separate($input: SeparateInput!) {
  separate(input: $input) {
    __typename
    ... on DecisionTaken { alreadyThere }
    ... on DecisionRefused { message next }
    ... on DecisionContradicts { message next }
  }
}
"""

JOIN = """
mutation Join($input: JoinInput!) {
  join(input: $input) {
    __typename
    ... on DecisionTaken { alreadyThere }
    ... on DecisionRefused { message next }
    ... on DecisionContradicts { message next }
  }
}
"""

REVOKE_DECISION = """
mutation RevokeDecision($input: RevokeDecisionInput!) {
  revokeDecision(input: $input) {
    __typename
    ... on DecisionRevoked { alreadyRevoked }
    ... on DecisionNotFound { message }
  }
}
"""

_SOURCE = """
fragment SourceParts on Source {
  name kind state setUp address watermark behindSeconds truncationCount
  throughput { accepted totalAccepted totalDuplicates totalRejected } flags { reason count lastWhat }
  error { what next at failures } progress { running startedAt endedAt windows traces spans service }
}
"""

SOURCES = (
    """
query Sources($first: Int!, $after: String, $name: String!, $one: Boolean!) {
  ...Frame
  me { permissions }
  sources(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { ...SourceParts } }
  source(name: $name) @include(if: $one) {
    ...SourceParts
    api services systems headerNames allowPrivate spanUrl everySeconds settleSeconds overlapSeconds quietAfterSeconds limit maxSilenceSeconds
    createdAt createdBy lastContactAt
    rejections { reason count lastWhat } truncations { service fromAt limit } fileProblems { path problem }
    pulled { name watermark }
  }
  definitions { since inForce { kind id version title } problems { what where next } }
  rederivations { kind names state done total changed added removed daysLeft { day events } endedAt }
}
"""
    + _FRAME
    + _SOURCE
)

_TRIED = """
    __typename
    ... on SourceAnswered { api services traces spans isFull elapsedSeconds }
    ... on SourceFailed { what where next }
    ... on SourceRefused { problems { what where next } }
    ... on SourceNotFound { message }
"""

TRY_SOURCE = f"mutation TrySource($input: AddSourceInput!) {{ trySource(input: $input) {{ {_TRIED} }} }}"
TEST_SOURCE = f"mutation TestSource($input: SourceNameInput!) {{ testSource(input: $input) {{ {_TRIED} }} }}"
ADD_SOURCE = """
mutation AddSource($input: AddSourceInput!) {
  addSource(input: $input) { __typename ... on SourceRefused { problems { what where next } } }
}
"""
CHANGE_SOURCE = """
mutation ChangeSource($input: ChangeSourceInput!) {
  changeSource(input: $input) { __typename ... on SourceRefused { problems { what where next } } }
}
"""
PAUSE_SOURCE = """
mutation PauseSource($input: SourceNameInput!) { pauseSource(input: $input) { __typename } }
"""
RESUME_SOURCE = """
mutation ResumeSource($input: SourceNameInput!) { resumeSource(input: $input) { __typename } }
"""
REMOVE_SOURCE = """
mutation RemoveSource($input: SourceNameInput!) { removeSource(input: $input) { __typename } }
"""
PULL_SOURCE = """
mutation PullSource($input: SourceNameInput!) {
  pullSource(input: $input) { __typename ... on SourceRefused { problems { what where next } } }
}
"""

ALL = {
    name: document
    for name, document in globals().items()
    if name.isupper() and not name.startswith("_") and isinstance(document, str)
} | contract_changes.ALL
