# SPDX-License-Identifier: Apache-2.0
"""Talks to a sandbox that runs already, as its command line does."""

from typing import Any

import httpx2

from terms.problem import Problem, ProblemError


def set_faults(port: int, given: dict[str, float]) -> dict[str, float]:
    """The faults in force, after those given were set and the others left as they are. Raises ProblemError."""
    url = f"http://127.0.0.1:{port}/sandbox/faults"
    try:
        with httpx2.Client(timeout=5, trust_env=False) as http:
            current = _answer(http.get(url))
            return _answer(http.put(url, json=current | given)) if given else current
    except httpx2.HTTPError as error:
        raise ProblemError(
            "no sandbox answers",
            f"port {port}",
            "start one with `throughline sandbox run`, or name its --port",
        ) from error


def _answer(response: httpx2.Response) -> dict[str, float]:
    try:
        body: Any = response.json()
        if response.is_success:
            return dict(body)
        raise ProblemError(tuple(Problem(**each) for each in body["problems"]))
    except (ValueError, LookupError, TypeError) as error:
        if isinstance(error, ProblemError):
            raise
        raise ProblemError(f"what answers is not a sandbox ({response.status_code})") from error
