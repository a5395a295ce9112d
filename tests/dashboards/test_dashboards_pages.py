# SPDX-License-Identifier: Apache-2.0
"""What the pages say and how they answer, asked in process: content, addresses, refusals, headers, the one form."""

import json
import re
from html import unescape as html_unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dashboards import contract_address
from dashboards.rendering import CONTENT_SECURITY_POLICY, json_island
from tests.dashboards import made_up, made_up_contracts
from tests.dashboards.made_up_api import CSRF, MadeUpApi

STORY = f"/transactions/{made_up.FAILED_ID}"
ODD = contract_address.contract(made_up_contracts.ODD)
PAGES = ("/", "/kpis", "/transactions", "/transactions?q=status:stuck&sort=-waited", "/transactions?q=staus:open", STORY, f"{STORY}/why?object=invoice:INV-7", "/contracts", "/contracts?search=none&domain=finance", "/contracts/invoice-issued",
         "/contracts/invoice-issued?version=1", ODD, f"{ODD}/diff", "/contracts/invoice-issued/diff?from=1.2.0&to=1.1.0", "/contracts/what-if", "/contracts/invoices-api",
         "/contracts/approvals", "/contracts/approvals?ended=yes", "/contracts/register", "/contracts/deployments", "/contracts/deployments?application=billing-worker&version=2.3.0&to=prod", "/policies", "/policies?state=all", "/admin/keys", "/exceptions", "/exceptions?state=resolved", "/map", "/map?days=7&process=lead-to-cash", "/admin", "/admin?source=zipkin-payments")  # fmt: skip


