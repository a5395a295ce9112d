# SPDX-License-Identifier: Apache-2.0
"""At each start the shipped contracts are registered: new content becomes a version, known content stays what it was."""

import logging
from collections.abc import Sequence

from sqlmodel import Session

from controlplane.database import Actor, Database
from controlplane.governance import Governance
from registry import store, subjects
from registry.contract import Contract
from registry.refusal import RefusedError
from terms.instant import Instant

_log = logging.getLogger("throughline.registry")


def register_canonical(
    database: Database,
    contracts: Sequence[Contract],
    governance: Governance | None,
    now: Instant,
    takes_over: bool = True,
) -> None:
    """Registers each contract, oldest version first, and judges the newest of each subject. Idempotent.

    Without a governance nothing is judged: who has one does it at its own start. With `takes_over` what is stored is judged by the rules and KPIs there are now. New ones wait while the registry is read-only, and for a version that others registered with other content.
    """

    def register(session: Session) -> None:
        subjects.refresh_missing(session, now)
        for contract in contracts:
            try:
                with session.begin_nested():
                    store.register(session, contract, now)
            except RefusedError as refused:
                _log.warning("%s %s was not registered: %s", contract.subject, contract.semver, refused)
        if governance is None:
            return
        latest = {contract.subject: contract for contract in contracts}
        governance.judge_contracts(session, tuple(latest.values()), now)
        if takes_over:
            governance.take_over(session, now)

    database.write(register, actor=Actor("machine", "throughline"), reason="register the shipped contracts")
