# SPDX-License-Identifier: Apache-2.0
"""What people may change on the pages of contracts: which forms are there, what they send, and how they are answered."""

import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from dashboards import contract_address
from tests.dashboards import made_up_contracts
from tests.dashboards.made_up_api import CSRF, MadeUpApi
from tests.dashboards.test_dashboards_pages import text

ONE = "/contracts/invoice-issued"
OLD = f"{ONE}?version=1.1.0"
DIFF = f"{ONE}/diff?from=1.2.0&to=1.1.0"
ODD = contract_address.contract(made_up_contracts.ODD)
FORMS = {
    "life": (OLD, "life-deprecated"), "retire": (OLD, "life-retired"), "delete": (OLD, "delete"),
    "approve": (DIFF, "approve-a1b2c3d4e5f6"), "withdraw": (DIFF, "withdraw-b1b2c3d4e5f6"),
}  # fmt: skip


def fields_of(html: str, form: str) -> tuple[str, dict[str, str]]:
    """Where a form on the page goes, and its fields as they stand."""
    found = re.search(rf'id="{form}".*?<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', html, re.S)
    assert found is not None, form
    inputs = re.findall(r"<input ([^>]*)>", found[2])
    values = {
        name[1]: unescape(value[1])
        for one in inputs
        if (name := re.search(r'name="([^"]+)"', one))
        and (value := re.search(r'value="([^"]*)"', one))
        and ('type="checkbox"' not in one or " checked" in one)
    }
    texts = re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', found[2], re.S)
    return unescape(found[1]), values | {name: unescape(value) for name, value in texts}


def press(client: TestClient, page: str, form: str, **filled: str) -> Any:
    """Loads the page, fills the form in and sends it."""
    action, values = fields_of(client.get(page).text, form)
    return client.post(action, data=values | filled)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_bears_the_token_and_a_key(client: TestClient, name: str) -> None:
    """A form without the session's token is refused; the same state has the same key, so that two presses are one."""
    page, form = FORMS[name]
    action, values = fields_of(client.get(page).text, form)
    assert values["csrf"] == CSRF
    assert re.fullmatch(r"page:[0-9a-f]{40}", values["key"])
    assert fields_of(client.get(page).text, form)[1]["key"] == values["key"]
    assert client.post(action, data=values | {"csrf": "guessed"}).status_code == 403


def test_the_keys_of_different_presses_differ(client: TestClient) -> None:
    """Another step, another version, another contract: another press."""
    keys = [
        fields_of(client.get(page).text, form)[1]["key"]
        for page, form in (
            (OLD, "life-sunset"), (OLD, "life-retired"), (ONE, "life-retired"), (f"{ODD}?version=1.1.0", "life-retired"), (OLD, "delete"),
        )
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)


def test_a_step_is_asked_for_as_it_was_filled_in(client: TestClient, api: MadeUpApi) -> None:
    """Days become instants, empty ones are left out; done, the page says so at its life."""
    filled = {"successor": "1.2.0", "deprecated": "2026-09-01", "sunset": "", "reason": " superseded "}
    answer = press(client, OLD, "life-deprecated", **filled)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{ONE}?version=1.1.0&said=life-deprecated#life"
    assert "It is deprecated" in text(client.get(answer.headers["location"]).text)
    (asked,) = api.changed
    assert asked.pop("idempotencyKey").startswith("page:")
    assert asked == {
        "subject": "invoice-issued", "version": "1", "to": "deprecated", "reason": "superseded", "successor": "1.2.0",
        "deprecatedAt": "2026-09-01T00:00:00Z", "sunsetAt": None, "force": False, "ifCompatible": False,
    }  # fmt: skip
    answer = press(client, OLD, "life-sunset", sunset="next year")
    assert (answer.status_code, len(api.changed)) == (422, 1)
    assert "One of the days cannot be read." in text(answer.text)


def test_a_refused_step_stands_beside_its_form(client: TestClient, api: MadeUpApi) -> None:
    """Who uses it is told before and after the press; what had been filled in stays; forced with a reason it is done."""
    before = client.get(OLD).text
    assert "it is still used by spreadsheet" in text(before)
    answer = press(client, OLD, "life-retired", reason="<tonight>", force="")
    assert answer.status_code == 422
    again = answer.text
    form = again[again.index('id="life-retired"') :]
    form = form[: form.index("</form>")]
    assert 'id="life-retired" open' in again
    assert "It is still used by spreadsheet (14 times, last on 2026-11-20)." in text(form)
    assert "move them first" in form
    assert "&lt;tonight&gt;" in form
    assert "data-still" in form
    action, values = fields_of(again, "life-retired")
    done = client.post(action, data=values | {"force": "yes"})
    assert done.headers["location"].endswith("said=life-retired#life")
    assert [one["force"] for one in api.changed] == [False, True]


