# SPDX-License-Identifier: Apache-2.0
"""Does a text exist that matches these patterns and not those? Their automata are walked side by side until nothing new is met."""

from functools import lru_cache
from itertools import pairwise

from registry.effort import spend
from registry.witness.automaton import MATCHED, Automaton, States, automaton
from registry.witness.pattern import UnknownPatternError

_MOST_PLACES = 1500
_MOST_WORK = 40_000
_LONGEST = 64  # lengths are counted up to here; bounds beyond it are left out of account
_SURROGATES = range(0xD800, 0xE000)


def no_text(matching: frozenset[str], refused: frozenset[str], least: int, most: int | None) -> bool:
    """Whether it is proven that no such text exists; False for patterns that are not understood or too large."""
    proven, work = _walked(matching, refused, least, most)
    spend(work)
    return proven


@lru_cache(maxsize=4096)
def _walked(
    matching: frozenset[str], refused: frozenset[str], least: int, most: int | None
) -> tuple[bool, int]:
    """The answer, and the steps it took."""
    machines = [(machine, True) for machine in _exact(matching)]
    machines += [(machine, False) for machine in _exact(refused)]
    work = sum(len(machine.free) for machine, _ in machines)
    if not machines:
        return False, work
    # What is left out can only make more texts fit, so the proof holds without it.
    most = None if most is None or most > _LONGEST else most
    cap = 0 if most is None and least > _LONGEST else max(least, (most or 0) + 1 if most is not None else 0)
    waiting = [(tuple(machine.initial() for machine, _ in machines), 0)]
    seen = set(waiting)
    while waiting:
        states, length = waiting.pop()
        if (cap == 0 or length >= least) and _accepted(machines, states, empty=length == 0):
            return False, work
        if most is not None and length >= most:
            continue
        codes = _one_of_each(machines, states)
        work += 1 + (2 + len(codes)) * sum(1 + len(each) // 2 for each in states) // 6
        if len(seen) > _MOST_PLACES or work > _MOST_WORK:
            return False, work
        for code in codes:
            following = tuple(m.step(s, code) for (m, _), s in zip(machines, states, strict=True))
            if any(s == MATCHED and not want for (_, want), s in zip(machines, following, strict=True)):
                continue
            place = (following, min(length + 1, max(cap, 1)))
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return True, work


def _exact(patterns: frozenset[str]) -> list[Automaton]:
    """The automata of the patterns that are understood; the others are left out, which only makes more texts fit."""
    found = []
    for text in sorted(patterns):
        try:
            machine = automaton(text)
        except UnknownPatternError:
            continue
        if machine.exact:
            found.append(machine)
    return found


def _accepted(machines: list[tuple[Automaton, bool]], states: tuple[States, ...], *, empty: bool) -> bool:
    return all(
        machine.accepts(each, empty=empty) is want
        for (machine, want), each in zip(machines, states, strict=True)
    )


def _one_of_each(machines: list[tuple[Automaton, bool]], states: tuple[States, ...]) -> list[int]:
    """One character of every set of characters that the machines treat alike."""
    edges = {0, 0x110000, _SURROGATES.start, _SURROGATES.stop}
    for (machine, _), each in zip(machines, states, strict=True):
        for state in (each | {0}) - MATCHED:
            edges |= {
                bound
                for ranges, _ in machine.moves[state]
                for low, high in ranges
                for bound in (low, high + 1)
            }
    return [low for low, _ in pairwise(sorted(edges)) if low not in _SURROGATES]
