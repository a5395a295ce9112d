# SPDX-License-Identifier: Apache-2.0
"""Is no text left of these lengths that matches some patterns and not others?"""

from typing import TYPE_CHECKING

from registry.implication.goal import Failed, Goal
from registry.implication.languages import no_text

if TYPE_CHECKING:
    from registry.implication.prover import Prover


def none_left(prover: "Prover", goal: Goal, failing: tuple[Failed, ...]) -> bool:
    """Whether no text is left."""
    least = max((int(part.value("minLength", 0)) for part in goal.parts), default=0)
    mosts = [int(most) for part in goal.parts if (most := part.value("maxLength")) is not None]
    mosts += [int(each.value("minLength")) - 1 for each in failing if each.keyword == "minLength"]
    least = max([least, *(int(e.value("maxLength")) + 1 for e in failing if e.keyword == "maxLength")])
    most = min(mosts, default=None)
    if most is not None and least > most:
        return True
    if most == 0:
        return prover.none_of([""], goal)
    matching = {text for part in goal.parts if (text := part.value("pattern")) is not None}
    refused = {each.value("pattern") for each in failing if each.keyword == "pattern"}
    if not matching and not refused:
        return False
    return bool(matching & refused) or no_text(frozenset(matching), frozenset(refused), least, most)
