# SPDX-License-Identifier: Apache-2.0
"""How does a Confluent registry refuse? One table from our refusals to its status, code and words; its clients match on them."""

from collections.abc import Mapping

from registry.refusal import Kind, RefusedError
from terms.problem import ProblemError

INVALID_SCHEMA, INVALID_VERSION, INVALID_LEVEL, INVALID_MODE, INVALID_SUBJECT = (
    42201,
    42202,
    42203,
    42204,
    42208,
)
NO_SUBJECT, NO_VERSION, NO_SCHEMA, NO_CONFIG, NO_MODE = 40401, 40402, 40403, 40408, 40409
INCOMPATIBLE, NOT_PERMITTED, CONTEXT_NOT_EMPTY = 40901, 42205, 42211

# Status, code, and what is said; {subject} and {version} are those of the request, {what} is our own sentence.
_TOLD: Mapping[Kind, tuple[int, int, str]] = {
    "unknown-subject": (404, NO_SUBJECT, "Subject '{subject}' not found."),
    "unknown-version": (404, NO_VERSION, "Version {version} not found."),
    "version-taken": (422, INVALID_SCHEMA, "Invalid schema: {what}"),
    "event-type-taken": (422, INVALID_SCHEMA, "Invalid schema: {what}"),
    "id-taken": (422, 42207, "Overwrite new schema with id: {what}"),
    "read-only": (422, NOT_PERMITTED, "Subject {subject} is in read-only mode"),
    "not-import": (422, NOT_PERMITTED, "Subject {subject} is not in import mode"),
    "retired": (422, NOT_PERMITTED, "Operation not permitted: {what}"),
    "transition": (422, NOT_PERMITTED, "Operation not permitted: {what}"),
    "in-use": (422, NOT_PERMITTED, "Operation not permitted: {what}"),
    "referenced": (422, 42206, "One or more references exist to the schema: {what}"),
    "subject-deleted": (
        404, 40404, "Subject '{subject}' was soft deleted. Set permanent=true to delete permanently",
    ),
    "subject-not-deleted": (
        404, 40405, "Subject '{subject}' was not deleted first before being permanently deleted",
    ),
    "version-deleted": (
        404, 40406,
        "Subject '{subject}' Version {version} was soft deleted. Set permanent=true to delete permanently",
    ),
    "version-not-deleted": (
        404, 40407, "Subject '{subject}' Version {version} was not deleted first before being permanently deleted",
    ),
}  # fmt: skip


class ConfluentError(Exception):
    """An answer in the protocol's own form: HTTP status, `error_code`, `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def told(error: ProblemError, path: Mapping[str, str]) -> ConfluentError:
    """Our refusal in the protocol's words. What cannot be read is an invalid schema."""
    what = "; ".join(str(problem) for problem in error.problems)
    if isinstance(error, RefusedError):
        status, code, words = _TOLD[error.kind]
        names = {"subject": path.get("subject", ""), "version": path.get("version", ""), "what": what}
        return ConfluentError(status, code, words.format(**names))
    return ConfluentError(422, INVALID_SCHEMA, f"Invalid schema: {what}")


def no_subject(subject: str) -> ConfluentError:
    """There is none of that name."""
    return ConfluentError(404, NO_SUBJECT, f"Subject '{subject}' not found.")


def no_version(version: str | int) -> ConfluentError:
    """The subject has none of that number."""
    return ConfluentError(404, NO_VERSION, f"Version {version} not found.")


def no_schema(which: str | int = "") -> ConfluentError:
    """No content has that id, or the subject does not hold this one."""
    return ConfluentError(404, NO_SCHEMA, f"Schema {which} not found" if which != "" else "Schema not found")
