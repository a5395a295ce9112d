# SPDX-License-Identifier: Apache-2.0
"""Made-up contracts, verdicts and findings, shaped as the API's types."""

import json
from collections import Counter
from typing import Any

from terms.instant import DAY, HOUR
from tests.dashboards import made_up_changes
from tests.dashboards.made_up import Row, at, page

ODD = "billing/Rechnung gestellt ü"
"""A subject whose address needs care."""


def document(number: int) -> str:
    """The text of a version; each next one renames, tightens and adds something."""
    properties: Row = {
        "invoice_id": {"type": "string", "minLength": 1, "maxLength": 64 if number < 3 else 32},
        "total": {"type": "object", "required": ["amount", "currency"], "properties": {
            "amount": {"type": "string", "pattern": "^[0-9]+$" if number < 2 else "^-?[0-9]+(\\.[0-9]{1,4})?$"},
            "currency": {"enum": ["EUR", "USD"] if number < 3 else ["EUR"]},
        }},
        "customer": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
    }  # fmt: skip
    properties |= {f"attribute_{n:02}": {"type": "string"} for n in range(1, 13)}
    if number > 1:
        properties["tax_lines"] = {"type": "array", "items": {"type": "object"}}
    return json.dumps({"title": "Invoice issued", "type": "object", "properties": properties, "required": ["invoice_id"]}, indent=2)  # fmt: skip


FIELDS = [
    {"pointer": "/invoice_id", "type": "string", "required": True, "classification": "internal", "description": "Business key of the invoice",
     "depth": 0, "deprecated": False, "constraints": ["1 to 64 characters"], "examples": ['"INV-7"']},
    {"pointer": "/total", "type": "money", "required": True, "classification": "financial", "description": "Total, exact", "depth": 0,
     "deprecated": False, "constraints": ["no other fields"], "examples": []},
    {"pointer": "/total/amount", "type": "string", "required": True, "classification": "financial", "description": "Decimal text", "depth": 1,
     "deprecated": False, "constraints": ["at most 21 characters", "matches ^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,4})?$"], "examples": []},
    {"pointer": "/customer/email", "type": "string (email)", "required": False, "classification": "personal", "description": None, "depth": 1,
     "deprecated": True, "constraints": [], "examples": []},
]  # fmt: skip

_FLAT = {
    "direction": "BACKWARD", "whereOld": "", "whereNew": "", "before": "", "after": "", "against": "invoice-issued@1.2.0",
    "confirmed": True, "witness": None, "patch": None, "approval": None, "message": "", "fix": "",
    "usedBy": [], "usedByCount": 0,
}  # fmt: skip


def levels(validation: str, lenient: str, codegen: str) -> list[Row]:
    return [
        {"policy": name, "level": level}
        for name, level in (("validation", validation), ("lenient", lenient), ("codegen", codegen))
    ]


def finding_shorter() -> Row:
    """Breaking, with a proof and a patch."""
    return _FLAT | {
        "rule": "max-length-lowered", "level": "breaking", "levels": levels("breaking", "breaking", "breaking"),
        "pointerOld": "/properties/invoice_id/maxLength", "pointerNew": "/properties/invoice_id/maxLength",
        "whereOld": "invoice-issued@1.2.0:7", "whereNew": "draft:7", "what": "maxLength was lowered", "before": "64", "after": "32",
        "why": "documents written so far may hold texts that the new contract refuses", "fix": "keep maxLength at 64",
        "witness": {"document": '{\n  "invoice_id": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\n}', "acceptedBy": "invoice-issued@1.2.0",
                    "refusedBy": "draft", "refusal": "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is longer than 32 characters", "pointer": "/invoice_id"},
        "patch": '[\n  {\n    "op": "replace",\n    "path": "/properties/invoice_id/maxLength",\n    "value": 64\n  }\n]',
        "fingerprint": "a1b2c3d4e5f6",
    }  # fmt: skip


