# SPDX-License-Identifier: Apache-2.0
"""The pages over a made-up month: asked in process for what they say, and served to a real Chromium for what people see."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.testclient import TestClient

from tests.dashboards.made_up_api import SCHEMA_FILE, MadeUpApi, app

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip

# what axe looks at
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(frozen=True)
class Site:
    """The pages on a port of their own; `api` is the world behind them."""

    url: str
    api: MadeUpApi


def _needs_schema() -> None:
    if not SCHEMA_FILE.exists():
        pytest.skip("the roof has not printed its GraphQL schema (controlplane/graphql/schema.graphql)")


@pytest.fixture
def api() -> MadeUpApi:
    _needs_schema()
    return MadeUpApi()


@pytest.fixture
def client(api: MadeUpApi) -> TestClient:
    """Asks the pages in process; redirects are not followed."""
    return TestClient(app(api), follow_redirects=False)


@pytest.fixture
def empty_client() -> TestClient:
    """The pages in the first minute: nothing has arrived yet."""
    _needs_schema()
    return TestClient(app(MadeUpApi(empty=True)), follow_redirects=False)


@contextmanager
def _served(api: MadeUpApi) -> Iterator[Site]:
    server = uvicorn.Server(
        uvicorn.Config(
            app(api), port=0, log_level="warning", ws="none", lifespan="off", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Site(f"http://127.0.0.1:{port}", api)
    finally:
        api.ended = True
        server.should_exit = True
        thread.join(5)


@pytest.fixture
def site(api: MadeUpApi) -> Iterator[Site]:
    with _served(api) as site:
        yield site


@pytest.fixture
def empty_site() -> Iterator[Site]:
    _needs_schema()
    with _served(MadeUpApi(empty=True)) as site:
        yield site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A system Chromium; tests that need one are skipped where there is none."""
    found = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if found is None:
        pytest.skip(
            "no Chromium on this machine; install Debian's `chromium` package to run the browser tests"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(Path(found)), args=list(_FLAGS))
        yield browser
        browser.close()


def opened(chromium: Browser, width: int = 1440, theme: Any = "light", **more: Any) -> Page:
    """A page of a window so wide; its context is closed by whoever opened it."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **more)
    page = context.new_page()
    page.set_default_timeout(5_000)
    return page


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = opened(chromium)
    yield page
    page.context.close()


@pytest.fixture
def schema_text() -> Callable[[], str]:
    _needs_schema()
    return SCHEMA_FILE.read_text
