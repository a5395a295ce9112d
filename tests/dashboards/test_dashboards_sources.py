# SPDX-License-Identifier: Apache-2.0
"""The page of sources: how each is, what to do next, and the forms to set one up and run it."""

import html
import re

import pytest
from starlette.testclient import TestClient

from tests.dashboards.made_up_api import CSRF, MadeUpApi


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")


def press(client: TestClient, verb: str, name: str):  # type: ignore[no-untyped-def]
    return client.post(f"/admin/sources/{verb}", data={"csrf": CSRF, "name": name})


SET_UP = {
    "csrf": CSRF, "name": "new-jaeger", "kind": "JAEGER", "address": "https://jaeger.example", "systems": "netsuite, stripe",
    "silence": "30m", "header": "Authorization", "secret": "Bearer s3cret",
}  # fmt: skip


def test_the_list_says_how_each_is_and_what_to_do(client: TestClient) -> None:
    """State, lag, what came, what was refused, and the last error with the next step."""
    page = words(client.get("/admin").text)
    assert "4 sources · 1 lagging" in page
    assert "answers 401: the credential is not accepted, 2 min ago Next: set its credentials anew" in page
    assert "1 window cut short" in page


def test_one_source_in_full(client: TestClient) -> None:
    """Rejections by reason, what was cut short, each service's watermark, and of headers the names alone."""
    page = words(client.get("/admin?source=zipkin-payments").text)
    for part in ("bad trace id 7", "more than 200 traces", "at checkout", "authorization"):
        assert part in page, part
    assert client.get("/admin?source=nobody").status_code == 404


def test_what_is_tried_is_answered_and_the_secret_is_not_shown_again(client: TestClient) -> None:
    """The form comes back as it was filled, but for the credential."""
    page = client.post("/admin/sources", data={**SET_UP, "do": "try"})
    assert "It speaks v3 summaries. Services: checkout, ledger." in words(page.text)
    assert 'value="new-jaeger"' in page.text
    assert "s3cret" not in page.text
    wrong = client.post("/admin/sources", data={**SET_UP, "do": "try", "address": "https://wrong.example"})
    assert "Next: check the address." in words(wrong.text)


def test_a_source_is_set_up_once_and_refusals_name_the_field(client: TestClient, api: MadeUpApi) -> None:
    """What the form carries goes to the API as it is; minutes become seconds."""
    done = client.post("/admin/sources", data={**SET_UP, "do": "add"})
    assert (done.status_code, done.headers["location"]) == (303, "/admin?source=new-jaeger&said=source-added")
    sent = api.decided[-1]["source"]
    assert (sent["systems"], sent["maxSilenceSeconds"]) == (["netsuite", "stripe"], 1_800)
    assert sent["headers"] == [{"name": "Authorization", "value": "Bearer s3cret"}]
    refused = client.post("/admin/sources", data={**SET_UP, "do": "add", "address": "http://jaeger.example"})
    assert "address: is not encrypted. Next: use https" in words(refused.text)


def shown(page: str) -> dict[str, str]:
    """The fields of the form to change a source, twins included, as a browser would send them back."""
    form = page[page.index('id="change"') : page.index("</form>", page.index('id="change"'))]
    return {
        name.group(1): html.unescape(value.group(1))
        for tag in re.findall(r"<input[^>]*>", form)
        if ("checkbox" not in tag or " checked" in tag)
        and (name := re.search(r' name="([^"]*)"', tag))
        and (value := re.search(r' value="([^"]*)"', tag))
    }


