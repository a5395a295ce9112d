# SPDX-License-Identifier: Apache-2.0
"""What happens when a person takes two objects apart, joins them, or takes a decision back? It is asked once for one press."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response

from dashboards import queries
from dashboards.asking import Visit
from dashboards.back import led_to, own_page

_LARGEST_FORM = 8_192
_SAID = {
    "DecisionTaken": "decision-taken",
    "DecisionRefused": "decision-refused",
    "DecisionContradicts": "decision-contradicts",
    "DecisionRevoked": "decision-revoked",
    "DecisionNotFound": "decision-not-found",
}


async def take(visit: Visit) -> Response:
    """Asks for what the form says and answers 303 to the page it came from. The guard has checked the CSRF token before.

    The idempotency key comes with the form, so pressing twice decides once.
    """
    form = parse_qs((await visit.request.body())[:_LARGEST_FORM].decode("utf-8", "replace"))

    def of(name: str) -> str:
        return form.get(name, [""])[0].strip()

    said = {"reason": of("reason"), "idempotencyKey": of("key")}
    if of("what") == "revoke":
        data = await visit.answer(queries.REVOKE_DECISION, input={"id": of("decision"), **said})
    elif of("what") == "join":
        joined = {"object": of("object"), "with": of("other"), "as": "SAME" if of("as") == "same" else "PART"}
        data = await visit.answer(queries.JOIN, input=joined | said)
    else:
        data = await visit.answer(
            queries.SEPARATE, input={"object": of("object"), "from": of("other"), **said}
        )
    (outcome,) = data.values()
    return led_to(own_page(of("next"), f"/transactions/{visit.request.path_params['id']}"), _word(outcome))


def _word(outcome: Mapping[str, Any]) -> str:
    return "decision-already" if outcome.get("alreadyThere") else _SAID[outcome["__typename"]]