def text(html: str) -> str:
    """The page as read: tags away, spaces joined."""
    body = re.sub(r"<(script|svg).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_and_keeps_the_strict_policy(client: TestClient, path: str) -> None:
    """No inline style, no inline script but data, nothing from another host, never cached by anybody."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert " style=" not in answer.text
    assert "<style" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)
    assert all(
        'type="application/json"' in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", answer.text)
    )
    assert not re.findall(r'(?:src|href)="https?://(?!127\.0\.0\.1)', answer.text)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_kind_when_there_is_nothing_yet(empty_client: TestClient, path: str) -> None:
    """The first minute of an installation: a page says what it means, and what fills it."""
    answer = empty_client.get(path)
    assert answer.status_code in (200, 404)
    assert "None" not in text(answer.text)
    assert len(re.findall("<h1", answer.text)) == 1


def test_the_first_screen_answers_whether_money_moves(client: TestClient) -> None:
    """Sentence, money per currency, the broken hop with its reason, the largest failure with story and replay."""
    page = text(client.get("/").text)
    assert "1,842 of 2,000 deals reached the ledger; EUR 182,400 is stuck in 17" in page
    assert "GBP 9,120.50 stuck in 6" in page
    assert "NetSuite DE refuses journals" in page
    assert page.index("Renewal amendment AMD-7") < page.index("Lead to cash SO-")
    assert "n 2,000" in page
    assert "37 open" in page
    assert (
        "throughline contracts check examples/drafts/invoice-issued-breaking.json --against invoice-issued"
        in page
    )


def test_a_hop_opens_what_waits_there(client: TestClient) -> None:
    """The broken hop of the picture links to its process and milestone, and that list finds them."""
    address = "/transactions?q=process%3Alead-to-cash+waiting%3Aposted"
    assert f'href="{address}"' in client.get("/").text
    rows = client.get(address).text
    assert "Posted to ledger" in rows
    assert "completed</span>" not in rows


def test_the_failed_renewal_tells_its_whole_story(client: TestClient) -> None:
    """What broke, what to do, the wait by name, tries of one step, and why each part belongs."""
    page = text(client.get(STORY).text)
    assert "NetSuite refused the journal of INV-7 because the posting period 2026-10 of DE is closed" in page
    assert "Next: Open the period 2026-10 for DE, then replay." in page
    assert "waiting 3 d 1 h for NetSuite" in page
    assert "3 attempts: posting period 2026-10 of DE is closed" in page
    assert page.count("waited 41 min for Chargebee") == 2, "once in business time, once between the runs"
    assert "the invoice names the amendment it was made for" in page
    assert "3 d 1 h of 6 h" in page


def test_customer_text_never_becomes_markup(client: TestClient) -> None:
    """A customer named with angle brackets is shown as written."""
    page = client.get("/transactions").text
    assert "Harbour &lt;Health&gt;" in page
    assert "<Health>" not in page


@given(
    st.recursive(
        st.text() | st.none() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_data_in_a_page_cannot_end_its_element(value: Any) -> None:
    """Whatever the text, the JSON in a page holds no `<`, and reads back as the same value."""
    island = str(json_island(value))
    assert not set("<>&") & set(island)
    assert json.loads(island) == value


def test_a_figure_has_an_address_of_its_own(client: TestClient) -> None:
    """The JSON at that address is the figure the board draws; an unknown KPI is 404."""
    figure = client.get("/kpis/invoice-latency.json?days=7&entity=DE").json()
    board = client.get("/kpis?days=7&entity=DE").text
    island = re.search(r'data-figure="chart-invoice-latency">(.*?)</script>', board)
    assert island is not None
    assert json.loads(island[1]) == figure
    assert client.get("/kpis/none.json").status_code == 404


def test_each_chart_has_its_table(client: TestClient) -> None:
    """With JavaScript off the numbers of every chart are on the page, newest day first."""
    board = client.get("/kpis").text
    assert board.count("3 left out: clocks differ") >= 1
    assert board.count("The numbers as a table") == board.count("data-chart ") == 4
    days = re.findall(r'<tr><th scope="row">([-\d]+)</th>', board)[:30]
    assert days == sorted(days, reverse=True)
    assert days[0] == "2026-11-20"


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


def test_without_credential_a_page_leads_to_the_sign_in_and_back(client: TestClient) -> None:
    """The address with its filters comes along; a fragment only says 401."""
    client.cookies.set("session", "none")
    answer = client.get("/transactions?q=status:failed&sort=due")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/sign-in?next=%2Ftransactions%3Fq%3Dstatus%3Afailed%26sort%3Ddue",
    )
    assert client.get("/transactions", headers={"X-Fragment": "main"}).status_code == 401


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        pytest.param("FORBIDDEN", 403, "Your roles do not cover this page", id="permission"),
        pytest.param("BAD_USER_INPUT", 400, "cannot be answered", id="bad-filter"),
        pytest.param("", 502, "could not be read", id="failure"),
    ],
)
def test_a_refusal_of_the_api_is_a_page_that_says_so(
    api: MadeUpApi, client: TestClient, code: str, status: int, words: str
) -> None:
    """What failed in the API's own words, escaped, and the way on."""
    api.refusal = {"message": "needs <transactions.read>", "extensions": {"code": code}}
    answer = client.get("/kpis")
    assert answer.status_code == status
    assert words in answer.text
    assert "needs &lt;transactions.read&gt;" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/transactions/none",
        "/contracts/none",
        "/contracts/invoice-issued?version=9",
        "/contracts/none/diff",
        "/contracts/invoice-issued/diff?to=9.9.9",
    ],
)
def test_what_is_not_there_is_named(client: TestClient, path: str) -> None:
    """404 with what was looked for and the way to its list."""
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no" in answer.text


def test_a_fragment_is_the_main_part_and_caches_keep_it_apart(client: TestClient) -> None:
    """Same address, other header: only title and main come, and Vary names the header."""
    fragment = client.get("/kpis", headers={"X-Fragment": "main"})
    assert fragment.text.startswith("<title>")
    assert "<html" not in fragment.text
    assert "X-Fragment" in fragment.headers["vary"]
    assert "X-Fragment" in client.get("/kpis").headers["vary"]


