# SPDX-License-Identifier: Apache-2.0
"""From which state may a version go to which? The rules as rows, and what an answer about a version says of its state."""

from dataclasses import dataclass

from terms import instant
from terms.instant import Instant
from terms.problem import Problem, ProblemError, did_you_mean

DRAFT, ACTIVE, DEPRECATED, SUNSET, RETIRED = "draft", "active", "deprecated", "sunset", "retired"
LIFECYCLES = (DRAFT, ACTIVE, DEPRECATED, SUNSET, RETIRED)
VISIBLE = (ACTIVE, DEPRECATED, SUNSET)
"""The states in which `latest` and checks see a version."""
LEAVING = (DEPRECATED, SUNSET, RETIRED)
"""The states of a version that nobody should begin to use."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step that is allowed. `needs_date`: a sunset date must come with it; `ends_use`: nobody may use the version any more,
    and its day must have come; `by_force`: only forced, with a reason.
    """

    before: str
    after: str
    why: str
    needs_date: bool = False
    ends_use: bool = False
    by_force: bool = False


TRANSITIONS = (
    Transition(DRAFT, ACTIVE, "the draft is agreed: others may build on it"),
    Transition(DRAFT, RETIRED, "the draft was given up"),
    Transition(ACTIVE, DEPRECATED, "a better version exists; this one still works"),
    Transition(ACTIVE, RETIRED, "it must end at once", ends_use=True, by_force=True),
    Transition(DEPRECATED, ACTIVE, "the deprecation is taken back"),
    Transition(DEPRECATED, DEPRECATED, "its successor or its days were changed"),
    Transition(DEPRECATED, SUNSET, "the day is known after which it may stop", needs_date=True),
    Transition(DEPRECATED, RETIRED, "its day has come and nobody uses it", ends_use=True),
    Transition(SUNSET, SUNSET, "the day was moved", needs_date=True),
    Transition(SUNSET, DEPRECATED, "the day is open again"),
    Transition(SUNSET, RETIRED, "its day has come and nobody uses it", ends_use=True),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a version. `force` needs a reason.

    `deprecated_at` is the day from which it counts as deprecated (RFC 9745), past or to come, now where it is not given;
    `sunset_at` the day after which it may stop (RFC 8594), for a step that needs one or announces it.
    """

    to: str
    reason: str = ""
    successor: str = ""
    sunset_at: Instant | None = None
    force: bool = False
    deprecated_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class State:
    """The state of a version, when it came to be so, and what follows it. Times are None where they do not apply."""

    lifecycle: str
    successor: str = ""
    deprecated_at: Instant | None = None
    sunset_at: Instant | None = None
    retired_at: Instant | None = None

    @property
    def is_leaving(self) -> bool:
        """The version is on its way out, or gone: whoever uses it should move on."""
        return self.lifecycle in LEAVING


def steps(before: str) -> tuple[Transition, ...]:
    """The steps there are from a state."""
    return tuple(row for row in TRANSITIONS if row.before == before)


def step(before: str, after: str, *, force: bool = False) -> Transition:
    """The row of that step. Raises ProblemError that says which steps there are."""
    if after not in LIFECYCLES:
        raise ProblemError(f"'{after}' is not a lifecycle state", "to", did_you_mean(after, LIFECYCLES))
    open_to = [row for row in steps(before) if force or not row.by_force]
    found = next((row for row in open_to if row.after == after), None)
    if found is None:
        ways = [f"{row.after} ({row.why})" for row in open_to]
        forced = " or, forced with a reason, retired" if any(row.by_force for row in steps(before)) else ""
        raise ProblemError(
            f"a version that is {before} cannot become {after}",
            "to",
            f"it may become {' or '.join(ways)}{forced}"
            if ways
            else f"{before} is the end; register a new version",
        )
    return found


def successor_name(subject: str, text: str) -> str:
    """`subject@version` of what takes a version's place; a version alone is one of the same subject, empty stays empty.

    >>> successor_name("invoices-api", "2.0.0")
    'invoices-api@2.0.0'
    """
    return text if "@" in text or not text else f"{subject}@{text}"


def is_granted(state: State, wish: Wish, subject: str) -> bool:
    """Whether the subject's version is already as the wish wants it, so that nothing has to be done."""
    return (
        state.lifecycle == wish.to
        and successor_name(subject, wish.successor) in ("", state.successor)
        and wish.deprecated_at in (None, state.deprecated_at)
        and wish.sunset_at in (None, state.sunset_at)
    )


def first_state(stated: State, now: Instant) -> State:
    """The state in which a version begins whose document states this one: what it says of its end counts once it is leaving."""
    if not stated.is_leaving:
        return State(stated.lifecycle)
    deprecated_at = now if stated.deprecated_at is None else stated.deprecated_at
    retired_at = now if stated.lifecycle == RETIRED else None
    return State(stated.lifecycle, stated.successor, deprecated_at, stated.sunset_at, retired_at)


def require_reason(reason: str) -> None:
    """Raises ProblemError where something is forced without a reason."""
    if not reason.strip():
        raise ProblemError("forced without a reason", "reason", "say why; it is kept in the audit log")


def moved(state: State, wish: Wish, now: Instant, used_by: tuple[str, ...] = ()) -> State:
    """The state after the wish. `used_by` names who still uses the version, in the words people are shown.

    Raises ProblemError where no row allows the step, a date is missing, past or out of order, the sunset day has not come, or
    the version is still used; the last two give way to `force` with a reason, and so does a step from active to retired.
    """
    if wish.force:
        require_reason(wish.reason)
    row = step(state.lifecycle, wish.to, force=wish.force)
    if row.needs_date and wish.sunset_at is None:
        raise ProblemError(
            f"{wish.to} needs a date", "sunset", "name the day after which the version may stop"
        )
    if wish.sunset_at is not None and wish.sunset_at <= now:
        raise ProblemError("the sunset lies in the past", "sunset", "name a day to come")
    if row.ends_use and not wish.force:
        problem = early_end(state, now, used_by)
        if problem is not None:
            raise ProblemError((problem,))
    after = _after(state, wish, now)
    if after.deprecated_at and after.sunset_at and after.sunset_at < after.deprecated_at:
        # RFC 9745, section 5: the sunset is never earlier than the deprecation.
        raise ProblemError("the sunset lies before the deprecation", "sunset", "name a later day")
    return after


def _after(state: State, wish: Wish, now: Instant) -> State:
    if wish.to in (DRAFT, ACTIVE):
        return State(wish.to, wish.successor)
    deprecated_at = wish.deprecated_at or state.deprecated_at or (now if wish.to == DEPRECATED else None)
    # Who goes back from sunset to deprecated opens the day again.
    kept = None if (state.lifecycle, wish.to) == (SUNSET, DEPRECATED) else state.sunset_at
    return State(
        lifecycle=wish.to,
        successor=wish.successor or state.successor,
        deprecated_at=deprecated_at,
        sunset_at=wish.sunset_at or kept,
        retired_at=now if wish.to == RETIRED else None,
    )


def early_end(state: State, now: Instant, used_by: tuple[str, ...]) -> Problem | None:
    """What stands against ending the version now; None when nothing does."""
    if used_by:
        return Problem(
            f"it is still used by {', '.join(used_by)}",
            "to",
            "move them to another version first, or force it with a reason",
        )
    if state.sunset_at is None:
        return Problem(
            "no day was named after which it may stop",
            "sunset",
            "name one first, so that others know, or force it with a reason",
        )
    if now < state.sunset_at:
        return Problem(
            f"its sunset is {instant.text(state.sunset_at)}",
            "to",
            "wait for that day, or force it with a reason",
        )
    return None
