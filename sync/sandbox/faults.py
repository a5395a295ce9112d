# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on purpose, how often, and when: drawn for each system, business key, operation and attempt."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from sync.sandbox.exchange import World
from sync.sandbox.seeded import unit
from terms.problem import Problem, ProblemError, did_you_mean


@dataclass(frozen=True, slots=True)
class Faults:
    """Three probabilities, and how long an answer is held back after its effect: longer than a client waits."""

    unavailable: float = 0.0
    timeout_after_effect: float = 0.0
    duplicate_webhook: float = 0.0
    hold_s: float = 3.0


NAMES = tuple(each.name for each in fields(Faults))


def read(document: Any) -> Faults:
    """Faults from a JSON object. Raises ProblemError that names each wrong key or value."""
    if not isinstance(document, dict):
        raise ProblemError("faults are a JSON object", do='such as {"unavailable": 0.1}')
    problems = [
        Problem(f"unknown fault '{name}'", f"/{name}", did_you_mean(name, NAMES))
        for name in document
        if name not in NAMES
    ]
    for name, value in document.items():
        most = 60.0 if name == "hold_s" else 1.0
        right = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most
        if name in NAMES and not right:
            problems.append(Problem(f"{value!r} is not a number from 0 to {most:g}", f"/{name}"))
    if problems:
        raise ProblemError(tuple(problems))
    return Faults(**{name: float(value) for name, value in document.items()})


def current(world: World) -> Faults:
    """The faults now in force."""
    return Faults(**(world.ledger.setting("faults") or {}))


def keep(world: World, faults: Faults) -> None:
    world.ledger.keep("faults", asdict(faults))


def attempt(world: World, system: str, key: str, operation: str) -> int:
    """Counts one more try of this operation on this key: 1, 2, 3 and so on, also across restarts."""
    row = world.ledger.sql.execute(
        "INSERT INTO draw VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET attempts = attempts + 1 RETURNING attempts",
        (system, key, operation),
    ).fetchone()
    return int(row[0])


def strikes(world: World, fault: str, probability: float, *words: object) -> bool:
    """Whether the fault strikes here; counted when it does."""
    if unit(world.seed, fault, *words) >= probability:
        return False
    world.ledger.next(f"fault:{fault}")
    return True


def counts(world: World) -> dict[str, int]:
    """How often each fault has struck."""
    return {name: world.ledger.counted(f"fault:{name}") for name in NAMES if name != "hold_s"}
