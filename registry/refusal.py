# SPDX-License-Identifier: Apache-2.0
"""Why was something refused that is well-formed? The registry's state forbids it, and a door must tell which way."""

from typing import Literal

from terms.problem import ProblemError

Kind = Literal[
    "unknown-subject", "unknown-version", "version-taken", "id-taken", "event-type-taken", "read-only", "not-import",
    "referenced", "subject-deleted", "subject-not-deleted", "version-deleted", "version-not-deleted", "transition",
    "retired", "in-use",
]  # fmt: skip


class RefusedError(ProblemError):
    """A refusal by what is stored already. `kind` is what a door turns into its own code."""

    def __init__(self, kind: Kind, what: str, where: str = "", do: str = "") -> None:
        super().__init__(what, where, do)
        self.kind = kind


def unknown_subject(name: str) -> RefusedError:
    """The refusal of a subject that nothing was ever registered under."""
    return RefusedError(
        "unknown-subject",
        f"there is no subject '{name}'",
        "subject",
        "look it up in the list, or register it first",
    )
