# SPDX-License-Identifier: Apache-2.0
"""From which state may a version go to which? The rules as rows, and what an answer about a version says of its state."""

from dataclasses import dataclass

from terms import instant
from terms.instant import Instant
from terms.problem import ProblemError, did_you_mean

DRAFT, ACTIVE, DEPRECATED, SUNSET, RETIRED = "draft", "active", "deprecated", "sunset", "retired"
LIFECYCLES = (DRAFT, ACTIVE, DEPRECATED, SUNSET, RETIRED)
VISIBLE = (ACTIVE, DEPRECATED, SUNSET)
"""The states in which `latest` and checks see a version."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step that is allowed. `needs_date`: a sunset date must come with it; `ends_use`: nobody may use the version any more."""

    before: str
    after: str
    why: str
    needs_date: bool = False
    ends_use: bool = False


TRANSITIONS = (
    Transition(DRAFT, ACTIVE, "the draft is agreed: others may build on it"),
    Transition(DRAFT, RETIRED, "the draft was given up"),
    Transition(ACTIVE, DEPRECATED, "a better version exists; this one still works"),
    Transition(DEPRECATED, ACTIVE, "the deprecation is taken back"),
    Transition(DEPRECATED, SUNSET, "the day is known after which it may stop", needs_date=True),
    Transition(SUNSET, SUNSET, "the day was moved", needs_date=True),
    Transition(SUNSET, DEPRECATED, "the day is open again"),
    Transition(SUNSET, RETIRED, "its day has come and nobody uses it", ends_use=True),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a version. `force` needs a reason; `sunset_at` counts for a step that needs a date."""

    to: str
    reason: str = ""
    successor: str = ""
    sunset_at: Instant | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The state of a version, when it came to be so, and what follows it. Times are None where they do not apply."""

    lifecycle: str
    successor: str = ""
    deprecated_at: Instant | None = None
    sunset_at: Instant | None = None
    retired_at: Instant | None = None


def step(before: str, after: str) -> Transition:
    """The row of that step. Raises ProblemError that says which steps there are."""
    if after not in LIFECYCLES:
        raise ProblemError(f"'{after}' is not a lifecycle state", "to", did_you_mean(after, LIFECYCLES))
    found = next((row for row in TRANSITIONS if (row.before, row.after) == (before, after)), None)
    if found is None:
        ways = [f"{row.after} ({row.why})" for row in TRANSITIONS if row.before == before]
        raise ProblemError(
            f"a version that is {before} cannot become {after}",
            "to",
            f"it may become {' or '.join(ways)}" if ways else f"{before} is the end; register a new version",
        )
    return found


def moved(state: State, wish: Wish, now: Instant, used_by: tuple[str, ...] = ()) -> State:
    """The state after the wish. `used_by` names who still uses the version, in the words people are shown.

    Raises ProblemError where no row allows the step, a date is missing or past, the sunset day has not come, or the
    version is still used; the last two give way to `force` with a reason, and so does a step over states to `retired`.
    """
    if wish.force and not wish.reason.strip():
        raise ProblemError("forced without a reason", "reason", "say why; it is kept in the audit log")
    is_shortcut = wish.to == RETIRED and wish.force and state.lifecycle in (ACTIVE, DEPRECATED)
    row = (
        Transition(state.lifecycle, RETIRED, "forced", ends_use=True)
        if is_shortcut
        else step(state.lifecycle, wish.to)
    )
    if row.needs_date and wish.sunset_at is None:
        raise ProblemError(
            f"{wish.to} needs a date", "sunset", "name the day after which the version may stop"
        )
    if row.needs_date and wish.sunset_at is not None and wish.sunset_at <= now:
        raise ProblemError("the sunset lies in the past", "sunset", "name a day to come")
    if row.ends_use and not wish.force:
        _refuse_early_end(state, now, used_by)
    return State(
        lifecycle=wish.to,
        successor=wish.successor or ("" if wish.to == ACTIVE else state.successor),
        deprecated_at=None
        if wish.to == ACTIVE
        else state.deprecated_at or (now if wish.to == DEPRECATED else None),
        sunset_at=wish.sunset_at if row.needs_date else (state.sunset_at if wish.to == RETIRED else None),
        retired_at=now if wish.to == RETIRED else None,
    )


def _refuse_early_end(state: State, now: Instant, used_by: tuple[str, ...]) -> None:
    if used_by:
        raise ProblemError(
            f"it is still used by {', '.join(used_by)}",
            "to",
            "move them to another version first, or force it with a reason",
        )
    if state.sunset_at is not None and now < state.sunset_at:
        raise ProblemError(
            f"its sunset is {instant.text(state.sunset_at)}",
            "to",
            "wait for that day, or force it with a reason",
        )
