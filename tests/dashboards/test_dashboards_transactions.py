# SPDX-License-Identifier: Apache-2.0
"""The page of transactions, asked in process: its address is the view, and every part of it is a plain link."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import URL, QueryParams
from starlette.testclient import TestClient

from collectors.query.text import words
from dashboards.query_bar import address
from dashboards.transactions import SORTS, quoted
from tests.dashboards import made_up
from tests.dashboards.made_up_api import CSRF
from tests.dashboards.test_dashboards_pages import text


def links(html: str, words: str) -> list[str]:
    """The addresses of the links whose words (or label) hold these."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"([^>]*)>(.*?)</a>', html, flags=re.S)
    return [unescape(href) for href, more, inner in found if words in unescape(text(inner) + more)]


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
    st.sampled_from(tuple(SORTS)),
    st.sampled_from(["", "-started~1~2"]),
)
def test_the_address_restores_the_exact_view(query: str, sort: str, after: str) -> None:
    """State to address to state: nothing is lost, so a link is the view."""
    restored = QueryParams(URL(address(query, sort, after=after)).query)
    assert {name: restored.get(name, "") for name in ("q", "sort", "after")} == {
        "q": query,
        "sort": sort,
        "after": after,
    }


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_what_an_old_link_asks_for_is_asked_as_written(value: str) -> None:
    """Customers and entities may hold spaces and signs; in a query they stay one value."""
    found, problems = words(f"entity:{quoted(value)}")
    assert (problems, [[one.text for one in word.values] for word in found]) == ((), [[value]])


def test_a_query_shows_as_chips_that_take_themselves_away(client: TestClient) -> None:
    """Each chip leads to the same list without it."""
    page = client.get("/transactions?q=status:failed+entity:DE&sort=-waited").text
    assert links(page, "Remove status:failed") == ["/transactions?q=entity%3ADE&sort=-waited"]
    assert links(page, "Remove entity:DE") == ["/transactions?q=status%3Afailed&sort=-waited"]
    assert "No transaction matches" in text(client.get("/transactions?q=nothing-like-it").text)


def test_a_facet_adds_to_the_query_and_takes_away(client: TestClient) -> None:
    """Counts beside each value; the chosen one is marked and leads back; another becomes its alternative."""
    page = client.get("/transactions?q=entity:DE").text
    assert links(page, 'aria-current="true"') == ["/transactions"]
    (us,) = [link for link in links(page, "US") if "entity" in link]
    assert us == "/transactions?q=entity%3ADE%2CUS"
    total = re.search(r"<b>(\d+)</b> found", client.get(us).text)
    counts = re.findall(r"<span>(?:DE|US)</span><span>(\d+)</span>", page)
    assert total is not None
    assert int(total[1]) == sum(map(int, counts))


def test_a_bar_of_the_histogram_narrows_to_its_time(client: TestClient) -> None:
    """The tallest bar's label tells how many started; its link lists just those, and a link leads back to all times."""
    page = client.get("/transactions?q=status:completed").text
    labels = re.findall(r'<a href="([^"]+)" aria-label="from [^"]+: (\d+)\N{NO-BREAK SPACE}starts?', page)
    href, number = max(labels, key=lambda one: int(one[1]))
    narrowed = client.get(unescape(href)).text
    assert f"<b>{number}</b> found" in narrowed
    assert links(narrowed, "all times") == ["/transactions?q=status%3Acompleted"]


def test_a_query_that_is_wrong_is_told_with_its_place(client: TestClient) -> None:
    """The wrong part is marked, the word that was meant is told, and ways to go on are links; nothing is listed."""
    answer = client.get("/transactions?q=entity:DE+staus:open")
    assert answer.status_code == 200
    assert "entity:DE <mark>staus:open</mark>" in answer.text
    assert "there is no field &#39;staus&#39;: did you mean &#39;status&#39;?" in answer.text
    assert "<table" not in answer.text
    unfinished = client.get("/transactions?q=status:").text
    assert links(unfinished, "stuck") == ["/transactions?q=status%3Astuck"]


def test_a_name_nothing_has_is_told_beside_the_empty_list(client: TestClient) -> None:
    """A process of that name may have been: the list is asked, and the near word offered."""
    page = text(client.get("/transactions?q=process:led-to-cash").text)
    assert "no process here is called 'led-to-cash': did you mean 'lead-to-cash'?" in unescape(page)
    assert "No transaction matches" in page


