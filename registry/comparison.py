# SPDX-License-Identifier: Apache-2.0
"""What did two contents come to? Compared once and remembered, so that a pipeline's second run costs one read.

The findings are kept under the level of every policy and without the names of the documents: content knows no subject.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path

from sqlmodel import Session, col, select

from registry import finding
from registry.compare import compare
from registry.confirm import confirm
from registry.document import Document
from registry.finding import Finding
from registry.insertion import upsert
from registry.tables import ContractComparisonRow
from registry.verdict import COMPATIBLE, judge
from terms import canonical_json
from terms.tenant import TENANT

_OLD, _NEW = "old", "new"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The findings between two contents in one mode (never a transitive one), as they are kept, with their witnesses.

    `day` is the one the sunsets of an API were held against; None for what knows no sunset.
    """

    old: str
    new: str
    mode: str
    day: date | None
    findings: tuple[Finding, ...]

    def named(self, old: str, new: str) -> tuple[Finding, ...]:
        """The findings with the documents' names in them."""
        return tuple(_named(each, {_OLD: old, _NEW: new}) for each in self.findings)


def compared(
    old: str, new: str, old_document: Document, new_document: Document, mode: str, day: date | None
) -> Comparison:
    """The comparison of two contents, made now; what breaks is proven by documents where one can be found."""
    first, second = replace(old_document, name=_OLD), replace(new_document, name=_NEW)
    verdict = judge([(first, compare(first, second, day))], second, mode)
    if set(verdict.policies.values()) != {COMPATIBLE}:
        verdict = confirm(verdict, second, (first,))
    return Comparison(old, new, mode, day, verdict.findings)


def remembered(
    session: Session, olds: Sequence[str], new: str, mode: str, day: date | None
) -> dict[str, Comparison]:
    """What is known of the new content against those old ones, by the old content's id. One statement."""
    rows = session.exec(
        select(ContractComparisonRow).where(
            ContractComparisonRow.tenant == TENANT,
            col(ContractComparisonRow.old_content).in_(olds),
            ContractComparisonRow.new_content == new,
            ContractComparisonRow.mode == _on(mode, day),
            ContractComparisonRow.rules == rules_in_force(),
        )
    )
    return {
        row.old_content: Comparison(
            row.old_content,
            new,
            mode,
            day,
            tuple(finding.from_json(each) for each in json.loads(row.findings, parse_float=Decimal)),
        )
        for row in rows
    }


def remember(session: Session, comparisons: Iterable[Comparison]) -> None:
    """Keeps the comparisons for the rules in force."""
    for each in comparisons:
        findings = [{**asdict(one), "patch": list(one.patch)} for one in each.findings]
        upsert(
            session,
            ContractComparisonRow,
            {
                "tenant": TENANT,
                "old_content": each.old,
                "new_content": each.new,
                "mode": _on(each.mode, each.day),
                "rules": rules_in_force(),
                "findings": canonical_json.text(findings),
            },
        )


@cache
def rules_in_force() -> str:
    """A hash of the code that compares: whoever changes it starts with an empty memory."""
    whole = sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def _on(mode: str, day: date | None) -> str:
    return f"{mode} {day}" if day else mode


def _named(one: Finding, names: Mapping[str, str]) -> Finding:
    witness = one.witness and replace(
        one.witness,
        accepted_by=names.get(one.witness.accepted_by, one.witness.accepted_by),
        refused_by=names.get(one.witness.refused_by, one.witness.refused_by),
    )
    return replace(
        one,
        against=names.get(one.against, one.against),
        where_old=_placed(one.where_old, _OLD, names),
        where_new=_placed(one.where_new, _NEW, names),
        witness=witness,
    )


def _placed(where: str, name: str, names: Mapping[str, str]) -> str:
    return f"{names[name]}{where.removeprefix(name)}" if where.startswith(f"{name}:") else where
