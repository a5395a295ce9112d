# SPDX-License-Identifier: Apache-2.0
"""Walk (a) for strangers: another team's gateway and workflow engine, which know no word of ours, join a deal by its invoice."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from served_plane import ControlPlane
from sync_sandbox import Sandbox, deal, wait_until

from controlplane.demo import line
from controlplane.demo.delivery import EVERY_S, Delivery

STORY = """{ transactions(first: 20) { nodes { id status anchor { value }
  events { type system source objects { type value } why }
  spans { traceId service system name status why attributes } } } }"""


def _story(plane: ControlPlane) -> dict[str, Any]:
    nodes = plane.ask(STORY)["transactions"]["nodes"]
    return dict(nodes[0]) if nodes else {"status": "", "events": [], "spans": {"service": []}}


@contextmanager
def _delivering(plane: ControlPlane, sandbox: Sandbox) -> Iterator[None]:
    """The foreign runtime at work; its spans are sent when it ends."""
    server = line.ControlPlane(plane.url, plane.data)
    stand_ins = line.Sandbox(str(sandbox.http.base_url), sandbox.connections)
    stop = threading.Event()
    delivery = Delivery(server, stand_ins, plane.data, seed=7, stop=stop)
    delivery.start()
    try:
        yield
    finally:
        stop.set()
        delivery.join()
        server.close()
        stand_ins.close()


def test_a_foreign_runtime_joins_a_deal_by_the_invoice_number_alone(
    connected: ControlPlane, sandbox: Sandbox
) -> None:
    """Its hops stand in the deal's story as lanes of their own; no trace and no word of ours ties them to it."""
    sandbox.deals(deal(1))
    with _delivering(connected, sandbox):
        wait_until(lambda: {"kong", "e-invoicing"} <= {one["system"] for one in _story(connected)["events"]})
        wait_until(lambda: _story(connected)["status"] == "COMPLETED")
        wait_until(lambda: "RunActivity:TransmitInvoice" in _story(connected)["spans"]["name"])
    story = _story(connected)
    foreign = [one for one in story["events"] if one["system"] in ("kong", "e-invoicing")]
    assert {(one["type"], one["why"]) for one in foreign} == {
        ("api-call-accepted", "names invoice:INV-1"),
        ("DeliverInvoice", "names invoice:INV-1"),
    }
    spans = [
        dict(zip(story["spans"], one, strict=True)) for one in zip(*story["spans"].values(), strict=True)
    ]
    theirs = [one for one in spans if one["service"] in ("kong", "e-invoicing")]
    ours = [one for one in spans if one["service"] == "throughline"]
    assert theirs
    assert ours
    assert {one["traceId"] for one in theirs}.isdisjoint(one["traceId"] for one in ours)
    assert not [
        one for one in theirs if "throughline" in one["attributes"] or "cloudevents" in one["attributes"]
    ]
    assert {one["system"] for one in theirs} == {"kong", "e-invoicing"}
    proposed = connected.ask('{ ruleSuggestion(service: "e-invoicing", anew: true) { content events } }')[
        "ruleSuggestion"
    ]
    assert "keys of the type invoice already" in proposed["content"]
    assert proposed["events"] == 1
    page = connected.http.get(f"/transactions/{story['id']}")
    assert page.status_code == 200
    for lane in ("kong", "e-invoicing"):
        assert lane in page.text


def test_what_was_delivered_is_not_delivered_again_after_a_restart(
    connected: ControlPlane, sandbox: Sandbox
) -> None:
    """The engine keeps a note of its own, as a durable engine does."""
    sandbox.deals(deal(2))
    for _ in range(2):
        with _delivering(connected, sandbox):
            wait_until(lambda: any(one["type"] == "DeliverInvoice" for one in _story(connected)["events"]))
            time.sleep(1.5 * EVERY_S)
    told = [one["type"] for one in _story(connected)["events"]]
    assert (told.count("DeliverInvoice"), told.count("api-call-accepted")) == (1, 1)
