# SPDX-License-Identifier: Apache-2.0
"""Which texts match some patterns and not others? The shortest first, found by walking their automata side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise

from registry.effort import spend
from registry.witness.characters import Ranges
from registry.witness.pattern import Anchor, Chars, Choice, Repeat, Tree, UnknownPatternError, parse
from registry.witness.pattern import Sequence as InOrder

_MOST_STATES = 3000
_NICE = "aA0b1Bc2C- _.:/@+x,"  # what a reader likes to see, in this order; then the first of a range
_SURROGATES = (0xD800, 0xDFFF)
MATCHED = frozenset((-1,))

States = frozenset[int]
"""The places in a pattern that a text may have come to; `MATCHED` when it was found."""


@dataclass(slots=True)
class Automaton:
    """A pattern as states; state 0 is the start. It finds the pattern anywhere in a text, as `pattern` does.

    `exact`: what it says of a text is what RE2 says. `free` moves need no character, or an anchor; `moves` read one.
    """

    exact: bool
    free: list[list[tuple[int, bool | None]]] = field(default_factory=list)
    moves: list[list[tuple[Ranges, int]]] = field(default_factory=list)
    last: int = 0
    memo: dict[tuple[States, int], States] = field(default_factory=dict, repr=False)

    def add(self) -> int:
        """A new state."""
        if len(self.free) >= _MOST_STATES:
            raise UnknownPatternError("too large")
        self.free.append([])
        self.moves.append([])
        return len(self.free) - 1

    def closure(self, states: set[int], *, start: bool, end: bool) -> States:
        """The states reached without reading; `MATCHED` once the pattern was found, whatever follows."""
        found, waiting = set(states), list(states)
        while waiting:
            for target, anchor in self.free[waiting.pop()]:
                passes = anchor is None or (start if anchor else end)
                if passes and target not in found:
                    found.add(target)
                    waiting.append(target)
        return MATCHED if self.last in found else frozenset(found)

    def initial(self) -> States:
        """The states before the first character."""
        return self.closure({0}, start=True, end=False)

    def step(self, states: States, code: int) -> States:
        """The states after one more character. The search may start anew at every place."""
        if states is MATCHED:
            return states
        known = self.memo.get((states, code))
        if known is None:
            known = self.memo[states, code] = self._stepped(states, code)
        return known

    def _stepped(self, states: States, code: int) -> States:
        reached = {
            target
            for state in states
            for ranges, target in self.moves[state]
            if any(low <= code <= high for low, high in ranges)
        }
        return self.closure(reached | {0}, start=False, end=False)

    def accepts(self, states: States, *, empty: bool) -> bool:
        """Whether the text that led to these states matches when it ends here."""
        return states is MATCHED or self.closure(set(states), start=empty, end=True) is MATCHED


@lru_cache(maxsize=1024)
def automaton(text: str) -> Automaton:
    """The automaton of a pattern. Raises UnknownPatternError for what is not read here or is too large."""
    tree, exact = parse(text)
    made = Automaton(exact)
    made.last = _build(made, tree, made.add())
    return made


def _build(made: Automaton, tree: Tree, start: int) -> int:
    """Adds states for the tree after `start`; the state where it ends."""
    match tree:
        case Chars(ranges):
            end = made.add()
            made.moves[start].append((ranges, end))
            return end
        case Anchor(at_start):
            end = made.add()
            made.free[start].append((end, at_start))
            return end
        case InOrder(parts):
            for part in parts:
                start = _build(made, part, start)
            return start
        case Choice(parts):
            end = made.add()
            for part in parts:
                branch = made.add()
                made.free[start].append((branch, None))
                made.free[_build(made, part, branch)].append((end, None))
            return end
        case Repeat():
            return _repeat(made, tree, start)


def _repeat(made: Automaton, tree: Repeat, start: int) -> int:
    for _ in range(tree.least):
        start = _build(made, tree.part, start)
    if tree.most is None:
        head = made.add()
        made.free[start].append((head, None))
        made.free[_build(made, tree.part, head)].append((head, None))
        end = made.add()
        made.free[head].append((end, None))
        return end
    end = made.add()
    made.free[start].append((end, None))
    for _ in range(tree.most - tree.least):
        # A branch of its own, so that what was skipped cannot be entered from the end of what was not.
        head = made.add()
        made.free[start].append((head, None))
        start = _build(made, tree.part, head)
        made.free[start].append((end, None))
    return end


def texts(
    matching: Sequence[str],
    refused: Sequence[str],
    least: int = 0,
    most: int | None = None,
    steps: int = 2000,
    alike: int = 2,
) -> Iterator[str]:
    """Texts that match all of `matching` and none of `refused`, with so many characters; the shortest first.

    Of texts that no pattern tells apart, only so many `alike` are made. Ends when there are no more, or after so many steps. Raises UnknownPatternError for a pattern that is
    not read here. Where a pattern is not exact the texts are guesses.
    """
    machines = [automaton(text) for text in (*matching, *refused)]
    spend(sum(len(machine.free) for machine in machines))
    wanted = [True] * len(matching) + [False] * len(refused)
    begin = tuple(machine.initial() for machine in machines)
    # Up to `least` the longest text goes first: nothing shorter counts, so there is no need to spread out.
    waiting: list[tuple[int, int, int, tuple[States, ...], str]] = [(least, 0, steps, begin, "")]
    visits: dict[tuple[tuple[States, ...], int], int] = {}
    count = 0
    while waiting and steps > 0:
        _, _, _, states, text = heappop(waiting)
        steps -= 1
        if len(text) >= least and all(
            machine.accepts(each, empty=not text) is want
            for machine, each, want in zip(machines, states, wanted, strict=True)
        ):
            yield text
        if most is not None and len(text) >= most:
            continue
        codes = _choices(machines, states)
        spend(1 + ((2 + len(codes)) * sum(1 + len(each) // 2 for each in states) + len(text)) // 6)
        for code in codes:
            following = tuple(m.step(each, code) for m, each in zip(machines, states, strict=True))
            if MATCHED in following[len(matching) :]:
                continue
            place = (following, min(len(text) + 1, least))
            if visits.get(place, 0) < alike:
                visits[place] = visits.get(place, 0) + 1
                count += 1
                size = len(text) + 1
                heappush(waiting, (max(size, least), -min(size, least), count, following, text + chr(code)))


def _choices(machines: list[Automaton], states: tuple[States, ...]) -> list[int]:
    """One character, or two, of every set of characters that the machines treat alike here."""
    edges = {0, 0x110000}
    for machine, each in zip(machines, states, strict=True):
        for state in each - MATCHED:
            for ranges, _ in machine.moves[state]:
                edges |= {bound for low, high in ranges for bound in (low, high + 1)}
        if machine.moves[0] and each is not MATCHED:
            edges |= {b for ranges, _ in machine.moves[0] for low, high in ranges for b in (low, high + 1)}
    found: list[int] = []
    bounds = sorted(edges)
    for low, following in pairwise(bounds):
        nice = [ord(c) for c in _NICE if low <= ord(c) < following][:2]
        plain = [] if _SURROGATES[0] <= low <= _SURROGATES[1] else [low]
        found += nice or plain
    return sorted(found, key=_liking)


def _liking(code: int) -> tuple[int, int]:
    place = _NICE.find(chr(code))
    return (place if place >= 0 else 100 + (code > 126) + 2 * (code < 32), code)
