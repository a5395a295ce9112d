# SPDX-License-Identifier: Apache-2.0
"""What is said of one change: its level under each policy, the document that proves it, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

FINGERPRINT_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Witness:
    """A smallest document that one side accepts and the other refuses, checked with both validators.

    `document` is JSON text. `accepted_by` and `refused_by` name the documents (a path or `subject@version`); `refusal` is
    what the refusing validator says, `pointer` where in the witness.
    """

    document: str
    accepted_by: str
    refused_by: str
    refusal: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One judged change. `direction` is BACKWARD or FORWARD; pointers are RFC 6901 into each document, `where_*` are
    `name:line`; `before` and `after` are JSON text, shortened, empty when there is nothing. `against` names the old version.

    `level` is that of the deciding policy, `levels` that of every policy. `confirmed`: a witness proves it, or the kind of
    change needs none; a breaking finding that is not confirmed still fails the check. `patch` is a JSON Patch (RFC 6902) of
    the new document that was checked to clear the finding, empty where there is none. `approval` says who accepted it, why
    and until when; an approved finding does not fail the check. `used_by` names the first operations of an API that come to
    the shared part the change is in, in the order of the document, `used_by_count` is how many there are.
    """

    rule: str
    level: str
    direction: str
    pointer_old: str
    pointer_new: str
    where_old: str
    where_new: str
    what: str
    before: str
    after: str
    why: str
    fix: str
    against: str
    levels: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = False
    witness: Witness | None = None
    patch: tuple[Mapping[str, Any], ...] = ()
    approval: str = ""
    used_by: tuple[str, ...] = ()
    used_by_count: int = 0

    @property
    def message(self) -> str:
        """The change and the reason as one sentence."""
        return f"{self.what}: {self.why}"

    @property
    def users(self) -> str:
        """Who uses the shared part, as people say it; empty where the change is in no shared part."""
        more = self.used_by_count - len(self.used_by)
        return ", ".join(self.used_by) + (f" and {more} more" if more else "")

    @property
    def fingerprint(self) -> str:
        """12 hex digits that stay the same in every run and for every name of the files: what an approval names."""
        parts = (self.rule, self.direction, self.pointer_old, self.pointer_new, self.before, self.after)
        return sha256("\x00".join(parts).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def from_json(data: Mapping[str, Any]) -> Finding:
    """The finding that `as_json` of its verdict wrote; the fingerprint is computed again."""
    fields = {name: value for name, value in data.items() if name != "fingerprint"}
    witness = fields.get("witness")
    return Finding(
        **{
            **fields,
            "witness": None if witness is None else Witness(**witness),
            "patch": tuple(fields.get("patch", ())),
            "used_by": tuple(fields.get("used_by", ())),
        }
    )
