# SPDX-License-Identifier: Apache-2.0
"""Bodies as Confluent's clients read and write them: schemas, versions, messages, and the schema a request brings."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from controlplane.http.ccompat.refusing import (
    INVALID_SCHEMA,
    INVALID_SUBJECT,
    INVALID_VERSION,
    ConfluentError,
)
from controlplane.http.raw_routes import Asked
from registry.content import Content
from registry.dialect import DRAFT_07
from registry.incoming import Incoming
from registry.rules import Level
from registry.subject_name import is_subject
from registry.verdict import Verdict
from registry.versions import LATEST, Stored
from terms import canonical_json
from terms.problem import ProblemError
from terms.strict_json import strict_json

TYPE = "application/vnd.schemaregistry.v1+json"
JSON = "JSON"
_MOST_VERSION = 2**31 - 1
_BESIDE = ("metadata", "ruleSet")


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in the protocol's media type."""
    return Response(orjson.dumps(value), status, dict(headers or {}), TYPE)


def error(problem: ConfluentError) -> Response:
    """A refusal: `{"error_code", "message"}`."""
    return answer({"error_code": problem.code, "message": problem.message}, problem.status)


def schema(content: Content, text: str | None = None) -> dict[str, Any]:
    """A schema without its place; `text` instead of the registered one."""
    shown: dict[str, Any] = {
        "schemaType": JSON,
        "schema": content.body.decode("utf-8-sig") if text is None else text,
        "guid": content.guid,
    }
    if content.references:
        shown["references"] = [reference.as_json() for reference in content.references]
    return {**shown, **{name: content.extra[name] for name in _BESIDE if content.extra.get(name)}}


def version(each: Stored) -> dict[str, Any]:
    """A schema as a version of its subject."""
    row = each.row
    shown = {
        "subject": row.subject,
        "version": row.number,
        "id": each.content.schema_id,
        **schema(each.content),
        "ts": row.registered_at // 1000,
    }
    return {**shown, "deleted": True} if row.deleted_at is not None else shown


def subject(asked: Asked) -> str:
    """The request's subject; `:.:name` is `name` in the default context. Raises 42208 for what is no name."""
    name = asked.path["subject"].removeprefix(":.:")
    if not is_subject(name):
        raise ConfluentError(422, INVALID_SUBJECT, f"The specified subject '{name[:200]}' is not a valid.")
    return name


def which(asked: Asked) -> int | str:
    """The request's version: a number or `latest`. Raises 42202 for anything else."""
    text = asked.path["version"]
    if text in (LATEST, "-1"):
        return LATEST
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:11]) <= _MOST_VERSION:
        raise ConfluentError(
            422,
            INVALID_VERSION,
            f"The specified version '{text[:40]}' is not a valid version id. Allowed values are between "
            '[1, 2^31-1] and the string "latest"',
        )
    return int(text)


async def body(asked: Asked) -> dict[str, Any]:
    """The request's JSON object. Raises ConfluentError 400 for what is none."""
    try:
        value = strict_json(await asked.request.body() or b"{}")
    except ProblemError as problem:
        raise ConfluentError(400, 400, str(problem)) from problem
    if not isinstance(value, dict):
        raise ConfluentError(400, 400, "the body is not a JSON object")
    return value


def incoming(name: str, given: Mapping[str, Any]) -> Incoming:
    """The schema a request brings. Raises 42201 for any type but JSON, and for parts of the wrong shape."""
    kind = given.get("schemaType") or "AVRO"
    if kind != JSON:
        message = (
            f"Invalid schema: schemaType is {kind}; this registry holds JSON Schema, send schemaType JSON"
        )
        raise ConfluentError(422, INVALID_SCHEMA, message)
    text, references = given.get("schema"), given.get("references") or []
    if not isinstance(text, str) or not text.strip():
        raise ConfluentError(422, INVALID_SCHEMA, "Invalid schema: Empty schema")
    if not isinstance(references, list) or not all(isinstance(one, dict) for one in references):
        raise ConfluentError(422, INVALID_SCHEMA, "Invalid schema: references is not a list of references")
    try:
        content = text.encode()
    except UnicodeEncodeError as problem:
        raise ConfluentError(422, INVALID_SCHEMA, "Invalid schema: it holds half a character") from problem
    beside = {key: given[key] for key in _BESIDE if isinstance(given.get(key), dict)}
    return Incoming(name, content, "json", DRAFT_07.uri, references, beside, any_subject=True)


def messages(verdict: Verdict, numbers: Mapping[str, int]) -> list[str]:
    """What stands in the way, worst first, then which version and level it was held against."""
    told = [
        f"{{errorType:'{finding.rule.upper().replace('-', '_')}', description:'{finding.message}', "
        f"path:'#{finding.pointer_new or finding.pointer_old}', fix:'{finding.fix}'}}"
        for finding in verdict.of_level(Level.BREAKING, Level.UNDECIDED)
        if not finding.approval
    ]
    olds = [f"{{oldSchemaVersion: {numbers.get(name, name)}}}" for name in verdict.against]
    return [*told, *olds, f"{{compatibility: '{verdict.mode}', policy: '{verdict.policy}'}}"]


def paged(values: Sequence[Any], asked: Asked) -> list[Any]:
    """The part of a list that offset and limit name; a negative limit means all."""
    offset, limit = max(asked.number("offset", 0), 0), asked.number("limit", -1)
    return list(values[offset:] if limit < 0 else values[offset : offset + limit])


def text_of(value: Any) -> str:
    """A document as JSON text, numbers exact."""
    return canonical_json.text(value)
