# SPDX-License-Identifier: Apache-2.0
"""One GET to a source that may be slow, broken or hostile: a checked address, no redirects, a bounded answer, a time limit."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from collectors.pull.address import Resolve, checked, resolved
from collectors.pull.failure import SourceFailure
from terms.instant import SECOND, Clock, from_datetime
from terms.problem import Problem, ProblemError

MIB = 1024 * 1024
_BUSY = (429, 502, 503, 504)
_PORTS = {"http": 80, "https": 443}
_BETWEEN = "look at the source, and at what lies between"
_TOLD = 200  # characters of an error's body that are shown


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one answer may cost, and how often a pass may ask again at once for what failed in passing."""

    connect_s: float = 5.0
    read_s: float = 30.0
    whole_s: float = 90.0
    most_bytes: int = 64 * MIB
    retries: int = 8
    longest_wait_s: float = 5.0
    longest_retry_after_s: float = 3_600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx, or a 404 that was expected. `kind` is the media type without its parameters."""

    status: int
    kind: str
    body: bytes

    def json(self, where: str) -> Any:
        """The document. Raises SourceFailure when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            shown = _shown(self.body)
            what = f"answers {self.kind or 'something'} that is not JSON{f': {shown}' if shown else ''}"
            problem = Problem(
                what, where, "check that the address is that of the query API, not of a page or a proxy"
            )
            raise SourceFailure("garbage", problem) from error


