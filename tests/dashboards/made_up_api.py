# SPDX-License-Identifier: Apache-2.0
"""The public API over the made-up month, executed by a real GraphQL engine against the printed schema.

So every document of the pages is validated for real; only the data is made up. Run it to look at the pages:
`python -m tests.dashboards.made_up_api --port 8055`.
"""

import argparse
import asyncio
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from graphql import GraphQLError, GraphQLSchema, build_schema, graphql_sync
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.pages import PageSettings, SignInRequired, routes
from terms.instant import text
from tests.dashboards import (
    made_up,
    made_up_changes,
    made_up_contracts,
    made_up_kpis,
    made_up_list,
    made_up_sources,
)
from tests.dashboards.made_up import Row

SCHEMA_FILE = Path(
    os.environ.get("THROUGHLINE_TEST_SCHEMA")
    or Path(__file__).parents[2] / "controlplane" / "graphql" / "schema.graphql"
)
CSRF = "a-token-of-this-session"
# Long enough a line that it must break on a phone.
AT_RISK = {"EUR": 18_240_000, "CAD": 831_500, "GBP": 342_000, "USD": 447_000}


def schema() -> GraphQLSchema:
    """The schema the roof prints; the pages may ask for nothing else."""
    return build_schema(SCHEMA_FILE.read_text())


