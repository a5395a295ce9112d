# SPDX-License-Identifier: Apache-2.0
"""A contract as rules see it: the one place where the registry's words become a policy's fact. Needs no server."""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.fact import Fact


def contract_fact(
    subject: str,
    owner: str,
    steward: str,
    lifecycle: str,
    version: str,
    uses: Sequence[Mapping[str, Any]] | None = None,
) -> Fact:
    """The fact that rules with the target `contract` judge; its key is the subject.

    `uses` is who was seen with which version of late; None where nobody looked, which is not the same as nobody.
    """
    context = {
        "subject": subject,
        "owner": owner,
        "steward": steward,
        "lifecycle": lifecycle,
        "latest_version": version,
        "uses": None if uses is None else list(uses),
    }
    return Fact("contract", subject, context)