def test_a_source_is_changed_where_it_is_shown(client: TestClient, api: MadeUpApi) -> None:
    """Only what was changed is asked for; a form sent as it was asks for nothing; what sends unasked is set up by it."""
    form = shown(client.get("/admin?source=zipkin-payments").text)
    assert (form["address"], form["every"], form["silence"]) == ("https://zipkin.example", "30s", "1h")
    same = client.post("/admin/sources/change", data=form)
    assert (same.headers["location"], api.decided) == (
        "/admin?source=zipkin-payments&said=source-as-it-was",
        [],
    )
    done = client.post("/admin/sources/change", data=form | {"every": "1m 30s", "systems": "stripe, erp"})
    assert done.headers["location"] == "/admin?source=zipkin-payments&said=source-changed"
    assert api.decided[-1] == {
        "name": "zipkin-payments", "idempotencyKey": "page:change:zipkin-payments", "everySeconds": 90.0, "systems": ["stripe", "erp"],
    }  # fmt: skip
    unasked = shown(client.get("/admin?source=push:collector eu").text)
    assert "address" not in unasked
    client.post("/admin/sources/change", data=unasked | {"silence": "10m"})
    sent = api.decided[-1]["source"]
    assert (sent["name"], sent["kind"], sent["maxSilenceSeconds"]) == ("push:collector eu", "PUSH", 600)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("every", "soon", "'soon' is no length of time. Next: write it like 30s, 15m or 1h 30m"),
        ("limit", "many", "'many' is no number"),
        ("secret", "Bearer x", "is missing. Next: name the header"),
        (
            "spanUrl",
            "javascript:alert(1)//{trace_id}",
            "is not a template of an address. Next: write an http(s) address.",
        ),
    ],
)
def test_a_refusal_stands_at_its_field(client: TestClient, name: str, value: str, told: str) -> None:
    """What was written stays in the form, but for a credential; the field points at what is wrong with it."""
    form = shown(client.get("/admin?source=zipkin-payments").text)
    page = client.post("/admin/sources/change", data=form | {name: value})
    assert page.status_code == 200
    at = "header" if name == "secret" else name
    assert f'aria-describedby="change-{at}-wrong"' in page.text
    assert told in html.unescape(words(page.text[page.text.index(f'id="change-{at}-wrong"') :]))
    assert (html.escape(value) in page.text) == (name != "secret")
    assert 'id="change" open' in page.text


def test_what_is_flagged_is_told_by_reason(client: TestClient) -> None:
    """Beside what was rejected, with the last of it in a sentence; the list tells how many."""
    assert "3 spans flagged" in words(client.get("/admin").text)
    assert (
        "ends before start 3 span 'charge' (00f067aa0ba902b7): ends 5.000 ms before it starts"
        in html.unescape(words(client.get("/admin?source=zipkin-payments").text))
    )


@pytest.mark.parametrize("verb", ["pause", "resume", "pull", "remove"])
def test_a_press_is_asked_for_and_told(client: TestClient, api: MadeUpApi, verb: str) -> None:
    """Each leads back with a word on what was done; an unknown source is said to be none."""
    done = press(client, verb, "erp-jaeger")
    assert (done.status_code, api.decided[-1]["field"]) == (303, f"{verb}Source")
    assert "notice good" in client.get(done.headers["location"]).text
    assert press(client, verb, "nobody").headers["location"] == "/admin?said=source-not-found"


def test_only_known_verbs_are_pressed(client: TestClient) -> None:
    """An address that is none does nothing."""
    assert press(client, "explode", "erp-jaeger").status_code == 404
    assert "in 310 ms" in words(press(client, "test", "erp-jaeger").text)


def test_whoever_may_only_look_sees_no_forms(client: TestClient, api: MadeUpApi) -> None:
    """Buttons that would be refused are not there."""
    api.may = []
    page = client.get("/admin?source=erp-jaeger").text
    assert "Set up a source" not in page
    assert "/admin/sources/" not in page


def test_another_process_with_other_definitions_is_told(client: TestClient) -> None:
    """Who it is, what differs, and what to do; history waits meanwhile."""
    assert (
        "History is not judged anew: worker on host-b, process 4711, works with other definitions: not the same lead-to-cash@2. "
        "Next: give all processes over this database the same files."
    ) in words(client.get("/admin").text)


def test_how_far_history_follows_the_definitions_is_said(client: TestClient) -> None:
    """A process that is gone is taken out in steps; what could not be redone is told with its number."""
    page = words(client.get("/admin").text)
    for part in (
        "invoice-to-posting@1: it is no more, and its transactions are being taken out, 1,500 of 4,000.",
        "kong@2 all that is kept is read by it, ",
        "12 changed, 3 added, 1 day could not be redone: 5 events stay as they were",
        "overtaken by a newer change",
    ):
        assert part in page, part
