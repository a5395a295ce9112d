# SPDX-License-Identifier: Apache-2.0
"""Made-up sources for the page of them: one that is well, one that fails, one that sends by itself, and our own runtime."""

from typing import Any

from terms.instant import HOUR, MINUTE, SECOND, Instant, text
from tests.dashboards import made_up

Row = dict[str, Any]


def at(before: int) -> str:
    return text(Instant(made_up.NOW - before))


def source(name: str, kind: str, state: str, behind: int, **more: Any) -> Row:
    return {
        "name": name, "kind": kind, "state": state, "setUp": kind not in ("PUSH", "RUNTIME"), "address": "", "api": "",
        "watermark": at(behind), "behindSeconds": behind / SECOND, "truncationCount": 0, "services": [],
        "systems": ["netsuite"], "headerNames": [], "allowPrivate": False, "spanUrl": "", "everySeconds": 30.0,
        "settleSeconds": 60.0, "overlapSeconds": 900.0, "quietAfterSeconds": 300.0, "limit": 200, "maxSilenceSeconds": 3600.0,
        "createdAt": at(240 * HOUR), "createdBy": "Ada", "lastContactAt": at(20 * SECOND),
        "throughput": {"accepted": [n * 7 % 40 for n in range(48)], "totalAccepted": 48_200, "totalDuplicates": 910, "totalRejected": 0},
        "error": None, "progress": None, "rejections": [], "flags": [], "truncations": [], "fileProblems": [], "pulled": [],
    } | more  # fmt: skip


PROGRESS = {
    "running": False, "startedAt": at(31 * SECOND), "endedAt": at(30 * SECOND), "windows": 3, "traces": 12, "spans": 240,
    "service": "",
}  # fmt: skip
SOURCES = [
    source("erp-jaeger", "JAEGER", "OK", 70 * SECOND, address="https://jaeger.example", api="v3 summaries", progress=PROGRESS),
    source("push:collector eu", "PUSH", "QUIET", 40 * MINUTE, systems=["chargebee"], maxSilenceSeconds=None),
    source("throughline", "RUNTIME", "OK", 0, systems=["chargebee", "netsuite", "salesforce", "stripe"]),
    source(
        "zipkin-payments", "ZIPKIN", "LAGGING", 3 * HOUR, address="https://zipkin.example", systems=["stripe"],
        truncationCount=1, headerNames=["authorization"], progress=PROGRESS | {"running": True, "service": "checkout"},
        throughput={"accepted": [0] * 48, "totalAccepted": 12, "totalDuplicates": 3, "totalRejected": 7},
        error={
            "what": "answers 401: the credential is not accepted", "next": "set its credentials anew",
            "at": at(2 * MINUTE), "failures": 9,
        },
        rejections=[{"reason": "bad_trace_id", "count": 7, "lastWhat": "span 'charge': its trace id is not 16 bytes"}],
        flags=[{"reason": "ends_before_start", "count": 3, "lastWhat": "span 'charge' (00f067aa0ba902b7): ends 5.000 ms before it starts"}],
        truncations=[{"service": "checkout", "fromAt": at(4 * HOUR), "limit": 200}],
        fileProblems=[{"path": "traces/2026-11-19.json", "problem": "is neither JSON nor an OTLP request"}],
        pulled=[{"name": "*", "watermark": at(3 * HOUR)}, {"name": "checkout", "watermark": at(3 * HOUR)}],
    ),
]  # fmt: skip


def tried(_: object, input: Row) -> Row:  # noqa: A002
    if "wrong" in input["source"]["address"]:
        return {
            "__typename": "SourceFailed", "kind": "garbage", "what": "answers text/html that is not JSON",
            "where": "/api/v3/services", "next": "check the address",
        }  # fmt: skip
    return {
        "__typename": "SourceAnswered", "api": "v3 summaries", "services": ["checkout", "ledger"], "traces": 42, "spans": 7,
        "isFull": False, "elapsedSeconds": 0.31,
    }  # fmt: skip


def added(input: Row) -> Row:  # noqa: A002
    if input["source"]["kind"] != "PUSH" and not input["source"]["address"].startswith("https://"):
        problem = {
            "what": "is not encrypted",
            "where": "address",
            "next": "use https, or have an admin allow it",
        }
        return {"__typename": "SourceRefused", "problems": [problem]}
    return {"__typename": "SourceKept", "source": SOURCES[0]}


def changed(input: Row) -> Row:  # noqa: A002
    if input["name"] not in [one["name"] for one in SOURCES]:
        return {
            "__typename": "SourceNotFound",
            "message": f"there is no source '{input['name']}' that was set up",
        }
    if "javascript" in (input.get("spanUrl") or ""):
        problem = {
            "what": "is not a template of an address",
            "where": "spanUrl",
            "next": "write an http(s) address",
        }
        return {"__typename": "SourceRefused", "problems": [problem]}
    return {"__typename": "SourceKept", "source": SOURCES[0]}


def answered(field: str, name: str) -> Row:
    if name not in [one["name"] for one in SOURCES]:
        return {"__typename": "SourceNotFound", "message": f"there is no source '{name}' that was set up"}
    if field == "testSource":
        return tried(None, {"source": {"address": ""}})
    return (
        {"__typename": "SourceRemoved", "name": name}
        if field == "removeSource"
        else {"__typename": "SourceKept", "source": SOURCES[0]}
    )


DEFINITIONS = {
    "since": "2026-11-20T12:00:00Z",
    "inForce": [
        {"kind": "process", "id": "lead-to-cash", "version": 2, "title": "Lead to cash"},
        {"kind": "extraction", "id": "kong", "version": 1, "title": "Kong Gateway"},
    ],
    "problems": [
        {
            "what": "unknown key 'millestones'",
            "where": "/etc/throughline/renewal.yaml:9",
            "next": "did you mean 'milestones'?",
        }
    ],
    "differences": [
        {
            "what": "works with other definitions: not the same lead-to-cash@2",
            "where": "worker on host-b, process 4711",
            "next": "give all processes over this database the same files",
        }
    ],
}

REDERIVATIONS = [
    {
        "kind": "removal", "names": ["invoice-to-posting@1#4711aabb"], "state": "RUNNING", "done": 1500, "total": 4000,
        "changed": 0, "added": 0, "removed": 1500, "daysLeft": [], "endedAt": None,
    },
    {
        "kind": "extraction", "names": ["kong@2"], "state": "DONE", "done": 90, "total": 90, "changed": 12, "added": 3,
        "removed": 0, "daysLeft": [{"day": "2026-09-01", "events": 5}], "endedAt": "2026-11-20T11:00:00Z",
    },
    {
        "kind": "process", "names": ["lead-to-cash@2#0011aabb"], "state": "OVERTAKEN", "done": 7, "total": 90, "changed": 0,
        "added": 0, "removed": 0, "daysLeft": [], "endedAt": "2026-11-20T10:00:00Z",
    },
]  # fmt: skip
