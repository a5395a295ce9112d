# SPDX-License-Identifier: Apache-2.0
"""A contract as rules see it: the one place where the registry's words become a policy's fact. Needs no server."""

from policies.fact import Fact


def contract_fact(subject: str, owner: str, steward: str, lifecycle: str, version: str) -> Fact:
    """The fact that rules with the target `contract` judge; its key is the subject."""
    context = {
        "subject": subject,
        "owner": owner,
        "steward": steward,
        "lifecycle": lifecycle,
        "latest_version": version,
    }
    return Fact("contract", subject, context)
