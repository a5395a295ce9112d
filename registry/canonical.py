# SPDX-License-Identifier: Apache-2.0
"""Which contracts ship with Throughline? The canonical events and the domain APIs of a subscription business, one file a version."""

from functools import cache
from pathlib import Path

from registry.contract import Contract, contract
from registry.document import read
from registry.semver import precedence

FOLDER = Path(__file__).with_name("canonical")


@cache
def load() -> tuple[Contract, ...]:
    """All shipped contracts, by subject, then by version, oldest first."""
    found = [of_file(path) for path in sorted(_files())]
    return tuple(sorted(found, key=lambda c: (c.subject, precedence(c.semver))))


@cache
def subjects() -> tuple[str, ...]:
    """The names of the shipped subjects, sorted; reads no file."""
    return tuple(sorted({path.parent.name for path in _files()}))


@cache
def versions(subject: str) -> tuple[Contract, ...]:
    """The shipped versions of one subject, oldest first; empty for an unknown one. Reads only its files."""
    found = [of_file(path) for path in _files() if path.parent.name == subject]
    return tuple(sorted(found, key=lambda c: precedence(c.semver)))


def of_file(path: Path) -> Contract:
    """The contract in a shipped file."""
    return contract(read(path))


def _files() -> list[Path]:
    return [*FOLDER.glob("*/*.json"), *FOLDER.glob("apis/*/*.json")]
