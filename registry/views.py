# SPDX-License-Identifier: Apache-2.0
"""How is what was registered seen? A subject in a list or with all its versions, a version, and what registering answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.lifecycle import State
from registry.references import Reference
from registry.verdict import Verdict
from terms.instant import Instant


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """What registering answers: the version's number within its subject, and whether it was there before.

    `schema_id` is the small number that stands for the content, the same under every subject.
    """

    subject: str
    number: int
    semver: str
    content_id: str
    already_there: bool
    schema_id: int = 0


@dataclass(frozen=True, slots=True)
class VersionView:
    """A registered version. `document` is the text that was registered, in `syntax` (json or yaml), without what it refers to;
    `verdict` compares it with the version before. `deleted_at` tells when it was deleted softly, None for one that lives.
    """

    number: int
    semver: str
    content_id: str
    lifecycle: str
    registered_at: Instant
    document: str
    verdict: Verdict | None
    type: str = "json-schema"
    syntax: str = "json"
    schema_id: int = 0
    dialect: str = ""
    references: tuple[Reference, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    state: State = field(default_factory=lambda: State("active"))
    deleted_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class SubjectHead:
    """A subject in a list: what its current version says of it. `number` is 0 while no version can be seen.

    `compatibility` is the mode in force for its next version.
    """

    name: str
    title: str
    description: str
    owner: str
    steward: str
    domain: str
    audience: str
    lifecycle: str
    compatibility: str
    type: str
    semver: str
    number: int
    retention: str
    event_type: str
    labels: Mapping[str, str]
    changed_at: Instant


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject with all its versions that are not deleted, oldest first; what is said of it is what its latest version says."""

    name: str
    title: str
    description: str
    owner: str
    steward: str
    domain: str
    audience: str
    lifecycle: str
    compatibility: str
    versions: tuple[VersionView, ...]
    type: str = "json-schema"
    retention: str = ""
    event_type: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def latest(self) -> VersionView | None:
        """The version with the highest number."""
        return self.versions[-1] if self.versions else None
