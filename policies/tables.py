# SPDX-License-Identifier: Apache-2.0
"""What this room remembers: violations, what happened to each, instants to look again, and rules that gave no answer."""

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from terms.tenant import TENANT


class ViolationRow(SQLModel, table=True):
    """One violation for ever; `fingerprint` names it. The texts are those of the last finding."""

    __tablename__ = "violation"
    __table_args__ = (
        Index("ix_violation_state_opened", "tenant", "state", "opened_at", "fingerprint"),
        Index("ix_violation_rule_state", "tenant", "rule_id", "state"),
        Index("ix_violation_target", "tenant", "target_kind", "target_key"),
    )

    tenant: int = Field(primary_key=True, default=TENANT)
    fingerprint: str = Field(primary_key=True, max_length=64)
    rule_id: str
    rule_version: int
    target_kind: str
    target_key: str
    path: str
    severity: str
    title: str = Field(sa_column=Column(Text, nullable=False))
    message: str = Field(sa_column=Column(Text, nullable=False))
    remediation: str = Field(sa_column=Column(Text, nullable=False))
    state: str
    first_seen_at: int = Field(sa_type=BigInteger)
    opened_at: int = Field(sa_type=BigInteger)
    last_seen_at: int = Field(sa_type=BigInteger)
    resolved_at: int | None = Field(default=None, sa_type=BigInteger)
    occurrences: int
    reopened: int
    amount_minor: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = None


class ViolationEventRow(SQLModel, table=True):
    """One transition of one violation; never changed after it is written."""

    __tablename__ = "violation_event"
    __table_args__ = (Index("ix_violation_event_violation", "tenant", "fingerprint", "event_id"),)

    tenant: int = Field(primary_key=True, default=TENANT)
    event_id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    fingerprint: str
    change: str  # opened | reopened | resolved
    rule_version: int
    at: int = Field(sa_type=BigInteger)
    reason: str = Field(sa_column=Column(Text, nullable=False))


class PolicyDeadlineRow(SQLModel, table=True):
    """A pair of rule and target to look at again once `due_at` has passed."""

    __tablename__ = "policy_deadline"
    __table_args__ = (Index("ix_policy_deadline_due", "tenant", "due_at"),)

    tenant: int = Field(primary_key=True, default=TENANT)
    rule_id: str = Field(primary_key=True)
    target_kind: str = Field(primary_key=True)
    target_key: str = Field(primary_key=True)
    due_at: int = Field(sa_type=BigInteger)


class RuleErrorRow(SQLModel, table=True):
    """A rule that gives no answer for a target; gone once it gives one."""

    __tablename__ = "rule_error"

    tenant: int = Field(primary_key=True, default=TENANT)
    rule_id: str = Field(primary_key=True)
    target_kind: str = Field(primary_key=True)
    target_key: str = Field(primary_key=True)
    rule_version: int
    message: str = Field(sa_column=Column(Text, nullable=False))
    first_seen_at: int = Field(sa_type=BigInteger)
    last_seen_at: int = Field(sa_type=BigInteger)
    occurrences: int
