# SPDX-License-Identifier: Apache-2.0
"""The forms of the pages: asked once, by the page's own session, and back to a page of ours with a word."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.dashboards.made_up_api import CSRF, MadeUpApi
from tests.dashboards.test_dashboards_pages import STORY


def replay(client: TestClient, **more: str) -> Any:
    form = {"csrf": CSRF, "key": "page:ex-1:0", "next": STORY} | more
    return client.post("/exceptions/ex-1/replay", data=form)


def test_replay_is_asked_once_and_leads_back_with_word(client: TestClient, api: MadeUpApi) -> None:
    """303 to where the button stood; pressed again it is the same replay; the story then says it is under way."""
    answer = replay(client)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{STORY}?said=replay-started")
    assert replay(client).headers["location"].endswith("said=replay-already")
    assert replay(client, key="page:ex-1:1").headers["location"].endswith("said=replay-not-open")
    assert api.replayed == ["page:ex-1:0", "page:ex-1:0"]
    page = client.get(answer.headers["location"]).text
    assert "The replay has started." in page
    assert "being replayed" in page
    assert 'class="replay"' not in page


def test_a_replay_without_the_sessions_token_is_refused(client: TestClient, api: MadeUpApi) -> None:
    """Another site cannot press the button."""
    assert replay(client, csrf="guessed").status_code == 403
    assert api.replayed == []


def decide(client: TestClient, **more: str) -> Any:
    form = {"csrf": CSRF, "key": "page:1", "next": STORY, "reason": "seen on paper"} | more
    return client.post(f"{STORY}/decisions", data=form)


@pytest.mark.parametrize(
    ("form", "asked", "said"),
    [
        pytest.param(
            {"what": "separate", "object": "invoice:INV-7", "other": "amendment:AMD-7"},
            {"object": "invoice:INV-7", "from": "amendment:AMD-7"},
            "decision-taken",
            id="take apart",
        ),
        pytest.param(
            {"what": "join", "object": "invoice:INV-8", "as": "part", "other": "amendment:AMD-7"},
            {"object": "invoice:INV-8", "with": "amendment:AMD-7", "as": "PART"},
            "decision-taken",
            id="join",
        ),
        pytest.param(
            {"what": "join", "object": "invoice:INV-8", "as": "same", "other": "customer:C"},
            None,
            "decision-refused",
            id="join what means nothing",
        ),
        pytest.param({"what": "revoke", "decision": "71"}, None, "decision-revoked", id="take back"),
        pytest.param({"what": "revoke", "decision": "7"}, None, "decision-not-found", id="take back nothing"),
    ],
)
def test_a_decision_is_asked_once_and_leads_back_with_word(
    client: TestClient, api: MadeUpApi, form: dict[str, str], asked: dict[str, str] | None, said: str
) -> None:
    """303 to the story with what became of it; the same press again decides nothing new."""
    answer = decide(client, **form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{STORY}?said={said}")
    assert 'role="status"' in client.get(answer.headers["location"]).text
    if asked:
        assert api.decided == [asked | {"reason": "seen on paper", "idempotencyKey": "page:1"}]
        assert decide(client, **form).headers["location"].endswith("said=decision-already")


def test_a_story_offers_decisions_to_those_who_may_take_them(client: TestClient, api: MadeUpApi) -> None:
    """Each part that hangs on another can be taken apart; what was decided is listed with who and why, and can be taken back."""
    page = client.get(STORY).text
    assert page.count('name="what" value="separate"') == 2
    assert "invoice:INV-7 does not belong with order:SO-9" in page
    assert "the invoice says otherwise" in page
    assert 'name="what" value="revoke"' in page
    api.may = []
    page = client.get(STORY).text
    assert "invoice:INV-7 does not belong with order:SO-9" in page
    assert 'name="what"' not in page


def test_a_decision_without_the_sessions_token_is_refused(client: TestClient, api: MadeUpApi) -> None:
    """Another site cannot decide."""
    form = {"what": "separate", "object": "invoice:INV-7", "other": "amendment:AMD-7"}
    assert decide(client, csrf="guessed", **form).status_code == 403
    assert api.decided == []


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", "", "/\n/x"]
)
def test_a_form_leads_to_our_own_pages_only(client: TestClient, elsewhere: str) -> None:
    """Any other address in the form counts as the queue."""
    assert replay(client, next=elsewhere).headers["location"] == "/exceptions?said=replay-started"


def test_words_in_the_address_are_ours(client: TestClient) -> None:
    """A status message is chosen by code, so a link cannot put words into our mouth."""
    assert "Send money" not in client.get("/exceptions?said=Send+money").text