@dataclass
class Http:
    """The way to one source during one pass. `random` jitters waits; `wait` sleeps."""

    address: str
    headers: Mapping[str, str]
    allow_private: bool
    clock: Clock
    random: Random
    bounds: Bounds = field(default_factory=Bounds)
    resolve: Resolve = resolved
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    _client: httpx2.AsyncClient | None = None
    _retried: int = 0

    async def __aenter__(self) -> "Http":
        timeout = httpx2.Timeout(self.bounds.read_s, connect=self.bounds.connect_s)
        # No proxy of the environment: it would resolve the name itself, past our check.
        self._client = httpx2.AsyncClient(
            timeout=timeout, follow_redirects=False, trust_env=False, verify=_trusted()
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        accept: str = "application/json",
        may_miss: bool = False,
    ) -> Answer:
        """The answer to `address` + `path`; with `may_miss` also a 404. Raises SourceFailure for all else.

        What failed in passing (busy, a lost connection) is asked again after a jittered wait while the pass has retries
        left and the source did not ask for a longer one.
        """
        while True:
            try:
                async with asyncio.timeout(self.bounds.whole_s):
                    return await self._once(path, params or {}, accept, may_miss)
            except TimeoutError as error:
                what = f"gave no whole answer in {self.bounds.whole_s:g} s"
                failure = SourceFailure(
                    "too_slow", Problem(what, path, "ask for less (limit), or look at the source")
                )
                failure.__cause__ = error
            except SourceFailure as error:
                failure = error
            pause = self._pause(failure)
            if pause is None:
                raise failure
            self._retried += 1
            await self.wait(pause)

    def _pause(self, failure: SourceFailure) -> float | None:
        if failure.kind not in ("busy", "unreachable") or self._retried >= self.bounds.retries:
            return None
        if failure.retry_after_s > self.bounds.longest_wait_s:
            return None
        backed_off = min(0.25 * 2.0**self._retried, self.bounds.longest_wait_s) * (
            0.5 + self.random.random() / 2
        )
        return max(failure.retry_after_s, backed_off)

    async def _once(self, path: str, params: Mapping[str, str | int], accept: str, may_miss: bool) -> Answer:
        async with self._opened(path, params, accept) as response:
            status = response.status_code
            if 300 <= status < 400:
                to = response.headers.get("location", "")[:_TOLD]
                problem = Problem(
                    f"redirects to {to or 'somewhere'}",
                    path,
                    "give the address it redirects to, if it is right",
                )
                raise SourceFailure("redirected", problem)
            body = await self._read(response, path)
            if 200 <= status < 300 or (status == 404 and may_miss):
                kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                return Answer(status, kind, body)
            raise self._refused(status, body, response.headers.get("retry-after", ""), path)

    @asynccontextmanager
    async def _opened(
        self, path: str, params: Mapping[str, str | int], accept: str
    ) -> AsyncIterator[httpx2.Response]:
        assert self._client is not None, "used inside its own context"
        parts = urlsplit(self.address)
        host, scheme = parts.hostname or "", parts.scheme
        port = parts.port or _PORTS[scheme]
        if scheme == "http" and not self.allow_private:
            raise SourceFailure(
                "blocked", Problem("is not encrypted", host, "use https, or have an admin allow it")
            )
        address = await checked(host, port, self.allow_private, self.resolve)
        netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        named = f"[{host}]" if ":" in host else host
        request = self._client.build_request(
            "GET",
            f"{scheme}://{netloc}{parts.path.rstrip('/')}{path}",
            params={key: str(value) for key, value in params.items()},
            headers={
                **self.headers,
                "host": named if port == _PORTS[scheme] else f"{named}:{port}",
                "accept": accept,
                "accept-encoding": "gzip",
                "user-agent": "throughline",
            },
            extensions={"sni_hostname": host},
        )
        try:
            response = await self._client.send(request, stream=True)
        except httpx2.TimeoutException as error:
            what = f"does not answer within {self.bounds.read_s:g} s"
            raise SourceFailure("too_slow", Problem(what, path, _BETWEEN)) from error
        except httpx2.HTTPError as error:
            problem = Problem(
                f"cannot be reached: {error or type(error).__name__}",
                f"{host}:{port}",
                "check address and network",
            )
            raise SourceFailure("unreachable", problem) from error
        try:
            yield response
        finally:
            await response.aclose()

    async def _read(self, response: httpx2.Response, path: str) -> bytes:
        """The body, unpacked. What it may have is counted before it is unpacked, so that a bomb costs no memory."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", ""):
            raise SourceFailure(
                "garbage",
                Problem(f"answers in the encoding '{encoding[:40]}', not asked for", path, _BETWEEN),
            )
        unpack = zlib.decompressobj(31) if encoding == "gzip" else None
        body = bytearray()
        try:
            async for piece in response.aiter_raw():
                room = self.bounds.most_bytes - len(body) + 1
                body += unpack.decompress(piece, room) if unpack else piece
                if len(body) > self.bounds.most_bytes:
                    do = "ask for fewer traces at once (limit)"
                    what = f"answers with more than {self.bounds.most_bytes // MIB} MiB"
                    raise SourceFailure("too_large", Problem(what, path, do))
        except zlib.error as error:
            raise SourceFailure(
                "garbage", Problem(f"answers gzip that cannot be unpacked: {error}", path, _BETWEEN)
            ) from error
        except httpx2.TimeoutException as error:
            what = f"went silent for {self.bounds.read_s:g} s in the middle of an answer"
            raise SourceFailure("too_slow", Problem(what, path, _BETWEEN)) from error
        except httpx2.HTTPError as error:
            what = f"broke off in the middle of an answer: {error or type(error).__name__}"
            raise SourceFailure("unreachable", Problem(what, path, _BETWEEN)) from error
        if unpack is not None and not unpack.eof:
            raise SourceFailure(
                "unreachable", Problem("broke off in the middle of a gzip stream", path, _BETWEEN)
            )
        return bytes(body)

    def _refused(self, status: int, body: bytes, retry_after: str, path: str) -> SourceFailure:
        if status in (401, 403):
            do = "set its credentials anew: sources change NAME --header ..."
            return SourceFailure(
                "refused", Problem(f"answers {status}: the credential is not accepted", path, do)
            )
        said = f": {shown}" if (shown := _shown(body)) else ""
        if status in _BUSY:
            after = self._seconds(retry_after)
            problem = Problem(f"answers {status}{said}", path, "nothing: it is asked again later")
            return SourceFailure("busy", problem, after)
        if status == 404:
            do = "check the address, and that the source is of this kind"
            return SourceFailure("missing", Problem(f"answers 404{said}", path, do))
        return SourceFailure(
            "garbage", Problem(f"answers {status}{said}", path, "look at the log of the source")
        )

    def _seconds(self, text: str) -> float:
        """RFC 9110, 10.2.3: seconds or a date; 0 for what is neither, at most an hour."""
        if text.strip().isdigit():
            wait = float(text)
        else:
            try:
                wait = (from_datetime(parsedate_to_datetime(text)) - self.clock()) / SECOND
            except (TypeError, ValueError, ProblemError):
                wait = 0.0
        return min(max(wait, 0.0), self.bounds.longest_retry_after_s)


@lru_cache(1)
def _trusted() -> ssl.SSLContext:
    """The authorities this machine trusts, a company's own included; reading them takes tens of milliseconds."""
    return ssl.create_default_context()


def _shown(body: bytes) -> str:
    text = " ".join(body[: 4 * _TOLD].decode("utf-8", "replace").split())
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:_TOLD]
