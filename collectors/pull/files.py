# SPDX-License-Identifier: Apache-2.0
"""One pass over a folder of trace files, local or at any address fsspec speaks: what is new in it, and how far it was read.

A file with one OTLP request a line may grow: its next lines are read from where the last ended. Any other is read whole,
when it is new or has changed. What the files hold decides, not their names.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

import fsspec.core
import orjson

from collectors.decoding import jaeger_json, otlp, otlp_json, zipkin_json
from collectors.imports import by_line
from collectors.imports.otlp_file import is_otlp
from collectors.pull.failure import SourceFailure
from collectors.pull.http import MIB
from collectors.pull.ledger import LISTED, FileMark, Ledger, Outcome, Part
from collectors.pull.window import Cursor
from collectors.sources.source import Source
from collectors.span import Decoded, Rejected
from terms.instant import Clock, Instant
from terms.problem import Problem, ProblemError

MOST_FILES = 100_000
MOST_PARTS = 500  # commits of a pass; then others have their turn
LARGEST = 64 * MIB  # of a file that is read whole, and of a line
PART = 2_000  # spans of a commit
_PIECE = MIB
_TOO_LONG = f"a line of more than {LARGEST // MIB} MiB"


@dataclass(frozen=True, slots=True)
class Read:
    """A stretch of a file: its spans, and where it ends. `problem`: why the file cannot be read on from there."""

    decoded: Decoded
    head: str
    offset: int
    problem: str = ""


async def pull(source: Source, ledger: Ledger, clock: Clock, is_stopping: Callable[[], bool]) -> Outcome:
    """Takes what is new in the folder. The watermark is when it was listed, once all of that list was taken."""
    done = Outcome()
    try:
        now = clock()
        system, listed = await asyncio.to_thread(listing, source.address)
        marks = await ledger.files()
        if gone := sorted(marks.keys() - listed.keys()):
            done.is_ours = await ledger.keep(Part(gone=gone))
        for path, stamp in sorted(listed.items()):
            mark = marks.get(path, FileMark("", "", 0))
            if mark.stamp != stamp:
                await _file(done, ledger, system, path, stamp, mark, is_stopping)
            if not done.is_ours or done.more or is_stopping():
                return done
        if done.failure is None:
            cursor = Cursor(Instant(now - source.settle))
            done.is_ours = await ledger.keep(Part(service=LISTED, cursor=cursor))
    except SourceFailure as failure:
        done.failure = failure
    return done


def listing(address: str) -> tuple[Any, dict[str, str]]:
    """The file system, and every file below the address with a stamp that differs when the file does.

    Raises SourceFailure when it cannot be listed.
    """
    try:
        system, root = fsspec.core.url_to_fs(address)
        system.invalidate_cache()
        found = system.find(root, detail=True)
        is_there = bool(found) or system.isdir(root)
    except ImportError as error:
        do = f"install what it needs beside throughline: {error}"
        raise SourceFailure(
            "unreachable", Problem("speaks something that is not installed here", address, do)
        ) from error
    except Exception as error:  # each file system raises errors of its own
        problem = Problem(
            f"cannot be listed: {error or type(error).__name__}",
            address,
            "check the address and our rights there",
        )
        raise SourceFailure("unreachable", problem) from error
    if not is_there:
        raise SourceFailure("missing", Problem("there is no such folder", address, "check the address"))
    if len(found) > MOST_FILES:
        do = "name a folder below it, or move old files away"
        raise SourceFailure("too_large", Problem(f"holds more than {MOST_FILES:,} files", address, do))
    return system, {path: _stamp(info) for path, info in found.items() if info.get("type", "file") == "file"}


def read(system: Any, path: str, mark: FileMark) -> Iterator[Read]:
    """What a file holds behind its mark, in stretches of about 2,000 spans; each says where to go on behind it.

    One that begins otherwise than when it was marked is another file, and read from its beginning. A last line that is
    not whole yet is left for later. What is wrong with one line rejects that line.
    """
    with system.open(path, "rb") as file:
        begin = bytes(file.read(_PIECE))
        if not begin.strip():
            return
        while b"\n" not in begin.lstrip() and len(begin) <= LARGEST and (more := file.read(_PIECE)):
            begin += more
        if _is_by_line(begin):
            head = blake2b(begin.lstrip().partition(b"\n")[0], digest_size=16).hexdigest()
            yield from _lines(file, path, head, mark.offset if head == mark.head else 0)
        else:
            yield _whole(begin, file, path)


async def _file(
    done: Outcome,
    ledger: Ledger,
    system: Any,
    path: str,
    stamp: str,
    mark: FileMark,
    is_stopping: Callable[[], bool],
) -> None:
    """Stores what is new in one file, a commit a stretch. The stamp is kept with the last of them only."""
    stretches = read(system, path, mark)
    last = mark
    while True:
        try:
            part = await asyncio.to_thread(next, stretches, None)
        except Exception as error:  # noqa: BLE001 each file system raises errors of its own
            problem = Problem(
                f"cannot be read: {error or type(error).__name__}", path, "check our rights there"
            )
            done.failure = SourceFailure("unreachable", problem)
            return
        if part is None:
            break
        last = FileMark("", part.head, part.offset, part.problem)
        done.windows += 1
        done.spans += len(part.decoded.spans)
        done.is_ours = await ledger.keep(Part(part.decoded, files={path: last}))
        done.more = done.windows >= MOST_PARTS
        if not done.is_ours or done.more or is_stopping():
            return
    done.traces += 1
    done.is_ours = await ledger.keep(Part(files={path: last._replace(stamp=stamp)}))


def _stamp(info: dict[str, Any]) -> str:
    """Size, and whatever the file system says that changes with the content."""
    said = (
        info.get(name)
        for name in ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")
    )
    return f"{info.get('size')}:{next((str(one) for one in said if one is not None), '')}"


def _is_by_line(begin: bytes) -> bool:
    """Whether its first lines are requests of their own; some of them may be broken, and the last has no end yet."""
    *ended, _ = begin.lstrip().split(b"\n")
    return not by_line.is_protobuf(begin) and any(is_otlp(each) for each in by_line.documents(ended))


def _lines(file: Any, path: str, head: str, offset: int) -> Iterator[Read]:
    file.seek(offset)
    held, at, problem = Decoded(), offset, ""
    before = cache(lambda: _newlines(file, offset))
    for number, line in enumerate(_split(file), start=1):
        # Without its end a line may be half written; one that is whole JSON is whole.
        is_here = line.is_ended or (line.content.strip() != b"" and _is_whole(line.content))
        why = _TOO_LONG if line.is_too_long else _line(line.content, held) if is_here else ""
        if why:
            where = f"{path}:{before() + number}"
            held.rejected.append(
                Rejected("too_large" if line.is_too_long else "undecodable", f"{where}: {why}")
            )
            problem = "" if is_here else f"{where}: {why}"
        if is_here:
            at += line.size
        if max(len(held.spans), len(held.rejected)) >= PART:
            yield Read(held, head, at)
            held = Decoded()
    if at > offset or problem:
        yield Read(held, head, at, problem)


class _Line(NamedTuple):
    """`size` counts its end as well. Of one that is too long there is no content."""

    content: bytes
    size: int
    is_too_long: bool
    is_ended: bool


def _split(file: Any) -> Iterator[_Line]:
    """The lines from here on, a piece of the file in memory and one line."""
    rest, dropped = b"", 0
    while piece := file.read(_PIECE):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            size = dropped + len(line)
            yield _Line(b"" if dropped else line, size + 1, size > LARGEST, True)
            dropped = 0
        if dropped or len(rest) > LARGEST:
            dropped, rest = dropped + len(rest), b""
    if dropped or rest:
        yield _Line(rest, dropped + len(rest), dropped > 0, False)


def _newlines(file: Any, offset: int) -> int:
    """How many lines end before the offset. Reads them again, which only a broken line asks for."""
    here = file.tell()
    file.seek(0)
    count, left = 0, offset
    while left and (piece := file.read(min(left, _PIECE))):
        count += piece.count(b"\n")
        left -= len(piece)
    file.seek(here)
    return count


def _is_whole(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _line(line: bytes, held: Decoded) -> str:
    """Takes what a line says; or says why it cannot, and takes nothing of it."""
    if not line.strip():
        return ""
    try:
        document = orjson.loads(line)
        decoded = otlp_json.decode_request(document)
    except (orjson.JSONDecodeError, ProblemError) as error:
        return str(error)
    if document and not is_otlp(document):
        return "is not an OTLP request"
    held.spans.extend(decoded.spans)
    held.rejected.extend(decoded.rejected)
    return ""


def _whole(begin: bytes, file: Any, path: str) -> Read:
    """A file that is one document. One that cannot be read is told, and looked at again when it has changed."""
    content = begin + bytes(file.read(LARGEST + 1 - len(begin)))
    if len(content) > LARGEST:
        why = f"is larger than {LARGEST // MIB} MiB"
        return Read(
            Decoded(rejected=[Rejected("too_large", f"{path} {why}: write one request a line")]), "", 0, why
        )
    try:
        return Read(_decoded(content, path), "", 0)
    except ProblemError as error:
        return Read(Decoded(rejected=[Rejected("undecodable", str(error))]), "", 0, str(error))


def _decoded(content: bytes, path: str) -> Decoded:
    if by_line.is_protobuf(content):
        return otlp.decode_protobuf(content)
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise ProblemError(f"is neither JSON nor an OTLP request in protobuf: {error}", path) from error
    if is_otlp(document):
        return otlp_json.decode_request(document)
    if jaeger_json.is_jaeger(document):
        return otlp_json.decode_request({"resourceSpans": jaeger_json.groups(document, path)})
    if zipkin_json.is_zipkin(document):
        groups, left_out = zipkin_json.groups(document, path)
        decoded = otlp_json.decode_request({"resourceSpans": groups})
        decoded.rejected.extend(Rejected("no_time", why) for why in left_out)
        return decoded
    raise ProblemError("holds no traces of a kind that is known", path, "write OTLP, Jaeger or Zipkin")
