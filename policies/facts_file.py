# SPDX-License-Identifier: Apache-2.0
"""Facts from a file, for judging without a server: what a CI job or an example hands in."""

import json
from pathlib import Path
from typing import Any, get_args

from policies.fact import SHAPES, VARIABLES, Fact, TargetKind
from policies.path_lint import unknown_fields
from terms.problem import Problem, ProblemError, did_you_mean

_KEYS = ("target", "key", "context")


def read_facts(path: Path) -> tuple[Fact, ...]:
    """The facts of a JSON list of {target, key, context}, in its order.

    Raises ProblemError with the JSON pointer of everything that is not a fact: nothing is judged in part.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", str(path)) from error
    except (ValueError, RecursionError) as error:
        raise ProblemError(f"is not JSON: {error}", str(path)) from error
    if not isinstance(data, list):
        raise ProblemError("is not a list of facts", str(path), "write [{target, key, context}, ...]")
    problems = [problem for index, item in enumerate(data) for problem in _problems(f"{path}#/{index}", item)]
    if problems:
        raise ProblemError(tuple(problems))
    return tuple(Fact(item["target"], item["key"], item["context"]) for item in data)


def _problems(where: str, item: Any) -> list[Problem]:
    if not isinstance(item, dict) or set(item) != set(_KEYS) or not isinstance(item["context"], dict):
        return [Problem("is not a fact", where, "write target, key and context, and nothing else")]
    target: TargetKind = item["target"]
    kinds = get_args(TargetKind)
    if target not in kinds:
        return [Problem(f"'{target}' is not a target", f"{where}/target", did_you_mean(str(target), kinds))]
    if not isinstance(item["key"], str) or not item["key"]:
        return [Problem("'key' is not text", f"{where}/key")]
    return [
        Problem(f"{found.what} at {found.where}", f"{where}/context", found.do)
        for found in unknown_fields(item["context"], SHAPES[target], VARIABLES[target])
    ]
