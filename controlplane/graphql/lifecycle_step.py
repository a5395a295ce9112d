# SPDX-License-Identifier: Apache-2.0
"""Where may a version's life go? Each step that the rules know, and what stands against it now."""

from controlplane.graphql.context import Info
from controlplane.graphql.described import noun
from registry import lifecycle
from registry.lifecycle import State


@noun
class LifecycleStep:
    """A step from the state a version is in: `to`, and `why` one takes it. `needsDate`: the day after which it may stop.

    `refusal` says what stands against it now (who still uses it, a day that has not come), null where nothing does; a refused
    step may be forced with a reason. `needsForce`: it is only ever forced.
    """

    to: str
    why: str
    needs_date: bool
    needs_force: bool
    refusal: str | None


async def steps_of(info: Info, subject: str, semver: str, state: State) -> list[LifecycleStep]:
    """The steps from that state, in the order of the rules."""
    rows = lifecycle.steps(state.lifecycle)
    used_by: tuple[str, ...] = ()
    if any(row.ends_use for row in rows):
        used_by = await info.context.read(
            lambda session: info.context.sources.users(session, subject, semver)
        )
    early = lifecycle.early_end(state, info.context.now, used_by)
    return [
        LifecycleStep(
            to=row.after,
            why=row.why,
            needs_date=row.needs_date,
            needs_force=row.by_force,
            refusal=early.what if row.ends_use and early is not None else None,
        )
        for row in rows
    ]