def finding_values() -> Row:
    """Breaking, without a proof, approved."""
    return _FLAT | {
        "rule": "values-removed", "level": "breaking", "levels": levels("breaking", "breaking", "breaking"),
        "pointerOld": "/properties/total/properties/currency/enum", "pointerNew": "/properties/total/properties/currency/enum",
        "whereOld": "invoice-issued@1.2.0:21", "whereNew": "draft:21", "what": "accepted values were removed", "before": '"USD"',
        "why": 'documents written so far may hold "USD"', "fix": 'accept "USD" again and mark it as deprecated in the description',
        "confirmed": False, "approval": "ada until 2026-12-31: the US entity moved to EUR", "fingerprint": "b1b2c3d4e5f6",
    }  # fmt: skip


def finding_added(number: int = 0) -> Row:
    """Safe under two policies, breaking for generated code."""
    return _FLAT | {
        "rule": "property-added-to-open", "level": "safe", "levels": levels("safe", "safe", "breaking" if number == 0 else "safe"),
        "pointerOld": "/properties", "pointerNew": f"/properties/tax_lines{number or ''}", "whereOld": "invoice-issued@1.2.0:4",
        "whereNew": "draft:60", "what": "a field was added", "after": '{"type": "array"}', "why": "readers ignore what they do not know",
        "fingerprint": f"c{number}b2c3d4e5f6"[:12],
    }  # fmt: skip


def verdict(status: str, findings: list[Row], policy: str = "validation", mode: str = "BACKWARD") -> Row:
    statuses = {"validation": status, "lenient": status, "codegen": "BREAKING" if findings else status}
    differs = len(set(statuses.values())) > 1
    return {
        "status": status, "mode": mode, "policy": policy, "new": "draft", "against": ["invoice-issued@1.2.0"], "findings": findings,
        "policies": [{"policy": name, "status": one} for name, one in statuses.items()],
        "difference": ", ".join(f"{one.lower()} under {name}" for name, one in statuses.items()) if differs else None,
    }  # fmt: skip


def contract(subject: str, title: str, owner: str) -> Row:
    versions = [
        {"number": n, "semver": f"1.{n}.0", "contentId": f"{n}f" * 32, "registeredAt": at((60 - 20 * n) * DAY), "fields": FIELDS,
         "document": document(n), "text": document(n), "type": "json-schema", "syntax": "json", "lifecycle": "active" if n == 2 else "deprecated",
         "successor": None if n == 2 else f"{subject}@1.2.0", "deprecatedAt": None if n == 2 else at(9 * DAY),
         "sunsetAt": None if n == 2 else at(-30 * DAY), "retiredAt": None,
         "examples": ['{\n  "invoice_id": "INV-7"\n}'], "operations": [], "steps": STEPS[n], "statement": STATEMENT,
         "verdict": verdict("COMPATIBLE", [finding_added(), finding_added(1)]) if n > 1 else None}
        for n in (1, 2)
    ]  # fmt: skip
    return {
        "subject": subject, "title": title, "description": f"{title}: sent once for each, by the system that owns it.", "owner": owner,
        "steward": "Finance data", "domain": "finance", "lifecycle": "active", "compatibilityMode": "BACKWARD", "latest": versions[-1],
        "audience": "internal", "type": "json-schema", "retention": "10 years", "eventType": f"com.example.{subject}", "currentVersion": "1.2.0",
        "labels": [{"name": "tier", "value": "1"}], "versions": versions,
        "applications": APPLICATIONS, "observed": observed(OBSERVED), "use": use(("1.1.0", 1480, 2), ("1.2.0", 512, 1), ("0.9.0", 3, 1)), "matrix": MATRIX, "approvals": [APPROVAL], "violations": [VIOLATION], "stillUsed": STILL_USED,
        "deletedVersions": [{"number": 3, "semver": "1.3.0", "lifecycle": "active", "deletedAt": at(2 * DAY)}],
        "standing": {"versions": 2, **standing(subject), "registeredAt": versions[-1]["registeredAt"]},
        "traffic": [
            {"version": v, "events": n, "firstSeenAt": at(30 * DAY), "lastSeenAt": at(HOUR), "legalEntities": list(who)}
            for v, n, who in (("1.1.0", 1480, ("US", "CA", "UK")), ("1.2.0", 512, ("DE",)), ("0.9.0", 3, ("UK",)))
        ],
    }  # fmt: skip