def test_static_files_are_named_after_their_content_and_kept_for_ever(client: TestClient) -> None:
    """Every file a page names is there, compressed, immutable; an old name is 404."""
    page = client.get("/kpis").text
    names = set(re.findall(r'"(/static/[^"]+)"', page))
    assert len(names) == 4
    for name in names:
        answer = client.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
    assert client.get("/static/throughline.000000000000.js").status_code == 404
    plain = client.get(
        next(name for name in names if name.endswith(".css")), headers={"Accept-Encoding": "identity"}
    )
    assert "content-encoding" not in plain.headers


def test_the_budget_of_bytes_is_kept(client: TestClient) -> None:
    """Own script at most 8 KB and own style at most 10 KB compressed; a page's HTML at most 60 KB on the wire."""
    for path in PAGES:
        sizes = {"js": 0, "css": 0}
        for name in re.findall(r'"(/static/[^"]+\.(?:js|css))"', client.get(path).text):
            if "plotly" not in name:
                sizes[name.rsplit(".", 1)[1]] += int(client.get(name).headers["content-length"])
        assert sizes["js"] <= 8_000
        assert sizes["css"] <= 10_000
        assert int(client.get(path).headers["content-length"]) < 60_000


def test_the_theme_of_the_cookie_is_in_the_first_byte(client: TestClient) -> None:
    """No flash of the other theme; an unknown word is ignored."""
    client.cookies.set("theme", "dark")
    assert '<html lang="en" data-theme="dark">' in client.get("/").text
    client.cookies.set("theme", '"><script>')
    assert '<html lang="en">' in client.get("/").text


def what_if(client: TestClient, **form: str) -> str:
    answer = client.post(
        "/contracts/what-if",
        data={"csrf": CSRF, "subject": "invoice-issued"} | form,
    )
    assert answer.status_code == 200
    return answer.text


def test_a_draft_gets_its_verdict_without_javascript(client: TestClient) -> None:
    """Verdict, proof, fix with its patch, the lines that differ, and the command that asks the same in CI; the draft stays."""
    draft = '{"type": "object",\r\n "properties": {"<b>": true}}'
    html = what_if(client, draft=draft, mode="FULL", policy="codegen")
    page = text(html)
    for words in (
        "Do not publish it as it is", "maxLength was lowered", "documents written so far may hold texts that the new contract refuses",
        "invoice-issued@1.2.0 accepts this document, draft refuses it at /invoice_id", "longer than 32 characters", "keep maxLength at 64",
        "&#34;op&#34;: &#34;replace&#34;", "not confirmed by a document", "ada until 2026-12-31: the US entity moved to EUR",
        "throughline contracts check draft.json --against invoice-issued --mode FULL --policy codegen",
    ):  # fmt: skip
        assert words in page, words
    assert "&#34;&lt;b&gt;&#34;: true" in html
    assert '<option value="FULL" selected' in html


@pytest.mark.parametrize(
    ("form", "words"),
    [
        pytest.param({"draft": '{"a"'}, "The draft cannot be read as a contract", id="not-json"),
        pytest.param({"draft": "  "}, "There is no draft yet", id="empty"),
        pytest.param(
            {"draft": "{}", "subject": "<none>"}, "There is no contract '<none>' yet", id="unknown-subject"
        ),
        pytest.param({"draft": "{}", "mode": "SIDEWAYS"}, "mode", id="unknown-mode-is-the-own"),
    ],
)
def test_a_draft_that_cannot_be_judged_is_told_why(
    client: TestClient, form: dict[str, str], words: str
) -> None:
    """What is wrong, beside the text that is still there."""
    assert words in html_unescape(text(what_if(client, **form)))


def test_a_draft_from_another_site_is_refused(client: TestClient) -> None:
    """The form is guarded like every other one."""
    assert (
        client.post(
            "/contracts/what-if",
            data={"csrf": "guessed", "draft": "{}"},
        ).status_code
        == 403
    )


