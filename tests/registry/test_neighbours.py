# SPDX-License-Identifier: Apache-2.0
"""A contract may be written in several files: those beside it are read with it, on both sides of a check, and nothing is fetched."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from registry import neighbours
from registry.cli import app
from terms.problem import ProblemError

ORDER = {
    "type": "object",
    "properties": {
        "total": {"$ref": "common/money.json#/$defs/amount"},
        "lines": {"type": "array", "items": {"$ref": "line.json"}},
    },
}
LINE = {"type": "object", "properties": {"price": {"$ref": "common/money.json"}, "of": {"$ref": "#/definitions/sku"}, "parts": {"items": {"$ref": "line.json"}}},
        "definitions": {"sku": {"type": "string", "maxLength": 20}}}  # fmt: skip


def money(digits: int) -> dict[str, Any]:
    amount = {"type": "string", "maxLength": digits}
    return {
        "type": "object",
        "properties": {"amount": {"$ref": "#/$defs/amount"}},
        "$defs": {"amount": amount},
    }


def written(folder: Path, files: dict[str, Any]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = data if isinstance(data, str) else json.dumps(data, indent=1)
        (folder / name).write_text(text)
    return folder


def orders(digits: int) -> dict[str, Any]:
    return {"order.json": ORDER, "line.json": LINE, "common/money.json": money(digits)}


def check(*words: object) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["check", *map(str, words), "--format", "json"])
    said: dict[str, Any] = json.loads(done.stdout)
    return done.exit_code, said


@pytest.mark.parametrize("given", ["", "order.json"], ids=["a folder", "a file alone"])
def test_a_change_in_a_file_that_others_refer_to_breaks_them(tmp_path: Path, given: str) -> None:
    """The order did not change by a letter; what it is made of did. The finding stands in the file where it is to be mended."""
    old, new = (written(tmp_path / side, orders(n)) for side, n in (("old", 12), ("new", 9)))
    code, said = check(new / given, "--against", old / given)
    assert code == 1
    order = next(each for each in said["contracts"] if each["file"].endswith("order.json"))
    (finding,) = [each for each in order["findings"] if each["level"] == "breaking"]
    place = new / "common" / "money.json"
    line = 1 + place.read_text().splitlines().index('   "maxLength": 9')
    assert (finding["rule"], finding["where_new"]) == ("max-length-lowered", f"{place}:{line}")
    assert finding["where_old"].startswith(f"{old / 'common' / 'money.json'}:")
    assert json.loads(finding["witness"]["document"]) == {"total": "aaaaaaaaaa"}
    assert finding["patch"] == []


def test_nothing_changed_where_nothing_changed(tmp_path: Path) -> None:
    """Equal files in another place are equal."""
    old, new = (written(tmp_path / side, orders(12)) for side in ("old", "new"))
    code, said = check(new, "--against", old)
    assert (code, said["summary"]["compatible"]) == (0, 3)


def test_a_revision_has_neighbours_too(tmp_path: Path) -> None:
    """What was committed is read with what was committed beside it, not with what lies there now."""
    written(tmp_path / "contracts", orders(12))
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    written(tmp_path / "contracts", orders(9))
    code, said = check(tmp_path / "contracts", "--against", "HEAD:contracts")
    assert code == 1
    assert {each["status"] for each in said["contracts"]} == {"breaking"}


def test_subjects_are_found_by_what_the_files_state(tmp_path: Path) -> None:
    """As a registry writes a reference: a name, a subject, a version; here the versions are files."""
    stated = {
        "subject": "order",
        "version": "1.0.0",
        "references": [{"name": "cash", "subject": "money", "version": "1.1.0"}],
    }
    of_money = {
        f"m/{v}.json": {"x-throughline": {"subject": "money", "version": v}, **money(n)}
        for v, n in (("1.0.0", 9), ("1.1.0", 20))
    }
    order = {"x-throughline": stated, "properties": {"total": {"$ref": "cash#/$defs/amount"}}}
    folder = written(tmp_path, {"order.json": order, **of_money})
    document = neighbours.read(folder / "order.json")
    assert document.schema.target("#/definitions/money@2/$defs/amount") is not None
    lines = (folder / "m" / "1.1.0.json").read_text().splitlines()
    line = len(lines) - lines[::-1].index('  "amount": {')
    assert document.where("/definitions/money@2/$defs/amount") == f"{folder / 'm/1.1.0.json'}:{line}"


MISSING = {
    "no such file": ({"$ref": "moneys.json"}, [], "$ref 'moneys.json' leaves the document, and there is no file 'moneys.json' beside it, at /properties/total/$ref", 4),
    "out of the folder": ({"$ref": "../m.json"}, [], "$ref '../m.json' leaves the document, and there is no file '../m.json' beside it, at /properties/total/$ref", 4),
    "no such version": ({"$ref": "cash"}, [{"name": "cash", "subject": "money", "version": "9.0.0"}], "refers to version \"9.0.0\" of 'money', and no file here is that, at /x-throughline/references/0", 9),
    "nothing inside": ({"$ref": "money.json#/$defs/nobody"}, [], "$ref '#/definitions/money.json@0/$defs/nobody' names nothing in this document, at /properties/total/$ref", 4),
}  # fmt: skip


@pytest.mark.parametrize(("total", "references", "what", "line"), MISSING.values(), ids=MISSING.keys())
def test_what_cannot_be_resolved_is_told_with_pointer_and_line(
    tmp_path: Path, total: dict[str, Any], references: list[dict[str, Any]], what: str, line: int
) -> None:
    """And with what there is instead."""
    order = {"properties": {"total": total}, "x-throughline": {"references": references}}
    folder = written(
        tmp_path,
        {
            "order.json": order,
            "money.json": {"x-throughline": {"subject": "money", "version": "1.0.0"}, **money(9)},
        },
    )
    with pytest.raises(ProblemError) as caught:
        neighbours.read(folder / "order.json")
    (problem,) = caught.value.problems
    assert (problem.what, problem.where) == (what, f"{folder / 'order.json'}:{line}")
    if references:
        assert problem.do == "there is 1.0.0"


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """A URL stays what it is: a reference that leaves the document."""
    folder = written(tmp_path, {"order.json": {"$ref": "https://example.com/money.json"}})
    with pytest.raises(ProblemError, match="leaves the document; nothing is fetched"):
        neighbours.read(folder / "order.json")


def test_an_api_may_keep_its_schemas_in_files(tmp_path: Path) -> None:
    """The operations of an OpenAPI document are judged with the schemas that lie beside it."""
    api = {
        "openapi": "3.1.0", "info": {"title": "Orders", "version": "1"},
        "paths": {"/orders": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "order.json"}}}}, "responses": {"204": {"description": "taken"}}}}},
    }  # fmt: skip
    old, new = (
        written(tmp_path / side, {"api.json": api, "order.json": money(n)})
        for side, n in (("old", 12), ("new", 9))
    )
    code, said = check(new / "api.json", "--against", old / "api.json")
    assert code == 1
    (contract,) = said["contracts"]
    (finding,) = [each for each in contract["findings"] if each["level"] == "breaking"]
    assert finding["rule"] == "request-body.max-length-lowered"
    assert finding["where_new"].startswith(str(new / "order.json"))
