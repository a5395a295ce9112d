# SPDX-License-Identifier: Apache-2.0
"""What the pages of contracts say: the catalogue, one contract, a difference, a draft's verdict, what may be deployed."""

import re
from html import unescape as html_unescape

import pytest
from starlette.testclient import TestClient

from dashboards import contract_address
from tests.dashboards import made_up_contracts
from tests.dashboards.made_up_api import CSRF
from tests.dashboards.test_dashboards_pages import text

ODD = contract_address.contract(made_up_contracts.ODD)


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
