# SPDX-License-Identifier: Apache-2.0
"""`throughline extract` shows what rules make of a file, runs their examples, and proposes rules for what nobody reads."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from collectors.extraction.cli import app
from terms.problem import ProblemError

RULE = """kind: extraction
id: shop
version: 1
title: Shop
spans: {service: [shop]}
readings:
  - {id: paid, when: {name: pay}, event: order-paid, objects: [{type: order, from: cart.order}]}
examples:
  - {name: paid, span: {service: shop, name: pay, attributes: {cart.order: SO-1}}, gives: {event: order-paid, objects: ["order:SO-1"]}}
"""


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def otlp(path: Path, *spans: tuple[str, dict[str, str]], service: str = "shop") -> Path:
    """A file of one span a row: its name and its attributes."""
    made = [
        {
            "traceId": f"{n + 1:032x}", "spanId": f"{n + 1:016x}", "name": name, "startTimeUnixNano": str(10**18 + n),
            "endTimeUnixNano": str(10**18 + n + 5), "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()],
        }
        for n, (name, attributes) in enumerate(spans)
    ]  # fmt: skip
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    path.write_text(json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": made}]}]}))
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(RULE)
    return path


def test_a_trial_shows_what_would_come_out(tmp_path: Path, rules: Path) -> None:
    """By service, name and rule; nothing is stored, and all is well when nothing was refused."""
    file = otlp(tmp_path / "spans.json", ("pay", {"cart.order": "SO-7"}), ("look", {"page": "1"}))
    result = run("try", file, "--rules", rules)
    assert result.exit_code == 0, result.output
    assert "shop@1 paid" in result.output
    assert "order:SO-7" in result.output
    assert (
        "2 spans: 1 event, 0 more spans that only name objects, 1 that no rule reads, 0 values refused"
        in result.output
    )


@pytest.mark.parametrize(
    ("spans", "code", "says"),
    [
        pytest.param([("pay", {"cart.order": "n/a"})], 1, "1 value refused", id="a value that is no key"),
        pytest.param([("look", {"page": "1"})], 1, "extract suggest", id="nothing is read"),
        pytest.param(
            [("x", {"throughline.object.a:b": "1"})], 1, "1 rejected", id="our words, written wrongly"
        ),
        pytest.param(
            [("x", {"throughline.object.order": "SO-1"})], 0, "1 more span that only", id="names alone"
        ),
    ],
)
def test_its_exit_code_says_whether_something_is_left_to_do(
    tmp_path: Path, rules: Path, spans: Any, code: int, says: str
) -> None:
    result = run("try", otlp(tmp_path / "spans.json", *spans), "--rules", rules)
    assert (result.exit_code, says in result.output) == (code, True), result.output


def test_a_trial_in_json_tells_each_span(tmp_path: Path, rules: Path) -> None:
    """For a script: the sums, the lines and every span with what it became."""
    file = otlp(tmp_path / "spans.json", ("pay", {"cart.order": "SO-7"}), ("pay", {"cart.order": "0"}))
    told = json.loads(run("try", file, "--rules", rules, "--format", "json").output)
    assert (told["spans"], told["events"], told["refused"]) == (2, 2, 1)
    assert told["read"][0]["events"][0]["objects"] == ["order:SO-7"]
    assert told["read"][1]["refused"] == [{"reason": "null-like", "type": "order", "value": "0"}]


def test_files_of_other_tracers_are_tried_alike(tmp_path: Path, rules: Path) -> None:
    """Jaeger's download and Zipkin's list, told by what they hold."""
    jaeger = {"data": [{"traceID": "a1", "processes": {"p1": {"serviceName": "shop"}}, "spans": [
        {"traceID": "a1", "spanID": "1", "operationName": "pay", "processID": "p1", "startTime": 1_700_000_000_000_000, "duration": 5,
         "tags": [{"key": "cart.order", "type": "string", "value": "SO-8"}]}]}]}  # fmt: skip
    zipkin = [{"traceId": "b2" * 8, "id": "c3" * 8, "name": "pay", "timestamp": 1_700_000_000_000_000, "duration": 5,
               "localEndpoint": {"serviceName": "shop"}, "tags": {"cart.order": "SO-9"}}]  # fmt: skip
    files = []
    for name, document in (("jaeger.json", jaeger), ("zipkin.json", zipkin)):
        files.append(tmp_path / name)
        files[-1].write_text(json.dumps(document))
    result = run("try", *files, "--rules", rules)
    assert result.exit_code == 0, result.output
    assert "order:SO-8 order:SO-9" in result.output


def test_a_trial_shows_what_is_what_to_which_and_what_of_it_joins_nothing(tmp_path: Path) -> None:
    """Whether a pair of types joins, a process says; what none has an edge for is told before a server uses the rule."""
    path = tmp_path / "depot.yaml"
    path.write_text(
        "kind: extraction\nid: depot\nversion: 1\ntitle: Depot\nspans: {service: [shop]}\nreadings:\n  - id: sent\n    event: sent\n"
        "    objects:\n      - {type: order, from: order, parent_of: [invoice, shipment]}\n"
        "      - {type: invoice, from: invoice}\n      - {type: shipment, from: shipment}\n"
        "examples:\n  - name: sent\n    span: {service: shop, attributes: {order: A, invoice: I, shipment: S}}\n"
        '    gives: {event: sent, objects: ["invoice:I", "order:A", "shipment:S"], related: ["invoice:I child_of order:A", "shipment:S child_of order:A"]}\n'
    )
    file = otlp(tmp_path / "spans.json", ("send", {"order": "SO-7", "invoice": "INV-7", "shipment": "SH-7"}))

    result = run("try", file, "--rules", path)

    assert result.exit_code == 0, result.output
    assert "invoice:INV-7 child_of order:SO-7" in result.output
    assert "shipment child_of order: no process has an edge for it" in result.output
    assert "invoice child_of order: no process" not in result.output
    told = json.loads(run("try", file, "--rules", path, "--format", "json").stdout)
    assert told["read"][0]["events"][0]["related"] == [
        "invoice:INV-7 child_of order:SO-7",
        "shipment:SH-7 child_of order:SO-7",
    ]


def test_a_rule_that_cannot_be_used_is_told_and_tries_nothing(tmp_path: Path, rules: Path) -> None:
    rules.write_text(RULE.replace("gives: {event: order-paid", "gives: {event: order-sent"))
    result = run("try", otlp(tmp_path / "spans.json", ("pay", {})), "--rules", rules)
    assert isinstance(result.exception, ProblemError)
    assert "event is 'order-paid', and 'order-sent' must be" in str(result.exception)


def test_the_examples_of_rules_are_run(tmp_path: Path, rules: Path) -> None:
    """The shipped ones hold; one that does not is told with its line, and the exit code says so."""
    assert run("test").exit_code == 0
    assert run("test", rules).exit_code == 0
    rules.write_text(RULE.replace('objects: ["order:SO-1"]', 'objects: ["order:SO-2"]'))
    broken = run("test", rules)
    assert broken.exit_code == 1
    assert f"{rules}:9" in broken.output
    rules.write_text(RULE.replace("readings:", "readngs:"))
    unreadable = run("test", rules)
    assert (unreadable.exit_code, "did you mean 'readings'?" in unreadable.output) == (2, True)


def test_a_proposal_is_printed_or_written_and_can_be_tried_at_once(tmp_path: Path) -> None:
    """From a file of unread spans to a rule that reads them, without a server."""
    file = otlp(
        tmp_path / "spans.json",
        *(("ship", {"parcel.order_id": f"SO-{n}"}) for n in range(9)),
        service="depot",
    )
    printed = run("suggest", file)
    assert printed.exit_code == 0, printed.output
    written = run("suggest", file, "--into", tmp_path / "rules")
    assert "depot.yaml: 1 event and 0 steps from 9 spans" in written.output
    assert (tmp_path / "rules" / "depot.yaml").read_text() == printed.output
    result = run("try", file, "--rules", tmp_path / "rules")
    assert (result.exit_code, "9 spans: 9 events" in result.output) == (0, True), result.output


def test_nothing_is_proposed_where_nothing_looks_like_a_key(tmp_path: Path) -> None:
    result = run("suggest", otlp(tmp_path / "spans.json", ("look", {"page": "one"})))
    assert (result.exit_code, "Nothing to propose" in result.output) == (1, True)


def test_proposals_for_several_services_are_told_apart(tmp_path: Path) -> None:
    """Each is a file of its own; printed is only one that is named."""
    for service in ("depot", "desk"):
        otlp(
            tmp_path / f"{service}.json", *(("x", {"order_id": f"SO-{n}"}) for n in range(9)), service=service
        )
    files = tmp_path / "depot.json", tmp_path / "desk.json"
    several = run("suggest", *files)
    assert isinstance(several.exception, ProblemError)
    assert "depot, desk" in str(several.exception)
    assert "service: [desk]" in run("suggest", *files, "--service", "desk").output


def asked(answers: dict[str, Any], *words: str, url: str = "http://a-server") -> Any:
    """The command with the roof's way to a server, which gives these answers by field."""

    def ask(query: str, variables: dict[str, Any]) -> dict[str, Any]:
        (field,) = [name for name in answers if name in query]
        found = answers[field]
        return {field: found(variables) if callable(found) else found}

    return CliRunner(env={"THROUGHLINE_URL": url}).invoke(app, words, obj=SimpleNamespace(ask=ask))


