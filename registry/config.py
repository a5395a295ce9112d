# SPDX-License-Identifier: Apache-2.0
"""Which mode, policy and grouping hold for a subject's next version, and may anything be written? Settled by people, in rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from registry.contract import NONE, Contract
from registry.insertion import upsert
from registry.refusal import RefusedError
from registry.rules import POLICIES
from registry.semver import major
from registry.subject_name import context
from registry.tables import ContractConfigRow, ContractSubjectRow
from registry.verdict import DEFAULT_MODE, DEFAULT_POLICY, MODES
from terms.instant import Instant
from terms.problem import ProblemError, did_you_mean
from terms.tenant import TENANT

ALL = ""
"""Stands for every subject, and for every group of a subject."""
MAJOR_VERSION = "major_version"
READWRITE, READONLY, IMPORT = "READWRITE", "READONLY", "IMPORT"
REGISTRY_MODES = (READWRITE, READONLY, "READONLY_OVERRIDE", IMPORT, "FORWARD")
COMPATIBILITIES = (*MODES, NONE)


@dataclass(frozen=True, slots=True)
class Config:
    """What was settled at one place; empty: nothing. `group_by` is the label whose value puts versions into groups.

    `extra` is kept and given back, but means nothing here.
    """

    compatibility: str = ""
    policy: str = ""
    group_by: str = ""
    registry_mode: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds: every value is filled, by what was settled nearest, else by the default. `group_by` may be empty."""

    compatibility: str
    policy: str
    group_by: str
    registry_mode: str
    group: str = ""


def own(session: Session, subject: str = ALL, group: str = ALL) -> Config | None:
    """What was settled at that very place; None when nothing was."""
    row = session.get(ContractConfigRow, (TENANT, subject, group))
    return None if row is None else _config(row)


def settle(session: Session, subject: str, group: str, config: Config, now: Instant) -> None:
    """Replaces what was settled at that place. Raises ProblemError for a word that is none of the known ones."""
    for name, value, known in (
        ("compatibility", config.compatibility, COMPATIBILITIES),
        ("policy", config.policy, POLICIES),
        ("mode", config.registry_mode, REGISTRY_MODES),
    ):
        if value and value not in known:
            raise ProblemError(f"'{value}' is not a {name}", name, did_you_mean(value, list(known)))
    upsert(
        session,
        ContractConfigRow,
        {
            "tenant": TENANT,
            "subject": subject,
            "version_group": group,
            "compatibility": config.compatibility,
            "policy": config.policy,
            "group_by": config.group_by,
            "registry_mode": config.registry_mode,
            "extra": json.dumps(dict(config.extra)),
            "changed_at": now,
        },
    )


def unsettle(session: Session, subject: str, group: str = ALL) -> Config | None:
    """Takes back what was settled at that place, and returns it; None when nothing was."""
    row = session.get(ContractConfigRow, (TENANT, subject, group))
    if row is None:
        return None
    found = _config(row)
    session.delete(row)
    session.flush()
    return found


def groups(session: Session, subject: str) -> dict[str, Config]:
    """What was settled for single groups of a subject, by group."""
    rows = session.exec(
        select(ContractConfigRow).where(
            ContractConfigRow.tenant == TENANT,
            ContractConfigRow.subject == subject,
            ContractConfigRow.version_group != ALL,
        )
    )
    return {row.version_group: _config(row) for row in sorted(rows, key=lambda row: row.version_group)}


def effective(session: Session, subject: str, contract: Contract | None = None) -> Settled:
    """What holds for the subject, and for that version of it when one is given.

    The nearest counts: its group, the subject, what its documents state, its context, all subjects, the default
    (BACKWARD, validation, no groups, READWRITE).
    """
    around = f":{context(subject)}:" if context(subject) != "." else ALL
    rows = session.exec(
        select(ContractConfigRow).where(
            ContractConfigRow.tenant == TENANT, col(ContractConfigRow.subject).in_({subject, around, ALL})
        )
    ).all()
    found = {(row.subject, row.version_group): row for row in rows}
    stated = session.get(ContractSubjectRow, (TENANT, subject))
    wider = [found.get((subject, ALL)), found.get((around, ALL)), found.get((ALL, ALL))]
    group_by = _first(row.group_by for row in wider if row)
    group = "" if contract is None or not group_by else group_of(contract, group_by)
    narrow = found.get((subject, group)) if group else None
    rows_near = [row for row in (narrow, *wider) if row]
    here = [row for row in rows_near if row.subject == subject]
    beyond = [row for row in rows_near if row.subject != subject]
    mode = _first(
        (
            *(row.compatibility for row in here),
            stated.compatibility if stated else "",
            *(row.compatibility for row in beyond),
        )
    )
    return Settled(
        compatibility=mode or DEFAULT_MODE,
        policy=_first(row.policy for row in rows_near) or DEFAULT_POLICY,
        group_by=group_by,
        registry_mode=_registry_mode(found.get((ALL, ALL)), wider),
        group=group,
    )


def modes(session: Session, subjects: Mapping[str, str]) -> dict[str, str]:
    """The mode in force of many subjects at once; what their documents state is given by name."""
    rows = session.exec(
        select(ContractConfigRow).where(
            ContractConfigRow.tenant == TENANT,
            ContractConfigRow.version_group == ALL,
            ContractConfigRow.compatibility != "",
        )
    ).all()
    settled = {row.subject: row.compatibility for row in rows}
    return {
        name: settled.get(name)
        or stated
        or settled.get(f":{context(name)}:")
        or settled.get(ALL)
        or DEFAULT_MODE
        for name, stated in subjects.items()
    }


def group_of(contract: Contract, group_by: str) -> str:
    """The group a version is in: the value of that label; for `major_version`, where no label says it, of its version."""
    metadata = contract.extra.get("metadata")
    properties = metadata.get("properties", {}) if isinstance(metadata, dict) else {}
    stated = (
        properties.get(group_by, contract.labels.get(group_by, "")) if isinstance(properties, dict) else ""
    )
    if not stated and group_by == MAJOR_VERSION and contract.semver:
        return major(contract.semver)
    return str(stated)


def require_writable(session: Session, subject: str) -> Settled:
    """What holds for the subject. Raises RefusedError while it, or the whole registry, is read-only."""
    settled = effective(session, subject)
    if settled.registry_mode in (READONLY, "READONLY_OVERRIDE"):
        raise RefusedError(
            "read-only", f"subject {subject} is in read-only mode", "mode", "set the mode back to READWRITE"
        )
    return settled


def contexts(session: Session) -> Sequence[str]:
    """The contexts that hold subjects, the default one first."""
    names: Iterable[str] = session.exec(
        select(ContractSubjectRow.name).where(
            ContractSubjectRow.tenant == TENANT, col(ContractSubjectRow.name).startswith(":.")
        )
    )
    return [".", *sorted({context(name) for name in names} - {"."})]


def _registry_mode(everywhere: ContractConfigRow | None, wider: Sequence[ContractConfigRow | None]) -> str:
    if everywhere is not None and everywhere.registry_mode == "READONLY_OVERRIDE":
        return everywhere.registry_mode
    return _first(row.registry_mode for row in wider if row) or READWRITE


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _config(row: ContractConfigRow) -> Config:
    return Config(row.compatibility, row.policy, row.group_by, row.registry_mode, json.loads(row.extra))
