# SPDX-License-Identifier: Apache-2.0
"""What the README and the docs show is true: console examples run, other commands exist, links lead somewhere."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


OTHERS = (".venv/bin/python", "docker", "duckdb", "export", "openssl", "pip", "sudo")
"""Commands that are not ours, which a page may show."""


@dataclass(frozen=True, slots=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def _blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in _of(page) if block.language in languages]


def _of(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for match in _BLOCK.finditer(text):
        yield Block(page, text.count("\n", 0, match.start()) + 1, match[1], match[2])


def _commands(block: Block) -> list[str]:
    whole = block.text.replace("\\\n", " ")
    return [line.strip() for line in whole.splitlines() if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("block", _blocks("console"), ids=str)
def test_a_console_example_shows_what_happens(block: Block) -> None:
    """Each line after `$` is run in the root of the tree, offline, and prints exactly what the page shows; `...` is any text."""
    lines = block.text.splitlines()
    assert lines[0].startswith("$ "), "a console example begins with a command"
    script = "\n".join(line[2:] for line in lines if line.startswith("$ "))
    expected = "\n".join(line for line in lines if not line.startswith("$ "))
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "LC_ALL": "C",
        "COLUMNS": "120",
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    printed = "\n".join(line.rstrip() for line in done.stdout.rstrip("\n").splitlines())
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    assert re.fullmatch(pattern, printed, re.DOTALL), f"printed:\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("block", _blocks("sh"), ids=str)
def test_a_command_that_is_not_run_here_exists(block: Block) -> None:
    """Commands that start servers or install things are not run; their verbs, options and targets are real."""
    for command in _commands(block):
        for part in command.split("&&"):
            words = shlex.split(part, comments=True)
            while re.match(r"[A-Z_]+=", words[0]):
                words = words[1:]
            assert words[0] in OTHERS or words[0] in ("make", "throughline"), f"{block}: {command}"
            if words[0] == ".venv/bin/python":
                assert (ROOT / words[1]).is_file(), command
            elif words[0] == "make":
                assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command
                _throughline(shlex.split(next((w[5:] for w in words if w.startswith("ARGS=")), "")), words[1])
            elif words[0] == "throughline":
                _throughline(words[1:])


def _throughline(words: list[str], verb: str = "") -> None:
    """Fails when the command line of ours does not know a verb or an option among the words."""
    if verb and verb != "demo":
        return
    words = [verb, *words] if verb else words
    verbs = []
    for word in words:
        if word.startswith("-") or not re.fullmatch(r"[a-z-]+", word) or len(verbs) == 2:
            break
        verbs.append(word)
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *verbs, "--help"],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == 0, f"{words}: {done.stderr}"
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert option in done.stdout, f"{words} has an option that is not there: {option}"


@pytest.mark.parametrize("block", _blocks("json", "yaml"), ids=str)
def test_a_document_example_can_be_read(block: Block) -> None:
    """JSON and YAML examples are well formed."""
    if block.language == "json":
        json.loads(block.text)
    else:
        yaml.safe_load(block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    """Every link to a place in the tree leads somewhere."""
    for target in _LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_setting_is_known() -> None:
    """A setting that a page names is one that the server reads."""
    from controlplane.settings import OTHER, Settings

    known = {f"THROUGHLINE_{name.upper()}" for name in (*Settings.__dataclass_fields__, *OTHER)}
    for page in [*PAGES, ROOT / "docker-compose.yml", ROOT / "Dockerfile"]:
        named = set(re.findall(r"THROUGHLINE_[A-Z_]+[A-Z]", page.read_text()))
        assert named <= known, f"{page.name} names {named - known}"


def test_the_compose_file_starts_what_the_commands_offer() -> None:
    """The compose file runs verbs of ours, on PostgreSQL, and gives the server what a bind beyond loopback needs."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    server = services["throughline"]
    _throughline(list(services["upgrade"]["command"]))
    _throughline(list(server["command"]))
    assert server["environment"]["THROUGHLINE_DATABASE_URL"].startswith("postgresql://")
    assert server["environment"]["THROUGHLINE_BEHIND_PROXY"] == "1"
    assert server["environment"]["THROUGHLINE_ADMIN_TOKEN_FILE"] == "/run/secrets/admin-token"


def test_the_image_installs_with_the_uv_that_the_makefile_pins() -> None:
    """The two places that name a version of uv name the same."""
    versions = {
        match
        for name in ("Makefile", "Dockerfile")
        for match in re.findall(r"(?:uv==|UV_VERSION := )(\d+\.\d+\.\d+)", (ROOT / name).read_text())
    }
    assert len(versions) == 1
