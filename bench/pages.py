# SPDX-License-Identifier: Apache-2.0
"""How long does a page take, and how soon does it show what has just happened? A real Chromium before a real `throughline serve`.

    make bench ARGS=pages          (or python bench/pages.py --rates 500 1000 2000 --probes 30)

First the page of a transaction with 15 spans and with 1,000, from the click to the load event, in a quiet server. Then spans come
in at each rate, and one event after the other is sent into deals of a legal entity of their own: an invoice that should have
been in the ledger an hour ago. Three live tabs stay open and are never reloaded by hand: the deal's page, the KPI board of
that entity, and the violations. Counted is from the moment the event is sent until each tab shows it, to 20 ms. A fourth tab opens
pages meanwhile. `--history` says how many deals have been told before; `--folder` is a data directory that has some already.
Beside all of it stands the server's smallest page in the same browser: what it takes, no page can be faster than.
Writes bench/results/pages.json.
"""

import argparse
import contextlib
import itertools
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import served
from figures import Figure, quantile, tell
from payloads.deals import MINUTE, SPANS_PER_DEAL, Pace, request, requests, told
from playwright.sync_api import Browser, Page, sync_playwright
from served import Served

from collectors.transactions.transaction import transaction_digest
from terms.instant import wall_clock

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PER_REQUEST = 200
LOOKS = 15
SEEN_WITHIN_S = 30.0
SIZES = ((15, 400.0), (1_000, 1_000.0))
MEANWHILE = ("/", "/kpis", "/transactions", "/policies")
# An entity that nothing else belongs to, so that a card counts the probes alone.
PROBE_ENTITY = (("ZZ", "EMEA", "EUR"),)
PROBE_PACE = Pace(apart=0, shortest=60 * MINUTE, longest=60 * MINUTE + 1)
TOLD_BEFORE = 3  # stages of a probe before its invoice
PROBES_FROM, SIZED_FROM, LOAD_FROM = 8_000_000, 9_000_000, 1_000_000

WATCH = """() => {
  window.seenAt = 0;
  clearInterval(window.watching);
  window.watching = setInterval(() => { if (!window.seenAt && (LOOK)) window.seenAt = Date.now(); }, 20);
}"""
ON_PAGE = "[...document.querySelectorAll('.milestones li')].some((step) => /^Invoiced/.test(step.innerText.trim()) && !/not reached/.test(step.innerText))"
ON_CARD = "parseInt(document.querySelector('a.kpi[href=\"#invoice-latency\"] .kpi-foot span:last-child').textContent) === {open}"
ON_LIST = "document.querySelector('#violations').textContent.includes('SO-{deal}')"


@dataclass
class Load:
    """Spans that come in at a steady rate until told to stop. `late_s`: by how much it fell behind, at worst."""

    server: Served
    rate: int
    bodies: Iterator[bytes]
    sent: int = 0
    late_s: float = 0.0
    refused: str = ""
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        begun = time.perf_counter()
        with httpx2.Client(base_url=self.server.url, headers=self.server.headers, timeout=120) as http:
            for body in self.bodies:
                due = begun + self.sent / self.rate
                if self.ended.wait(max(due - time.perf_counter(), 0)):
                    return
                self.late_s = max(self.late_s, time.perf_counter() - due)
                answer = http.post("/v1/traces", content=body)
                if answer.status_code != 200 or answer.content:
                    self.refused = f"{answer.status_code}: {answer.text[:300]}"
                    return
                self.sent += PER_REQUEST