def test_nothing_to_do_is_said_too(client: TestClient) -> None:
    """Somebody else was faster: the press changed nothing, and that is what people read."""
    answer = press(client, OLD, "life-active")
    assert "said=life-as-it-was" in answer.headers["location"]
    assert "nothing was changed" in text(client.get(answer.headers["location"]).text)


@pytest.mark.parametrize(
    ("page", "until", "back"),
    [
        pytest.param(DIFF, "2026-12-31", f"{ONE}/diff?from=1.2.0&to=1.1.0&said=finding-approved", id="diff"),
        pytest.param(f"{ODD}?version=1.2.0", "2027-01-01", f"{ODD}?version=1.2.0&said=finding-approved", id="version"),
    ],
)  # fmt: skip
def test_a_break_is_accepted_where_it_is_seen(
    client: TestClient, api: MadeUpApi, page: str, until: str, back: str
) -> None:
    """On the page that compares and beside a version's verdict; the last day counts to its end."""
    html = client.get(page).text
    form = re.search(r'id="(approve-[^"]+)"', html)
    assert form is not None
    answer = press(client, page, form[1], reason="agreed", until=until)
    assert answer.headers["location"] == back
    (asked,) = api.changed
    assert asked["fingerprint"] == form[1].removeprefix("approve-")
    assert (
        asked["until"] == {"2026-12-31": "2027-01-01T00:00:00Z", "2027-01-01": "2027-01-02T00:00:00Z"}[until]
    )


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        pytest.param({"reason": "", "until": "2026-12-31"}, "An approval without a reason.", id="no-reason"),
        pytest.param({"reason": "why", "until": ""}, "The last day is missing.", id="no-day"),
        pytest.param({"reason": "why", "until": "soon"}, "The last day is missing.", id="odd-day"),
    ],
)
def test_an_approval_that_is_refused_keeps_what_was_written(
    client: TestClient, filled: dict[str, str], words: str
) -> None:
    """Beside the finding, in the same pair of versions."""
    answer = press(client, DIFF, "approve-a1b2c3d4e5f6", **filled)
    assert answer.status_code == 422
    page = text(answer.text)
    assert words in page
    assert "1.2.0 → 1.1.0" in page
    assert fields_of(answer.text, "approve-a1b2c3d4e5f6")[1]["reason"] == filled["reason"]


def test_an_approval_is_taken_back_from_every_list(client: TestClient, api: MadeUpApi) -> None:
    """From the finding, the contract and the list of all; one that is gone is told."""
    form = "withdraw-b1b2c3d4e5f6"
    for page, back in (
        (DIFF, f"{ONE}/diff"),
        (ODD, f"{ODD}?version=1.2.0"),
        ("/contracts/approvals", "/contracts/approvals"),
    ):
        answer = press(client, page, form, reason="it was a mistake")
        assert answer.headers["location"].startswith(back)
        assert "said=approval-withdrawn" in answer.headers["location"]
    assert {one["reason"] for one in api.changed} == {"it was a mistake"}
    gone = press(client, ODD, form, fingerprint="gone")
    assert "said=approval-gone" in gone.headers["location"]


def test_a_form_of_a_contract_leads_to_our_own_pages_only(client: TestClient) -> None:
    """An address that was tampered with leads to the contract."""
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        answer = press(client, ODD, "withdraw-b1b2c3d4e5f6", next=elsewhere)
        assert answer.headers["location"] == f"{ODD}?said=approval-withdrawn"


def test_a_version_is_deleted_and_restored(client: TestClient, api: MadeUpApi) -> None:
    """What others refer to stays, and the form says so; what was deleted is listed with a way back."""
    forced = {"force": "yes", "reason": "they know"}
    assert press(client, ONE, "delete", **forced).headers["location"] == f"{ONE}?said=version-deleted"
    assert (api.changed[-1]["force"], api.changed[-1]["reason"]) == (True, "they know")
    refused = press(client, OLD, "delete", reason="unused")
    assert (refused.status_code, "Version 1 is referred to by order version 2." in text(refused.text)) == (
        422,
        True,
    )
    action, values = fields_of(client.get(ONE).text, "gone")
    assert client.post(action, data=values).headers["location"] == f"{ONE}?version=3&said=version-restored"
    assert [one["number"] for one in api.changed] == [2, 1, 3]


