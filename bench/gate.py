# SPDX-License-Identifier: Apache-2.0
"""What the contract gate costs a pull request: a cold `throughline contracts check` on 50 contracts against a git revision.

    make bench ARGS=gate          (or python bench/gate.py --contracts 50 --fields 30 --runs 5)

The contracts are events of 30 fields; a tenth of them is changed on the branch. Prints wall and CPU time of the whole process,
the middle of the runs, and what the interpreter alone takes. With --install it also builds the wheel, installs it into an empty
environment and runs the check there, as a job does. Writes bench/results/gate.json.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "gate.json"
AUTHOR = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; `job_s` is build, install and check together, 0 when it was not asked for."""

    contracts: int
    fields: int
    check_wall_s: float
    check_cpu_s: float
    interpreter_wall_s: float
    install_s: float
    job_s: float


def main() -> None:
    """Runs the bench and prints its figures."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--contracts", type=int, default=50)
    options.add_argument("--fields", type=int, default=30)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--install", action="store_true", help="measure a job with its install too")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = repository(Path(folder) / "work", asked.contracts, asked.fields)
        command = [str(Path(sys.executable).with_name("throughline")), "contracts", "check", "contracts"]
        walls, cpus = zip(
            *(timed([*command, "--against", "main:contracts"], work) for _ in range(asked.runs)), strict=True
        )
        bare = [timed([sys.executable, "-c", "pass"], work)[0] for _ in range(asked.runs)]
        install_s, job_s = job(Path(folder), work) if asked.install else (0.0, 0.0)
    figures = Figures(
        asked.contracts, asked.fields, statistics.median(walls), statistics.median(cpus), statistics.median(bare),
        install_s, job_s,
    )  # fmt: skip
    for name, value in asdict(figures).items():
        print(f"{name:20} {value:.3f}" if isinstance(value, float) else f"{name:20} {value}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(asdict(figures), indent=2) + "\n")


def repository(folder: Path, contracts: int, fields: int) -> Path:
    """A repository with the contracts on main, a tenth of them narrowed on the branch that is checked out."""
    place = folder / "contracts"
    place.mkdir(parents=True)
    for number in range(contracts):
        (place / f"event-{number}.json").write_text(json.dumps(event(number, fields), indent=2))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, *AUTHOR, "commit", "-q", "-m", "contracts")
    git(folder, "switch", "-q", "-c", "change")
    for number in range(0, contracts, 10):
        changed = event(number, fields)
        changed["required"].append("field_7")
        changed["properties"]["field_0"]["maxLength"] = 10
        changed["properties"]["added"] = {"type": "string"}
        (place / f"event-{number}.json").write_text(json.dumps(changed, indent=2))
    return folder


def event(number: int, fields: int) -> dict[str, Any]:
    """An event with fields of several kinds, the first of them required."""
    kinds: list[dict[str, Any]] = [
        {"type": "string", "maxLength": 200},
        {"type": "integer", "minimum": 0},
        {"enum": ["draft", "open", "paid", "void"]},
        {"type": "string", "format": "date-time"},
        {"type": "array", "items": {"$ref": "#/$defs/line"}, "minItems": 1},
        {"type": "object", "properties": {"amount": {"type": "string"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}}},
    ]  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Event {number}",
        "x-throughline": {"subject": f"event-{number}", "version": "1.0.0"},
        "type": "object",
        "properties": {f"field_{n}": dict(kinds[n % len(kinds)]) for n in range(fields)},
        "required": ["field_0"],
        "additionalProperties": False,
        "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}, "quantity": {"type": "number"}}}},
    }  # fmt: skip


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of a command and what it starts; breaking changes are expected, a refusal is not."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1), done.stderr
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def job(folder: Path, work: Path) -> tuple[float, float]:
    """Seconds to install the wheel into an empty environment, and those with the check. Building the wheel is not counted."""
    uv = str(Path(sys.executable).with_name("uv"))
    run(uv, "build", "--wheel", "-q", "--out-dir", str(folder / "dist"), str(ROOT))
    (wheel,) = (folder / "dist").glob("*.whl")
    start = time.perf_counter()
    run(uv, "venv", "-q", "--python", sys.executable, str(folder / "job"))
    run(uv, "pip", "install", "-q", "--python", str(folder / "job"), str(wheel))
    install = time.perf_counter() - start
    check, _ = timed([str(folder / "job" / "bin" / "throughline"), "contracts", "check", "contracts", "--against", "main:contracts"], work)  # fmt: skip
    return install, install + check


def run(*words: str) -> None:
    subprocess.run(words, check=True, env={**os.environ, "UV_NO_PROGRESS": "1"})


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    main()
