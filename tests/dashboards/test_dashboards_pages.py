# SPDX-License-Identifier: Apache-2.0
"""What the pages say and how they answer, asked in process: content, addresses, refusals, headers."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from dashboards import contract_address
from dashboards.format import instant
from dashboards.rendering import CONTENT_SECURITY_POLICY, json_island
from terms.instant import text as terms_text
from tests.dashboards import made_up, made_up_contracts
from tests.dashboards.made_up_api import MadeUpApi

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


@pytest.mark.parametrize("path", ["/", "/map", "/kpis"])
def test_a_page_of_figures_says_when_they_are_of(client: TestClient, path: str) -> None:
    """What is read once for many readers may be older than the page."""
    assert f"as of {instant(terms_text(made_up.NOW))}" in client.get(path).text


def test_a_hop_that_does_not_move_says_why_and_what_is_at_risk_in_one_sentence(client: TestClient) -> None:
    page = text(client.get("/").text)
    assert "the posting period 2026-10 is closed; EUR" in page
    assert re.search(r"period 2026-10 is closed; [^.;]+(\.\d\d)?[^.;]* at risk\.", page)


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