@dataclass
class MadeUpApi:
    """The world of one test. `empty` is the first minute; `changes` counts up to send a hint.

    `replayed` lists the idempotency keys the mutation has seen, `changed` what contracts were asked to become; `ended` closes
    the stream of hints.
    """

    empty: bool = False
    refusal: Row | None = None
    replayed: list[str] = field(default_factory=list)
    views: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    changes: int = 0
    ended: bool = False

    def __post_init__(self) -> None:
        draw = random.Random(7)
        self.schema = schema()
        self.root = {
            "me": self.me, "instance": self.instance, "line": self.line, "kpis": self.kpis, "kpi": self.kpi,
            "transactions": self.all_transactions, "transactionQuery": made_up_list.reading, "savedViews": self.saved_views,
            "spanQuery": made_up_list.span_reading, "promotedAttributes": made_up_list.PROMOTED, "spans": self.found_spans,
            "savedView": self.saved_view, "saveView": self.save_view, "deleteView": self.delete_view, "stuck": self.stuck, "transaction": self.transaction,
            "contracts": self.all_contracts, "contract": self.contract, "diff": self.diff, "compatibility": self.compatibility,
            "approvals": self.all_approvals, **made_up_changes.answers(self.changed),
            "environments": made_up_contracts.ENVIRONMENTS, "deployments": [] if self.empty else made_up_contracts.DEPLOYMENTS,
            "canIDeploy": self.can_i_deploy, "policies": self.policies,
            "violations": self.all_violations, "exceptions": self.all_exceptions, "replayException": self.replay,
            "sources": self.sources, "source": self.source, "addSource": self.set_up, "trySource": made_up_sources.tried,
            "changeSource": self.change_source, **{f"{verb}Source": self.run_source for verb in ("test", "pause", "resume", "pull", "remove")},
            "definitions": made_up_sources.DEFINITIONS, "rederivations": made_up_sources.REDERIVATIONS,
            "keyQuality": self.key_quality, "separate": self.decide, "join": self.decide, "revokeDecision": self.decide,
        }  # fmt: skip
        self.decided: list[Row] = []
        self.may = [
            "transactions:decide",
            "payloads:read",
            "sources:operate",
            "sources:write",
            "contracts:read",
            "contracts:write",
        ]
        self.failed = made_up.failed_renewal()
        deals = [made_up.transaction(number, draw) for number in range(140)]
        made_up.beside(self.failed, next(deal for deal in deals if deal["status"] == "COMPLETED"))
        self.deals = (
            []
            if self.empty
            else [self.failed, *sorted(deals, key=lambda deal: str(deal["startedAt"]), reverse=True)]
        )
        broken = [deal for deal in self.deals[1:] if deal["status"] == "FAILED"]
        self.exceptions = [] if self.empty else [
            made_up.exception(1, self.failed, "period"),
            *(made_up.exception(n, deal, "mapping" if n % 2 else "period") for n, deal in enumerate(broken, start=2)),
        ]  # fmt: skip
        self.violations = [] if self.empty else [
            made_up.violation(n, deal, "OPEN") for n, deal in enumerate([self.failed, *broken])
        ]  # fmt: skip
        if not self.empty:
            self.failed["exceptions"], self.failed["violations"] = self.exceptions[:1], self.violations[:1]
        subjects = ("customer-created", "subscription-activated", "invoice-issued", "payment-settled", "renewal-amended",
                    "credit-memo-posted", "order-placed", "journal-posted", made_up_contracts.ODD)  # fmt: skip
        self.contracts = [] if self.empty else [
            made_up_contracts.contract(name, name.replace("-", " ").capitalize(), "" if name == "order-placed" else "Billing team")
            for name in sorted(subjects)
        ]  # fmt: skip
        if not self.empty:
            self.contracts.append(
                made_up_contracts.api(
                    made_up_contracts.contract(made_up_contracts.API, "Invoices", "Billing team")
                )
            )

    async def ask(self, document: str, variables: dict[str, Any], request: Request) -> dict[str, Any]:
        """What the roof hands to the pages."""
        if request.cookies.get("session") == "none":
            raise SignInRequired
        if self.refusal:
            return {"data": None, "errors": [self.refusal]}
        answer = graphql_sync(self.schema, document, root_value=self.root, variable_values=variables)
        return {"data": answer.data, "errors": [error.formatted for error in answer.errors or ()] or None}

    def sources(self, _: object, first: int, after: str | None = None) -> Row:
        nodes = [] if self.empty else made_up_sources.SOURCES
        return {
            "totalCount": len(nodes),
            "nodes": nodes,
            "edges": [],
            "pageInfo": {"hasNextPage": False, "endCursor": None},
        }

    def source(self, _: object, name: str) -> Row | None:
        return (
            None
            if self.empty
            else next((one for one in made_up_sources.SOURCES if one["name"] == name), None)
        )

    def set_up(self, _: object, input: Row) -> Row:  # noqa: A002
        self.decided.append(input)
        return made_up_sources.added(input)

    def change_source(self, _: object, input: Row) -> Row:  # noqa: A002
        self.decided.append({name: value for name, value in input.items() if value is not None})
        return made_up_sources.changed(input)

    def run_source(self, info: Any, input: Row) -> Row:  # noqa: A002
        self.decided.append({"field": info.field_name, **input})
        return made_up_sources.answered(info.field_name, input["name"])

    # one method per root field; `asked` holds the field's arguments under the API's own names
    def me(self, _: Any) -> Row:
        return {"name": "ada", "kind": "person", "roles": ["architect"], "permissions": self.may}

    def instance(self, _: Any) -> Row:
        roles = {"salesforce": "crm", "chargebee": "billing", "stripe": "payments", "netsuite": "erp"}
        return {
            "version": "0.1.0", "demo": True, "sandboxUrl": "http://127.0.0.1:8091/", "now": text(made_up.NOW),
            "legalEntities": list(made_up.ENTITIES), "systems": [{"name": n, "role": role} for n, role in roles.items()],
        }  # fmt: skip

    def line(self, _: Any, **asked: Any) -> Row:
        stages = [
            {"process": process, "milestone": name, "reached": 1, "waiting": 0, "failed": 0}
            for process, names in _STAGES.items()
            for name in names
        ]
        nothing = {
            "asOf": text(made_up.NOW), "days": asked["days"], "transactions": 0, "reachedLedger": 0, "open": 0, "failed": 0,
            "overdue": 0, "sentence": "No deal has started yet.", "stuckCount": 0, "stuckMoney": [], "oldest": None,
            "oldestSeconds": None, "hops": [], "stages": [],
        }  # fmt: skip
        if self.empty:
            return nothing
        return nothing | {
            "transactions": 2000, "reachedLedger": 1842, "open": 141, "failed": 6, "overdue": 14, "stuckCount": 23,
            "sentence": "1,842 of 2,000 deals reached the ledger; EUR 182,400 is stuck in 17; the oldest waits 3 d for NetSuite DE.",
            "oldest": self.failed, "oldestSeconds": 3 * 86_400.0, "stages": stages, "hops": [_hop(*hop) for hop in _HOPS],
            "stuckMoney": [
                {"money": made_up.money(18_240_000, "EUR"), "count": 17}, {"money": made_up.money(912_050, "GBP"), "count": 6}
            ],
        }  # fmt: skip

    def kpis(self, _: Any, **asked: Any) -> list[Row]:
        return (
            []
            if self.empty
            else [
                made_up_kpis.kpi(name, asked["days"], asked.get("legalEntity")) for name in made_up_kpis.KPIS
            ]
        )

    def kpi(self, _: Any, **asked: Any) -> Row | None:
        known = asked["id"] in made_up_kpis.KPIS
        return made_up_kpis.kpi(asked["id"], asked["days"], asked.get("legalEntity")) if known else None

    def all_transactions(self, _: Any, **asked: Any) -> Row:
        return made_up_list.connection(self.deals, **asked)

    def found_spans(self, _: Any, **asked: Any) -> Row:
        return made_up_list.found_spans([] if self.empty else [self.failed], **asked)

    def saved_views(self, _: Any, **asked: Any) -> Row:
        return made_up.page(sorted(self.views, key=lambda one: str(one["name"])), **asked)

    def saved_view(self, _: Any, **asked: Any) -> Row | None:
        return next((one for one in self.views if one["id"] == asked["id"]), None)

    def save_view(self, _: Any, **asked: Any) -> Row:
        given = asked["input"]
        if any(one["key"] == given["idempotencyKey"] for one in self.views):
            return {"__typename": "ViewSaved"}
        if any(one["name"] == given["name"] for one in self.views):
            return {"__typename": "ViewNameTaken"}
        self.views.append(
            {"id": f"view-{len(self.views)}", "name": given["name"], "query": given["query"], "sort": given["sort"], "key": given["idempotencyKey"]}
        )  # fmt: skip
        return {"__typename": "ViewSaved"}

    def delete_view(self, _: Any, **asked: Any) -> Row:
        self.views = [one for one in self.views if one["id"] != asked["input"]["id"]]
        return {"alreadyGone": False}

    def stuck(self, _: Any, **asked: Any) -> Row:
        found = [deal for deal in self.deals if deal["status"] == "FAILED" or deal["overdue"]]
        return made_up.page(sorted(found, key=lambda deal: str(deal["startedAt"])), **asked)

    def transaction(self, _: Any, **asked: Any) -> Row | None:
        return next((deal for deal in self.deals if deal["id"] == asked["id"]), None)

    def contract(self, _: Any, **asked: Any) -> Row | None:
        found = next((one for one in self.contracts if one["subject"] == asked["subject"]), None)
        return found and found | {
            "version": lambda _, version=None: made_up_contracts.version(found, version)
        }

    def diff(self, _: Any, **asked: Any) -> Row | None:
        found = self.contract(_, **asked)
        return None if found is None else made_up_contracts.diff(found, **asked)

    def can_i_deploy(self, _: Any, **asked: Any) -> Row:
        if asked["application"] == "unknown":
            raise GraphQLError("there is no environment 'nowhere'", extensions={"code": "BAD_USER_INPUT"})
        return made_up_contracts.can_i_deploy(**asked)

    def compatibility(self, _: Any, **asked: Any) -> Row:
        named = {"subject": asked.get("subject") or "invoice-issued"}
        return made_up_contracts.compatibility(self.contract(_, **named), **asked)

    def all_contracts(self, _: Any, **asked: Any) -> Row:
        wanted = {name: value for name, value in (asked.get("filter") or {}).items() if value}
        wanted |= {"compatibilityMode": wanted.pop("mode")} if "mode" in wanted else {}
        found = [
            contract
            for contract in self.contracts
            if (asked.get("search") or "") in contract["subject"]
            and all(contract[name] == value for name, value in wanted.items())
        ]
        return made_up.page(found, **asked) | {
            "facets": lambda _, names=None: made_up_contracts.facets(found)
        }

    def all_approvals(self, _: Any, **asked: Any) -> Row:
        found = [] if self.empty else [made_up_contracts.APPROVAL | {"inForce": not asked["ended"]}]
        return made_up.page(found, **asked)

    def policies(self, _: Any) -> list[Row]:
        if self.empty:
            return []
        return [
            made_up.policy("invoice-posted", "Invoices reach the ledger", "high", len(self.violations)),
            made_up.policy("one-effect", "One effect for one business key", "critical", 0),
            made_up.policy("contract-owner", "Every contract has an owner", "medium", 1),
        ]

    def key_quality(self, _: Any, **asked: Any) -> Row:
        return made_up.page([] if self.empty else made_up.KEY_FINDINGS, **asked)

    def all_violations(self, _: Any, **asked: Any) -> Row:
        found = self.violations
        for name in ("state", "rule"):
            found = [
                violation for violation in found if violation[name] == (asked.get(name) or violation[name])
            ]
        return made_up.page(found, **asked)

    def all_exceptions(self, _: Any, **asked: Any) -> Row:
        found = [one for one in self.exceptions if one["state"] == (asked.get("state") or one["state"])]
        money = [made_up.money(18_430_000, "EUR")] if found else []
        return made_up.page(found, **asked) | {"moneyAtRisk": money}

    def replay(self, _: Any, **asked: Any) -> Row:
        identity, key = asked["input"]["id"], asked["input"]["idempotencyKey"]
        found = next((one for one in self.exceptions if one["id"] == identity), None)
        if found is None:
            return {"__typename": "ExceptionNotFound", "message": "there is no such exception"}
        already = key in self.replayed
        if found["state"] != "OPEN" and not already:
            return {"__typename": "ExceptionNotOpen", "message": "it is being replayed", "exception": found}
        self.replayed.append(key)
        found["state"] = "RETRYING"
        return {"__typename": "ReplayStarted", "alreadyAsked": already, "exception": found}

    def decide(self, _: Any, **asked: Any) -> Row:
        said = asked["input"]
        if "id" in said:
            known = said["id"] == self.failed["decisions"][0]["id"]
            word = "DecisionRevoked" if known else "DecisionNotFound"
            return {"__typename": word, "alreadyRevoked": False, "message": "there is no such decision"}
        if said.get("with", said.get("from", "")).startswith("customer:"):
            return {
                "__typename": "DecisionRefused",
                "kind": "means-nothing",
                "message": "no process joins them",
                "next": "",
            }
        already = said in self.decided
        self.decided.append(said)
        return {"__typename": "DecisionTaken", "alreadyThere": already}


