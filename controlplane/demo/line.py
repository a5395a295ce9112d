# SPDX-License-Identifier: Apache-2.0
"""What the demo asks the two servers: the control plane through its public GraphQL and OTLP doors, the sandbox through its control API."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2

from controlplane.demo.deals import LiveDeal

_SENTENCE = "{ line { sentence } }"
_STORY = "{ exceptions(first: 1, state: OPEN) { totalCount nodes { sentence transaction { id } } } }"
_DEAL = """query Deal($key: String!) {
  transactions(first: 1, filter: {key: $key}) { nodes { id status waitingForTitle milestones { name title state } } }
}"""
_EXCEPTIONS = """query Waiting($state: ExceptionState!) {
  exceptions(first: 200, state: $state) { totalCount nodes { sentence transaction { id } } }
}"""
_SUMMARY = """{
  line { sentence stages { process milestone reached waiting failed } }
  kpis { title unit statistic value valueIsLowerBound target targetMet n open }
  policies { title severity openViolations }
}"""

# What the server writes for the demo once it listens, anew at each start.
OF_THIS_START = ("sign-in-url", "demo-token")
# What goes wrong while a server is away or on its way; anything else is a fault of ours and is told.
AWAY = (httpx2.TransportError, ConnectionError)


class Unanswered(RuntimeError):  # noqa: N818 it is an answer the caller plans with, not an error of the program
    """The server is there and did not take it: the status and what it said."""


class ControlPlane:
    """The control plane as its users reach it, with the credential it wrote for the demo."""

    def __init__(self, url: str, place: Path) -> None:
        self.url = url
        self._place = place
        self._http = httpx2.Client(base_url=url, timeout=60)

    def is_ready(self) -> bool:
        """Whether it takes work now. Its files tell it from another server that took its port a moment before."""
        if not all((self._place / name).exists() for name in OF_THIS_START):
            return False
        try:
            return self._http.get("/readyz", timeout=2).status_code == 200
        except AWAY:
            return False

    def close(self) -> None:
        """Gives its connections back."""
        self._http.close()

    def sign_in_url(self) -> str:
        """The one-time link of this start."""
        link = (self._place / "sign-in-url").read_text().strip()
        return link if link.startswith("http") else self.url + link

    def token(self) -> str:
        """The credential it wrote for the demo; read each time, for a server that was started again has written a new one."""
        return (self._place / "demo-token").read_text().strip()

    def send_spans(self, body: bytes) -> None:
        """Returns once the spans are durable. Raises Unanswered, or one of AWAY."""
        self._post("/v1/traces", body, "application/x-protobuf")

    def declare(self, body: bytes) -> dict[str, Any]:
        """An application says what it writes and reads. Raises Unanswered, or one of AWAY."""
        said: dict[str, Any] = json.loads(
            self._post("/apis/registry/v1/applications", body, "application/yaml")
        )
        return said

    def record_deployment(self, application: str, version: str, environment: str) -> None:
        """It runs there from now on. Raises Unanswered, or one of AWAY."""
        body = {"application": application, "version": version, "environment": environment}
        self._post("/apis/registry/v1/deployments", json.dumps(body).encode(), "application/json")

    def sentence(self) -> str:
        """The first screen's sentence about the money."""
        return str(self._ask(_SENTENCE)["line"]["sentence"])

    def first_exception(self) -> str | None:
        """What the exception with the most money says, if one waits for a person."""
        nodes = self._ask(_STORY)["exceptions"]["nodes"]
        return nodes[0]["sentence"] if nodes else None

    def deal(self, deal: LiveDeal) -> dict[str, Any] | None:
        """The deal's transaction, once there is one."""
        nodes = self._ask(_DEAL, {"key": ":".join(deal.anchor)})["transactions"]["nodes"]
        return nodes[0] if nodes else None

    def waiting_for_a_person(self) -> dict[str, str]:
        """Transaction id -> what its open exception says."""
        nodes = self._ask(_EXCEPTIONS, {"state": "OPEN"})["exceptions"]["nodes"]
        return {node["transaction"]["id"]: node["sentence"] for node in nodes if node["transaction"]}

    def retrying(self) -> int:
        """How many exceptions are being replayed."""
        return int(self._ask(_EXCEPTIONS, {"state": "RETRYING"})["exceptions"]["totalCount"])

    def summary(self) -> dict[str, Any]:
        """The line's sentence and stages, the KPIs, and the policies with their open violations."""
        return self._ask(_SUMMARY)

    def _ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        answer = json.loads(self._post("/graphql", body, "application/json"))
        if answer.get("errors"):
            raise Unanswered("; ".join(error["message"] for error in answer["errors"]))
        data: dict[str, Any] = answer["data"]
        return data

    def _post(self, path: str, body: bytes, content_type: str) -> bytes:
        headers = {"authorization": f"Bearer {self.token()}", "content-type": content_type}
        answer = self._http.post(path, content=body, headers=headers)
        if answer.status_code >= 300:
            raise Unanswered(f"POST {path}: {answer.status_code} {answer.text[:500]}")
        return answer.content


class Sandbox:
    """The stand-in systems' control API."""

    def __init__(self, url: str, connections: Path) -> None:
        self.url = url
        self._connections = connections
        self._http = httpx2.Client(base_url=url, timeout=30)

    def is_ready(self) -> bool:
        """Whether it answers. It writes the connections file once the port is its own."""
        if not self._connections.exists():
            return False
        try:
            return self._http.get("/sandbox/summary", timeout=2).status_code == 200
        except AWAY:
            return False

    def close(self) -> None:
        """Gives its connections back."""
        self._http.close()

    def call(self, client: str, path: str) -> int:
        """What a domain API answers one of its client applications: the status, 0 when nobody answers."""
        token = json.loads(self._connections.read_text())["clients"][client]
        try:
            return self._http.get(path, headers={"authorization": f"Bearer {token}"}, timeout=5).status_code
        except AWAY:
            return 0

    def read(self, client: str, path: str) -> dict[str, Any]:
        """What a domain API answers one of its client applications. Raises Unanswered, or one of AWAY."""
        token = json.loads(self._connections.read_text())["clients"][client]
        answer = self._http.get(path, headers={"authorization": f"Bearer {token}"}, timeout=5)
        if answer.status_code >= 300:
            raise Unanswered(f"GET {path}: {answer.status_code} {answer.text[:500]}")
        said: dict[str, Any] = answer.json()
        return said

    def close_deals(self, deals: Iterable[LiveDeal]) -> None:
        """The sales team closes these; one that was closed before stays as it is. Raises Unanswered, or one of AWAY."""
        self._checked("POST", "/sandbox/deals", {"deals": [deal.document() for deal in deals]})

    def forget_account(self, entity: str, item: str) -> None:
        """From now on the entity's ledger has no account for the item, until a person maps it."""
        self._checked("DELETE", f"/sandbox/mappings/{entity}/{item}")

    def send_webhooks_to(self, url: str) -> None:
        """From now on its systems' webhooks go there, those that wait too."""
        self._checked("PUT", "/sandbox/webhooks", {"url": url})

    def summary(self) -> dict[str, Any]:
        """Records by system, duplicates in the ledgers, webhooks that wait."""
        answer: dict[str, Any] = self._http.get("/sandbox/summary").raise_for_status().json()
        return answer

    def _checked(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        answer = self._http.request(method, path, json=body)
        if answer.status_code >= 300:
            raise Unanswered(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
