# SPDX-License-Identifier: Apache-2.0
"""How long can one comparison take at worst? Contracts that nobody would write, each made to be hard for one part of the engine.

    make bench ARGS=hard_contracts      (or python -m bench.hard_contracts NAME for one of them)

Each pair is compared with witnesses and patches in both directions and in both at once. Prints the CPU seconds of the slowest, its
steps and what it came to; exit code 1 when one takes longer than the limit. The steps are the same on every machine.
"""

import json
import sys
import time
from functools import partial

from bench.payloads.hard_contracts import PAIRS, pair
from registry import effort
from registry.check import check_documents
from registry.document import parse
from registry.sources import Versions
from registry.verdict import Verdict

LIMIT_S = 3.0


def judged(name: str, mode: str) -> tuple[Verdict, int, float]:
    """The verdict, the steps and the CPU seconds it took; the documents are read before."""
    old, new = (
        parse(json.dumps(made).encode(), side) for made, side in zip(pair(name), ("old", "new"), strict=True)
    )
    ask = partial(check_documents, new, Versions((old,), complete=True), mode, witnesses=True)
    start = time.process_time()
    verdict, steps = effort.measured(ask)
    return verdict, steps, time.process_time() - start


def main() -> None:
    """Prints a row for each pair."""
    slow = False
    for name in PAIRS if len(sys.argv) < 2 else sys.argv[1:]:
        found = {mode: judged(name, mode) for mode in ("BACKWARD", "FORWARD", "FULL")}
        mode = max(found, key=lambda each: found[each][2])
        verdict, steps, seconds = found[mode]
        slow = slow or seconds > LIMIT_S
        open_ = verdict.of_level("breaking", "undecided")
        shown = sum(finding.witness is not None for finding in open_)
        print(
            f"{name:30} {mode:8}  {seconds:5.2f} s CPU  limit {LIMIT_S} s  {steps:9,} steps  {verdict.status}, "
            f"{shown} of {len(open_)} findings shown"
        )
    sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
