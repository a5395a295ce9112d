# SPDX-License-Identifier: Apache-2.0
"""A process serves what its role says, and says who serves the rest."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import migrated
import pytest
from sqlmodel import select
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from controlplane.app import create_app
from controlplane.commands import serve
from controlplane.database import Actor
from controlplane.parts import Parts, build
from controlplane.security import store
from controlplane.settings import Role, Settings
from policies.tables import ViolationRow
from terms.instant import parse
from terms.problem import ProblemError

NOW = parse("2026-11-20T12:00:00Z")
SPAN = {
    "traceId": "71" * 16, "spanId": "72" * 8, "name": "post journal", "startTimeUnixNano": "1763640000000000000",
    "endTimeUnixNano": "1763640001000000000",
}  # fmt: skip
SPANS = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [SPAN]}]}]}
EVENT = {"specversion": "1.0", "id": "e-1", "source": "crm", "type": "com.example.deal.closed", "data": {}}
SHOWN = ("/", "/kpis", "/graphql", "/sign-in", "/live", "/openapi.json", "/apis/registry/v1/subjects", "/apis/ccompat/v7/subjects")  # fmt: skip

Serving = Callable[[Role], TestClient]


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Callable[[Role], Parts]]:
    made: list[Parts] = []
    migrated.started(tmp_path, lambda: NOW)

    def of(role: Role) -> Parts:
        made.append(build(Settings(data_dir=tmp_path, role=role, grpc_port=0), lambda: NOW))
        return made[-1]

    yield of
    for parts in made:
        parts.database.close()


@pytest.fixture
def serving(built: Callable[[Role], Parts]) -> Serving:
    def of(role: Role) -> TestClient:
        parts = built(role)
        token = parts.database.write(
            lambda s: store.create_token(s, "Ada", "admin", NOW), actor=Actor("person", "Ada"), reason="test"
        )
        # The lifespan is not entered: no worker looks beside a test.
        return TestClient(
            create_app(parts), base_url="https://testserver", headers={"Authorization": f"Bearer {token}"}
        )

    return of


@pytest.mark.parametrize("role", get_args(Role))
def test_every_process_tells_of_its_health(serving: Serving, role: Role) -> None:
    client = serving(role)
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


@pytest.mark.parametrize("role", ["all", "api", "ingest", "worker"])
def test_spans_and_events_are_taken(serving: Serving, role: Role) -> None:
    """By a worker as well: it sends the spans of the flows it ran to itself."""
    client = serving(role)
    spans = client.post("/v1/traces", json=SPANS)
    events = client.post("/events", json=EVENT, headers={"content-type": "application/cloudevents+json"})
    assert (spans.status_code, spans.headers["throughline-new"]) == (200, "1"), spans.text
    assert (events.status_code, events.headers["throughline-new"]) == (200, "1"), events.text


@pytest.mark.parametrize("path", SHOWN)
@pytest.mark.parametrize(
    ("role", "does"),
    [("ingest", "takes spans, events and webhooks"), ("worker", "takes spans, events and webhooks"), ("scheduler", "does its work and tells of its health")],
)  # fmt: skip
def test_what_another_process_shows_is_told_as_that(
    serving: Serving, path: str, role: Role, does: str
) -> None:
    """Before anybody is asked for a credential, which no sign-in here could give."""
    client = serving(role)
    del client.headers["Authorization"]
    refused = client.get(path)
    assert refused.status_code == 404
    sentence = f"this process has the role {role}: it {does} and shows nothing"
    assert sentence in refused.text
    assert "ask a process of the role api or all" in refused.text


def test_a_browser_gets_a_page_without_a_way_back_to_pages(serving: Serving) -> None:
    refused = serving("ingest").get("/transactions", headers={"accept": "text/html"})
    assert refused.status_code == 404
    assert (
        "<p>This process has the role ingest: it takes spans, events and webhooks and shows nothing.</p>"
        in refused.text
    )
    assert "<p>Ask a process of the role api or all.</p>" in refused.text
    assert "href='/'" not in refused.text  # fmt: skip


def test_graphql_is_refused_in_its_own_words_and_its_socket_is_closed(serving: Serving) -> None:
    client = serving("ingest")
    refused = client.post("/graphql", json={"query": "{ me { name } }"})
    assert refused.status_code == 404
    assert "role ingest" in refused.json()["errors"][0]["message"]
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/graphql", ["graphql-transport-ws"]):
        pass


def test_a_scheduler_takes_no_spans_and_what_is_nowhere_is_told_as_that(serving: Serving) -> None:
    client = serving("scheduler")
    assert "role scheduler" in client.post("/v1/traces", json=SPANS).json()["message"]
    assert client.get("/no-such-page").json()["detail"] == "there is no such address"


@pytest.mark.parametrize("role", ["all", "api"])
def test_people_and_pipelines_are_served(serving: Serving, role: Role) -> None:
    client = serving(role)
    asked = ("/kpis", "/openapi.json", "/apis/registry/v1/subjects", "/apis/ccompat/v7/subjects")
    assert [client.get(path).status_code for path in asked] == [200] * len(asked)
    assert client.post("/graphql", json={"query": "{ me { name } }"}).json() == {"data": {"me": {"name": "Ada"}}}  # fmt: skip


def test_only_who_shows_pages_prints_a_link_to_sign_in(
    built: Callable[[Role], Parts], capsys: pytest.CaptureFixture[str]
) -> None:
    for role, last in (
        ("all", "Sign in once with http"),
        ("ingest", "It is of the role ingest and shows no pages."),
    ):
        parts = built(role)  # type: ignore[arg-type]
        serve._announce(parts.settings, parts)
        parts.database.close()
        assert capsys.readouterr().out.splitlines()[-1].startswith(last)  # fmt: skip


def test_an_ingest_process_stays_lean(tmp_path: Path) -> None:
    """What draws pages and answers GraphQL is memory that a process which only takes spans would hold for nobody."""
    migrated.started(tmp_path, lambda: NOW)
    program = """
