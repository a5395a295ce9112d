# SPDX-License-Identifier: Apache-2.0
"""A folder of trace files, here or at any address: what is new in it is taken, what grows is read on, what is broken is told."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
from pulled import Plane
from tracer_servers import Told, otlp

from collectors.pull import files
from collectors.sources import books as source_books
from collectors.sources import traffic as source_traffic
from terms.instant import SECOND


def document(*told: Told) -> bytes:
    return json.dumps({"resourceSpans": otlp(told)}).encode()


def protobuf(*told: Told) -> bytes:
    groups = otlp(told, lambda text: b64encode(bytes.fromhex(text)).decode())
    return ParseDict({"resourceSpans": groups}, TracesData()).SerializeToString()


def jaeger(*told: Told) -> bytes:
    spans = [
        {"traceID": one.trace_id, "spanID": f"{one.span:016x}", "operationName": one.name, "startTime": one.start,
         "duration": one.duration, "references": [], "tags": [], "logs": [], "processID": "p1"}
        for one in told
    ]  # fmt: skip
    trace = {"traceID": told[0].trace_id, "spans": spans, "processes": {"p1": {"serviceName": "shop"}}}
    return json.dumps({"data": [trace]}, indent=1).encode()


class Folder:
    """A folder of one file system, written through it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.system, self.root = fsspec.core.url_to_fs(address)
        self.system.makedirs(self.root, exist_ok=True)

    def write(self, name: str, content: bytes) -> None:
        path = f"{self.root}/{name}"
        self.system.makedirs(path.rpartition("/")[0], exist_ok=True)
        with self.system.open(path, "wb") as file:
            file.write(content)

    def append(self, name: str, content: bytes) -> None:
        self.write(name, self.system.cat_file(f"{self.root}/{name}") + content)

    def remove(self, name: str) -> None:
        self.system.rm(f"{self.root}/{name}")


@pytest.fixture(params=["file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    name = f"{tmp_path}/traces" if request.param == "file" else f"/{tmp_path.name}/traces"
    made = Folder(f"{request.param}://{name}")
    yield made
    made.system.rm(made.root, recursive=True)


def told(*traces: int, at: int = 1_000_000 * SECOND) -> list[Told]:
    return [Told(one, 1, at) for one in traces]


def marks(plane: Plane) -> dict[str, Any]:
    return {
        path.rpartition("/")[2]: mark
        for path, mark in plane.database.read(lambda s: source_books.files(s, "t")).items()
    }


def test_every_kind_of_file_is_taken_once(on_both: Plane, folder: Folder) -> None:
    """One document, a request a line, protobuf, Jaeger's own: told by what they hold; then nothing is new."""
    folder.write("one.json", document(*told(1, 2)))
    folder.write("deep/lines.jsonl", b"\n".join([document(*told(3)), b"", document(*told(4, 5)), b""]))
    folder.write("deep/bytes", protobuf(*told(6)))
    folder.write("trace.txt", jaeger(*told(7)))
    on_both.add("files", folder.address)
    state = on_both.pull()
    assert (state.error, state.traces, on_both.spans()) == (None, 0, 7)
    assert on_both.watermark() == on_both.clock() - 60 * SECOND
    assert on_both.pull().windows == 0


def test_a_file_that_grows_is_read_on_from_where_it_ended(plane: Plane, folder: Folder) -> None:
    """As the collector's file exporter appends: the lines that were taken are not read again; half a line waits for its end."""
    line = document(*told(3))
    folder.write("traces.jsonl", document(*told(1)) + b"\n" + document(*told(2)) + b"\n" + line[:40])
    plane.add("files", folder.address)
    plane.pull()
    assert plane.spans() == 2
    assert (plane.rejections(), marks(plane)["traces.jsonl"].offset) == ({}, len(document(*told(1))) * 2 + 2)
    folder.append("traces.jsonl", line[40:] + b"\n")
    plane.pull()
    assert plane.spans() == 3


def test_a_file_that_was_replaced_under_its_name_is_read_from_the_beginning(
    plane: Plane, folder: Folder
) -> None:
    """A rotated file is longer already than the old one was: it begins otherwise, so it is another."""
    folder.write("traces.jsonl", document(*told(1)) + b"\n")
    plane.add("files", folder.address)
    plane.pull()
    folder.write("traces.jsonl", b"".join(document(*told(one)) + b"\n" for one in (11, 12, 13)))
    plane.pull()
    assert plane.spans() == 4


def test_a_document_that_changed_is_read_again(plane: Plane, folder: Folder) -> None:
    """What it held before changes nothing."""
    folder.write("one.json", document(*told(1)))
    plane.add("files", folder.address)
    plane.pull()
    folder.write("one.json", document(*told(1, 2, 3)))
    plane.pull()
    assert plane.spans() == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not a trace", "undecodable"),
        (b'{"some": "other JSON"}', "undecodable"),
        (b"\n\xff\xff\xff", "undecodable"),
        (json.dumps({"resourceLogs": []}).encode(), "undecodable"),
    ],
    ids=["text", "other JSON", "broken protobuf", "logs"],
)
def test_a_file_that_cannot_be_read_is_told_and_holds_nothing_up(
    plane: Plane, folder: Folder, content: bytes, reason: str
) -> None:
    """It is named, counted once, and looked at again when it has changed; the others are taken."""
    folder.write("a-bad", content)
    folder.write("b.json", document(*told(1)))
    plane.add("files", folder.address)
    plane.pull()
    assert (plane.spans(), plane.rejections()) == (1, {reason: 1})
    assert plane.watermark() == plane.clock() - 60 * SECOND
    problems = plane.database.read(lambda s: source_books.file_problems(s, "t"))
    assert [path.rpartition("/")[2] for path in problems] == ["a-bad"]
    plane.pull()
    assert plane.rejections() == {reason: 1}
    folder.write("a-bad", document(*told(2)))
    plane.pull()
    assert (plane.spans(), plane.database.read(lambda s: source_books.file_problems(s, "t"))) == (2, {})


