# SPDX-License-Identifier: Apache-2.0
"""The nouns of deployment: what an application says it writes and reads, where it runs, and in which order versions go up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from registry.document import Document
from registry.version_range import VersionRange
from terms.instant import Instant
from terms.problem import ProblemError, did_you_mean

Role = Literal["produces", "consumes"]
OrderRule = Literal["refuse", "warn", "ignore"]

_APPLICATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_ENVIRONMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Use:
    """One subject an application writes or reads. `fields` are the places it reads, as pointers into a payload with `*`
    for any item (of an API: into its document); empty means all of it. `optional`: it does without a producer.
    """

    role: Role
    subject: str
    versions: VersionRange
    fields: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """What one version of an application says of itself. A range speaks of the versions there were at `declared_at`."""

    application: str
    version: str
    owner: str
    uses: tuple[Use, ...]
    declared_at: Instant

    def of(self, role: Role) -> tuple[Use, ...]:
        """What it produces, or consumes."""
        return tuple(use for use in self.uses if use.role == role)


@dataclass(frozen=True, slots=True)
class Environment:
    """A place to deploy to. A version should have been deployed to `after` first (empty: it may start here); `rule` says
    what happens when it was not."""

    name: str
    after: str
    rule: OrderRule


@dataclass(frozen=True, slots=True)
class Deployment:
    """An application version in an environment, from `deployed_at` until `ended_at`; None: it runs there now."""

    application: str
    version: str
    environment: str
    deployed_at: Instant
    ended_at: Instant | None
    recorded_by: str


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """A version of a subject as the registry holds it."""

    subject: str
    semver: str
    lifecycle: str
    registered_at: Instant
    document: Document


ENVIRONMENTS: tuple[Environment, ...] = (
    Environment("dev", "", "ignore"),
    Environment("test", "dev", "warn"),
    Environment("stage", "test", "warn"),
    Environment("prod", "stage", "refuse"),
)
"""In the order of promotion, until others are set."""


def named(environments: Sequence[Environment], name: str) -> Environment:
    """The environment of that name. Raises ProblemError when there is none."""
    for environment in environments:
        if environment.name == name:
            return environment
    names = tuple(environment.name for environment in environments)
    raise ProblemError(f"there is no environment '{name[:60]}'", "environment", did_you_mean(name, names))


def checked_environments(environments: Sequence[Environment]) -> tuple[Environment, ...]:
    """The environments, when each has a name of its own and comes after one before it. Raises ProblemError."""
    if not environments:
        raise ProblemError("no environment is named", do="name at least one")
    known: list[str] = []
    for place, environment in enumerate(environments):
        where = f"/environments/{place}"
        if not _ENVIRONMENT.fullmatch(environment.name):
            raise ProblemError(
                f"'{environment.name[:60]}' is not the name of an environment",
                f"{where}/name",
                "use small letters, digits and -",
            )
        if environment.name in known:
            raise ProblemError(f"environment '{environment.name}' stands twice", f"{where}/name")
        if environment.after and environment.after not in known:
            raise ProblemError(
                f"'{environment.after[:60]}' is not an environment before it",
                f"{where}/after",
                f"use one of {', '.join(known) or 'none'}",
            )
        known.append(environment.name)
    return tuple(environments)


def checked_application(name: str, where: str = "application") -> str:
    """The name. Raises ProblemError for one that could not stand in an address."""
    if not _APPLICATION.fullmatch(name):
        raise ProblemError(
            f"'{name[:60]}' is not the name of an application",
            where,
            "use letters, digits, . _ -, at most 100",
        )
    return name


def checked_version(version: str, where: str = "version") -> str:
    """The version of an application: a semantic version, a commit, any word. Raises ProblemError."""
    if not _VERSION.fullmatch(version):
        raise ProblemError(
            f"'{version[:60]}' is not a version of an application",
            where,
            "use letters, digits, . _ + -, at most 100, such as 2.3.0 or a commit",
        )
    return version
