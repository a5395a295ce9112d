# SPDX-License-Identifier: Apache-2.0
"""The life of a violation: open, seen again, resolved, reopened. Pure; the store keeps what comes out.

(none) --found--> open --found--> open (seen again)        resolved --found--> open (reopened)
                  open --holds--> resolved                 resolved --holds--> resolved
"""

from dataclasses import dataclass, replace
from typing import Literal

from policies.definition import Severity
from policies.finding import Finding, Pair
from terms.instant import Instant
from terms.money import Money

State = Literal["open", "resolved"]
Change = Literal["opened", "seen", "reopened", "resolved"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that did or does not hold for one target, at one path. The same one for ever, however often it returns."""

    fingerprint: str
    pair: Pair
    path: str
    rule_version: int
    severity: Severity
    title: str
    message: str
    remediation: str
    state: State
    first_seen_at: Instant
    opened_at: Instant  # when it last became open
    last_seen_at: Instant
    resolved_at: Instant | None
    occurrences: int
    reopened: int
    money: Money | None


def found(known: Violation | None, finding: Finding, now: Instant) -> tuple[Violation, Change]:
    """The violation once a rule was found not to hold: opened, seen again, or reopened. Its words are the newest."""
    if known is None:
        return _opened(finding, now), "opened"
    newest = replace(
        known,
        rule_version=finding.rule_version,
        severity=finding.severity,
        title=finding.title,
        message=finding.message,
        remediation=finding.remediation,
        money=finding.money,
        last_seen_at=max(known.last_seen_at, now),
        occurrences=known.occurrences + 1,
    )
    if known.state == "open":
        return newest, "seen"
    reopened = replace(newest, state="open", opened_at=now, resolved_at=None, reopened=known.reopened + 1)
    return reopened, "reopened"


def holds(known: Violation, now: Instant) -> tuple[Violation, Change | None]:
    """The violation once its rule was found to hold: resolved; None for the change when it already was."""
    if known.state == "resolved":
        return known, None
    return replace(known, state="resolved", resolved_at=now), "resolved"


def _opened(finding: Finding, now: Instant) -> Violation:
    return Violation(
        finding.fingerprint,
        finding.pair,
        finding.path,
        finding.rule_version,
        finding.severity,
        finding.title,
        finding.message,
        finding.remediation,
        state="open",
        first_seen_at=now,
        opened_at=now,
        last_seen_at=now,
        resolved_at=None,
        occurrences=1,
        reopened=0,
        money=finding.money,
    )