def test_a_bad_line_rejects_that_line(plane: Plane, folder: Folder) -> None:
    """Its neighbours come, and it is told where it stands."""
    folder.write(
        "t.jsonl", b"\n".join([document(*told(1)), b'{"resourceSpans": 7}', document(*told(2)), b""])
    )
    plane.add("files", folder.address)
    plane.pull()
    assert (plane.spans(), plane.rejections()) == (2, {"undecodable": 1})


def last_rejected(plane: Plane) -> list[str]:
    found = plane.database.read(lambda s: source_traffic.rejections(s, "t"))
    return [one.last_what for one in found["t"]]


@pytest.mark.parametrize(
    "line",
    [b'{"resourceSpans": [{"sco', b"rotated", b'{"level": "info"}', b"null"],
    ids=["cut", "text", "log", "null"],
)
def test_a_broken_line_is_told_by_its_number_wherever_it_stands(
    plane: Plane, folder: Folder, line: bytes
) -> None:
    """At the beginning of the file, and behind what an earlier pass has read; none is counted twice."""
    folder.write("t.jsonl", b"\n".join([line, document(*told(1)), document(*told(2)), b""]))
    plane.add("files", folder.address)
    plane.pull()
    assert (plane.spans(), plane.rejections()) == (2, {"undecodable": 1})
    assert last_rejected(plane)[0].partition("t.jsonl")[2].startswith(":1: ")
    folder.append("t.jsonl", b"\n".join([document(*told(3)), line, document(*told(4)), b""]))
    plane.pull()
    plane.pull()
    assert (plane.spans(), plane.rejections()) == (4, {"undecodable": 2})
    assert last_rejected(plane)[0].partition("t.jsonl")[2].startswith(":5: ")


def test_a_line_that_is_too_long_is_passed_over(
    plane: Plane, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What follows it is read; one that still grows is told, and waited for."""
    monkeypatch.setattr(files, "LARGEST", 5_000)
    monkeypatch.setattr(files, "_PIECE", 700)
    folder.write("t.jsonl", b"\n".join([document(*told(1)), b"x" * 9_000, document(*told(2)), b"y" * 9_000]))
    plane.add("files", folder.address)
    plane.pull()
    assert (plane.spans(), plane.rejections()) == (2, {"too_large": 2})
    assert last_rejected(plane)[0].partition("t.jsonl")[2].startswith(":4: ")
    assert marks(plane)["t.jsonl"].problem
    folder.append("t.jsonl", b"y\n" + document(*told(3)) + b"\n")
    plane.pull()
    assert (plane.spans(), plane.rejections()) == (3, {"too_large": 2})
    assert not marks(plane)["t.jsonl"].problem


def test_a_large_file_comes_in_parts_and_is_never_held_whole(plane: Plane, folder: Folder) -> None:
    """Two thousand spans a commit; killed between two of them, the next pass goes on behind the last."""
    lines = [document(*told(*range(n * 100 + 1, n * 100 + 101))) for n in range(50)]
    folder.write("large.jsonl", b"\n".join(lines) + b"\n")
    plane.add("files", folder.address)
    assert plane.pull().windows == 0
    assert plane.spans() == 5_000


def test_files_that_are_gone_are_forgotten(plane: Plane, folder: Folder) -> None:
    """Their spans stay, their marks do not."""
    folder.write("one.json", document(*told(1)))
    folder.write("two.json", document(*told(2)))
    plane.add("files", folder.address)
    plane.pull()
    folder.remove("one.json")
    plane.pull()
    assert list(marks(plane)) == ["two.json"]
    assert plane.spans() == 2


def test_a_folder_that_is_not_there_is_told(plane: Plane, tmp_path: Path) -> None:
    """Nothing is taken for an empty folder that is a wrong address."""
    plane.add("files", f"file://{tmp_path}/nowhere")
    state = plane.pull()
    assert state.error is not None
    assert (state.error_kind, state.error.what, plane.watermark()) == (
        "missing",
        "there is no such folder",
        None,
    )


def test_a_file_system_that_is_not_installed_is_told(plane: Plane) -> None:
    """What is to be installed is named."""
    plane.add("files", "s3://bucket/traces")
    state = plane.pull()
    assert state.error is not None
    assert state.error_kind == "unreachable"
    assert "s3" in state.error.do.lower()


class Locked(MemoryFileSystem):
    """A file system of which one file may not be read."""

    protocol = "locked"

    def _open(self, path: str, mode: str = "rb", **more: Any) -> Any:
        if path.endswith("a.json") and mode == "rb":
            raise PermissionError("not yours")
        return super()._open(path, mode, **more)


def test_a_file_we_may_not_read_holds_the_watermark_and_not_the_others(plane: Plane, tmp_path: Path) -> None:
    """Nobody knows what it holds: the source is not up to date until it can be read."""
    fsspec.register_implementation("locked", Locked, clobber=True)
    folder = Folder(f"locked:///{tmp_path.name}")
    folder.write("a.json", document(*told(1)))
    folder.write("b.json", document(*told(1)))
    plane.add("files", folder.address)
    state = plane.pull()
    assert state.error is not None
    assert (state.error_kind, "a.json" in state.error.where) == ("unreachable", True)
    assert (plane.spans(), plane.watermark()) == (1, None)
