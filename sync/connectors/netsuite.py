# SPDX-License-Identifier: Apache-2.0
"""NetSuite: customers, journals and receipts are upserted by our own external ids, so that a repeat leaves one record."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx2

from sync.connection import Connection
from sync.connectors import answer
from sync.connectors.access_token import AccessToken
from sync.connectors.reading import ReadError
from sync.outcome import Absent, ErrorClass, Outcome, Probe, Sent
from terms import canonical_json, instant, money
from terms.instant import SECOND, Clock, Instant, wall_clock
from terms.money import Money
from terms.problem import ProblemError

PAGE = 1_000  # rows of one answer; what is left comes with the next poll

_CLASSES: Mapping[str, ErrorClass] = {
    "PERIOD_CLOSED": "period_closed",
    "TRAN_PRD_CLOSED": "period_closed",
    "INVALID_KEY_OR_REF": "missing",
    "NONEXISTENT_ID": "missing",
    "TRANS_UNBALNCD": "unbalanced",
    "DUP_ENTITY": "duplicate",
    "DUP_RCRD": "duplicate",
    "RCRD_HAS_BEEN_CHANGED": "conflict",
    "CONCURRENCY_LIMIT_EXCEEDED": "rate_limit",
}
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of a journal: exactly one of debit and credit. `item` books it under that product's class, if given."""

    account: str
    debit: Money | None = None
    credit: Money | None = None
    memo: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class ClearedReceipt:
    """A receipt, by our external id, that the ERP matched with a line of the bank's statement at `at`."""

    line_id: str
    receipt: str
    amount: Money
    at: Instant