def standing(subject: str) -> Row:
    """The verdict for a list: the odd contract passes only because somebody accepted its break."""
    if subject == ODD:
        return {"verdict": "COMPATIBLE", "withoutApprovals": "BREAKING", "approvedUntil": APPROVAL["until"]}
    return {"verdict": "COMPATIBLE", "withoutApprovals": "COMPATIBLE", "approvedUntil": None}


def use(*versions: tuple[str, int, int]) -> Row:
    """What was seen of late: (version, uses, applications) each, the last an hour ago, all but ten of it today."""
    total = sum(uses for _, uses, _ in versions)
    return {
        "days": 30, "since": at(29 * DAY)[:10], "uses": total, "applications": 3 if versions else 0, "lastSeenAt": at(HOUR) if versions else None,
        "versions": [{"version": name, "uses": uses, "applications": by, "lastSeenAt": at(HOUR)} for name, uses, by in versions],
        "daily": [{"day": at(5 * DAY)[:10], "uses": 10}, {"day": at(0)[:10], "uses": total - 10}] if versions else [],
    }  # fmt: skip


def observed(seen: list[Row]) -> Any:
    """A page of who was seen, whatever the days."""
    return lambda _, **asked: page(seen, **asked)


STEPS = {
    2: [
        {"to": "deprecated", "why": "a better version exists", "needsDate": False, "needsForce": False, "refusal": None},
        {"to": "retired", "why": "it must end at once", "needsDate": False, "needsForce": True, "refusal": "no day was named"},
    ],
    1: [
        {"to": "active", "why": "the deprecation is taken back", "needsDate": False, "needsForce": False, "refusal": None},
        {"to": "deprecated", "why": "its days were changed", "needsDate": False, "needsForce": False, "refusal": None},
        {"to": "sunset", "why": "the day is known", "needsDate": True, "needsForce": False, "refusal": None},
        {"to": "retired", "why": "its day has come", "needsDate": False, "needsForce": False, "refusal": made_up_changes.STILL_USED},
    ],
}  # fmt: skip
STILL_USED = [{"version": "1.1.0", "applications": 1, "most": [
    {"application": "spreadsheet", "version": "1.1.0", "uses": 14, "firstSeenAt": at(9 * DAY), "lastSeenAt": at(HOUR), "lifecycle": "deprecated", "declared": False}
]}]  # fmt: skip
STATEMENT = {
    "producers": ["billing"], "consumers": ["ledger", "portal"],
    "notes": [{"change": "tax_lines are new.", "why": "The ledger asked for them.", "breaking": False},
              {"change": "total is a text.", "why": "Numbers lost cents.", "breaking": True}],
}  # fmt: skip
APPROVAL = {
    "subject": ODD, "fingerprint": "b1b2c3d4e5f6", "reason": "the US entity moved to <EUR>", "approvedBy": "ada", "approvedAt": at(3 * DAY),
    "until": at(-30 * DAY), "inForce": True, "finding": {"what": "accepted values were removed", "pointerOld": "/total", "pointerNew": ""},
}  # fmt: skip
VIOLATION = {
    "id": "v1", "rule": "contract.deprecated.used", "title": "t", "severity": "warning", "state": "OPEN", "targetKind": "contract",
    "targetKey": ODD, "message": "spreadsheet uses 1.1.0, which is on its way out.", "remediation": "Move it to 1.2.0.", "firstSeenAt": at(DAY),
    "lastSeenAt": at(HOUR), "resolvedAt": None, "occurrences": 1, "reopened": 0, "amount": None, "transaction": None,
}  # fmt: skip


def facets(found: list[Row]) -> list[Row]:
    """What the contracts found can be narrowed by."""
    columns = {
        "domain": "domain",
        "owner": "owner",
        "lifecycle": "lifecycle",
        "type": "type",
        "mode": "compatibilityMode",
    }
    return [
        {"name": name, "values": [
            {"value": value, "count": count} for value, count in Counter(one[column] for one in found if one[column]).most_common()
        ]}
        for name, column in columns.items()
    ]  # fmt: skip