def main() -> None:
    """Runs the bench and prints its figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rates", type=int, nargs="*", default=[2_000], help="spans a second")
    options.add_argument("--probes", type=int, default=30, help="events looked for at each rate")
    options.add_argument("--history", type=int, default=1_000, help="deals told before")
    options.add_argument("--folder", type=Path, default=None, help="a data directory to begin with")
    asked = options.parse_args()
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        sys.exit("there is no Chromium on this machine; install Debian's `chromium` package")
    with contextlib.ExitStack() as held:
        folder = asked.folder or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="throughline-pages-")))  # fmt: skip
        server = held.enter_context(served.serving(folder, role="all"))
        playwright = held.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        figures = _measured(browser, server, asked)
    tell("pages", vars(asked), figures)


def _measured(browser: Browser, server: Served, asked: argparse.Namespace) -> list[Figure]:
    _post(server, *requests(asked.history, PER_REQUEST, pace=_lately(asked.history)))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.sign_in_url)
    figures = _sized_pages(page, server)
    for number, rate in enumerate(asked.rates):
        figures += _under_load(page, server, rate, asked.probes, number)
    return figures


def _sized_pages(page: Page, server: Served) -> list[Figure]:
    """Transaction pages by how many spans they show, and the smallest page there is."""
    figures = _opened(page, server, f"{server.url}/sign-in", "yardstick: the sign-in page")
    for number, (spans, limit) in enumerate(SIZES):
        deal = SIZED_FROM + number
        _post(server, *requests(1, 2_000, first_deal=deal, pace=Pace(_hours_ago(13), 0, spans=spans)))
        time.sleep(2)
        address = _address(server, deal)
        page.goto(address)
        shown = page.get_by_text(f"{spans:,} spans").count()
        if not shown:
            sys.exit(f"the page of a deal of {spans} spans does not say so: {address}")
        figures += _opened(page, server, address, f"transaction page, {spans:,} spans", limit)
    return figures


def _opened(page: Page, server: Served, address: str, name: str, limit: float | None = None) -> list[Figure]:
    """The page, opened again and again: how long it takes, and what server and browser compute for it."""
    _open(page, address)
    ours, all_of_it = served.cpu_s(server.process.pid), served.cpu_s(os.getpid())
    took = [_open(page, address) for _ in range(LOOKS)]
    ours = served.cpu_s(server.process.pid) - ours
    theirs = served.cpu_s(os.getpid()) - all_of_it - ours
    return [
        Figure(f"{name}, median", quantile(took, 0.5), "ms", limit),
        Figure(f"{name}: least", min(took), "ms"),
        Figure(f"{name}: CPU of the server", ours / LOOKS * 1e3, "ms"),
        Figure(f"{name}: CPU of the browser", theirs / LOOKS * 1e3, "ms"),
    ]


def _open(page: Page, address: str) -> float:
    """Milliseconds from asking for the page to its load event."""
    begun = time.perf_counter()
    answer = page.goto(address, wait_until="load")
    took = (time.perf_counter() - begun) * 1e3
    if answer is None or answer.status != 200:
        sys.exit(f"{address} answered {answer.status if answer else 'nothing'}")
    return took


def _under_load(page: Page, server: Served, rate: int, probes: int, number: int) -> list[Figure]:
    deals = range(PROBES_FROM + number * probes, PROBES_FROM + (number + 1) * probes)
    stages = {deal: list(told(deal, random.Random(deal), _probe_pace(), PROBE_ENTITY)) for deal in deals}
    _post(
        server, request([span for each in stages.values() for stage in each[:TOLD_BEFORE] for span in stage])
    )
    seconds = probes * 8  # more than it takes; the load ends with the last probe
    bodies = list(itertools.islice(_load(number, rate * seconds), rate * seconds // PER_REQUEST))
    load = Load(server, rate, iter(bodies))
    sender = threading.Thread(target=load.run)
    cpu, begun = served.cpu_s(server.process.pid), time.perf_counter()
    sender.start()
    try:
        seen, opened = _probe(page, server, stages)
    finally:
        load.ended.set()
        sender.join()
    wall = time.perf_counter() - begun
    cpu = (served.cpu_s(server.process.pid) - cpu) / wall
    if load.refused:
        sys.exit(f"the server answered {load.refused}")
    figures = [Figure(f"{rate:,} spans/s: came in", load.sent / wall, "spans/s"), Figure(f"{rate:,} spans/s: sender late, at most", load.late_s, "s"), Figure(f"{rate:,} spans/s: CPU of the server", cpu, "cores")]  # fmt: skip
    for place, took in seen.items():
        figures.append(Figure(f"{rate:,} spans/s: event -> {place}, p95", quantile(took, 0.95), "s", 2))
        figures.append(Figure(f"{rate:,} spans/s: event -> {place}, p99", quantile(took, 0.99), "s", 5))
    every = [took for each in opened.values() for took in each]
    figures.append(Figure(f"{rate:,} spans/s: pages meanwhile, p95", quantile(every, 0.95), "ms", 600))
    figures += [Figure(f"{rate:,} spans/s: page {name} meanwhile, median", quantile(took, 0.5), "ms") for name, took in opened.items()]  # fmt: skip
    return figures


def _probe(
    page: Page, server: Served, stages: dict[int, list[list[tuple[str, object]]]]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Sends one invoice after the other; seconds until each tab showed it, and milliseconds that pages took meanwhile."""
    tabs = {place: page.context.new_page() for place in ("transaction page", "KPI card", "violation")}
    tabs["KPI card"].goto(f"{server.url}/kpis?entity=ZZ")
    tabs["violation"].goto(f"{server.url}/policies?rule=tx.posted.within")
    seen: dict[str, list[float]] = {place: [] for place in tabs}
    opened: dict[str, list[float]] = {}
    to_open = itertools.cycle(MEANWHILE)
    still_open = _still_open(tabs["KPI card"])
    for deal, told_by_stage in stages.items():
        opened.setdefault("/transactions/{id}", []).append(
            _open(tabs["transaction page"], _address(server, deal))
        )
        still_open -= 1
        looks = (ON_PAGE, ON_CARD.format(open=still_open), ON_LIST.format(deal=deal))
        for tab, look in zip(tabs.values(), looks, strict=True):
            tab.evaluate(WATCH.replace("LOOK", look))
        sent = time.time()
        _post(server, request(told_by_stage[TOLD_BEFORE]))  # type: ignore[arg-type]
        for place, tab in tabs.items():
            seen[place].append(_seen_at(tab, place, sent + SEEN_WITHIN_S) - sent)
        name = next(to_open)
        opened.setdefault(name, []).append(_open(page, server.url + name))
        time.sleep(random.Random(deal).random())
    for tab in tabs.values():
        tab.close()
    return seen, opened


