# SPDX-License-Identifier: Apache-2.0
"""May this content follow what is registered? Mode, policy, group and approvals as settled; nothing is stored here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from registry import approval_store, comparison, config, content, versions
from registry.comparison import Comparison
from registry.config import Settled
from registry.contract import NONE, Contract
from registry.document import API_TYPES
from registry.lifecycle import VISIBLE
from registry.rules import POLICIES
from registry.stated import said
from registry.verdict import COMPATIBLE, UNDECIDED, Verdict, checked, with_findings
from registry.versions import Stored
from terms.instant import Instant, to_datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the comparisons it rests on: hand them to `store.register` so that nothing is compared twice.

    `made` are those of them that nobody had made before.
    """

    verdict: Verdict
    comparisons: tuple[Comparison, ...]
    made: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask instead of what is settled. `against` are the numbers of the versions that count; None: as the mode says."""

    mode: str | None = None
    policy: str | None = None
    against: tuple[int, ...] | None = None


SETTLED = Question()


def judged(
    session: Session,
    contract: Contract,
    now: Instant,
    question: Question = SETTLED,
    known: Sequence[Comparison] = (),
) -> Judged:
    """The verdict for a contract against its subject's versions: the latest, or all of its group for a transitive mode.

    Drafts, retired and deleted versions are never looked at. Where nothing came before, or the mode is NONE, anything is
    compatible, and `against` is empty. Raises ProblemError for a mode or policy there is none of.
    """
    settled = config.effective(session, contract.subject, contract)
    mode, policy = _asked(question, settled)
    name = f"{contract.subject}@{contract.semver or 'draft'}"
    olds = [] if mode == NONE else _earlier(session, contract, settled, mode, question.against)
    if not olds:
        return Judged(
            Verdict(COMPATIBLE, mode, policy, name, (), (), dict.fromkeys(POLICIES, COMPATIBLE)), ()
        )
    new = content.content_id(contract)
    facts, made = _compared(session, contract, new, olds, mode.removesuffix("_TRANSITIVE"), known, now)
    approved = approval_store.in_force(session, contract.subject, now)
    findings = [
        replace(
            each,
            level=each.levels.get(policy, each.level),
            approval=str(approved.get(each.fingerprint, "")),
        )
        for old in olds
        for each in facts[old.content.content_id].named(old.name, name)
    ]
    asked = Verdict(UNDECIDED, mode, policy, name, tuple(old.name for old in olds), ())
    return Judged(with_findings(asked, findings), tuple(facts.values()), made)


def remember(session: Session, comparisons: Sequence[Comparison]) -> None:
    """Keeps comparisons for the next one who asks."""
    comparison.remember(session, comparisons)


def _asked(question: Question, settled: Settled) -> tuple[str, str]:
    mode, policy = question.mode or settled.compatibility, question.policy or settled.policy
    return (NONE, policy) if mode.upper() == NONE else checked(mode, policy)


def _earlier(
    session: Session, contract: Contract, settled: Settled, mode: str, against: Iterable[int] | None
) -> list[Stored]:
    every = versions.stored(session, contract.subject)
    if against is not None:
        wanted = set(against)
        return [each for each in every if each.row.number in wanted]
    seen = [each for each in every if each.row.lifecycle in VISIBLE]
    if settled.group_by and settled.group:
        seen = [each for each in seen if _group(session, contract, each, settled.group_by) == settled.group]
    return seen if mode.endswith("_TRANSITIVE") else seen[-1:]


def _group(session: Session, contract: Contract, each: Stored, group_by: str) -> str:
    held = content.document(session, each.content, each.name)
    labels = said(held.data).get("labels", {})
    return config.group_of(
        replace(
            contract,
            semver=each.row.semver,
            labels=labels if isinstance(labels, dict) else {},
            extra=each.content.extra,
        ),
        group_by,
    )


def _compared(
    session: Session,
    contract: Contract,
    new: str,
    olds: Sequence[Stored],
    mode: str,
    known: Sequence[Comparison],
    now: Instant,
) -> tuple[dict[str, Comparison], tuple[Comparison, ...]]:
    """The comparison with each old content, by its id: one at hand, one remembered, else made now; and those made now."""
    day = to_datetime(now).date() if contract.document.type in API_TYPES else None
    wanted = list(dict.fromkeys(old.content.content_id for old in olds))
    found = {
        each.old: each
        for each in known
        if (each.new, each.mode, each.day) == (new, mode, day) and each.old in wanted
    }
    if missing := [each for each in wanted if each not in found]:
        found |= comparison.remembered(session, missing, new, mode, day)
    made: list[Comparison] = []
    for old in olds:
        key = old.content.content_id
        if key not in found:
            document = content.document(session, old.content, old.name)
            found[key] = comparison.compared(key, new, document, contract.document, mode, day)
            made.append(found[key])
    return found, tuple(made)
