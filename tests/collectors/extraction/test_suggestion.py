# SPDX-License-Identifier: Apache-2.0
"""What can be known of strange spans by counting is proposed as a rule, with the counts; and what is proposed works."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.definitions import load
from collectors.extraction.extractor import Extractor
from collectors.extraction.key_guess import Known, kind_of
from collectors.extraction.profile import parts, shape
from collectors.extraction.suggestion import Suggestion, suggest
from collectors.span import Origin, Span
from terms.instant import parse

OURS = load().extractor
START = parse("2026-03-01T12:00:00Z") * 1000


def a_span(
    number: int,
    name: str,
    *,
    trace: int = 0,
    service: str = "shop",
    after: int = 0,
    status: int = 0,
    **attributes: Any,
) -> Span:
    at = START + (trace * 1_000 + after) * 1_000_000
    words = {key.replace("__", "."): value for key, value in attributes.items()}
    return Span(
        Origin(service, "", {}), (trace + 1).to_bytes(16, "big"), (number + 1).to_bytes(8, "big"), None, name, 2, at, at + 500_000,
        status, None, words,
    )  # fmt: skip


def of_deals(count: int, **more: Any) -> list[Span]:
    """Each deal is a trace of two steps and an end."""
    spans = []
    for n in range(count):
        key = {
            "cart__orderNumber": f"SO-{n}",
            "lang": "en",
            "took_ms": n,
            **{k: f(n) for k, f in more.items()},
        }
        spans += [
            a_span(n * 3 + step, name, trace=n, after=step, **key)
            for step, name in enumerate(("load cart", "charge", "finished"))
        ]
    return spans


def nothing_more(_: Any) -> Known:
    return {}


def proposed(spans: list[Span], tmp_path: Path, known: Known | None = None) -> tuple[Suggestion, Extractor]:
    """The one proposal for the spans, and the rules with it loaded from a file, as an operator would."""
    (found,) = suggest(spans, OURS, (lambda _: known) if known else nothing_more, "a test")
    folder = tmp_path / "extraction"
    folder.mkdir()
    (folder / "proposed.yaml").write_text(found.content)
    return found, load((tmp_path,)).extractor


def test_the_last_span_of_each_trace_becomes_an_event_and_the_others_steps(tmp_path: Path) -> None:
    """One key a trace, named by all its spans: the end is the event, and every span names the order."""
    spans = of_deals(20)
    found, extractor = proposed(spans, tmp_path)
    assert (found.service, found.spans, found.events, found.names) == ("shop", 60, 1, 1)
    out = extractor.extract(spans)
    assert [event.type for event in out.all_events()] == ["finished"] * 20
    assert out.named[:4] == [("order:SO-0",)] * 3 + [("order:SO-1",)]


def test_every_line_stands_on_numbers(tmp_path: Path) -> None:
    """How many spans have it, how many values, their shape, where else they stand, what they are known as."""
    spans = of_deals(20) + [
        a_span(900 + n, "ship", trace=900 + n, service="depot", parcel__for=f"SO-{n}") for n in range(20)
    ]
    (depot, shop) = suggest(
        spans, OURS, lambda _: {f"SO-{n}": frozenset({"order"}) for n in range(15)}, "a test"
    )
    assert (depot.service, shop.service) == ("depot", "shop")
    for sentence in (
        "in 20 of 20 spans, 20 different, 100 % shaped A-9.",
        "15 of 20 values are keys of the type order already.",
        "20 of 20 stand in depot's parcel.for too.",
    ):
        assert sentence in shop.content
    assert "type: order, from: parcel.for" in depot.content


@pytest.mark.parametrize(
    ("more", "line"),
    [
        pytest.param({"path": lambda n: f"/v2/invoices/INV-{n}/lines?page={n}"}, 'capture: "/invoices/', id="in a path"),
        pytest.param({"wf": lambda n: f"pay-invoice:INV-{n}:retry"}, 'capture: "pay-invoice:', id="in an id of several parts"),
        pytest.param({"invoiceIds": lambda n: [f"INV-{n}", f"INV-{n + 100}"]}, "type: invoice, from: invoiceIds", id="in a list"),
        pytest.param({"invoice_no": lambda n: 4711 + n}, "type: invoice, from: invoice_no", id="as a number"),
    ],
)  # fmt: skip
def test_keys_are_found_where_they_stand(more: dict[str, Any], line: str, tmp_path: Path) -> None:
    """A whole attribute, or the part of one that varies behind a part that does not."""
    found, extractor = proposed(of_deals(20, **more), tmp_path)
    assert line in found.content
    named = extractor.extract(of_deals(20, **more)).named[0]
    assert any(key.startswith("invoice:") for key in named)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("run_id", lambda n: f"0195a1b2-33c4-7d55-9e66-{n:012x}", id="a UUID"),
        pytest.param("finished_at", lambda n: f"2026-03-01T12:{n:02}:00Z", id="a time"),
        pytest.param("net.peer.ip", lambda n: f"10.0.0.{n}", id="an address"),
        pytest.param("order.total", lambda n: f"{n}.50", id="an amount"),
        pytest.param("order.note", lambda n: f"call {n} back", id="a sentence"),
        pytest.param("http.status_code", lambda n: 200 + n % 3, id="a status"),
    ],
)
def test_what_varies_is_not_a_key_for_that(name: str, value: Any, tmp_path: Path) -> None:
    """Ids of machines, times, addresses and amounts join nothing."""
    found, _ = proposed(of_deals(20, **{name.replace(".", "__"): value}), tmp_path)
    assert f"from: {name}" not in found.content


def test_an_amount_is_proposed_with_its_unit_and_currency(tmp_path: Path) -> None:
    """Decimals tell the main unit; the currency stands beside it."""
    more = {"cart__total": lambda n: f"{n}.50", "cart__currency": lambda n: "EUR"}
    found, extractor = proposed(of_deals(20, **more), tmp_path)
    assert "amount: {major: cart.total, currency: {from: cart.currency}}" in found.content
    assert {(one.amount_minor, one.currency) for one in extractor.extract(of_deals(2, **more)).all_events()} == {(50, "EUR"), (150, "EUR")}  # fmt: skip


def test_names_that_hold_keys_are_told_by_their_beginning(tmp_path: Path) -> None:
    """A service with a name for each order has one reading, not a thousand."""
    spans = [a_span(n, f"POST /orders/SO-{n}", trace=n, order__id=f"SO-{n}") for n in range(60)]
    found, extractor = proposed(spans, tmp_path)
    assert 'name: "POST /orders/*"' in found.content
    assert len(extractor.extract(spans).all_events()) == 60


def test_spans_that_a_rule_reads_are_left_alone() -> None:
    """They only tell what is a key already."""
    read = [a_span(n, "x", trace=n, throughline__object__order=f"SO-{n}") for n in range(10)]
    assert suggest(read, OURS, nothing_more, "a test") == ()
    strange = [a_span(100 + n, "y", trace=100 + n, service="depot", ref=f"SO-{n}") for n in range(10)]
    (found,) = suggest([*read, *strange], OURS, nothing_more, "a test")
    assert "10 of 10 values are keys of the type order already." in found.content


def test_an_id_that_is_taken_is_not_proposed() -> None:
    """A proposal can be laid beside the rules that are there."""
    (found,) = suggest(of_deals(5), OURS, nothing_more, "a test", taken={"shop", "shop-1"})
    assert "\nid: shop-2\n" in found.content


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_VALUES = st.one_of(
    _WORDS,
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.sampled_from(("SO-1", "INV-22", "n/a", "/orders/SO-9")),
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.tuples(_WORDS, _WORDS, st.dictionaries(st.one_of(_WORDS, st.sampled_from(("order.id", "invoice", "url"))), _VALUES, max_size=4)),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_whatever_spans_say_a_proposal_loads_and_its_examples_hold(
    rows: list[tuple[str, str, dict[str, Any]]],
) -> None:
    """Names and values of any script, with quotes, colons and line breaks in them: `suggest` checks its own file."""
    spans = [
        a_span(number, name, trace=number // 2, service=service)._replace(attributes=attributes)
        for number, (service, name, attributes) in enumerate(rows)
    ]
    once = suggest(spans, OURS, nothing_more, "a test")
    assert once == suggest(spans, OURS, nothing_more, "a test")


@pytest.mark.parametrize(
    ("text", "form"),
    [("INV-1007", "A-9"), ("pi_3f9", "a_9a9"), ("", ""), ("Ünïcode-1", "Üaïa-9"), ("a" * 200, "a")],
)
def test_a_shape_is_short(text: str, form: str) -> None:
    assert shape(text) == form


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/a/b/c", []),
        ("orders/SO-1", [("orders/", "SO-1")]),
        ("https://x/apis/invoices/v2/invoices/INV-1?a=b9c", [("/invoices/", "INV-1"), ("a=", "b9c")]),
        ("SO-1", []),
    ],
)
def test_parts_of_a_text_are_told_by_what_stands_before_them(text: str, found: list[tuple[str, str]]) -> None:
    assert parts(text) == found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("orderId", "order"),
        ("ORDER_NUMBER", "order"),
        ("x.invoices", "invoice"),
        ("deliveries", "delivery"),
        ("border", ""),
        ("", ""),
    ],
)
def test_a_name_may_speak_of_a_type(name: str, kind: str) -> None:
    assert kind_of(name) == kind
