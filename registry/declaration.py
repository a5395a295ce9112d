# SPDX-License-Identifier: Apache-2.0
"""What does an application's file say? `application.yaml` becomes a declaration, or problems that name file, line and key."""

from typing import Any, get_args

from registry.deployment import Declaration, Role, Use, checked_application, checked_version
from registry.version_range import parse as parse_range
from terms.instant import Instant
from terms.problem import Problem, ProblemError
from terms.yaml_lines import Document, load

_KEYS = ("name", "version", "owner", "description", *get_args(Role))
_REQUIRED = ("name", "version")
_USE_KEYS = ("subject", "version", "fields", "optional")
_MOST_USES, _MOST_FIELDS, _LONGEST_FIELD = 500, 500, 500


def read(content: bytes, path: str, now: Instant, version: str = "") -> Declaration:
    """The declaration in a YAML (or JSON) text; `version` stands in for the file's own, as a pipeline knows it.

    Raises one ProblemError with all that is wrong, each with `path:line`.
    """
    document = load(content, path)
    data = document.data
    required = ("name",) if version else _REQUIRED
    problems = document.unknown_keys("", data, _KEYS) + document.missing_keys("", data, required)
    problems += [
        document.problem(f"'{key}' is not text", f"/{key}", "write it in quotes")
        for key in ("name", "version", "owner", "description")
        if key in data and not isinstance(data[key], str)
    ]
    uses = [use for role in get_args(Role) for use in _uses(document, role, data.get(role), problems)]
    if not problems and not uses:
        problems.append(
            document.problem(
                "it neither produces nor consumes anything", "", "add 'produces:' or 'consumes:'"
            )
        )
    if problems:
        raise ProblemError(tuple(problems))
    return Declaration(
        checked_application(data["name"], document.where("/name")),
        checked_version(version or data["version"], document.where("/version")),
        data.get("owner", ""),
        tuple(uses),
        now,
    )


def _uses(document: Document, role: Role, items: Any, problems: list[Problem]) -> list[Use]:
    if items is None:
        return []
    if not isinstance(items, list) or len(items) > _MOST_USES:
        problems.append(
            document.problem(f"'{role}' is not a list of at most {_MOST_USES} subjects", f"/{role}", "write '- subject: ...'")
        )  # fmt: skip
        return []
    found: dict[str, Use] = {}
    for index, item in enumerate(items):
        pointer = f"/{role}/{index}"
        use = _use(document, role, pointer, item, problems)
        if use is not None and use.subject in found:
            problems.append(
                document.problem(f"subject '{use.subject}' stands twice", pointer, "join both into one range with ||")
            )  # fmt: skip
        elif use is not None:
            found[use.subject] = use
    return list(found.values())


def _use(document: Document, role: Role, pointer: str, item: Any, problems: list[Problem]) -> Use | None:
    if not isinstance(item, dict):
        problems.append(document.problem("is not a mapping", pointer, "write 'subject:' and 'version:'"))
        return None
    before = len(problems)
    problems += document.unknown_keys(pointer, item, _USE_KEYS)
    problems += document.missing_keys(pointer, item, ("subject", "version"))
    for key in ("subject", "version"):
        if key in item and (not isinstance(item[key], str) or not item[key].strip()):
            problems.append(
                document.problem(f"'{key}' is not text", f"{pointer}/{key}", f'write {key}: "..."')
            )
    if not isinstance(item.get("optional", False), bool):
        problems.append(document.problem("'optional' is neither true nor false", f"{pointer}/optional"))
    fields = _fields(document, role, pointer, item.get("fields", []), problems)
    if len(problems) > before:
        return None
    try:
        versions = parse_range(item["version"])
    except ProblemError as error:
        problems += [document.problem(p.what, f"{pointer}/version", p.do) for p in error.problems]
        return None
    return Use(role, item["subject"], versions, fields, item.get("optional", False))


def _fields(
    document: Document, role: Role, pointer: str, fields: Any, problems: list[Problem]
) -> tuple[str, ...]:
    where = f"{pointer}/fields"
    if not isinstance(fields, list) or len(fields) > _MOST_FIELDS:
        problems.append(
            document.problem(f"'fields' is not a list of at most {_MOST_FIELDS} pointers", where, "write [/total, /lines/*/account]")
        )  # fmt: skip
        return ()
    if fields and role == "produces":
        problems.append(document.problem("what is produced is written whole", where, "remove 'fields'"))
    for index, one in enumerate(fields):
        if not isinstance(one, str) or not one.startswith("/") or len(one) > _LONGEST_FIELD:
            problems.append(
                document.problem(f"'{one}' is not a pointer to a field", f"{where}/{index}", "write it like /total/amount, with * for any item of a list")
            )  # fmt: skip
    return tuple(dict.fromkeys(one for one in fields if isinstance(one, str)))