_STAGES = {
    "lead-to-cash": ("ordered", "customer-ready", "activated", "invoiced", "posted", "paid", "cash-applied", "closed-in-crm"),
    "renewal-amendment": ("amended", "recalculated", "posted", "closed-in-crm"),
}  # fmt: skip
_HOPS = (
    ("crm", "billing", "orders to subscriptions", "lead-to-cash", "activated", 1990, 0, 0, "OK", None),
    ("crm", "billing", "renewals recalculated", "renewal-amendment", "recalculated", 212, 0, 0, "OK", None),
    ("billing", "payments", "invoices charged", "lead-to-cash", "paid", 1901, 61, 0, "OK", None),
    ("payments", "erp", "receipts applied", "lead-to-cash", "cash-applied", 1840, 3, 0, "SLOW", "Receipts of UK take 2 h instead of 20 min since yesterday."),
    ("billing", "erp", "invoices posted", "lead-to-cash", "posted", 1960, 14, 14, "BROKEN", "NetSuite DE refuses journals: the posting period 2026-10 is closed."),
    ("erp", "crm", "deals closed in CRM", "lead-to-cash", "closed-in-crm", 1842, 0, 0, "OK", None),
)  # fmt: skip


def _hop(source: str, target: str, title: str, process: str, milestone: str, volume: int, waiting: int, overdue: int, state: str, reason: str | None) -> Row:  # fmt: skip
    return {
        "id": f"{source}-{target}-{milestone}", "source": source, "target": target, "title": title, "process": process,
        "milestone": milestone, "volume": volume, "waiting": waiting, "overdue": overdue, "failed": 2 if state == "BROKEN" else 0,
        "atRisk": [made_up.money(minor, currency) for currency, minor in AT_RISK.items()] if state == "BROKEN" else [], "state": state, "reason": reason,
        "wait": {"p50Seconds": 720.0, "p90Seconds": None if state == "BROKEN" else 9_900.0, "n": min(volume, 2_000), "open": waiting},
    }  # fmt: skip


