# SPDX-License-Identifier: Apache-2.0
"""The tables of every room, as of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "audit_id"),
    )
    op.create_table(
        "browser_session",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "secret_sha256"),
    )
    op.create_table(
        "changed_txn",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "sequence"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contract_subject",
        sa.Column("tenant", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("compatibility", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "contract_version",
        sa.Column("tenant", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("semver", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("artefact_type", sa.Text(), nullable=False),
        sa.Column("syntax", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("steward", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("lifecycle", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "subject", "number"),
        sa.UniqueConstraint("tenant", "subject", "content_id", name="uq_contract_version_content"),
        sa.UniqueConstraint("tenant", "subject", "semver", name="uq_contract_version_semver"),
    )
    op.create_table(
        "cross_reference",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("canonical", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("found_by_probe", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "canonical", "system"),
    )
    op.create_index(
        "ix_cross_reference_native", "cross_reference", ["tenant", "system", "native_id"], unique=False
    )
    op.create_table(
        "cursor_position",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("position_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "connection"),
    )
    op.create_table(
        "edge",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("edge_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("retracted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "parent_id", "edge_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "effect",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("canonical", sa.String(), nullable=False),
        sa.Column("business_version", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=False),
        sa.Column("error_class", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "effect_key"),
    )
    op.create_index("ix_effect_object", "effect", ["tenant", "canonical"], unique=False)
    op.create_index("ix_effect_run", "effect", ["tenant", "run_id"], unique=False)
    op.create_table(
        "effect_attempt",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("effect_key", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("provider_key", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("error_class", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "attempt_id"),
        sa.UniqueConstraint("tenant", "effect_key", "attempt", name="uq_effect_attempt"),
    )
    op.create_index(
        "ix_effect_attempt_unsent", "effect_attempt", ["tenant", "sent", "ended_at"], unique=False
    )
    op.create_table(
        "event",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_event_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("legal_entity", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("contract_subject", sa.Text(), nullable=True),
        sa.Column("contract_version", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("trace_id", sa.LargeBinary(), nullable=True),
        sa.Column("span_id", sa.LargeBinary(), nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "event_id"),
        sa.UniqueConstraint("tenant", "source", "source_event_id", name="uq_event_identity"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_event_contract",
        "event",
        ["tenant", "contract_subject", "contract_version", "occurred_at"],
        unique=False,
        sqlite_where=sa.text("contract_subject IS NOT NULL"),
        postgresql_where=sa.text("contract_subject IS NOT NULL"),
    )
    op.create_table(
        "event_object",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "object_id", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_for", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "inbox_id"),
        sa.UniqueConstraint("tenant", "connection", "event_id", name="uq_inbox_event"),
    )
    op.create_index("ix_inbox_due", "inbox", ["tenant", "state", "due_at"], unique=False)
    op.create_index("ix_inbox_waiting", "inbox", ["tenant", "waiting_for"], unique=False)
    op.create_table(
        "kpi_sample",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("kpi", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.String(length=32), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("cohort_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("legal_entity", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "kpi", "version", "transaction_id"),
    )
    op.create_index(
        "ix_kpi_sample_cohort", "kpi_sample", ["tenant", "kpi", "version", "cohort_at"], unique=False
    )
    op.create_index("ix_kpi_sample_transaction", "kpi_sample", ["tenant", "transaction_id"], unique=False)
    op.create_table(
        "milestone",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("milestone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reached_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("retracted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "txn_id", "milestone_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "object",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "object_id"),
        sa.UniqueConstraint("tenant", "digest", name="uq_object_digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_object_value", "object", ["tenant", "value"], unique=False)
    op.create_table(
        "policy_deadline",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "rule_id", "target_kind", "target_key"),
    )
    op.create_index("ix_policy_deadline_due", "policy_deadline", ["tenant", "due_at"], unique=False)
    op.create_table(
        "replay_request",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("replay_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("exception_id", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "replay_id"),
        sa.UniqueConstraint("tenant", "idempotency_key", name="uq_replay_request_key"),
    )
    op.create_table(
        "resource",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "resource_id"),
        sa.UniqueConstraint("tenant", "digest", name="uq_resource_digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rule_error",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "rule_id", "target_kind", "target_key"),
    )
    op.create_table(
        "run",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("run_sequence", sa.BigInteger(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("deal", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("handed_over", sa.Boolean(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "run_id"),
    )
    op.create_index("ix_run_deal", "run", ["tenant", "deal"], unique=False)
    op.create_index("ix_run_object", "run", ["tenant", "object"], unique=False)
    op.create_index("ix_run_state", "run", ["tenant", "state", "run_sequence"], unique=False)
    op.create_table(
        "service_token",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("token_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "token_id"),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "secret_sha256"),
    )
    op.create_table(
        "span",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("span_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trace_id", sa.LargeBinary(), nullable=False),
        sa.Column("span_id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("parent_span_id", sa.LargeBinary(), nullable=True),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_ns", sa.BigInteger(), nullable=False),
        sa.Column("end_ns", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("status_message", sa.Text(), nullable=True),
        sa.Column("block_id", sa.BigInteger(), nullable=False),
        sa.Column("block_ix", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "span_key"),
        sa.UniqueConstraint("tenant", "trace_id", "span_id", "kind", name="uq_span_identity"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "span_block",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("block_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "block_id"),
    )
    op.create_table(
        "span_object",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("span_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "object_id", "span_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "step",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "step_id"),
        sa.UniqueConstraint("tenant", "run_id", "step", "attempt", name="uq_step_attempt"),
    )
    op.create_index("ix_step_unsent", "step", ["tenant", "sent", "ended_at"], unique=False)
    op.create_table(
        "sync_exception",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("exception_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("error_class", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("business_key", sa.String(), nullable=False),
        sa.Column("objects", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("legal_entity", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "exception_id"),
    )
    op.create_index("ix_sync_exception_run", "sync_exception", ["tenant", "run_id"], unique=False)
    op.create_index(
        "ix_sync_exception_state", "sync_exception", ["tenant", "state", "amount_minor"], unique=False
    )
    op.create_table(
        "txn",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("definition_version", sa.SmallInteger(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("last_event_at", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.Column("legal_entity", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("waiting_for", sa.Text(), nullable=True),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "txn_id"),
        sa.UniqueConstraint("tenant", "digest", name="uq_txn_digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_txn_started", "txn", ["tenant", "started_at", "txn_id"], unique=False)
    op.create_index("ix_txn_status_due", "txn", ["tenant", "status", "due_at"], unique=False)
    op.create_table(
        "txn_event",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("via_id", sa.BigInteger(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "txn_id", "event_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "txn_object",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("txn_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("object_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "txn_id", "object_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_txn_object_object", "txn_object", ["tenant", "object_id"], unique=False)
    op.create_table(
        "txn_redirect",
        sa.Column("tenant", sa.SmallInteger(), nullable=False),
        sa.Column("old_digest", sa.LargeBinary(), nullable=False),
        sa.Column("new_digest", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "old_digest"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "violation",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remediation", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "fingerprint"),
    )
    op.create_index("ix_violation_rule_state", "violation", ["tenant", "rule_id", "state"], unique=False)
    op.create_index(
        "ix_violation_state_opened",
        "violation",
        ["tenant", "state", "opened_at", "fingerprint"],
        unique=False,
    )
    op.create_index("ix_violation_target", "violation", ["tenant", "target_kind", "target_key"], unique=False)
    op.create_table(
        "violation_event",
        sa.Column("tenant", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "event_id"),
    )
    op.create_index(
        "ix_violation_event_violation", "violation_event", ["tenant", "fingerprint", "event_id"], unique=False
    )
