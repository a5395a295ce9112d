# SPDX-License-Identifier: Apache-2.0
"""Salesforce: which deals were won, and where we write back what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import httpx2

from sync.connection import Connection
from sync.connectors import answer
from sync.connectors.access_token import AccessToken
from sync.connectors.reading import ReadError
from sync.outcome import Absent, ErrorClass, Outcome, Probe, Sent
from terms import instant, money
from terms.instant import MINUTE, Instant
from terms.money import Money
from terms.problem import ProblemError

VERSION = "v62.0"
# A record's SystemModstamp may lie before the moment it becomes visible, so every poll looks a little further back.
OVERLAP = MINUTE

_FIELDS = (
    "Id", "Type", "Order_Number__c", "Amendment_Number__c", "AccountId", "Account.External_Id__c", "Account.Name",
    "Legal_Entity__c", "Region__c", "CurrencyIsoCode", "Amount", "Closed_At__c", "Quoted_At__c", "Effective_On__c",
    "Billing_Subscription__c", "SystemModstamp",
    "(SELECT Product2.ProductCode, Quantity FROM OpportunityLineItems)",
)  # fmt: skip

_CLASSES: Mapping[str, ErrorClass] = {
    "DUPLICATE_VALUE": "duplicate",
    "NOT_FOUND": "missing",
    "ENTITY_IS_DELETED": "missing",
    "UNABLE_TO_LOCK_ROW": "intermittent",
    "REQUEST_LIMIT_EXCEEDED": "rate_limit",
}


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A won deal as the CRM holds it. `order_number` is empty for an amendment, `amendment_id` for a new deal."""

    id: str
    kind: str  # "New Business" | "Renewal Amendment"
    order_number: str
    account_id: str
    customer_id: str
    customer_name: str
    legal_entity: str
    region: str
    currency: str
    amount: Money
    closed_at: Instant
    quoted_at: Instant | None
    subscription_id: str
    amendment_id: str
    effective_on: str  # a calendar day, 2026-03-01, or empty
    item: str
    quantity: int
    modified_at: Instant


class Salesforce:
    """One org. Safe to share between threads."""

    def __init__(self, connection: Connection, http: httpx2.Client) -> None:
        self._base = connection.base_url.rstrip("/")
        self._timeout = connection.timeout_s
        self._credentials = connection.credentials
        self._http = http
        self._token = AccessToken("salesforce", self._sign_in)

    def closed_won(self, since: Instant, limit: int = 200) -> tuple[Opportunity, ...]:
        """Every won opportunity modified after `since` less the overlap, oldest change first; `limit` records a page.

        The same record comes again while it lies in the overlap and whenever it changes. Raises ReadError.
        """
        after = instant.to_datetime(Instant(since - OVERLAP)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        soql = (
            f"SELECT {', '.join(_FIELDS)} FROM Opportunity "  # noqa: S608 - SOQL, and nothing in it comes from outside
            f"WHERE IsWon = true AND SystemModstamp >= {after} ORDER BY SystemModstamp, Id"
        )
        page = self._page(f"/services/data/{VERSION}/query?{urlencode({'q': soql})}", limit)
        found = list(page["records"])
        while following := page.get("nextRecordsUrl"):
            page = self._page(following, limit)
            found += page["records"]
        return tuple(_opportunity(record) for record in found)

    def write_status(self, opportunity_id: str, fields: Mapping[str, str]) -> Outcome:
        """Sets fields of one opportunity. Sending the same values twice leaves the same record."""
        found = answer.write(
            "salesforce", lambda: self._send("PATCH", self._record(opportunity_id), json=dict(fields))
        )
        if not isinstance(found, httpx2.Response):
            return found
        if found.is_success:
            return Sent(opportunity_id, dict(fields))
        return answer.refused(found, _refusal(found), _CLASSES, "value")

    def find_status(self, opportunity_id: str, fields: Mapping[str, str]) -> Probe:
        """Sent when the opportunity already has all these values."""
        path = f"{self._record(opportunity_id)}?fields={','.join(fields)}"
        found = answer.probe("salesforce", lambda: self._send("GET", path))
        if found is None:
            return Absent()
        if not isinstance(found, httpx2.Response):
            return found
        record = answer.document_or_empty(found)
        same = all(record.get(name) == value for name, value in fields.items())
        return Sent(opportunity_id, record) if same else Absent()

    def _record(self, opportunity_id: str) -> str:
        return f"/services/data/{VERSION}/sobjects/Opportunity/{quote(opportunity_id, safe='')}"

    def _page(self, path: str, limit: int) -> dict[str, Any]:
        size = {"Sforce-Query-Options": f"batchSize={limit}"}
        page = answer.document(answer.read("salesforce", lambda: self._send("GET", path, headers=size)))
        if not isinstance(page, dict) or not isinstance(page.get("records"), list):
            raise ReadError("salesforce: the answer is not a page of records")
        return page

    def _send(
        self, method: str, path: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        return self._token.send(
            lambda token: self._http.request(
                method,
                self._base + path,
                json=json,
                headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                timeout=self._timeout,
            )
        )

    def _sign_in(self) -> httpx2.Response:
        return self._http.post(
            f"{self._base}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(self._credentials["client_id"], self._credentials["client_secret"]),
            timeout=self._timeout,
        )


def _refusal(response: httpx2.Response) -> answer.Refusal:
    """Salesforce answers with a list of errors, also when there is one."""
    try:
        first = answer.document(response)[0]
        return str(first["errorCode"]), str(first["message"])
    except (ReadError, LookupError, TypeError):
        return str(response.status_code), response.text[:200]


def _opportunity(record: Mapping[str, Any]) -> Opportunity:
    try:
        account = record.get("Account") or {}
        line = ((record.get("OpportunityLineItems") or {}).get("records") or [{}])[0]
        currency = record["CurrencyIsoCode"]
        quoted = record.get("Quoted_At__c")
        return Opportunity(
            id=record["Id"],
            kind=record["Type"],
            order_number=record.get("Order_Number__c") or "",
            account_id=record.get("AccountId") or "",
            customer_id=account.get("External_Id__c") or "",
            customer_name=account.get("Name") or "",
            legal_entity=record.get("Legal_Entity__c") or "",
            region=record.get("Region__c") or "",
            currency=currency,
            amount=money.parse(str(record["Amount"]), currency),
            closed_at=instant.parse(record["Closed_At__c"]),
            quoted_at=instant.parse(quoted) if quoted else None,
            subscription_id=record.get("Billing_Subscription__c") or "",
            amendment_id=record.get("Amendment_Number__c") or "",
            effective_on=record.get("Effective_On__c") or "",
            item=(line.get("Product2") or {}).get("ProductCode") or "",
            quantity=int(Decimal(line.get("Quantity", 1))),
            modified_at=instant.parse(record["SystemModstamp"]),
        )
    except (KeyError, TypeError, ProblemError) as error:
        raise ReadError(f"salesforce: opportunity {record.get('Id', '?')} cannot be read: {error}") from error