def test_pages_of_the_list_lead_both_ways(client: TestClient) -> None:
    """Fifty a page; addresses carry query, order and cursor; the first page has no previous, the last no next."""
    first = client.get("/transactions?q=process:lead-to-cash&sort=started").text
    assert links(first, "Previous page") == []
    (following,) = links(first, "Next page")
    assert following == "/transactions?q=process%3Alead-to-cash&sort=started&after=50"
    second = client.get(following).text
    (back,) = links(second, "Previous page")
    assert back == "/transactions?q=process%3Alead-to-cash&sort=started&before=50"
    rows = re.compile(r'<th scope="row"><a href="([^"]+)"')
    assert rows.findall(client.get(back).text) == rows.findall(first)
    assert links(client.get("/transactions?q=process:lead-to-cash&after=100").text, "Next page") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("status=failed&entity=DE", "/transactions?q=status%3Afailed+entity%3ADE"),
        ("process=lead-to-cash&waiting=posted", "/transactions?q=process%3Alead-to-cash+waiting%3Aposted"),
        ("stuck=yes", "/transactions?q=status%3Astuck&sort=-waited"),
        ("key=SO-10&overdue=yes", "/transactions?q=SO-10+status%3Aoverdue"),
        ("key=AMD", "/transactions?q=AMD"),
        ("key=AMD-7", f"/transactions/{made_up.FAILED_ID}"),
        ("key=status:stuck", "/transactions?q=status%3Astuck"),
    ],
)
def test_older_addresses_and_the_find_box_lead_on(client: TestClient, old: str, new: str) -> None:
    """A saved link keeps working; a key that names one transaction opens it, anything else is a query."""
    answer = client.get(f"/transactions?{old}")
    assert (answer.status_code, answer.headers["location"]) == (303, new)


def test_completion_is_a_part_of_a_page(client: TestClient) -> None:
    """What the bar's script shows: options with the whole text each would make, and what is still wrong."""
    part = client.get("/transactions/completion", params={"q": "status:f region:EMEA", "caret": "8"}).text
    assert 'data-query="status:failed region:EMEA" data-caret="13"' in part
    assert "<html" not in part
    assert "there is no field &#39;staus&#39;" in client.get("/transactions/completion?q=staus:x").text
    assert client.get("/transactions/completion?q=&caret=x").status_code == 200


def saved(client: TestClient, **form: str) -> str:
    """Where saving leads."""
    answer = client.post(
        "/transactions/views", data={"csrf": CSRF, "key": "k1", "q": "status:stuck", "sort": "-waited"} | form
    )
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_view_is_saved_handed_on_and_deleted(client: TestClient) -> None:
    """A name beside the bar leads to the list; its link opens it for others; pressing save twice saves once."""
    assert saved(client, name="Stuck in ERP") == "/transactions?q=status%3Astuck&sort=-waited&said=view-saved"
    assert saved(client, name="Stuck in ERP").endswith("said=view-saved")
    assert saved(client, name="Stuck in ERP", key="k2").endswith("said=view-taken")
    page = client.get("/transactions?q=status:stuck&sort=-waited").text
    assert links(page, "Stuck in ERP") == ["/transactions?q=status%3Astuck&sort=-waited"]
    (link,) = links(page, "link to this view")
    opened = client.get(link)
    assert (opened.status_code, opened.headers["location"]) == (
        303,
        "/transactions?q=status%3Astuck&sort=-waited",
    )
    gone = client.post(f"{link}/delete", data={"csrf": CSRF, "q": "status:stuck"})
    assert gone.headers["location"] == "/transactions?q=status%3Astuck&said=view-deleted"
    assert client.get(link).status_code == 404
    assert client.post("/transactions/views", data={"name": "x"}).status_code == 403


def test_spans_are_searched_on_a_page_of_their_own(client: TestClient) -> None:
    """What was looked at stands above what was found; a row leads to its trace; attributes tell how far they are promoted."""
    page = client.get("/traces?q=post+journal").text
    assert "12,480 looked at for this page" in text(page)
    assert links(page, "post journal JE-INV-7") == [f"/traces/{2:032x}"] * 3
    assert "@http.route (40 of 120 blocks filled in)" in text(page)
    wrong = client.get("/traces?q=post+@http.route:/x").text
    assert "post <mark>@http.route:/x</mark>" in wrong
    assert "looked for only inside a stretch of time: add started&gt;-1d" in wrong
    assert "No span matches" in text(client.get("/traces?q=nothing-like-it").text)
