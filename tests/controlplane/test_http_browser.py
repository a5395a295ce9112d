# SPDX-License-Identifier: Apache-2.0
"""Signing in with a real browser: the cookie it keeps on loopback, the origin it sends with our forms, the page it shows."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import migrated
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from controlplane.app import create_app
from controlplane.database import Actor
from controlplane.http.sign_in import sign_in_url
from controlplane.parts import Parts, build
from controlplane.security import store
from controlplane.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium: install Debian's chromium package"),
]
ADA = Actor("person", "Ada")


@pytest.fixture
def parts(tmp_path: Path, clock: Any) -> Iterator[Parts]:
    settings = Settings(data_dir=tmp_path)
    migrated.started(tmp_path, clock)
    one = build(settings, clock)
    yield one
    one.database.close()


@pytest.fixture
def address(parts: Parts) -> Iterator[str]:
    config = uvicorn.Config(
        create_app(parts), port=0, log_level="warning", lifespan="off", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    parts.live.end()
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(base_url=address)
        browser.close()


def secret(parts: Parts) -> str:
    return parts.database.write(lambda s: store.make_sign_in_link(s, parts.clock()), actor=ADA, reason="test")


def test_a_person_signs_in_with_the_link_and_out_again(parts: Parts, address: str, page: Page) -> None:
    """The link leads to the page that was wanted; the browser stays signed in over http on loopback, until it signs out."""
    page.goto("/kpis")
    assert page.url == f"{address}/sign-in?next=/kpis"
    page.goto(sign_in_url(address, secret(parts), "/kpis"))
    assert page.url == f"{address}/kpis"
    cookie = page.context.cookies()[0]
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == ("__Host-tl_session", True, True)
    page.goto("/policies")
    assert page.url == f"{address}/policies"
    page.get_by_role("button", name="sign out").click()
    assert page.url == f"{address}/sign-in"
    page.goto("/policies")
    assert page.url == f"{address}/sign-in?next=/policies"


def test_a_person_signs_in_with_a_token(parts: Parts, address: str, page: Page) -> None:
    """A wrong token is told, the right one leads on; our own form passes the check against forged ones."""
    token = parts.database.write(
        lambda s: store.create_token(s, "Grace", "steward", parts.clock()), actor=ADA, reason="test"
    )
    page.goto("/contracts")
    page.get_by_label("Token").fill("tl_steward_0_wrong")
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_text("This token is not valid here").is_visible()
    page.get_by_label("Token").fill(str(token))
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{address}/contracts"
    assert page.get_by_text("signed in as Grace").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_page_is_readable_for_all(parts: Parts, page: Page, scheme: Any) -> None:
    """No finding of axe, nothing refused by its own content policy, nothing sideways on a phone."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto("/sign-in?link=used")
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [text for text in told if "404" not in text] == []
