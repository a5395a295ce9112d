# SPDX-License-Identifier: Apache-2.0
"""Headers that every answer carries, so that a browser grants our pages no more than they need."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The hash is that of the empty text: plotly inserts an empty <style> and fills it through the CSSOM.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that a browser sends our own forms with "Origin: null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Pages hold money and names; only what says otherwise (static files) may stay in a cache.
    "Cache-Control": "no-store",
}
TRANSPORT = "max-age=31536000"


class SecurityHeaders:
    """ASGI middleware: adds each header an answer does not set itself; HSTS only where a proxy brings TLS."""

    def __init__(self, app: ASGIApp, behind_proxy: bool = False) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": TRANSPORT} if behind_proxy else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