import json, sys
from controlplane.app import create_app
from controlplane.commands import serve
from controlplane.parts import build
from controlplane.settings import from_environment
from terms.instant import wall_clock
parts = build(from_environment(), wall_clock)
create_app(parts)
parts.database.close()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

    def loaded(role: Role) -> set[Any]:
        given = {
            "THROUGHLINE_DATA_DIR": str(tmp_path),
            "THROUGHLINE_ROLE": role,
            "THROUGHLINE_GRPC_PORT": "0",
        }
        done = subprocess.run(
            [sys.executable, "-c", program], env=given, capture_output=True, text=True, check=True
        )
        return set(json.loads(done.stdout))  # fmt: skip

    shown = {"strawberry", "graphql", "jinja2", "dashboards"}
    judged = {"cel_expr_python"}
    used_elsewhere = {"dbos", "psycopg", "grpc", "jwt", "cryptography"}
    assert not loaded("ingest") & (shown | judged | used_elsewhere)
    assert loaded("all") >= shown | judged


def test_a_rule_that_does_not_hold_stops_who_judges_and_not_who_takes_spans(tmp_path: Path) -> None:
    """A KPI that does not hold stops both: a process file is only taken up where the KPIs over it hold, and by all alike."""
    folder = tmp_path / "definitions"
    (folder / "policies").mkdir(parents=True)
    (folder / "policies" / "broken.yaml").write_text("kind: cel\nid: broken\n")
    migrated.started(tmp_path, lambda: NOW)

    def started(role: Role) -> Parts:
        return build(Settings(data_dir=tmp_path, role=role, grpc_port=0, definitions=(folder,)), lambda: NOW)

    for role in set(get_args(Role)) - {"ingest"}:
        with pytest.raises(ProblemError, match="missing"):
            started(role)
    taking = started("ingest")
    assert taking.reload.criteria.rules == ()
    assert taking.reload.criteria.kpis
    taking.database.close()
    (folder / "kpis").mkdir()
    (folder / "kpis" / "broken.yaml").write_text("id: broken\n")
    with pytest.raises(ProblemError):
        started("ingest")


@pytest.mark.parametrize(("role", "state"), [("ingest", "open"), ("scheduler", "resolved")])
def test_a_start_that_judges_nothing_leaves_what_was_found(
    built: Callable[[Role], Parts], role: Role, state: str
) -> None:
    """A process that reads no rules must not take them for gone: whoever has read them ends what they found."""
    first = built("scheduler")
    found = ViolationRow(
        fingerprint="f", rule_id="no-such-rule", rule_version=1, target_kind="transaction", target_key="t", path="",
        severity="error", title="t", message="m", remediation="r", state="open", first_seen_at=NOW, opened_at=NOW,
        last_seen_at=NOW, occurrences=1, reopened=0,
    )  # fmt: skip
    first.database.write(lambda s: s.add(found), actor=Actor("machine", "test"), reason="test")
    first.database.close()
    again = built(role)
    assert again.database.read(lambda s: s.exec(select(ViolationRow.state)).one()) == state
