# SPDX-License-Identifier: Apache-2.0
"""Whether every live deal is accounted for: it has ended, or an exception says why a person must clear it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from controlplane.demo.deals import LiveDeal
from controlplane.demo.line import AWAY, ControlPlane, Sandbox, Unanswered

A_LOOK = 12  # deals asked for at once: the server has better things to do


class Accounts:
    """What is known of each deal. `look` asks again for those that have not ended."""

    def __init__(self, server: ControlPlane, sandbox: Sandbox, deals: Sequence[LiveDeal]) -> None:
        self.deals = deals
        self.transactions: dict[int, dict[str, Any]] = {}
        self.waiting: dict[str, str] = {}
        self.duplicates: list[dict[str, Any]] = []
        self._undelivered = 0
        self._retrying = 0
        self._records: object = None
        self._is_quiet = False
        self._server = server
        self._sandbox = sandbox

    def look(self) -> None:
        """Asks both servers. One that is away at the moment changes nothing of what is known."""
        try:
            self.waiting = self._server.waiting_for_a_person()
            self._retrying = self._server.retrying()
            for deal in self._open()[:A_LOOK]:
                self._look_at(deal)
            self._look_at_ledgers()
        except (*AWAY, Unanswered, FileNotFoundError):
            self._is_quiet = False

    def close(self) -> None:
        """Asks for every deal once more: one that ended may have been seen on its way."""
        try:
            for deal in self.deals:
                self._look_at(deal)
        except (*AWAY, Unanswered, FileNotFoundError):
            return

    def settled(self) -> bool:
        """Whether all are accounted for, and nothing is on its way that could still write to a ledger."""
        return not self._open() and self._is_quiet and not self._undelivered and not self._retrying

    def counts(self) -> Counter[str]:
        """How many deals are completed, wait for a person, were cancelled, or are open."""
        return Counter(self._state(deal) for deal in self.deals)

    def in_short(self) -> str:
        """The counts in a line."""
        counts = self.counts()
        named = (f"{counts[name]} {name}" for name in ("completed", "waiting for a person", "open"))
        return f"{len(self.deals)} deals: " + ", ".join(named)

    def missing(self) -> list[str]:
        """What is not as it must be, a sentence each; empty: every deal is accounted for, and every ledger is clean."""
        said = []
        for deal in self._open():
            known = self.transactions.get(deal.number) or {}
            waits_for = known.get("waitingForTitle") or "its order to be seen"
            said.append(
                f"{deal.anchor[1]} is {known.get('status', 'UNKNOWN').lower()}, waiting for: {waits_for}"
            )
        if self._undelivered:
            said.append(f"{self._undelivered} webhooks were not delivered")
        said += [
            f"{one['system']} has {len(one['ids'])} records of type {one['type']} for {one['business_key']}"
            for one in self.duplicates
        ]
        if self._records is None:
            said.append("the sandbox's ledgers could not be read")
        return said

    def _state(self, deal: LiveDeal) -> str:
        known = self.transactions.get(deal.number) or {}
        if known.get("status") in ("COMPLETED", "CANCELLED"):
            return str(known["status"]).lower()
        return "waiting for a person" if known.get("id") in self.waiting else "open"

    def _open(self) -> list[LiveDeal]:
        row = {number: place for place, number in enumerate(self.transactions)}
        still = [deal for deal in self.deals if self._state(deal) == "open"]
        return sorted(still, key=lambda deal: row.get(deal.number, -1))

    def _look_at(self, deal: LiveDeal) -> None:
        found = self._server.deal(deal)
        # A deal looked at goes to the end of the row, so that every one has its turn.
        self.transactions.pop(deal.number, None)
        self.transactions[deal.number] = found or {}

    def _look_at_ledgers(self) -> None:
        summary = self._sandbox.summary()
        self.duplicates = summary["duplicates"]
        self._undelivered = int(summary["webhooks"]["waiting"])
        self._is_quiet = summary["counts"] == self._records
        self._records = summary["counts"]
