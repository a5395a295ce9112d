# SPDX-License-Identifier: Apache-2.0
"""What may a flow do in a stage? Read, intend an effect, tell an event. Each is durable, and none is done twice.

A flow is a plain function of a Stage. It never waits for the outside world: it ends, and the inbox starts the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol, TypeVar

from sync import effects, exceptions, runs, steps
from sync.canonical_event import CanonicalEvent
from sync.connectors.chargebee import Chargebee
from sync.connectors.netsuite import NetSuite
from sync.connectors.reading import ReadError
from sync.connectors.salesforce import Salesforce
from sync.connectors.stripe import Stripe
from sync.deal import Deal
from sync.effect import Intent
from sync.effects import Means, Read
from sync.failure import Failure, StageFailedError
from sync.outcome import Outcome, Probe, Sent
from sync.runs import Run
from terms.instant import SECOND, Instant
from terms.money import Money
from terms.object_key import ObjectKey
from terms.problem import Problem

T = TypeVar("T")

READS = 6
FLOW_MAJOR = 1  # part of every effect key: raised when a flow's effects mean something else than before

Validate = Callable[[str, Mapping[str, Any]], tuple[Problem, ...]]
Step = Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Systems:
    """One connector of each kind, and how long each system may take to settle, in seconds."""

    salesforce: Salesforce
    chargebee: Chargebee
    stripe: Stripe
    netsuite: NetSuite
    settle_s: Mapping[str, float]


class Flow(Protocol):
    """One stage of a flow."""

    def __call__(self, stage: "Stage") -> None: ...


@dataclass(slots=True)
class Stage:
    """One round of one run. `step` keeps what a function returned, so that a run taken up again does not call it again."""

    run: Run
    deal: Deal
    systems: Systems
    means: Means
    validate: Validate
    step: Step
    objects: list[ObjectKey] = field(default_factory=list)  # the business objects this stage has met so far
    amount: Money | None = None  # what is at stake, once known better than by the deal

    def __post_init__(self) -> None:
        self.meet(self.deal.key, self.deal.customer, self.deal.subscription)

    def now(self) -> Instant:
        return self.means.clock()

    def meet(self, *objects: ObjectKey) -> None:
        """These objects belong to this stage: its exception would name them."""
        self.objects += [key for key in objects if key not in self.objects]

    def read(self, system: str, noun: str, fetch: Callable[[], T]) -> T:
        """What `fetch` brings, tried again while the system is unwell. Raises StageFailedError after the last try."""
        for number in range(1, READS + 1):
            try:
                return fetch()
            except ReadError as error:
                if error.missing or number == READS:
                    kind: Any = "missing" if error.missing else "connection"
                    raise StageFailedError(
                        Failure("read", system, kind, "", error.message, noun, attempts=number)
                    ) from error
                grown = effects.FIRST_WAIT_S * effects.WAIT_GROWTH ** (number - 1)
                drawn = self.means.jitter(f"{self.run.run_id} read {noun} {number}")
                self.means.pause(
                    min(max(grown * (0.5 + drawn), error.retry_after_s or 0), effects.LONGEST_WAIT_S)
                )
        raise AssertionError("unreachable")

    def check(self, event: CanonicalEvent) -> CanonicalEvent:
        """The event, when its document meets its contract. Raises StageFailedError otherwise, before any effect."""
        document = event.document
        problems = () if document is None else self.validate(event.subject, document)
        if problems:
            told = "; ".join(str(problem) for problem in problems[:3])
            noun = f"{event.subject} {event.business_id}"
            raise StageFailedError(
                Failure(f"check {event.subject}", event.system, "contract", "", told, noun)
            )
        return event

    def tell(self, event: CanonicalEvent) -> None:
        """Records the event, once, after checking it."""
        started_at = self.now()
        self.check(event)
        self.meet(*event.objects)
        self.means.write(
            lambda s: steps.tell(s, self.run, event, started_at, self.now()),
            f"{event.subject} {event.business_id}",
        )

    def effect(
        self,
        name: str,
        system: str,
        canonical: ObjectKey,
        payload: Mapping[str, Any],
        send: Callable[[str], Outcome],
        probe: Callable[[], Probe],
        *,
        noun: str,
        objects: tuple[ObjectKey, ...] = (),
        version: str = "1",
        posted_on: str = "",
    ) -> Sent:
        """The system's record of this write, which it has once however often this is called. Raises StageFailedError."""
        intent = Intent(
            flow=self.run.flow,
            flow_major=FLOW_MAJOR,
            name=name,
            system=system,
            canonical=canonical,
            business_version=version,
            payload=payload,
            run_id=self.run.run_id,
            round=self.run.round,
            settle_s=self.systems.settle_s[system],
            noun=noun,
            objects=(self.deal.key, *objects),
            legal_entity=self.deal.legal_entity,
            region=self.deal.region,
            posted_on=posted_on,
        )

        def perform() -> dict[str, Any]:
            try:
                sent = effects.perform(intent, send, probe, self.means)
            except StageFailedError as error:
                # A value, not an error: the engine gives back what a step returned as it was.
                return {"failure": asdict(error.failure)}
            created = sent.record.get("created_at")
            at = Instant(created * SECOND) if isinstance(created, int) else self.now()
            return {"native_id": sent.native_id, "at": min(at, self.now())}

        kept = self.step(name, perform)
        if "failure" in kept:
            raise StageFailedError(Failure(**kept["failure"]))
        return Sent(kept["native_id"], {"at": kept["at"]})

    def confirmed_at(self, sent: Sent) -> Instant:
        """When the system made it, where it says so; else when this stage learned that it is there."""
        return Instant(sent.record["at"])


def execute(
    run_id: str, flow: Flow, systems: Systems, means: Means, read: Read, validate: Validate, step: Step
) -> bool:
    """Runs one round of a run to its end: done, or failed with an open exception. Returns whether it is done.

    May be called again at any time; a round that has ended is left as it is.
    """
    run = means.write(lambda s: runs.take_up(s, run_id, means.clock()), f"begin {run_id}")
    if run is None:
        return True
    deal = read(lambda s: runs.deal_of(s, run))
    if deal is None:
        raise LookupError(f"run {run_id} belongs to no deal")
    stage = Stage(run, deal, systems, means, validate, step)
    try:
        flow(stage)
    except StageFailedError as error:
        failure = error.failure
    except Exception as error:  # noqa: BLE001 a fault of ours must reach a person as well
        told = f"{type(error).__name__}: {error}"
        failure = Failure(
            run.stage, "throughline", "value", type(error).__name__, told, f"{run.stage} of {run.deal.value}"
        )
    else:
        means.write(lambda s: exceptions.succeed(s, run, stage.objects, means.clock()), f"finish {run_id}")
        return True
    amount = stage.amount or deal.amount
    means.write(
        lambda s: exceptions.fail(s, run, failure, deal, stage.objects, amount, means.clock()),
        f"fail {run_id}",
    )
    return False