def version(found: Row, asked: str | None) -> Row | None:
    """One version by its number or semantic version, the latest without."""
    listed: list[Row] = found["versions"]
    return next((one for one in reversed(listed) if asked in (None, str(one["number"]), one["semver"])), None)


APPLICATIONS = [
    {"application": name, "version": version, "owner": owner, "role": role, "range": span, "fields": fields, "optional": False, "environments": where}
    for name, version, owner, role, span, fields, where in (
        ("billing-worker", "2.3.0", "Billing team", "produces", "1.2.0", [], ["dev", "prod"]),
        ("ledger-feed", "7.1.0", "", "consumes", "^1.1.0", ["/total/amount", "/lines/*/account"], ["prod"]),
        ("old-report", "0.4.0", "Finance data", "consumes", "1.1.0", [], []),
    )
]  # fmt: skip
OBSERVED = [
    {"application": name, "version": version, "uses": uses, "firstSeenAt": at(30 * DAY), "lastSeenAt": at(HOUR), "lifecycle": state, "declared": said}
    for name, version, uses, state, said in (
        ("billing-worker", "1.2.0", 1992, "active", True), ("spreadsheet", "1.1.0", 14, "deprecated", False), ("legacy", "0.9.0", 3, None, False)
    )
]  # fmt: skip
CALLERS = [
    OBSERVED[0] | {"application": f"caller-{number}", "version": "1.1.0", "uses": number}
    for number in range(100, 160)
]
_BREAK = {
    "what": "a required field was removed",
    "pointerNew": "",
    "pointerOld": "/properties/total",
    "why": "the reader needs it",
}
MATRIX = {
    "policy": "validation",
    "columns": [
        {"application": "billing-worker", "version": "2.3.0", "role": "produces", "range": "1.2.0", "environments": ["dev", "prod"]},
        {"application": "ledger-feed", "version": "7.1.0", "role": "consumes", "range": "^1.1.0", "environments": ["prod"]},
    ],
    "rows": [
        {"version": version, "lifecycle": state, "cells": [
            {"status": "declared" if version == "1.2.0" else "", "read": version if version == "1.2.0" else "", "findings": []},
            {"status": status, "read": "1.1.0", "findings": [_BREAK] if status == "breaking" else []},
        ]}
        for version, state, status in (("1.1.0", "deprecated", "declared"), ("1.2.0", "active", "breaking"))
    ],
}  # fmt: skip
API = "invoices-api"


def api(base: Row) -> Row:
    """An API among the contracts, with two operations."""
    fields = [FIELDS[0], FIELDS[1], FIELDS[2]]
    parameter = FIELDS[0] | {
        "pointer": "id",
        "constraints": ["in path", "1 to 64 characters"],
        "examples": [],
    }
    operations = [
        {"operationId": "getInvoice", "verb": "GET", "place": "/invoices/{id}", "summary": "One invoice.", "deprecated": False, "sunset": None, "terms": ["bearer (invoices:read)", "at most 600 requests in 60s"], "parts": [
            {"title": "parameters", "mediaType": "", "description": "", "fields": [parameter], "example": None},
            {"title": "200", "mediaType": "application/json", "description": "The record.", "fields": fields, "example": '{"id": "INV-7"}'},
            {"title": "404", "mediaType": "application/problem+json", "description": "There is none.", "fields": fields, "example": None},
        ]},
        {"operationId": "remind", "verb": "POST", "place": "/invoices/{id}/reminders", "summary": "Remind the customer.", "deprecated": True,
         "sunset": "2027-06-30", "terms": [], "parts": [{"title": "202", "mediaType": "", "description": "It will be sent.", "fields": [], "example": None}]},
    ]  # fmt: skip
    versions = [
        one | {"type": "openapi", "fields": [], "examples": [], "operations": operations}
        for one in base["versions"]
    ]
    return base | {"type": "openapi", "versions": versions, "latest": versions[-1], "traffic": [], "applications": [], "use": use(("1.1.0", 88, 60)), "observed": observed(CALLERS), "approvals": [], "violations": [], "deletedVersions": [], "stillUsed": [],
                   "matrix": {"policy": "validation", "columns": [], "rows": []}}  # fmt: skip


