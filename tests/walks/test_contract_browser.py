# SPDX-License-Identifier: Apache-2.0
"""An architect's day in a real browser, over the real control plane: move a version on, accept a break, register what is new."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from playwright.sync_api import Browser, Page, expect, sync_playwright
from served_plane import ControlPlane

from terms.instant import wall_clock

pytestmark = pytest.mark.browser

ROOT = "/apis/registry/v1/subjects"
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One for all: each test has a subject of its own."""
    running = ControlPlane(tmp_path_factory.mktemp("plane"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip(
            "no Chromium on this machine; install Debian's `chromium` package to run the browser tests"
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def page(browser: Browser, plane: ControlPlane) -> Page:
    """Signed in once, as a person; scripts off, so that every form is proven to be one."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=False).new_page()
    page.set_default_timeout(20_000)
    page.goto(plane.sign_in_url)
    if page.get_by_role("button", name=re.compile("sign in", re.I)).count():
        page.get_by_role("button", name=re.compile("sign in", re.I)).first.click()
    return page


def schema(subject: str, version: str, **properties: Any) -> dict[str, Any]:
    said = {"subject": subject, "version": version, "owner": "logistics"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": subject.capitalize(),
            "x-throughline": said, "type": "object", "properties": properties}  # fmt: skip


def push(plane: ControlPlane, document: dict[str, Any], **query: str) -> int:
    subject = document["x-throughline"]["subject"]
    answer = plane.http.post(f"{ROOT}/{subject}/versions", json=document, params=query)
    return int(answer.status_code)


def version(plane: ControlPlane, subject: str, which: str) -> Any:
    return plane.http.get(f"{ROOT}/{subject}/versions/{which}").json()


def seen(plane: ControlPlane, application: str, subject: str, semver: str) -> None:
    """The application is seen with that version, now."""
    now = wall_clock() * 1_000
    span = Span(
        trace_id=bytes(range(1, 17)), span_id=bytes(range(1, 9)), name="read", kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=now - 1_000_000, end_time_unix_nano=now,
        attributes=[KeyValue(key=f"throughline.contract.{key}", value=AnyValue(string_value=value))
                    for key, value in (("subject", subject), ("version", semver))],
    )  # fmt: skip
    who = Resource(attributes=[KeyValue(key="service.name", value=AnyValue(string_value=application))])
    spans = ResourceSpans(resource=who, scope_spans=[ScopeSpans(spans=[span])])
    plane.send(ExportTraceServiceRequest(resource_spans=[spans]).SerializeToString())


def opened(page: Page, words: str) -> Any:
    """The form behind these words, unfolded."""
    page.locator("summary", has_text=words).first.click()
    return page.locator("details[open] > form").last


def test_a_version_is_deprecated_with_its_successor(plane: ControlPlane, page: Page) -> None:
    """The successor is proposed; the page says what was announced, and so does whoever serves the version."""
    push(plane, schema("shipment", "1.0.0"))
    push(plane, schema("shipment", "1.1.0", weight={"type": "string"}))
    page.goto(f"{plane.url}/contracts/shipment?version=1.0.0")
    form = opened(page, "Deprecate it")
    assert form.get_by_label("What to use instead").input_value() == "1.1.0"
    form.get_by_label("Deprecated from").fill("2026-09-01")
    form.get_by_label("May stop after").fill("2026-08-01")
    form.get_by_role("button", name="Deprecate").click()
    expect(page.locator("#life-deprecated .problems")).to_contain_text("The sunset lies in the past")
    assert page.locator("#life-deprecated").get_by_label("Deprecated from").input_value() == "2026-09-01"
    page.locator("#life-deprecated").get_by_label("May stop after").fill("2099-06-30")
    page.locator("#life-deprecated").get_by_role("button", name="Deprecate").click()
    expect(page.locator("[role=status].notice")).to_contain_text("It is deprecated")
    told = page.locator(".ending")
    expect(told).to_contain_text("1.0.0 is deprecated since 1 Sep 2026, may stop after 30 Jun 2099")
    expect(told.get_by_role("link", name="1.1.0")).to_have_attribute(
        "href", "/contracts/shipment?version=1.1.0"
    )
    headers = plane.http.get(f"{ROOT}/shipment/versions/1.0.0").headers
    assert (headers["deprecation"], headers["sunset"]) == ("@1788220800", "Tue, 30 Jun 2099 00:00:00 GMT")


def test_what_still_flows_ends_only_by_force(plane: ControlPlane, page: Page) -> None:
    """Who uses it stands beside the button; pressed all the same it is refused; forced it needs a reason, which is kept."""
    push(plane, schema("parcel", "1.0.0") | {"x-throughline": {
        "subject": "parcel", "version": "1.0.0", "lifecycle": "deprecated", "deprecated": "2026-09-01", "sunset": "2099-06-30"}})  # fmt: skip
    push(plane, schema("parcel", "2.0.0"))
    seen(plane, "old-portal", "parcel", "1.0.0")
    page.goto(f"{plane.url}/contracts/parcel?version=1.0.0")
    expect(page.locator(".ending")).to_contain_text("but used by old-portal")
    form = opened(page, "Retire it")
    expect(form.locator(".notice")).to_contain_text("it is still used by old-portal (1 times, last on 20")
    form.get_by_role("button", name="Retire").click()
    refused = page.locator("#life-retired .problems")
    expect(refused).to_contain_text("It is still used by old-portal (1 times, last on 20")
    expect(refused).to_contain_text("move them to another version first, or force it with a reason")
    assert version(plane, "parcel", "1.0.0")["lifecycle"] == "deprecated"
    form = page.locator("#life-retired")
    form.get_by_label("all the same").check()
    form.get_by_role("button", name="Retire").click()
    expect(page.locator("#life-retired .problems")).to_contain_text("Forced without a reason")
    form = page.locator("#life-retired")
    assert form.get_by_label("all the same").is_checked()
    form.get_by_label("Reason, kept").fill("the portal is switched off tonight")
    form.get_by_role("button", name="Retire").click()
    expect(page.locator("[role=status].notice")).to_contain_text("It is retired")
    expect(page.locator(".stages .now")).to_contain_text("retired")
    expect(page.locator(".ending")).to_contain_text("but used by old-portal")
    assert version(plane, "parcel", "1.0.0")["lifecycle"] == "retired"


def test_an_accepted_break_lets_the_pair_pass(plane: ControlPlane, page: Page, tmp_path: Path) -> None:
    """From the finding to the gate: accepted with a reason and a day it passes, taken back it fails again."""
    push(plane, schema("pallet", "1.0.0", code={"type": "string"}))
    broken = schema("pallet", "2.0.0", code={"type": "string", "maxLength": 5})
    assert push(plane, broken, if_compatible="true") == 409
    assert push(plane, broken) == 201
    third = {**broken, "x-throughline": broken["x-throughline"] | {"version": "2.0.1"}}

    def gate() -> str:
        answer = plane.http.post(f"{ROOT}/pallet/check", json=third, params={"against": "1.0.0"})
        return str(answer.json()["status"])

    assert gate() == "breaking"
    page.goto(f"{plane.url}/contracts/pallet/diff?from=1.0.0&to=2.0.0")
    expect(page.locator(".verdict .what .badge")).to_have_text("breaking")
    form = opened(page, "Accept this break")
    form.get_by_label("Why it is accepted").fill(" ")
    form.get_by_role("button", name="Accept until then").click()
    expect(page.locator(".act .problems")).to_contain_text("An approval without a reason")
    form = page.locator("details[open].act > form")
    form.get_by_label("Why it is accepted").fill("every code has five signs, agreed with the warehouse")
    form.get_by_label("Last day").fill("2099-12-31")
    form.get_by_role("button", name="Accept until then").click()
    expect(page.locator("[role=status].notice")).to_contain_text("The finding is accepted")
    expect(page.locator(".verdict .what .badge")).to_have_text("compatible")
    assert gate() == "compatible"

    page.goto(f"{plane.url}/contracts/pallet")
    expect(page.locator(".changelog .here .badge").nth(1)).to_have_text("compatible")
    expect(page.locator("#approvals")).to_contain_text("every code has five signs, agreed with the warehouse")
    expect(page.locator("#approvals")).to_contain_text("counts until the end of 31 Dec 2099")
    page.locator("#approvals").get_by_role("link", name="all of them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Accepted breaks")
    form = opened(page, "Take the approval back")
    form.get_by_role("button", name="Take it back").click()
    expect(page.locator("[role=status].notice")).to_contain_text("The approval is taken back")
    expect(page.locator(".empty-title")).to_have_text("No break is accepted")
    assert gate() == "breaking"


def test_from_what_if_to_a_version(plane: ControlPlane, page: Page) -> None:
    """A draft that passes is registered where it was judged, as a version or first as a draft that is agreed later."""
    push(plane, schema("crate", "1.0.0", width={"type": "string", "maxLength": 5}))
    page.goto(f"{plane.url}/contracts/what-if?subject=crate")
    page.get_by_label("Document").fill(
        json.dumps(schema("crate", "1.1.0", width={"type": "string", "maxLength": 7}))
    )
    page.get_by_role("button", name="Get the verdict").click()
    expect(page.locator(".verdict .what .badge")).to_have_text("compatible")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.locator("[role=status].notice")).to_have_text("Registered.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("draft")
    assert version(plane, "crate", "latest")["version"] == "1.0.0"
    opened(page, "Agree on the draft").get_by_role("button", name="Make it active").click()
    expect(page.locator("[role=status].notice")).to_contain_text("It is active")
    assert version(plane, "crate", "latest")["version"] == "1.1.0"

    page.goto(f"{plane.url}/contracts/what-if")
    page.get_by_label("Document").fill(
        json.dumps(schema("crate", "1.2.0", width={"type": "string", "maxLength": 9}))
    )
    page.get_by_role("button", name="Get the verdict").click()
    page.get_by_role("button", name="Register as a version").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1.2.0 active")
    assert version(plane, "crate", "latest")["number"] == 3


def test_a_new_contract_is_uploaded(plane: ControlPlane, page: Page, tmp_path: Path) -> None:
    """From a file, with its bytes as they are; a second time nothing is stored; what breaks is kept out and shown."""
    file = tmp_path / "barrel.yaml"
    file.write_bytes("x-throughline: {subject: barrel/größe, version: 1.0.0}\r\ntype: object\r\n".encode())
    for word in ("Registered.", "This content was registered already"):
        page.goto(f"{plane.url}/contracts/register")
        page.get_by_label("or a file").set_input_files(file)
        page.get_by_role("button", name="Register").click()
        expect(page.locator("[role=status].notice")).to_contain_text(word)
        assert page.url.startswith(f"{plane.url}/contracts/barrel%2Fgr%C3%B6%C3%9Fe?version=1.0.0")
    kept = plane.http.get(f"{ROOT}/barrel%2Fgr%C3%B6%C3%9Fe/versions/1/document")
    assert kept.content == file.read_bytes()

    page.goto(f"{plane.url}/contracts/register")
    page.get_by_role("textbox", name="Document").fill(
        '{"x-throughline": {"subject": "barrel/größe", "version": "2.0.0"}, "type": "array"}'
    )
    page.get_by_role("button", name="Register").click()
    expect(page.locator(".notice-box.bad")).to_contain_text("It does not follow what is registered")
    page.get_by_role("button", name="Show what it breaks").click()
    expect(page.locator(".verdict .what .badge")).to_have_text("breaking")

    page.goto(f"{plane.url}/contracts/register")
    page.get_by_role("textbox", name="Document").fill('{"type": "array",\n "type": "object"}')
    page.get_by_role("button", name="Register").click()
    expect(page.locator(".notice-box.bad")).to_contain_text("line 2")


def test_a_version_deleted_by_mistake_comes_back(plane: ControlPlane, page: Page) -> None:
    """Out of sight, listed as deleted, and back with a press; the last one leads to the list."""
    push(plane, schema("trolley", "1.0.0"))
    push(plane, schema("trolley", "1.1.0", wheels={"type": "string"}))
    page.goto(f"{plane.url}/contracts/trolley")
    form = opened(page, "Delete it")
    form.get_by_label("Reason, kept").fill("pushed by mistake")
    form.get_by_role("button", name="Delete").click()
    expect(page.locator("[role=status].notice")).to_contain_text("The version is deleted")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1.0.0")
    page.get_by_role("button", name="Restore 1.1.0").click()
    expect(page.locator("[role=status].notice")).to_contain_text("The version is back")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1.1.0")
    for _ in range(2):
        page.goto(f"{plane.url}/contracts/trolley")
        opened(page, "Delete it").get_by_role("button", name="Delete").click()
    assert page.url.startswith(f"{plane.url}/contracts?said=version-deleted")
