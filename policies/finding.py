# SPDX-License-Identifier: Apache-2.0
"""What an evaluation says: findings, pairs of rule and target that have an answer, rules that could not answer, instants to look again."""

from dataclasses import dataclass
from typing import NamedTuple

from policies.definition import Severity
from policies.fact import TargetKind
from terms.canonical_json import sha256_hex
from terms.instant import Instant
from terms.money import Money


class Pair(NamedTuple):
    """One rule and one target."""

    rule_id: str
    target_kind: TargetKind
    target_key: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule does not hold for a target, at `path` in it."""

    pair: Pair
    path: str
    rule_version: int
    severity: Severity
    title: str
    message: str
    remediation: str
    money: Money | None

    @property
    def fingerprint(self) -> str:
        """64 hex digits that name the violation for good: message, severity, version and time do not enter."""
        return fingerprint(self.pair, self.path)


def fingerprint(pair: Pair, path: str) -> str:
    """SHA-256 over (rule, target kind, target, path), each part quoted so that none runs into the next."""
    return sha256_hex([pair.rule_id, pair.target_kind, pair.target_key, path])


@dataclass(frozen=True, slots=True)
class RuleError:
    """A rule that gave no answer for a target. What is open for the pair stays open; nothing new opens."""

    pair: Pair
    rule_version: int
    message: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """Look at the pair again once `due_at` has passed, even if nothing happens until then."""

    pair: Pair
    due_at: Instant


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The answers for all (rule, fact) pairs of one call.

    `answered` lists the pairs with a definite answer, passed or failed: whatever is open for them and is not among
    `findings` is over. A pair in `errors` is in neither. Every pair looked at has at most one deadline; a pair
    without one needs none any more.
    """

    findings: tuple[Finding, ...] = ()
    answered: tuple[Pair, ...] = ()
    errors: tuple[RuleError, ...] = ()
    deadlines: tuple[Deadline, ...] = ()

    @property
    def pairs(self) -> frozenset[Pair]:
        """Every pair that was looked at."""
        return frozenset((*self.answered, *(error.pair for error in self.errors)))