def test_the_diff_says_what_changed_for_whom_and_what_to_do(client: TestClient) -> None:
    """Both documents with their lines, what differs marked by sign and word, and where the policies differ."""
    html = client.get("/contracts/invoice-issued/diff").text
    page = text(html)
    assert (
        "The policies differ: compatible under validation, compatible under lenient, breaking under codegen."
        in page
    )
    assert "removed" in text(client.get("/contracts/invoice-issued/diff?from=1.2.0&to=1.1.0").text)
    assert "added" in page
    assert "<mark>" in html
    assert 'href="#new-60"' in html
    assert "show every line" in page
    assert "equal lines" not in text(client.get("/contracts/invoice-issued/diff?all=yes").text)
    assert "The two documents are the same" in text(
        client.get("/contracts/invoice-issued/diff?from=1.1.0&to=1.1.0").text
    )


def test_the_list_of_contracts_tells_a_break_that_somebody_accepted(client: TestClient) -> None:
    """It passes until that day and is told apart from what passes by itself; a first version has nothing before it."""
    rows = re.findall(r"<tr data-row>.*?</tr>", client.get("/contracts").text, re.DOTALL)
    told = {text(row).split()[0]: text(row) for row in rows}
    assert re.search(r"breaking approved until \d+ \w{3} \d{4}", told["billing/Rechnung"])
    assert "approved" not in told["invoice-issued"]
    assert "compatible" in told["invoice-issued"]


def test_a_contract_tells_its_versions_in_words(client: TestClient) -> None:
    """What each version changed, its state, the fields as a tree with what narrows them."""
    page = text(client.get("/contracts/invoice-issued").text)
    assert "a field was added /properties/tax_lines" in page
    assert "1.1.0 deprecated" in page
    assert "/total/ amount string required financial Decimal text at most 21 characters" in page
    assert "e.g. &#34;INV-7&#34;" in page


def test_a_subject_with_slashes_and_unicode_has_its_pages(client: TestClient) -> None:
    """Links on its pages lead to pages of it, and no other subject's."""
    page = client.get(ODD).text
    links = {
        link
        for link in re.findall(r'href="(/contracts/[^"#]+)"', page)
        if not link.startswith(("/contracts/what-if", "/contracts/deployments", "/contracts/approvals"))
    }
    assert links
    for link in links:
        assert link.startswith("/contracts/billing%2FRechnung%20gestellt%20%C3%BC")
        assert client.get(link.replace("&amp;", "&")).status_code == 200


def test_the_catalogue_is_searched_and_narrowed(client: TestClient) -> None:
    """Facets carry their counts; each chip leads to the list without it; what matches nothing says what to do."""
    page = client.get("/contracts").text
    assert "Billing team (9)" in page
    assert '<option value="BACKWARD">backward (10)</option>' in page
    narrowed = client.get("/contracts?owner=Billing+team&search=invoice").text
    assert '<option value="Billing team" selected>' in narrowed
    assert 'href="/contracts?owner=Billing+team"' in narrowed
    assert 'href="/contracts?search=invoice"' in narrowed
    assert "2\N{NO-BREAK SPACE}contracts" in narrowed
    empty = client.get("/contracts?domain=unknown").text
    assert "No contract matches" in empty
    assert "unknown (0)" in empty


def test_a_contract_says_who_uses_it(client: TestClient) -> None:
    """Declared and seen, what is odd about either, and each version against what runs, with the reason of a break."""
    page = text(client.get("/contracts/invoice-issued").text)
    for words in (
        "ledger-feed 7.1.0 reads ^1.1.0 /total/amount, /lines/*/account nobody yet prod",
        "old-report 0.4.0 reads 1.1.0 all of it Finance data nowhere now",
        "spreadsheet 1.1.0 14", "not declared, the version is deprecated", "not declared, not registered",
        "a required field was removed at /properties/total", "not written", "An example that 1.2.0 accepts",
        "1,995 uses by 3 applications in 30 days, last used 1 h ago", "1.1.0 1,480 74.2 % 2 US, CA and UK", "0.9.0 not registered 3",
        "Seen in the last 90 days 3 applications and versions",
    ):  # fmt: skip
        assert words in page, words
    old = text(client.get("/contracts/invoice-issued?version=1.1.0").text)
    assert "1.1.0 is deprecated since 11 Nov 2026" in old
    assert "may stop after 20 Dec 2026" in old
    assert "use 1.2.0 instead" in old
    assert "but used by spreadsheet" in old
    assert "spreadsheet: 14 uses, last on 20 Nov 2026, never declared" in old
    assert "spreadsheet uses 1.1.0, which is on its way out. Move it to 1.2.0." in old


