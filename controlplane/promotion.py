# SPDX-License-Identifier: Apache-2.0
"""The work behind promoted attributes: one step at a time, so that intake never waits for it."""

from collections.abc import Callable

from collectors.definitions import Definitions
from collectors.spans import promotion_store
from controlplane.database import Actor, Database
from terms.instant import Clock

MACHINE = Actor("machine", "promotion")


def promoting(database: Database, clock: Clock, definitions: Definitions) -> Callable[[], bool]:
    """A step of the job for the names declared now; it returns whether there is more to do at once."""

    def step() -> bool:
        return database.write(
            lambda session: promotion_store.step(session, definitions.promoted, clock()),
            actor=MACHINE,
            reason="promoted attributes",
        )

    return step
