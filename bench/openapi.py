# SPDX-License-Identifier: Apache-2.0
"""How long does the gate need for two large OpenAPI documents, from disk to verdict, lines looked up?

`python bench/openapi.py` writes APIs of 4 MB as JSON and YAML, two versions each, and checks them with `throughline contracts
check` in a process of their own: with changes in a few places, with a change in a schema that everything uses, and with the same
API moved from 3.0 to 3.1. Prints CPU seconds beside the limit.
"""

import json
import resource
import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

SIZE = {"json": 3_750_000, "yaml": 6_200_000}  # counted as JSON, which is longer than YAML
LIMITS_S = {"json": 5.0, "yaml": 12.0}
_THROUGHLINE = Path(sys.executable).with_name("throughline")


def main() -> int:
    """Prints a row for each pair; 1 when a limit is missed."""
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for syntax, limit in LIMITS_S.items():
            for name, old, new in versions(SIZE[syntax]):
                paths = [Path(folder) / f"{name}-{side}.{syntax}" for side in ("old", "new")]
                for path, data in zip(paths, (old, new), strict=True):
                    path.write_text(written(data, syntax))
                seconds, said = checked(paths)
                size = paths[0].stat().st_size / 1024 / 1024
                print(
                    f"{name:12} {syntax}  {size:.1f} MB each  {seconds:5.2f} s CPU  limit {limit:4.1f} s  {said}"
                )
                missed |= seconds > limit
    return int(missed)


def checked(paths: list[Path]) -> tuple[float, str]:
    """The CPU seconds of one check in a process of its own, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    old, new = map(str, paths)
    command = [
        _THROUGHLINE,
        "contracts",
        "check",
        new,
        "--against",
        old,
        "--mode",
        "FULL",
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (answer,) = json.loads(done.stdout)["contracts"]
    said = f"{answer['status']} {len(answer['findings'])}"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said


def written(data: Any, syntax: str) -> str:
    """The document as people keep it: indented JSON, or YAML in block style."""
    if syntax == "json":
        return json.dumps(data, indent=2)
    import yaml

    class Plain(yaml.CSafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
            return True

    return yaml.dump(data, Dumper=Plain, sort_keys=False, width=200)


def versions(size: int) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, old and new document: a few changes, and one change that everything feels."""
    old = an_api(Random(7), size)
    few, deep = deepcopy(old), deepcopy(old)
    for number in range(0, 40, 4):
        few["components"]["schemas"][f"Thing{number}"]["properties"]["field1"]["maxLength"] = 5
        few["paths"].pop(f"/things{number + 1}/{{id}}")
    deep["components"]["schemas"]["Money"]["required"] = ["amount", "currency"]
    moved = json.loads(json.dumps(few), object_hook=_in_31)
    return [("few changes", old, few), ("one for all", old, deep), ("3.0 to 3.1", old, moved)]


def _in_31(data: dict[str, Any]) -> dict[str, Any]:
    """The same in OpenAPI 3.1, where `nullable` is a type of its own."""
    if "openapi" in data:
        return {**data, "openapi": "3.1.0"}
    return {"type": [data["type"], "null"], "minimum": 0} if "nullable" in data else data


def an_api(random: Random, wanted: int) -> dict[str, Any]:
    """An API of things that hold each other, grown until it is as large as asked for."""
    money = {
        "type": "object",
        "required": ["amount"],
        "properties": {"amount": {"type": "string", "pattern": "^[0-9]+$"}, "currency": {"type": "string"}},
    }
    api: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": {"Money": money, "Problem": {"type": "object", "properties": {"title": {"type": "string"}}}}},
    }  # fmt: skip
    number, size = 0, 0
    while size < wanted:
        thing = a_thing(random, number)
        path = {f"/things{number}": _collection(number), f"/things{number}/{{id}}": _item(number)}
        api["components"]["schemas"][f"Thing{number}"] = thing
        api["paths"].update(path)
        size += len(json.dumps(thing, indent=2)) + len(json.dumps(path, indent=2)) * 5 // 4
        number += 1
    return api


def a_thing(random: Random, number: int) -> dict[str, Any]:
    """A schema of thirty properties of all kinds; some hold earlier things, so that one change reaches far."""
    properties: dict[str, Any] = {
        "price": {"$ref": "#/components/schemas/Money"},
        "id": {"type": "string", "readOnly": True},
    }
    for index in range(30):
        properties[f"field{index}"] = random.choice(
            (
                {"type": "string", "maxLength": 80, "description": "a text that a person reads"},
                {"type": "integer", "minimum": 0, "nullable": True},
                {"type": "string", "enum": ["open", "closed", "void"]},
                {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}, "price": {"$ref": "#/components/schemas/Money"}}}},
                {"oneOf": [{"type": "string"}, {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", "enum": ["x"]}}}]},
                {"$ref": f"#/components/schemas/Thing{random.randrange(number)}"} if number else {"type": "boolean"},
            )
        )  # fmt: skip
    return {"type": "object", "required": ["price", "field1"], "properties": properties}


def _content(number: int) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/Thing{number}"}}}}


def _responses(number: int) -> dict[str, Any]:
    problem = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "200": {"description": "the thing", **_content(number)},
        "400": {"description": "refused", **problem},
    }


def _collection(number: int) -> dict[str, Any]:
    query = [
        {"name": name, "in": "query", "schema": {"type": "string", "maxLength": 40}}
        for name in ("q", "sort", "after")
    ]
    return {
        "get": {"operationId": f"list{number}", "parameters": query, "responses": _responses(number)},
        "post": {
            "operationId": f"make{number}",
            "requestBody": _content(number),
            "responses": _responses(number),
        },
    }


def _item(number: int) -> dict[str, Any]:
    path = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    return {
        "parameters": path,
        "get": {"operationId": f"read{number}", "responses": _responses(number)},
        "put": {
            "operationId": f"change{number}",
            "requestBody": _content(number),
            "responses": _responses(number),
        },
        "delete": {"operationId": f"drop{number}", "responses": {"204": {"description": "gone"}}},
    }


if __name__ == "__main__":
    sys.exit(main())
