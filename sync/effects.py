# SPDX-License-Identifier: Apache-2.0
"""How does a write reach a system exactly once, over networks that lose answers and processes that die?

The intent is a row before anything is sent, so is each request. An answer that never came leaves the effect in doubt:
after the time the system needs to settle it is looked for by its business key, and either linked or sent again under
another key. What is confirmed is never sent again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlmodel import Session

from sync import effect_ledger
from sync.effect import Intent, Purpose, Standing
from sync.failure import StageFailedError
from sync.outcome import Absent, Outcome, Probe, Refused, Sent, Unknown, Unsent
from terms.instant import SECOND, Clock

T = TypeVar("T")

SENDS = 6  # requests of one round before a person is asked
PROBES = 12
FIRST_WAIT_S = 0.25
WAIT_GROWTH = 3.0
LONGEST_WAIT_S = 60.0


class Write(Protocol):
    """Runs a function of a session as one transaction, and answers after its commit."""

    def __call__(self, fn: Callable[[Session], T], reason: str) -> T: ...


class Read(Protocol):
    """Runs a function of a session on a consistent snapshot."""

    def __call__(self, fn: Callable[[Session], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class Means:
    """What performing takes. `pause` waits that many seconds; `jitter` draws from [0, 1), the same for the same words."""

    write: Write
    clock: Clock
    pause: Callable[[float], None]
    jitter: Callable[[str], float]


def perform(intent: Intent, send: Callable[[str], Outcome], probe: Callable[[], Probe], means: Means) -> Sent:
    """The system's record of the intent, confirmed. `send` receives the key the system may recognise it by.

    Raises StageFailedError when the system refused it, when its budget is spent, or when the ledger holds the same
    write with another payload. May be called again at any time, in this process or after its death.
    """
    standing = means.write(lambda s: effect_ledger.enter(s, intent, means.clock()), f"intend {intent.noun}")
    while standing.state != "CONFIRMED":
        _give_up_if_hopeless(intent, standing)
        wait_us = standing.due_at - means.clock()
        if wait_us > 0:
            means.pause(wait_us / SECOND)
        purpose: Purpose = "probe" if standing.state in ("IN_DOUBT", "SENT") else "send"
        standing = _attempt(intent, standing, purpose, send, probe, means)
    if standing.payload_hash != intent.payload_hash:
        raise StageFailedError(intent.failure("conflict", "", "the payload is not the one confirmed", 0))
    return standing.sent


def _attempt(
    intent: Intent,
    standing: Standing,
    purpose: Purpose,
    send: Callable[[str], Outcome],
    probe: Callable[[], Probe],
    means: Means,
) -> Standing:
    began = means.write(
        lambda s: effect_ledger.open_attempt(s, standing, intent, purpose, means.clock()),
        f"{purpose} {intent.noun}",
    )
    try:
        outcome = send(began.provider_key) if purpose == "send" else probe()
    except Exception as error:  # noqa: BLE001 whatever broke, the request may be out
        outcome = Unknown(f"{type(error).__name__}: {error}")
    wait_s = _wait_s(intent, began, purpose, outcome, means)
    return means.write(
        lambda s: effect_ledger.close_attempt(s, began, intent, outcome, wait_s, means.clock()),
        f"result of {intent.noun}",
    )


def _wait_s(
    intent: Intent, standing: Standing, purpose: Purpose, outcome: Outcome | Probe, means: Means
) -> float:
    """How long nothing is tried: the settle time after a lost answer, a growing one after a failure, else none."""
    if isinstance(outcome, Sent | Absent | Refused):
        return 0.0
    if isinstance(outcome, Unknown) and purpose == "send":
        return intent.settle_s
    number = standing.sends if purpose == "send" else standing.probes
    drawn = means.jitter(f"{standing.key} {purpose} {standing.attempts}")
    backed_off = FIRST_WAIT_S * WAIT_GROWTH ** (number - 1) * (0.5 + drawn)
    asked = outcome.retry_after_s if isinstance(outcome, Unsent) else None
    return min(max(backed_off, asked or 0.0), LONGEST_WAIT_S)


def _give_up_if_hopeless(intent: Intent, standing: Standing) -> None:
    attempts = standing.sends + standing.probes
    if standing.rejected_now:
        raise StageFailedError(
            intent.failure(standing.error_class, standing.code, standing.message, attempts)
        )
    if standing.state == "IN_DOUBT" and standing.probes >= PROBES:
        raise StageFailedError(intent.failure("in_doubt", standing.code, standing.message, attempts))
    if standing.state in ("PLANNED", "ABSENT") and standing.sends >= SENDS:
        # What is known to be absent is not in doubt any more, whatever its last error says.
        known = "intermittent" if standing.error_class in ("", "in_doubt") else standing.error_class
        raise StageFailedError(intent.failure(known, standing.code, standing.message, attempts))
