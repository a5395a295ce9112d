# SPDX-License-Identifier: Apache-2.0
"""What happens when a person presses replay? The mutation is asked once for one press, and they are led back with the outcome."""

from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.responses import RedirectResponse, Response

from dashboards import queries
from dashboards.asking import Visit

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
    back = back_to(form.get("next", [""])[0], said, "/exceptions")
    return RedirectResponse(back, 303, {"Cache-Control": "no-store"})


def replay_key(identity: str, replays: int) -> str:
    """The idempotency key of the next press on this exception's button."""
    return f"page:{identity}:{replays}"


def back_to(address: str, said: str, otherwise: str) -> str:
    """The address with the word of what was done, when it is one of our own pages; else `otherwise` with it.

    A form must not lead people elsewhere.
    """
    parts = urlsplit(address)
    is_path = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    if not is_path or parts.netloc or parts.scheme:
        parts = urlsplit(otherwise)
    query = f"{parts.query}&" if parts.query else ""
    return f"{parts.path}?{query}{urlencode({'said': said})}"
