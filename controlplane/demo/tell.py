# SPDX-License-Identifier: Apache-2.0
"""What the demo says on the terminal: progress, the way in, the tour, news, and the sums at the end."""

import os
import sys
import webbrowser
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from controlplane.demo.account import Accounts
from controlplane.demo.deals import FIRST_NUMBER, closed_month
from controlplane.demo.line import AWAY, ControlPlane, Unanswered
from controlplane.demo.place import Memory
from terms.instant import DAY, HOUR, MINUTE, SECOND

_ROOT = Path(__file__).parents[2]


@contextmanager
def progress(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal, a plain line elsewhere. The yielded function changes the text."""
    if console.is_terminal:
        with console.status(what + " ...") as status:
            yield lambda text: status.update(text + " ...")
        return
    console.print(what + " ...", soft_wrap=True)
    yield lambda _text: None


def welcome(console: Console, sign_in_url: str, sandbox_url: str, memory: Memory, took_s: float) -> None:
    """The way in and the four stops of the tour."""
    console.print(f"\n[bold]Throughline is up[/] after {took_s:.1f} s. Sign in once with:\n", soft_wrap=True)
    _line(console, f"    {sign_in_url}")
    _line(console, f"\nThe stand-in systems are at {sandbox_url}. A tour, one stop a role:")
    url = f"http://127.0.0.1:{memory.port}"
    month = closed_month(memory.started_at)
    stops = (
        ("Executive", f"{url}/kpis: German invoices are slow since nine days ago. Which release was it?"),
        ("SRE", f"{url}/: open the failed renewal AMD-{FIRST_NUMBER} and see why each part is in it"),
        ("Finance", f"{sandbox_url}/: open {month} for DE, replay the renewal, and find one journal for it"),
        ("CI", f"paste this; it exits 1 with pointer and fix:\n              {_check_command()}"),
    )
    for number, (role, text) in enumerate(stops, 1):
        _line(console, f"  {number} {role:<9} {text}")
    _line(console, "")


def open_browser(url: str) -> None:
    """Asks the desktop to show the page; a machine without one shows nothing."""
    webbrowser.open(url)


def news(console: Console, server: ControlPlane, said: str) -> str:
    """Says the sentence about the money when it has changed since `said`. Returns what was said last."""
    try:
        sentence = server.sentence()
    except (*AWAY, Unanswered, FileNotFoundError):
        return said
    if sentence != said:
        _line(console, sentence)
    return sentence


def restarting(console: Console, code: int) -> None:
    """The server is gone and comes again."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
    _line(console, f"The server {how}. Starting it again on the same data directory ...")


def restarted(console: Console, sign_in_url: str) -> None:
    """The server is back, with another way in."""
    _line(console, f"It is back and goes on. Sign in once with: {sign_in_url}")


def farewell(console: Console, place: Path) -> None:
    """Where everything is kept."""
    _line(console, f"Stopped. The data is in {_here(place)}; the same command goes on with it.")


def summary(console: Console, accounts: Accounts, server: ControlPlane, missing: list[str]) -> None:
    """The tables of what became of the deals, the KPIs, the rules, and what is missing."""
    counts = accounts.counts()
    table = Table(title="Live deals", title_justify="left")
    for heading in ("deals", "completed", "waiting for a person", "cancelled", "open"):
        table.add_column(heading, justify="right")
    table.add_row(
        str(len(accounts.deals)),
        *(str(counts[name]) for name in ("completed", "waiting for a person", "cancelled", "open")),
    )
    console.print(table)
    console.print(_stages(accounts))
    for sentence in sorted(set(accounts.waiting.values())):
        _line(console, f"  waits for a person: {sentence}")
    try:
        sums = server.summary()
    except (*AWAY, Unanswered, FileNotFoundError) as error:
        missing.append(f"the control plane does not give its sums: {error}")
    else:
        console.print(_kpis(sums["kpis"]))
        console.print(_policies(sums["policies"]))
        _line(console, sums["line"]["sentence"])
    _line(console, f"Duplicates in the sandbox's ledgers: {len(accounts.duplicates)}")
    for sentence in missing:
        _line(console, f"MISSING: {sentence}")
    if not missing:
        _line(console, "Every deal is accounted for, and no ledger holds a duplicate.")


def duration(microseconds: float) -> str:
    """For people: two units at most.

    >>> duration(4_260_000_000), duration(200_000), duration(3 * 86_400_000_000)
    ('1 h 11 min', '0.2 s', '3 d')
    """
    for unit, name, below, smaller in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", SECOND, "s"),
    ):
        if microseconds >= unit:
            whole, rest = divmod(round(microseconds), unit)
            return f"{whole} {name} {rest // below} {smaller}" if rest // below else f"{whole} {name}"
    return f"{microseconds / SECOND:.2g} s"


def _stages(accounts: Accounts) -> Table:
    reached: dict[str, Counter[str]] = {}
    for known in accounts.transactions.values():
        for milestone in known.get("milestones", ()):
            reached.setdefault(milestone["title"], Counter())[milestone["state"]] += 1
    table = Table("stage", title="By stage", title_justify="left")
    for heading in ("reached", "waiting", "failed", "not yet"):
        table.add_column(heading, justify="right")
    for title, states in reached.items():
        groups = (("REACHED", "LATE"), ("WAITING", "OVERDUE"), ("FAILED",), ("PENDING",))
        table.add_row(title, *(str(sum(states[state] for state in group)) for group in groups))
    return table


def _kpis(kpis: list[dict[str, Any]]) -> Table:
    table = Table("KPI", "statistic", title="KPIs of 30 days, open items counted", title_justify="left")
    for heading in ("value", "target", "n", "open"):
        table.add_column(heading, justify="right")
    for kpi in kpis:
        value = "none yet" if kpi["value"] is None else _figure(kpi["value"], kpi["unit"])
        value = f">= {value}" if kpi["valueIsLowerBound"] else value
        met = {True: " met", False: " missed", None: ""}[kpi["targetMet"]]
        target = _figure(kpi["target"], kpi["unit"]) + met
        table.add_row(kpi["title"], kpi["statistic"], value, target, str(kpi["n"]), str(kpi["open"]))
    return table


def _policies(policies: list[dict[str, Any]]) -> Table:
    table = Table("rule", "severity", title="Policy rules", title_justify="left")
    table.add_column("open violations", justify="right")
    for policy in policies:
        table.add_row(policy["title"], policy["severity"], str(policy["openViolations"]))
    return table


def _figure(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "RATIO" else duration(value * SECOND)


def _check_command() -> str:
    program = Path(sys.executable).with_name("throughline")
    words = (
        _here(program),
        "contracts check",
        _here(_ROOT / "examples/drafts/invoice-issued-breaking.json"),
        "--against",
        _here(_ROOT / "registry/canonical/invoice-issued/1.1.0.json"),
    )
    return " ".join(words)


def _here(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _line(console: Console, text: str) -> None:
    # No markup, no wrapping: what is pasted from here must stay whole.
    console.print(text, markup=False, highlight=False, soft_wrap=True)
