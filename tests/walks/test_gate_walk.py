# SPDX-License-Identifier: Apache-2.0
"""The gate beside a real registry: what a pipeline pushes, checks against, approves and moves on, by the real command."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served_plane import ControlPlane

API = "/apis/registry/v1"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One server for the module; each test has subjects of its own."""
    running = ControlPlane(tmp_path_factory.mktemp("plane"))
    yield running
    running.stop()


def a_contract(subject: str, version: str, length: int, **more: Any) -> str:
    """An event with one text of at most that length; without `$schema`, so that everybody must read it alike."""
    said = {"subject": subject, "version": version, "owner": "billing", "steward": "Finance"}
    return json.dumps({"x-throughline": said, "type": "object", "properties": {"memo": {"type": "string", "maxLength": length}}, **more}, indent=1)  # fmt: skip


def folder_of(place: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return place


def run(
    plane: ControlPlane | None, folder: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command as a job runs it, with the server's URL and a credential."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    if plane:
        token = (plane.data / "demo-token").read_text()
        kept |= {"THROUGHLINE_URL": plane.url, "THROUGHLINE_TOKEN": token}
    return subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *words],
        cwd=folder, env={**kept, "COLUMNS": "160", **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def pushed(plane: ControlPlane, folder: Path, *words: str) -> dict[str, Any]:
    done = run(plane, folder, "contracts", "push", *words, "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_offline_and_online_give_the_same_bytes(plane: ControlPlane, tmp_path: Path) -> None:
    """The same manifest and the same old versions: a folder of them, and the registry they were pushed to."""
    versions = {
        f"history/{v}.json": a_contract("same-bytes", v, n) for v, n in (("1.0.0", 20), ("1.1.0", 30))
    }
    other = {"other.json": a_contract("same-other/ü", "2.0.0", 9)}
    old = folder_of(tmp_path / "old", {**versions, **other})
    (old / "contracts.yaml").write_text("contracts: {history/1.0.0.json: {subject: same-bytes}}\n")
    manifest = (
        "contracts:\n"
        "  memo.json: {subject: same-bytes, mode: BACKWARD_TRANSITIVE, all_versions: true}\n"
        "  other.json: {subject: same-other/ü, policy: codegen}\n"
        "  fresh.json: {subject: same-fresh}\n"
    )
    files = {
        "memo.json": a_contract("same-bytes", "1.2.0", 10),
        "other.json": a_contract("same-other/ü", "2.1.0", 9, description="more"),
        "fresh.json": a_contract("same-fresh", "1.0.0", 9),
        "contracts.yaml": manifest,
    }
    folder_of(tmp_path / "contracts", files)
    assert len(pushed(plane, tmp_path, "old")["registered"]) == 3
    offline = run(None, tmp_path, "contracts", "check", "contracts", "--against", "old", "--format", "json")
    online = run(
        plane, tmp_path, "contracts", "check", "contracts", "--against", plane.url, "--format", "json"
    )
    assert (offline.returncode, online.returncode) == (1, 1), online.stderr
    assert json.loads(online.stdout)["notices"] == []
    assert offline.stdout == online.stdout
    said = {each["contract"]: each for each in json.loads(online.stdout)["contracts"]}
    assert said["same-bytes"]["against"] == ["same-bytes@1.0.0", "same-bytes@1.1.0"]
    assert {name: each["status"] for name, each in said.items()} == {
        "same-bytes": "breaking", "same-other/ü": "compatible", "same-fresh": "new",
    }  # fmt: skip


def test_the_registry_settles_what_no_manifest_says_and_is_named_where_it_differs(
    plane: ControlPlane, tmp_path: Path
) -> None:
    """Without a manifest the subject's mode counts; with one the manifest's does, and the other is told."""
    folder_of(tmp_path / "contracts", {"memo.json": a_contract("settled", "1.0.0", 20)})
    pushed(plane, tmp_path, "contracts")
    answer = plane.http.put(f"{API}/subjects/settled/config", json={"compatibility": "FORWARD"})
    assert answer.status_code == 200, answer.text
    (tmp_path / "contracts" / "memo.json").write_text(a_contract("settled", "1.1.0", 10))
    check = ("contracts", "check", "contracts", "--format", "json")
    said = json.loads(run(plane, tmp_path, *check).stdout)
    assert (said["status"], said["contracts"][0]["mode"], said["notices"]) == ("compatible", "FORWARD", [])
    (tmp_path / "contracts" / "contracts.yaml").write_text("contracts: {memo.json: {subject: settled, mode: BACKWARD}}\n")  # fmt: skip
    said = json.loads(run(plane, tmp_path, *check).stdout)
    assert (said["status"], [notice["rule"] for notice in said["notices"]]) == (
        "breaking",
        ["registry-differs"],
    )
    assert (
        "mode of settled is FORWARD in the registry and BACKWARD in the manifest"
        in said["notices"][0]["what"]
    )
    pushed(plane, tmp_path, "contracts", "--settle")
    assert json.loads(run(plane, tmp_path, *check).stdout)["notices"] == []


def test_a_break_is_kept_out_and_an_approval_in_the_registry_lets_it_pass(plane: ControlPlane, tmp_path: Path) -> None:  # fmt: skip
    """push --if-compatible refuses with the verdict; the approval is read by the check, and ends on its day."""
    folder_of(tmp_path / "contracts", {"memo.json": a_contract("approved", "1.0.0", 20)})
    pushed(plane, tmp_path, "contracts")
    (tmp_path / "contracts" / "memo.json").write_text(a_contract("approved", "1.1.0", 10))
    said = pushed(plane, tmp_path, "contracts", "--if-compatible")
    assert (said["registered"], said["refused"][0]["status"]) == ([], "breaking")
    fingerprint = said["refused"][0]["findings"][0]["fingerprint"]
    wanted = {"fingerprint": fingerprint, "reason": "agreed", "until": "2099-12-31"}
    assert plane.http.post(f"{API}/subjects/approved/approvals", json=wanted).status_code == 201
    check = ("contracts", "check", "contracts", "--format", "json")
    passed = run(plane, tmp_path, *check)
    assert passed.returncode == 0, passed.stdout
    assert "until 2099-12-31: agreed" in json.loads(passed.stdout)["contracts"][0]["findings"][0]["approval"]
    ended = run(plane, tmp_path, *check, "--on", "2100-01-01")
    assert (ended.returncode, json.loads(ended.stdout)["notices"][0]["rule"]) == (1, "approval-expired")


def test_a_removed_contract_is_asked_of_the_manifest(plane: ControlPlane, tmp_path: Path) -> None:
    """A registry holds the contracts of others too: what the manifest lists and the folder lacks was removed."""
    folder_of(tmp_path / "contracts", {"a.json": a_contract("kept", "1.0.0", 20), "b.json": a_contract("gone", "1.0.0", 20)})  # fmt: skip
    pushed(plane, tmp_path, "contracts")
    (tmp_path / "contracts" / "b.json").unlink()
    check = ("contracts", "check", "contracts", "--format", "json")
    assert run(plane, tmp_path, *check).returncode == 0
    manifest = tmp_path / "contracts" / "contracts.yaml"
    manifest.write_text("contracts: {b.json: {subject: gone}}\n")
    assert run(plane, tmp_path, *check).returncode == 1
    manifest.write_text("contracts: {b.json: {subject: gone, retired: nobody reads it}}\n")
    said = run(plane, tmp_path, *check)
    assert (said.returncode, [c["status"] for c in json.loads(said.stdout)["contracts"]]) == (0, ["retired", "compatible"])  # fmt: skip


def test_a_tree_is_pulled_as_it_was_pushed(plane: ControlPlane, tmp_path: Path) -> None:
    """Byte for byte, YAML as YAML, in folders that no subject's name can leave."""
    text = "# a note that a parser drops\nx-throughline: {subject: ../pulled, version: 1.0.0}\ntype: object\n"
    folder_of(tmp_path / "contracts", {"memo.yaml": text})
    pushed(plane, tmp_path, "contracts")
    done = run(plane, tmp_path, "contracts", "pull", "../pulled", "--to", "pulled")
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "pulled").rglob("*/*.y*ml")
    assert file.read_text() == text
    assert done.stdout.split() == [f"pulled/{file.relative_to(tmp_path / 'pulled')}", "pulled/contracts.yaml"]
    listed = json.loads(run(plane, tmp_path, "contracts", "list", "--registry", "--format", "json").stdout)
    assert "../pulled" in {row["subject"] for row in listed}


def test_what_was_pulled_is_compared_with_where_it_came_from(plane: ControlPlane, tmp_path: Path) -> None:
    """A document need not say its subject: the manifest that is pulled with it does. Without it, new is new by name only."""
    folder_of(tmp_path / "contracts", {"memo.json": json.dumps({"type": "object", "required": ["no"]})})
    (tmp_path / "contracts" / "contracts.yaml").write_text(
        "contracts: {memo.json: {subject: pulled/back, mode: FORWARD}}\n"
    )
    pushed(plane, tmp_path, "contracts", "--settle")
    assert run(plane, tmp_path, "contracts", "pull", "pulled/back", "--to", "back").returncode == 0
    (file,) = (tmp_path / "back").rglob("*.json")
    file.write_text(json.dumps({"type": "object"}))
    check = ("contracts", "check", "back", "--format", "json")
    said = run(plane, tmp_path, *check)
    assert (said.returncode, json.loads(said.stdout)["contracts"][0]["contract"]) == (1, "pulled/back")

    written = (tmp_path / "back" / "contracts.yaml").read_text()
    assert written == f'contracts:\n  "{file.relative_to(tmp_path / "back").as_posix()}": {{subject: "pulled/back", mode: "FORWARD"}}\n'  # fmt: skip
    (tmp_path / "back" / "contracts.yaml").write_text("contracts: {}\n")
    again = run(plane, tmp_path, "contracts", "pull", "pulled/back", "--to", "back")
    assert written.splitlines()[1] in again.stderr
    said = run(plane, tmp_path, *check)
    assert [notice["rule"] for notice in json.loads(said.stdout)["notices"]] == ["subject-unstated"]
    assert run(plane, tmp_path, *check, "--fail-on", "warning").returncode == 1


def test_a_whole_exported_registry_is_no_folder_of_contracts(plane: ControlPlane, tmp_path: Path) -> None:
    """Its files that describe subjects would pass as new contracts."""
    assert run(plane, tmp_path, "contracts", "export", "tree").returncode == 0
    said = run(plane, tmp_path, "contracts", "check", "tree")
    assert (said.returncode, "contracts import tree" in said.stderr) == (2, True)


def test_versions_move_through_their_life(plane: ControlPlane, tmp_path: Path) -> None:
    """A draft is promoted, an old version deprecated, and what is not allowed is refused with what is."""
    draft = json.loads(a_contract("moved", "1.0.0", 20))
    draft["x-throughline"]["lifecycle"] = "draft"
    folder_of(tmp_path / "contracts", {"memo.json": json.dumps(draft)})
    pushed(plane, tmp_path, "contracts")
    check = ("contracts", "check", "contracts", "--format", "json")
    assert (
        json.loads(run(plane, tmp_path, *check).stdout)["contracts"][0]["status"] == "new"
    )  # a draft promises nothing
    assert (
        run(plane, tmp_path, "contracts", "promote", "moved@1.0.0").stdout.strip() == "moved@1.0.0 is active"
    )
    assert run(plane, tmp_path, "contracts", "deprecate", "moved@1.0.0", "--reason", "old").stdout.strip() == "moved@1.0.0 is deprecated"  # fmt: skip
    back = run(plane, tmp_path, "contracts", "promote", "moved@1.0.0", "--to", "draft")
    assert (back.returncode, "throughline: " in back.stderr) == (2, True)
    assert run(plane, tmp_path, "contracts", "promote", "moved").returncode == 2


def test_check_asks_the_deployments_too(plane: ControlPlane, tmp_path: Path) -> None:
    """An application that nobody declared is undecided, which is 1; the contracts are checked all the same."""
    files = {"memo.json": a_contract("deployed", "1.0.0", 20), "contracts.yaml": "application: {name: nobody-knows, version: 1.0.0, to: dev}\n"}  # fmt: skip
    folder_of(tmp_path / "contracts", files)
    done = run(plane, tmp_path, "check", "contracts", "--format", "json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["contracts"]["exit_code"], said["can-i-deploy"]["status"]) == (
        1,
        0,
        "undecided",
    )


VERBS = {
    "push": ("push", "contracts"),
    "pull": ("pull", "memo"),
    "list": ("list", "--registry"),
    "deprecate": ("deprecate", "memo@1.0.0"),
    "promote": ("promote", "memo@1.0.0"),
}


@pytest.mark.parametrize("words", VERBS.values(), ids=VERBS.keys())
def test_a_verb_without_a_credential_or_a_server_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Exit 2 names the variable; exit 4 names the server that did not answer."""
    folder_of(tmp_path / "contracts", {"memo.json": a_contract("memo", "1.0.0", 20)})
    without = run(None, tmp_path, "contracts", *words, THROUGHLINE_URL="http://127.0.0.1:1")
    assert (without.returncode, "THROUGHLINE_TOKEN" in without.stderr) == (2, True), without.stderr
    away = run(
        None, tmp_path, "contracts", *words, THROUGHLINE_URL="http://127.0.0.1:1", THROUGHLINE_TOKEN="tl_x"
    )
    assert (away.returncode, "http://127.0.0.1:1" in away.stderr) == (4, True), away.stderr


class Broken(http.server.BaseHTTPRequestHandler):
    """A server of another kind: it answers everything with a page, or with a failure."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b"<html>not a registry</html>")

    def log_message(self, *_words: Any) -> None:
        """Says nothing."""


@pytest.mark.parametrize(("status", "code"), [(200, 4), (503, 4), (401, 2), (404, 0)])
def test_what_is_no_registry_is_no_pass(tmp_path: Path, status: int, code: int, plane: ControlPlane) -> None:
    """A page instead of an answer, a failure and a refused credential; a subject that is not there is new."""
    folder_of(tmp_path / "contracts", {"memo.json": a_contract("memo", "1.0.0", 20)})
    if status == 404:
        assert (
            run(plane, tmp_path, "contracts", "check", "contracts", "--against", plane.url).returncode == code
        )
        return
    handler = type("Handler", (Broken,), {"status": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = run(None, tmp_path, "contracts", "check", "contracts", "--against", url, "--format", "json")
        server.shutdown()
    assert done.returncode == code, done.stdout + done.stderr
    assert json.loads(done.stdout)["status"] == ("unreachable" if code == 4 else "unreadable")
