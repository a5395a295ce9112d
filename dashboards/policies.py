# SPDX-License-Identifier: Apache-2.0
"""What must hold, and what does not? The rules with their open violations, then the violations themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from dashboards import contract_address, queries, status
from dashboards.asking import Page, Visit
from dashboards.format import age, count, counted, instant, money, moneys

PAGE_SIZE = 50
STATES = ("open", "resolved", "all")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `address` narrows the table below to its violations."""

    id: str
    title: str
    description: str
    severity: status.Badge
    target: str
    open: int
    violations: str
    money: str
    expression: str
    remediation: str
    owner: str
    controls: str
    source: str
    examples: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """`target_address` leads to what is wrong: the transaction or the contract; `` when it has no page."""

    badge: status.Badge
    severity: status.Badge
    rule: str
    title: str
    message: str
    remediation: str
    target: str
    target_address: str
    amount: str
    first_seen: str
    first_seen_at: str
    age: str
    times: str


@dataclass(frozen=True, slots=True)
class PolicyBoard:
    rules: tuple[Rule, ...]
    state: str
    states: tuple[str, ...]
    rule: str
    total: str
    rows: tuple[ViolationRow, ...]
    next_page: str
    all_rules: str


async def show(visit: Visit) -> Page:
    """Rules and violations; `?state=open|resolved|all`, `?rule=` and `?after=` narrow the second."""
    state, rule, after = visit.asked_among("state", STATES, "open"), visit.asked("rule"), visit.asked("after")
    asked = {"state": None if state == "all" else state.upper(), "rule": rule or None, "after": after or None}
    data = await visit.answer(queries.POLICIES, first=PAGE_SIZE, **asked)
    found, now = data["violations"], data["instance"]["now"]
    page = found["pageInfo"]
    view = PolicyBoard(
        rules=tuple(_rule(policy, rule, state) for policy in sorted(data["policies"], key=lambda p: -p["openViolations"])),
        state=state,
        states=STATES,
        rule=rule,
        total=counted(found["totalCount"], "violation"),
        rows=tuple(violation_row(node, now) for node in found["nodes"]),
        next_page=_address(state, rule, page["endCursor"]) if page["hasNextPage"] else "",
        all_rules=_address(state, "") if rule else "",
    )  # fmt: skip
    return Page("policies.html", "Policies", view, data)


def _address(state: str, rule: str, after: str = "") -> str:
    query = {"state": "" if state == "open" else state, "rule": rule, "after": after}
    words = urlencode({name: value for name, value in query.items() if value})
    return f"/policies?{words}#violations" if words else "/policies#violations"


def _rule(policy: Mapping[str, Any], chosen: str, state: str) -> Rule:
    return Rule(
        id=policy["id"],
        title=policy["title"],
        description=policy["description"],
        severity=status.severity(policy["severity"]),
        target=policy["target"],
        open=policy["openViolations"],
        violations=count(policy["openViolations"]),
        money=moneys(policy["moneyAtRisk"]) if policy["moneyAtRisk"] else "",
        expression=policy["expression"].strip(),
        remediation=policy["remediation"],
        owner=policy["owner"],
        controls=", ".join(policy["controls"]),
        source=policy["source"],
        examples=counted(policy["examples"], "example"),
        address=_address(state, policy["id"]),
        chosen=policy["id"] == chosen,
    )


def violation_row(violation: Mapping[str, Any], now: str) -> ViolationRow:
    """One violation as seen at `now`."""
    transaction = violation["transaction"]
    target, address = violation["targetKey"], ""
    if transaction:
        target, address = transaction["anchor"]["value"], f"/transactions/{transaction['id']}"
    elif violation["targetKind"] == "contract":
        address = contract_address.contract(violation["targetKey"])
    elif violation["targetKind"] == "source":
        address = f"/admin?{urlencode({'source': violation['targetKey']})}"
    times = f"seen {counted(violation['occurrences'], 'time')}"
    if violation["reopened"]:
        times += f", reopened {counted(violation['reopened'], 'time')}"
    return ViolationRow(
        badge=status.violation(violation["state"]),
        severity=status.severity(violation["severity"]),
        rule=violation["rule"],
        title=violation["title"],
        message=violation["message"],
        remediation=violation["remediation"],
        target=target,
        target_address=address,
        amount=money(violation["amount"]),
        first_seen=instant(violation["firstSeenAt"]),
        first_seen_at=violation["firstSeenAt"],
        age=age(violation["firstSeenAt"], now),
        times=times,
    )
