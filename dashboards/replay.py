# SPDX-License-Identifier: Apache-2.0
"""What happens when a person presses replay? The mutation is asked once for one press, and they are led back with the outcome."""

from urllib.parse import parse_qs

from starlette.responses import Response

from dashboards import queries
from dashboards.asking import Visit
from dashboards.back import led_to, own_page

_LARGEST_FORM = 4_096
_REFUSED = {"ExceptionNotFound": "replay-not-found", "ExceptionNotOpen": "replay-not-open"}


async def start(visit: Visit) -> Response:
    """Asks for the replay and answers 303 to the page it came from. The guard has checked the CSRF token before.

    The idempotency key comes with the form and names the exception and how often it was replayed: pressing twice,
    or going back and pressing again, is one replay.
    """
    form = parse_qs((await visit.request.body())[:_LARGEST_FORM].decode("utf-8", "replace"))
    identity = visit.request.path_params["id"]
    key = form.get("key", [f"page:{identity}"])[0]
    data = await visit.answer(queries.REPLAY, input={"id": identity, "idempotencyKey": key})
    outcome = data["replayException"]
    said = _REFUSED.get(outcome["__typename"])
    if said is None:
        said = "replay-already" if outcome["alreadyAsked"] else "replay-started"
    return led_to(own_page(form.get("next", [""])[0], "/exceptions"), said)


def replay_key(identity: str, replays: int) -> str:
    """The idempotency key of the next press on this exception's button."""
    return f"page:{identity}:{replays}"