@pytest.mark.parametrize(
    ("filled", "asked"),
    [
        pytest.param({"as": "version"}, {"ifCompatible": True, "asDraft": False}, id="version"),
        pytest.param({"as": "draft"}, {"ifCompatible": False, "asDraft": True}, id="draft"),
        pytest.param(
            {"as": "version", "anyway": "yes"}, {"ifCompatible": False, "asDraft": False}, id="anyway"
        ),
    ],
)
@pytest.mark.parametrize("how", ["pasted", "uploaded"])
def test_a_document_is_registered(
    client: TestClient, api: MadeUpApi, how: str, filled: dict[str, str], asked: dict[str, bool]
) -> None:
    """Pasted or from a file, as a version or as a draft, kept out when it breaks unless told otherwise."""
    form = {"csrf": CSRF, "subject": " ", "draft": "", **filled}
    if how == "pasted":
        answer = client.post("/contracts/register", data=form | {"draft": '{"type":\r\n "object"}'})
    else:
        files = {"file": ("a.json", b'\xef\xbb\xbf{"type":\n "object"}', "application/json")}
        answer = client.post("/contracts/register", data=form, files=files)
    assert answer.headers["location"] == f"{ONE}?version=1.2.0&said=contract-registered"
    (given,) = api.changed
    assert given.pop("idempotencyKey").startswith("page:")
    assert given == {"document": '{"type":\n "object"}', "subject": None, **asked}


@pytest.mark.parametrize(
    ("form", "file", "words"),
    [
        pytest.param({"draft": " "}, None, "There is no document yet.", id="empty"),
        pytest.param({"draft": "<a>: ]"}, None, "line 1", id="unreadable"),
        pytest.param({}, b"\xff\xfe{", "The file is not utf-8 text: byte 0 cannot be read.", id="not-utf-8"),
        pytest.param({}, b" " * (8 * 1024 * 1024 + 1), "The file is larger than 8 mib.", id="too-large"),
    ],
)
def test_what_cannot_be_registered_is_told_and_kept(
    client: TestClient, form: dict[str, str], file: bytes | None, words: str
) -> None:
    """The page says what and where; what was pasted is still there."""
    files = {"file": ("a.json", file, "application/json")} if file else None
    answer = client.post("/contracts/register", data={"csrf": CSRF} | form, files=files)
    assert answer.status_code == 422
    assert words.lower() in text(answer.text).lower()
    if form.get("draft", "").strip():
        assert "&lt;a&gt;: ]</textarea>" in answer.text


def test_a_draft_that_passes_is_registered_where_it_was_judged(client: TestClient, api: MadeUpApi) -> None:
    """A break offers nothing; a subject nobody has yet offers to be the first."""
    breaking = client.post("/contracts/what-if", data={"csrf": CSRF, "draft": "{}"}).text
    assert "Register as a version" not in breaking
    new = client.post("/contracts/what-if", data={"csrf": CSRF, "draft": "{}", "subject": "none"}).text
    assert "Register it as a new contract" in new
    assert 'form="draft" formaction="/contracts/register" name="as" value="draft"' in new
    api.may.remove("contracts:write")
    new = client.post("/contracts/what-if", data={"csrf": CSRF, "draft": "{}", "subject": "none"}).text
    assert "Register as a version" not in new


@pytest.mark.parametrize("page", [ONE, OLD, DIFF, ODD, "/contracts/approvals", "/contracts/register"])
def test_who_may_only_look_is_told_so(client: TestClient, api: MadeUpApi, page: str) -> None:
    """No form that would be refused is shown; the page says whom to ask."""
    api.may.remove("contracts:write")
    html = client.get(page).text
    forms = set(re.findall(r'<form[^>]*method="post" action="([^"]+)"', html)) - {"/sign-out"}
    assert forms == ({"/contracts/register"} if page.endswith("register") else set())
    assert "may look, not change" in text(html)
    assert ('<button class="button primary" disabled>' in html) == page.endswith("register")


@pytest.mark.parametrize("part", ["life", "delete", "restore", "approve", "withdraw"])
def test_the_address_of_a_form_leads_to_the_contract(client: TestClient, part: str) -> None:
    """Loaded anew, it sends nothing."""
    answer = client.get(f"{ODD}/{part}")
    assert (answer.status_code, answer.headers["location"]) == (303, ODD)
    assert client.post(f"{ODD}/diff", data={"csrf": CSRF}).status_code == 404


def test_a_form_that_no_page_sends_is_refused(client: TestClient) -> None:
    """Too many fields are an error of whoever made them."""
    many = {f"f{n}": "x" for n in range(50)}
    assert client.post(f"{ODD}/life", data=many | {"csrf": CSRF}).status_code == 400
