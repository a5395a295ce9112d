# SPDX-License-Identifier: Apache-2.0
"""What do the columns of a CSV file mean? A mapping file says it: which are the event's id, type and time, which name objects."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terms import yaml_lines
from terms.problem import Problem, ProblemError

_KEYS = ("kind", "source", "id", "type", "time", "time_format", "zone", "objects", "attributes", "delimiter")
_NEEDED = ("kind", "type", "time", "objects")


@dataclass(frozen=True, slots=True)
class CsvMapping:
    """Columns by what they mean. `type` may be a column (`{column: activity}`) or a text that holds for every row.

    `objects` maps an object type to its column, `attributes` an attribute to its column. Without `id` a row's event is
    named by its content, so that importing it again changes nothing. `zone` is the offset of times that state none.
    """

    source: str
    type: str
    type_column: str
    time: str
    time_format: str
    zone: str
    id: str
    objects: Mapping[str, str]
    attributes: Mapping[str, str]
    delimiter: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column it asks for."""
        named = (self.type_column, self.time, self.id, *self.objects.values(), *self.attributes.values())
        return tuple(name for name in named if name)


def read(path: Path) -> CsvMapping:
    """The mapping in a YAML file. Raises ProblemError (file, line, key and what it may be) for anything else."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProblemError(f"cannot be read: {error.strerror}", str(path)) from error
    document = yaml_lines.load(content, str(path))
    data = document.data
    if not isinstance(data, dict):
        raise ProblemError("is not a mapping", str(path), "begin it with kind: csv-mapping")
    problems = document.unknown_keys("", data, _KEYS) + document.missing_keys("", data, _NEEDED)
    if data.get("kind", "csv-mapping") != "csv-mapping":
        problems.append(document.problem("is not 'csv-mapping'", "/kind", "write kind: csv-mapping"))
    kind = data.get("type")
    column = kind.get("column") if isinstance(kind, dict) else None
    if kind is not None and not isinstance(kind, str) and not isinstance(column, str):
        problems.append(
            document.problem("type is neither a text nor a column", "/type", "write type: {column: name}")
        )
    maps = {name: _columns(document, data, name, problems) for name in ("objects", "attributes")}
    if problems:
        raise ProblemError(tuple(problems))
    said = {name: str(data.get(name, "")) for name in ("source", "time", "time_format", "id")}
    return CsvMapping(
        type=kind if isinstance(kind, str) else "",
        type_column=column or "",
        zone=str(data.get("zone", "Z")),
        delimiter=str(data.get("delimiter", ",")),
        objects=maps["objects"],
        attributes=maps["attributes"],
        **said,
    )


def _columns(
    document: yaml_lines.Document, data: dict[str, Any], name: str, problems: list[Problem]
) -> Mapping[str, str]:
    found = data.get(name, {})
    if isinstance(found, dict) and all(isinstance(column, str) for column in found.values()):
        return {str(key): column for key, column in found.items()}
    problems.append(
        document.problem(f"{name} does not map names to columns", f"/{name}", "write order: column")
    )
    return {}
