# SPDX-License-Identifier: Apache-2.0
"""Who would be left without a contract version that goes away? What runs somewhere and declared that it reads that version."""

from collections.abc import Collection, Iterable

from sqlmodel import Session

from registry.declaration_store import users_of
from registry.deployment import Declaration
from registry.deployment_store import deployments
from registry.meeting import spoken_of
from registry.registered import registered


def readers(session: Session, subject: str, versions: Collection[str]) -> tuple[str, ...]:
    """`erp-sync 2.3.0 in prod`, for each deployment whose application declared that it reads one of these versions.

    What a range speaks of is judged as can-i-deploy judges it: drafts and retired versions are read by nobody.
    """
    declared = {(one.application, one.version): one for one in users_of(session, subject)}
    there = [one for one in deployments(session) if (one.application, one.version) in declared]
    if not there:
        return ()
    known = registered(session, (subject,)).get(subject, ())
    wanted = set(versions)

    def reads(declaration: Declaration) -> bool:
        mine = (use for use in declaration.of("consumes") if use.subject == subject)
        spoken = (one for use in mine for one in spoken_of(use, known, declaration.declared_at))
        return any(one.semver in wanted for one in spoken)

    reading = {key for key in {(one.application, one.version) for one in there} if reads(declared[key])}
    return tuple(
        f"{one.application} {one.version} in {one.environment}"
        for one in there
        if (one.application, one.version) in reading
    )


def in_words(found: Iterable[str], most: int = 5) -> str:
    """Up to five of them by name, and how many others."""
    names = list(found)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