def _seen_at(tab: Page, place: str, until: float) -> float:
    while not (at := tab.evaluate("window.seenAt")):
        if time.time() > until:
            sys.exit(f"the {place} did not show an event within {SEEN_WITHIN_S} s")
        time.sleep(0.05)
    return float(at) / 1e3


def _still_open(tab: Page) -> int:
    text = tab.locator('a.kpi[href="#invoice-latency"] .kpi-foot span:last-child').inner_text()
    return int(text.split()[0].replace(",", ""))


def _post(server: Served, *bodies: bytes) -> None:
    with httpx2.Client(base_url=server.url, headers=server.headers, timeout=120) as http:
        for body in bodies:
            answer = http.post("/v1/traces", content=body)
            if answer.status_code != 200 or answer.content:
                sys.exit(f"the server answered {answer.status_code}: {answer.text[:300]}")


def _load(number: int, spans: int) -> Iterator[bytes]:
    """Deals that pass from the CRM to the ledger within minutes, and have just done so."""
    deals = spans // SPANS_PER_DEAL + 1
    pace = Pace(_hours_ago(1), apart=0, shortest=MINUTE, longest=4 * MINUTE)
    return requests(deals, PER_REQUEST, first_deal=LOAD_FROM * (number + 1), pace=pace)


def _lately(deals: int) -> Pace:
    """Deals that began in the last ten days, the last of them half a day ago."""
    apart = 10 * 24 * 60 * MINUTE // max(deals, 1)
    return Pace(_hours_ago(12) - deals * apart, apart)


def _probe_pace() -> Pace:
    """Deals whose fourth stage, the invoice, was five hours ago."""
    return Pace(_hours_ago(9), PROBE_PACE.apart, PROBE_PACE.shortest, PROBE_PACE.longest)


def _hours_ago(hours: int) -> int:
    return wall_clock() - hours * 60 * MINUTE


def _address(server: Served, deal: int) -> str:
    return f"{server.url}/transactions/{transaction_digest('lead-to-cash', f'order:SO-{deal}').hex()}"


if __name__ == "__main__":
    main()