def test_an_api_is_read_by_its_operations(client: TestClient) -> None:
    """Each with what goes in and comes out; refusals in one line; what ends says when."""
    page = text(client.get("/contracts/invoices-api").text)
    assert "GET /invoices/{id} One invoice." in page
    assert "id string required internal Business key of the invoice in path 1 to 64 characters" in page
    assert "It refuses with 404." in page
    assert "deprecated, ends 2027-06-30" in page
    assert "bearer (invoices:read) at most 600 requests in 60s" in page
    assert "&#34;id&#34;: &#34;INV-7&#34;" in page
    assert "No event has named this contract" not in page


def test_the_use_of_an_api_is_told_like_that_of_an_event(client: TestClient) -> None:
    """In the list by how much, by which version and when; on its page by each who calls it, a page at a time."""
    row = text(client.get("/contracts?search=invoices-api").text)
    assert "88 by 3 applications 1.1.0 · 1 h ago" in row
    html = client.get("/contracts/invoices-api").text
    assert "caller-149" in html
    assert "caller-150" not in html
    assert 'aria-label="Uses on each of 30 days, at most 78 on one"' in html
    (following,) = re.findall(r'href="(/contracts/invoices-api\?seen=[^"#]+#use)"', html)
    rest = client.get(following).text
    assert "caller-150" in rest
    assert "caller-149" not in rest
    assert 'href="/contracts/invoices-api#use"' in rest


def test_deployments_are_told_with_the_way_on(client: TestClient) -> None:
    """What runs where; each may go on or not, and why; no answer is never a yes."""
    board = client.get("/contracts/deployments").text
    assert "billing-worker 2.4.0-rc.1 to test: no" in text(board)
    assert "crm-sync 1.0.0 to stage: undecided" in text(board)
    assert "application=billing-worker&amp;version=2.4.0-rc.1&amp;to=test" in board
    asked = client.get("/contracts/deployments?application=billing-worker&version=2.3.0&to=prod").text
    page = text(asked)
    assert "billing-worker 2.3.0 must not be deployed to prod." in page
    assert "ledger-feed 7.1.0 cannot read what it writes" in page
    assert "a required field was removed at /properties/total: the reader needs it" in page
    assert "throughline can-i-deploy billing-worker 2.3.0 --to prod" in page
    assert f'href="{ODD}"' in asked
    yes = text(client.get("/contracts/deployments?application=crm-sync&version=1.0.0&to=test").text)
    assert "crm-sync 1.0.0 may be deployed to test." in yes
    odd = html_unescape(
        text(client.get("/contracts/deployments?application=unknown&version=1&to=nowhere").text)
    )
    assert "there is no environment 'nowhere'" in odd


def test_the_quality_of_keys_is_told_by_source_and_reason(api: MadeUpApi, client: Any) -> None:
    """What was refused and what joins less, in words, with examples; a source's name is text and nothing else."""
    page = client.get("/admin/keys").text
    read = text(page)
    for words in (
        "3 findings",
        "left out",
        "A sentence about null-like.",
        "4,711",
        "n/a",
        "(empty)",
        "3 keys and more",
    ):
        assert words in read, words
    assert "joins less" in read
    assert "51 orders in one hour" in read
    assert "legacy &lt;batch&gt;" in page
    api.empty = True
    assert "Nothing is wrong with the keys" in text(client.get("/admin/keys").text)
