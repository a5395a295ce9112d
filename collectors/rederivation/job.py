# SPDX-License-Identifier: Apache-2.0
"""A job that derives history anew under new definitions: what it is for, how far it is, and what it could not redo."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from terms.instant import Instant

Kind = Literal["extraction", "process", "removal"]
State = Literal["running", "stopped", "done", "overtaken"]
Phase = Literal["events", "spans", "transactions", "findings"]


@dataclass(frozen=True, slots=True)
class Rederivation:
    """`names` are the definitions it brings into force (`temporal@2`), sorted; of a removal the process it takes out. `done` of
    about `total` rows were looked at.

    `days_left` maps each UTC day that could not be redone, because its spans are not kept, to the number of events that
    stay as an earlier version made them. `stopped`: a person stopped it, and it goes on where it
    was when one resumes it; `overtaken`: a newer version came before it was through.
    """

    job_id: int
    kind: Kind
    names: tuple[str, ...]
    state: State
    phase: Phase
    cursor: int
    done: int
    total: int
    changed: int
    added: int
    removed: int
    days_left: Mapping[str, int]
    started_at: Instant
    ended_at: Instant | None

    @property
    def process(self) -> str:
        """The id of the process that a removal takes out."""
        return self.names[0].partition("@")[0]