ENVIRONMENTS = [
    {"name": name, "after": after, "rule": rule}
    for name, after, rule in (("dev", None, "ignore"), ("test", "dev", "warn"), ("stage", "test", "warn"), ("prod", "stage", "refuse"))
]  # fmt: skip
DEPLOYMENTS = [
    {"application": name, "version": version, "environment": where, "deployedAt": at(3 * DAY), "recordedBy": "ci",
     "promotion": None if where == "prod" else {"answer": answer, "environment": following}}
    for name, version, where, answer, following in (
        ("billing-worker", "2.4.0-rc.1", "dev", "NO", "test"), ("billing-worker", "2.3.0", "prod", "", ""),
        ("ledger-feed", "7.1.0", "prod", "", ""), ("crm-sync", "1.0.0", "test", "UNDECIDED", "stage"), ("crm-sync", "1.0.0", "dev", "YES", "test"),
    )
]  # fmt: skip


def can_i_deploy(**asked: Any) -> Row:
    """The answer for one version, as the API gives it."""
    reason = {"kind": "reader-breaks", "weight": "blocks", "what": "ledger-feed 7.1.0 cannot read what it writes", "next": "keep the field, or move ledger-feed first",
              "subject": ODD, "application": "ledger-feed", "applicationVersion": "7.1.0",
              "findings": [_BREAK | {"rule": "property-removed", "fix": "keep it"}]}  # fmt: skip
    note = reason | {"kind": "order", "weight": "warns", "what": "it was never in stage", "next": "", "subject": "", "application": "",
                     "applicationVersion": "", "findings": []}  # fmt: skip
    is_safe = asked["application"] == "crm-sync"
    return {
        "answer": "YES" if is_safe else "NO", "application": asked["application"], "version": asked["version"], "environment": asked["to"],
        "policy": asked.get("policy") or "validation", "compared": 3, "reasons": [] if is_safe else [reason, note],
    }  # fmt: skip


def diff(found: Row, **asked: Any) -> Row | None:
    """Two versions side by side, as the API answers."""
    versions = {version["semver"]: version for version in found["versions"]}
    old, new = asked.get("from") or "1.1.0", asked.get("to") or "1.2.0"
    if old not in versions or new not in versions:
        return None
    breaks = [finding_shorter(), finding_values(), finding_added(), finding_added(1)]
    listed = [] if old == new else breaks if old > new else [finding_added(), finding_added(1)]
    status = "BREAKING" if old > new else "COMPATIBLE"
    return {
        "subject": found["subject"], "old": _side(versions[old]), "new": _side(versions[new]),
        "verdict": verdict(status, listed, asked.get("policy") or "validation", asked.get("mode") or "BACKWARD"),
    }  # fmt: skip


def _side(version: Row) -> Row:
    return {"name": f"x@{version['semver']}", "version": version["semver"], "text": version["text"]}


def compatibility(found: Row | None, **asked: Any) -> Row:
    """The verdict on a draft, as the API answers."""
    text = asked["document"]
    try:
        json.loads(text)
    except ValueError as error:
        problem = {
            "what": f"is not JSON: {error}",
            "where": "draft:1",
            "next": "check it with a JSON formatter",
        }
        return {"__typename": "DraftUnreadable", "problems": [problem]}
    if found is None:
        return {
            "__typename": "ContractNotFound",
            "message": f"there is no contract '{asked.get('subject')}' yet",
        }
    old = found["latest"]
    return {
        "__typename": "Compatibility", "subject": found["subject"], "old": _side(old),
        "new": {"name": "draft", "version": "", "text": text},
        "verdict": verdict("BREAKING", [finding_shorter(), finding_values(), finding_added(), finding_added(1)],
                           asked.get("policy") or "validation", asked.get("mode") or "BACKWARD"),
    }  # fmt: skip
