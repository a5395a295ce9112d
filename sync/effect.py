# SPDX-License-Identifier: Apache-2.0
"""An effect: one intended write to one system, named by business ids alone, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from sync.failure import Failure
from sync.outcome import Sent
from terms import canonical_json
from terms.instant import Instant
from terms.object_key import ObjectKey

EffectState = Literal["PLANNED", "SENT", "CONFIRMED", "REJECTED", "IN_DOUBT", "ABSENT"]
Purpose = Literal["send", "probe"]


@dataclass(frozen=True, slots=True)
class Intent:
    """What a stage wants one system to have. Two intents with one key are the same write, whenever they are made."""

    flow: str
    flow_major: int
    name: str  # `journal`: also the step its attempts are told under
    system: str
    canonical: ObjectKey  # what the system shall have
    business_version: str  # of an amendment, invoice ... never a time or an attempt
    payload: Mapping[str, Any]
    run_id: str
    round: int
    settle_s: float
    noun: str  # for people: `journal JE-INV-88`
    objects: tuple[ObjectKey, ...] = ()  # that its attempts name
    legal_entity: str = ""
    region: str = ""
    posted_on: str = ""

    @property
    def key(self) -> str:
        """32 hex digits of flow, major version, object, name and business version."""
        parts = [self.flow, self.flow_major, str(self.canonical), self.name, self.business_version]
        return _hash(parts, b"tl-effect")

    @property
    def payload_hash(self) -> str:
        return canonical_json.sha256_hex(dict(self.payload))

    def failure(self, error_class: Any, code: str, message: str, attempts: int) -> Failure:
        """The failure that ends this effect's step."""
        return Failure(
            self.name, self.system, error_class, code, message, self.noun, self.legal_entity, self.posted_on, attempts
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an effect stands in the ledger, as of the last committed row."""

    key: str
    state: EffectState
    epoch: int
    payload_hash: str
    due_at: Instant  # nothing is attempted before
    attempts: int  # all that ever were; the next one has the number after it
    sends: int  # of this round
    probes: int  # of this round
    rejected_now: bool  # refused in this round: a replay, not a repetition, may send again
    error_class: str = ""
    code: str = ""
    message: str = ""
    native_id: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sent(self) -> Sent:
        return Sent(self.native_id, self.record, replayed=True)

    @property
    def provider_key(self) -> str:
        """What the system recognises this send by. Another epoch is another key: systems replay stored refusals."""
        return _hash([self.key, self.epoch], b"tl-provider")


def _hash(parts: list[object], person: bytes) -> str:
    return blake2b(canonical_json.text(parts).encode(), digest_size=16, person=person).hexdigest()
