# SPDX-License-Identifier: Apache-2.0
"""A bearer token that several threads share: fetched when first needed, kept until it expires, fetched anew once refused."""

import threading
import time
from collections.abc import Callable

import httpx2

from sync.connectors.answer import SignInFailed, document_or_empty, retry_after

_EARLY_S = 30.0  # a token this near its end could expire on the way


class AccessToken:
    """`fetch` asks the token endpoint once and gives its response: `{access_token, expires_in?}`."""

    def __init__(self, system: str, fetch: Callable[[], httpx2.Response], lifetime_s: float = 1800.0) -> None:
        self._system = system
        self._fetch = fetch
        self._lifetime_s = lifetime_s  # when the system does not tell
        self._lock = threading.Lock()
        self._value = ""
        self._ends = 0.0

    def send(self, exchange: Callable[[str], httpx2.Response]) -> httpx2.Response:
        """`exchange(token)`; after a 401, which has no effect there, once more with a new token.

        Raises SignInFailed when no token can be had.
        """
        token = self._current()
        response = exchange(token)
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            self._forget(token)
            response = exchange(self._current())
        return response

    def _current(self) -> str:
        with self._lock:
            if not self._value or time.monotonic() > self._ends:
                self._renew()
            return self._value

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._value == token:  # another thread may have renewed it meanwhile
                self._value = ""

    def _renew(self) -> None:
        try:
            response = self._fetch()
        except httpx2.TransportError as error:
            raise SignInFailed(f"{self._system} could not be reached to sign in: {error}") from error
        body = document_or_empty(response)
        if not response.is_success or "access_token" not in body:
            reason = body.get("error_description") or body.get("error") or response.status_code
            raise SignInFailed(f"{self._system} refused to sign in: {reason}", retry_after(response))
        self._value = str(body["access_token"])
        self._ends = time.monotonic() + float(body.get("expires_in", self._lifetime_s)) - _EARLY_S
