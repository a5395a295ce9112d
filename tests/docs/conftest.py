# SPDX-License-Identifier: Apache-2.0
"""What the pages tell a reader to install, without an index: wheels of this tree and of what it needs, made from what is installed."""

import os
import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
_OWN = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that pip can install `throughline` from, and build it from its sources: what `--find-links` takes."""
    folder = tmp_path_factory.mktemp("wheels")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    known: dict[str, Distribution] = {}
    for requirement in (*_needed(distribution("throughline"), frozenset()), Requirement("hatchling")):
        _gather(requirement, known)
    for each in known.values():
        _pack(each, folder)
    return folder


@pytest.fixture(scope="session")
def offline(wheels: Path) -> dict[str, str]:
    """The environment in which pip asks for nothing but those wheels."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("GIT_", "THROUGHLINE_", "PIP_", "UV_"))}
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "COLUMNS": "120",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }


def _gather(requirement: Requirement, known: dict[str, Distribution]) -> None:
    """Adds what the requirement names, and all that needs."""
    found = distribution(requirement.name)
    if found.name not in known:
        known[found.name] = found
        for each in _needed(found, frozenset(requirement.extras)):
            _gather(each, known)


def _needed(of: Distribution, extras: frozenset[str]) -> list[Requirement]:
    asked = [Requirement(text) for text in of.requires or ()]
    return [
        each
        for each in asked
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras | {""})
    ]


def _pack(of: Distribution, folder: Path) -> None:
    """Writes an installed distribution as a wheel again; its scripts are made anew from its entry points."""
    tags = [
        line.removeprefix("Tag: ") for line in (of.read_text("WHEEL") or "").splitlines() if "Tag: " in line
    ]
    parts = [".".join(dict.fromkeys(each)) for each in zip(*(tag.split("-") for tag in tags), strict=True)]
    name = re.sub(r"[-_.]+", "_", of.name)
    names = []
    with ZipFile(folder / f"{name}-{of.version}-{'-'.join(parts)}.whl", "w", ZIP_STORED) as made:
        for file in of.files or ():
            if ".." in file.parts or "__pycache__" in file.parts or file.name in _OWN:
                continue
            names.append(file.as_posix())
            made.write(str(of.locate_file(file)), file.as_posix())
        info = next(each for each in names if each.endswith(".dist-info/METADATA")).removesuffix("METADATA")
        made.writestr(f"{info}RECORD", "".join(f"{each},,\n" for each in [*names, f"{info}RECORD"]))
