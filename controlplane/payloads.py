# SPDX-License-Identifier: Apache-2.0
"""Payloads on their way in: masked by the classes of their contract's fields and held to the contract, before they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from jsonschema.protocols import Validator

from collectors.payloads.payload import MOST, Payload, Told
from controlplane.database import Database
from registry import masking, validate
from registry.registered import registered
from terms import canonical_json
from terms.problem import Problem, ProblemError
from terms.strict_json import strict_json

KNOWN = 256
"""Contract versions kept ready; a version never changes."""

OWN_WORDS = ("throughline.", "cloudevents.")
"""What begins so in a payload is said to us, and is no part of what the contract describes."""

_EVERYTHING: Mapping[str, str] = {"": "personal"}


@dataclass(frozen=True, slots=True)
class _Contract:
    classes: Mapping[str, str]
    validator: Validator


class Inspector:
    """An `Inspect`. Without a contract that is registered, nothing is known of a payload's fields, and all of it is masked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ready = lru_cache(KNOWN)(self._read)

    def __call__(self, told: Told) -> Payload | None:
        """What may be shown of the payload, and what is wrong with it. Never raises for what a payload holds."""
        contract = self._contract(told.contract_subject, told.contract_version)
        try:
            data = _own(told.data)
        except ProblemError as error:
            return _payload(told, None, error.problems)
        if data == {}:
            return None
        body = canonical_json.text(masking.masked(data, contract.classes if contract else _EVERYTHING))
        if len(body) > MOST:
            return _payload(told, None, (Problem(f"has more than {MOST:,} bytes, and is not kept", "/"),))
        return _payload(told, body, _problems(contract, data) if contract else None)

    def _contract(self, subject: str | None, version: str | None) -> _Contract | None:
        if not subject or not version:
            return None
        try:
            return self._ready(subject, version)
        except LookupError:
            return None

    def _read(self, subject: str, version: str) -> _Contract:
        """Raises LookupError for one that is not registered, so that it is asked for again."""
        known = self._database.read(lambda session: registered(session, [subject])).get(subject, ())
        found = next((each for each in known if each.semver == version), None)
        if found is None or found.document.type != "json-schema":
            raise LookupError(subject)
        return _Contract(masking.classes(found.document.schema), validate.compiled(found.document))


def _problems(contract: _Contract, data: Any) -> tuple[Problem, ...]:
    """What is wrong, in words that tell nothing of a masked value: a message may quote all that lies at its place."""
    hidden = [pointer for pointer, of in contract.classes.items() if of in masking.MASKED]
    return tuple(
        Problem("is not what the contract asks for", each.where, each.do)
        if any(_on_one_way(each.where, pointer) for pointer in hidden)
        else each
        for each in validate.problems_of(contract.validator, data)
    )


def _on_one_way(where: str, pointer: str) -> bool:
    """Whether one of the two lies at or below the other; `*` stands for any item."""
    parts = zip(where.strip("/").split("/"), pointer.strip("/").split("/"), strict=False)
    return all(one == other or other == "*" or not one for one, other in parts)


def _own(data: Any) -> Any:
    """The payload with exact numbers, without the words that are said to us."""
    text = data if isinstance(data, str) else orjson.dumps(data)
    found = strict_json(text, is_exact=True)
    if not isinstance(found, dict):
        return found
    return {name: value for name, value in found.items() if not name.startswith(OWN_WORDS)}


def _payload(told: Told, body: str | None, problems: tuple[Problem, ...] | None) -> Payload:
    return Payload(
        told.source, told.source_event_id, told.contract_subject, told.contract_version,
        "null" if body is None else body, problems,
    )  # fmt: skip