def test_a_server_proposes_a_rule_for_one_of_its_services(tmp_path: Path) -> None:
    """What is no file is a service; what the server found is written like what a file gives."""
    found = {
        "service": "depot",
        "content": "kind: extraction\n",
        "spans": 9,
        "events": 1,
        "steps": 2,
        "lookedAt": 500,
    }
    assert asked({"ruleSuggestion": found}, "suggest", "depot").output == "kind: extraction\n"
    written = asked({"ruleSuggestion": found}, "suggest", "depot", "--into", str(tmp_path))
    assert "depot.yaml: 1 event and 2 steps from 9 spans" in written.output
    nothing = asked({"ruleSuggestion": None}, "suggest", "depot")
    assert (nothing.exit_code, "Nothing to propose" in nothing.output) == (1, True)
    without = asked({}, "suggest", "depot", url="")
    assert isinstance(without.exception, ProblemError)
    assert "'depot' is no file" in str(without.exception)


def test_the_quality_of_keys_is_told_page_by_page() -> None:
    """Every page is asked for; the exit code says whether anything is wrong."""
    row = {
        "type": "order", "source": "shop", "verdict": "REJECTED", "reason": "null-like", "sentence": "x", "uses": 4711, "keys": 2,
        "moreKeys": True, "firstSeenAt": "2026-03-01T12:00:00Z", "lastSeenAt": "2026-03-02T12:00:00Z",
        "examples": [{"key": "n/a", "what": "", "uses": 1}],
    }  # fmt: skip
    pages = {
        None: {"pageInfo": {"hasNextPage": True, "endCursor": "c1"}, "nodes": [row]},
        "c1": {"pageInfo": {"hasNextPage": False, "endCursor": "c2"}, "nodes": [row | {"source": "desk"}]},
    }
    told = asked({"keyQuality": lambda variables: pages[variables["after"]]}, "quality")
    assert told.exit_code == 1
    for words in ("shop", "desk", "4,711", "2+", "null-like", "2 findings"):
        assert words in told.output
    as_json = asked(
        {"keyQuality": lambda variables: pages[variables["after"]]}, "quality", "--format", "json"
    )
    assert [one["source"] for one in json.loads(as_json.output)] == ["shop", "desk"]
    clean = asked(
        {"keyQuality": {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}}, "quality"
    )
    assert (clean.exit_code, clean.output) == (0, "0 findings\n")
