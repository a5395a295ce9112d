# SPDX-License-Identifier: Apache-2.0
"""How is the answer to can-i-deploy told? The answer first, then each reason with what to do next."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.text import Text

from registry.can_i_deploy import NO, YES
from registry.deploy_reason import place
from registry.verdict import UNDECIDED

_STYLES = {YES: "bold white on green", NO: "bold white on red", UNDECIDED: "bold black on yellow"}
_WEIGHTS = {"blocks": "red", "undecided": "yellow", "warns": "yellow", "told": "dim"}


def exit_code(answer: Mapping[str, Any]) -> int:
    """0 for yes; 1 for everything else, so that no answer is ever taken for one."""
    return 0 if answer.get("answer") == YES else 1


def as_text(answer: Mapping[str, Any]) -> Group:
    """The answer, as the REST API gives it, for a person at a terminal."""
    said = str(answer["answer"])
    app = f"{answer['application']} {answer['version']} to {answer['environment']}"
    lines = [Text.assemble((f" {said.upper()} ", _STYLES.get(said, "")), f" {app}")]
    if said == UNDECIDED:
        lines.append(Text("  It was not proven safe, so it is not a yes.", "dim"))
    for reason in answer["reasons"]:
        lines += [
            Text(),
            Text.assemble((f"{reason['weight']}  ", _WEIGHTS[reason["weight"]]), reason["what"]),
        ]
        for finding in reason["findings"][:5] if reason["weight"] != "told" else []:
            pointer = place(finding["pointer_old"], finding["pointer_new"])
            lines.append(Text(f"  at    {pointer}: {finding['what']} ({finding['rule']})"))
        if len(reason["findings"]) > 5 and reason["weight"] != "told":
            lines.append(Text(f"  and {len(reason['findings']) - 5} more"))
        if reason["weight"] != "told":
            lines.append(Text(f"  next  {reason['do']}", "cyan"))
    met = answer["meetings"]
    fine = sum(1 for one in met if one["status"] in ("declared", "compatible"))
    lines += [Text(), Text(f"{fine} of {len(met)} meetings of a writer and a reader are fine", "dim")]
    return Group(*lines)
