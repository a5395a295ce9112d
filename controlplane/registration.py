# SPDX-License-Identifier: Apache-2.0
"""At each start the shipped contracts are registered: new content becomes a version, known content stays what it was."""

from collections.abc import Sequence

from sqlmodel import Session

from controlplane.database import Actor, Database
from controlplane.governance import Governance
from registry import store
from registry.contract import Contract
from terms.instant import Instant


def register_canonical(
    database: Database, contracts: Sequence[Contract], governance: Governance, now: Instant
) -> None:
    """Registers each contract, oldest version first, and judges the newest of each subject. Idempotent."""

    def register(session: Session) -> None:
        for contract in contracts:
            store.register(session, contract, now)
        latest = {contract.subject: contract for contract in contracts}
        governance.judge_contracts(session, tuple(latest.values()), now)
        governance.take_over(session, now)

    database.write(register, actor=Actor("machine", "throughline"), reason="register the shipped contracts")
