# SPDX-License-Identifier: Apache-2.0
"""Keys that join too much: `invoice:TEST` is said to belong to fifty orders within an hour, and so tells nothing of any.

Counted by the time of the events, so that it does not matter when they arrived. Such a key is demoted: it links to what
it is said to belong to, carries nothing there, and nothing hangs on it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from collectors.processes.process import MERGING, HubLimit, Process
from collectors.stitching.alias import object_type
from collectors.stitching.stitch_event import Assertion


def limits(processes: Iterable[Process], kind: str) -> set[HubLimit]:
    """The limits that processes in which objects of this type may join others set for them."""
    return {process.hub_limit(kind) for process in processes if kind in process.joining_types}


def crosses(key: str, said: Iterable[Assertion], allowed: Iterable[HubLimit]) -> bool:
    """Whether these assertions have the key belong to, or be the same as, more objects within a limit's time than it allows."""
    seen = sorted(
        {
            (one.event.at, one.parent if one.child == key else one.child)
            for one in said
            if one.role in MERGING and (one.child == key or (one.role == "same_as" and one.parent == key))
        }
    )
    return any(_crosses(seen, limit) for limit in allowed)


def demoted(
    process: Process, assertion: Assertion, hubs: frozenset[str], held: Collection[str]
) -> Assertion | None:
    """What is left of an assertion that names a hub: a link of the hub to its parent, or nothing.

    The anchor of a process keeps what hangs on it: it is the transaction, however much it is said to be. Of a hub that
    is `held` by a person's decision nothing is left but that.
    """
    if assertion.child in hubs:
        if assertion.child in held:
            return None
        return assertion if assertion.role == "succeeds" else assertion._replace(role="link")
    if assertion.parent in hubs and (
        object_type(assertion.parent) != process.anchor or assertion.role == "same_as"
    ):
        return None
    return assertion


def _crosses(seen: Sequence[tuple[int, str]], limit: HubLimit) -> bool:
    if len(seen) <= limit.joins:
        return False
    within: Counter[str] = Counter()
    start = 0
    for at, other in seen:
        within[other] += 1
        while seen[start][0] < at - limit.within:
            gone = seen[start][1]
            within[gone] -= 1
            if not within[gone]:
                del within[gone]
            start += 1
        if len(within) > limit.joins:
            return True
    return False
