# SPDX-License-Identifier: Apache-2.0
"""What must be known to say whether a version may go there? What it declares, what runs there, and every version it meets."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.deployment import Declaration, Environment, RegisteredVersion
from registry.verdict import DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class Question:
    """All that is known. `declaration` None: the version was never declared. `deployed`: the other applications that run
    in `environment` now; `been`: the environments this version runs or ran in. `versions` of each subject, by number.

    `is_first`: a person says that nothing else runs there, so that comparing with nothing is right.
    """

    application: str
    version: str
    environment: str
    declaration: Declaration | None
    environments: tuple[Environment, ...]
    deployed: tuple[Declaration, ...]
    been: frozenset[str]
    versions: Mapping[str, tuple[RegisteredVersion, ...]]
    policy: str = DEFAULT_POLICY
    is_first: bool = False