class NetSuite:
    """One account. Safe to share between threads. Dates are calendar days such as 2026-03-01."""

    def __init__(self, connection: Connection, http: httpx2.Client, clock: Clock = wall_clock) -> None:
        self._services = f"{connection.base_url.rstrip('/')}/services/rest"
        self._timeout = connection.timeout_s
        self._credentials = connection.credentials
        self._http = http
        self._clock = clock
        self._token = AccessToken("netsuite", self._sign_in)

    def upsert_customer(self, customer_id: str, name: str, subsidiary: str, currency: str) -> Outcome:
        """Creates the customer, or brings it to these values."""
        body = {
            "entityId": customer_id,
            "companyName": name,
            "isPerson": False,
            "subsidiary": _reference(subsidiary),
            "currency": _reference(currency),
        }
        return self._upsert("customer", customer_id, body)

    def find_customer(self, customer_id: str) -> Probe:
        """Whether the customer exists."""
        return self._find("customer", customer_id)

    def post_journal(
        self,
        external_id: str,
        subsidiary: str,
        posted_on: str,
        currency: str,
        lines: tuple[JournalLine, ...],
        reference: str,
    ) -> Outcome:
        """Posts the journal, or brings the one of this external id to these values. `reference` is the business key."""
        body = {
            "tranId": external_id,
            "memo": reference,
            "subsidiary": _reference(subsidiary),
            "tranDate": posted_on,
            "currency": _reference(currency),
            "exchangeRate": 1,
            "line": {"items": [_line(line) for line in lines]},
        }
        return self._upsert("journalEntry", external_id, body)

    def find_journal(self, external_id: str) -> Probe:
        """Whether the journal exists."""
        return self._find("journalEntry", external_id)

    def apply_receipt(
        self,
        external_id: str,
        invoice_external_id: str,
        customer_id: str,
        amount: Money,
        received_on: str,
        subsidiary: str,
    ) -> Outcome:
        """Books the customer's payment and applies it to the receivable of `invoice_external_id`."""
        body = {
            "customer": _reference(customer_id),
            "subsidiary": _reference(subsidiary),
            "tranDate": received_on,
            "currency": _reference(amount.currency),
            "payment": Decimal(amount.amount),
            "account": _reference("1000"),
            "arAcct": _reference("1200"),
            "memo": invoice_external_id,
            "apply": {
                "items": [
                    {"doc": _reference(invoice_external_id), "apply": True, "amount": Decimal(amount.amount)}
                ]
            },
        }
        return self._upsert("customerPayment", external_id, body)

    def find_receipt(self, external_id: str) -> Probe:
        """Whether the receipt exists."""
        return self._find("customerPayment", external_id)

    def cleared(self, since: Instant) -> tuple[ClearedReceipt, ...]:
        """Receipts matched with the bank's statement at or after `since`, oldest first, at most a page of them. Raises ReadError."""
        query = (
            "SELECT line.id, receipt.externalid AS receipt, line.amount, line.currency, line.clearedat "  # noqa: S608 - SuiteQL, and nothing in it comes from outside
            "FROM bankStatementLine line JOIN customerPayment receipt ON receipt.id = line.matchedto "
            f"WHERE line.clearedat >= '{instant.text(since)}' ORDER BY line.clearedat, line.id"
        )
        found = answer.document(
            answer.read(
                "netsuite",
                lambda: self._ask(
                    "POST",
                    f"query/v1/suiteql?limit={PAGE}",
                    json={"q": query},
                    headers={"Prefer": "transient"},
                ),
            )
        )
        if not isinstance(found, dict) or not isinstance(found.get("items"), list):
            raise ReadError("netsuite: the answer is not a page of rows")
        return tuple(_cleared(row) for row in found["items"])

    def _upsert(self, record: str, external_id: str, body: Mapping[str, Any]) -> Outcome:
        found = answer.write(
            "netsuite",
            lambda: self._send(
                "PUT",
                f"{record}/eid:{quote(external_id, safe='')}",
                content=canonical_json.text(body).encode(),  # exact decimals, which floats would not be
                headers={
                    "Content-Type": "application/json",
                    "X-NetSuite-PropertyNameValidation": "Error",
                },
            ),
        )
        if not isinstance(found, httpx2.Response):
            return found
        if found.is_success:
            native_id = found.headers.get("location", "").rpartition("/")[2]
            return Sent(native_id or external_id, {"externalId": external_id, **body})
        return answer.refused(found, _refusal(found), _CLASSES, "value")

    def _find(self, record: str, external_id: str) -> Probe:
        found = answer.probe(
            "netsuite", lambda: self._send("GET", f"{record}/eid:{quote(external_id, safe='')}")
        )
        if found is None:
            return Absent()
        if not isinstance(found, httpx2.Response):
            return found
        body = answer.document_or_empty(found)
        return Sent(str(body.get("id", external_id)), body)

    def _send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        return self._ask(method, f"record/v1/{path}", content=content, headers=headers)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        return self._token.send(
            lambda token: self._http.request(
                method,
                f"{self._services}/{path}",
                content=content,
                json=json,
                headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                timeout=self._timeout,
            )
        )

    def _sign_in(self) -> httpx2.Response:
        """Machine to machine: a short-lived assertion signed with the key whose certificate the account holds."""
        # It and the cryptography below it take 9 MiB: a process that only takes spans never signs in anywhere.
        import jwt

        url = f"{self._services}/auth/oauth2/v1/token"
        now = self._clock() // SECOND
        assertion = jwt.encode(
            {
                "iss": self._credentials["client_id"],
                "scope": ["rest_webservices"],
                "aud": url,
                "iat": now,
                "exp": now + 300,
                "jti": secrets.token_hex(16),
            },
            self._credentials["private_key"],
            algorithm="PS256",
            headers={"kid": self._credentials["certificate_id"]},
        )
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": assertion,
        }
        return self._http.post(url, data=form, timeout=self._timeout)


def _cleared(row: Any) -> ClearedReceipt:
    try:
        return ClearedReceipt(
            str(row["id"]),
            str(row["receipt"]),
            money.parse(str(row["amount"]), str(row["currency"])),
            instant.parse(row["clearedat"]),
        )
    except (KeyError, TypeError, ProblemError) as error:
        raise ReadError(f"netsuite: a statement line cannot be read: {error}") from error


def _reference(external_id: str) -> dict[str, str]:
    return {"externalId": external_id}


def _line(line: JournalLine) -> dict[str, Any]:
    found: dict[str, Any] = {"account": _reference(line.account), "memo": line.memo}
    if line.item:
        found["class"] = _reference(line.item)
    if line.debit is not None:
        found["debit"] = Decimal(line.debit.amount)
    if line.credit is not None:
        found["credit"] = Decimal(line.credit.amount)
    return found


def _refusal(response: httpx2.Response) -> answer.Refusal:
    """The first of the error details; the title when there are none."""
    body = answer.document_or_empty(response)
    details = body.get("o:errorDetails") or [{}]
    code = details[0].get("o:errorCode") or str(response.status_code)
    return str(code), str(details[0].get("detail") or body.get("title") or response.text[:200])