class Guard:
    """What the roof's guard does for pages here: gives each request its token, and refuses a form without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["csrf"] = CSRF
        if scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body, headers = await request.body(), request.headers
        is_form = not headers.get("content-type", "").startswith("multipart/")
        given = parse_qs(body.decode()).get("csrf") == [CSRF] if is_form else _FIELD in body
        if not given:
            await PlainTextResponse("the form has no valid token", 403)(scope, receive, send)
            return

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)


_FIELD = f'name="csrf"\r\n\r\n{CSRF}\r\n'.encode()


def app(api: MadeUpApi) -> Starlette:
    """The pages over this API, with a guard and a stream of hints."""

    async def live(_request: Request) -> StreamingResponse:
        async def hints() -> Any:
            yield "retry: 1000\n\n"
            while not api.ended:
                told = api.changes
                await asyncio.sleep(0.1)
                if api.changes != told:
                    yield 'data: {"topic": "transactions", "version": 1}\n\n'

        return StreamingResponse(hints(), media_type="text/event-stream")

    return Starlette(
        routes=[*routes(api.ask, PageSettings()), Route("/live", live)], middleware=[Middleware(Guard)]
    )


def main() -> None:
    import uvicorn

    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=8055)
    options.add_argument("--empty", action="store_true")
    given = options.parse_args()
    uvicorn.run(app(MadeUpApi(empty=given.empty)), port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
