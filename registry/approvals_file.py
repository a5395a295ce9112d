# SPDX-License-Identifier: Apache-2.0
"""How are approvals written? A list in YAML, in a file of their own or in a manifest, becomes values, or errors with a line."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from registry.approvals import Approval
from registry.finding import FINGERPRINT_LENGTH
from terms import yaml_lines
from terms.problem import Problem, ProblemError

KEYS = ("fingerprint", "contract", "reason", "by", "until")
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{FINGERPRINT_LENGTH}}}")


def read(path: Path) -> tuple[Approval, ...]:
    """The approvals in a file with the one key `approvals`. Raises ProblemError (file:line) for what is wrong in it."""
    document = yaml_lines.read(path)
    problems = document.unknown_keys("", document.data, ("approvals",))
    found, wrong = approvals_of(document, "/approvals", document.data.get("approvals"))
    if problems or wrong:
        raise ProblemError((*problems, *wrong))
    return tuple(found)


def approvals_of(
    document: yaml_lines.Document, at: str, said: Any, contract: str = ""
) -> tuple[list[Approval], list[Problem]]:
    """The approvals at a place of a document, and what is wrong with them. `contract` is the one they stand under, if any."""
    if said is None:
        return [], []
    if not isinstance(said, list):
        return [], [document.problem("approvals is not a list", at, "write '- fingerprint: ...'")]
    keys = tuple(key for key in KEYS if not (contract and key == "contract"))
    found: list[Approval] = []
    problems: list[Problem] = []
    for index, each in enumerate(said):
        here = f"{at}/{index}"
        wrong = _problems(document, here, each, keys)
        problems += wrong
        if not wrong:
            until = date.fromisoformat(each["until"])
            named = contract or each["contract"]
            where = document.where(here)
            found.append(Approval(str(each["fingerprint"]), named, each["reason"], each["by"], until, where))
    return found, problems


def _problems(document: yaml_lines.Document, at: str, said: Any, keys: Sequence[str]) -> list[Problem]:
    if not isinstance(said, dict):
        return [document.problem("an approval is not a mapping", at, f"write {', '.join(keys)}")]
    problems = document.unknown_keys(at, said, keys) + document.missing_keys(at, said, keys)
    for key in keys:
        value = said.get(key)
        if key in said and not (isinstance(value, str) and value.strip()):
            problems.append(document.problem(f"{key} is not a text", f"{at}/{key}", "write it in quotes"))
        elif key == "fingerprint" and isinstance(value, str) and not _FINGERPRINT.fullmatch(value):
            advice = "copy the 12 hex digits that the check shows, in quotes"
            problems.append(document.problem(f"'{value}' is not a fingerprint", f"{at}/{key}", advice))
        elif key == "until" and isinstance(value, str) and not _is_date(value):
            problems.append(
                document.problem(f"'{value}' is not a date", f"{at}/{key}", "write it like 2027-01-31")
            )
    return problems


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2027-01-31")
