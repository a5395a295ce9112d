# SPDX-License-Identifier: Apache-2.0
"""Where do people land after a form? On one of our own pages, with a word on what became of it in the address."""

from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse, Response


def own_page(address: str, otherwise: str) -> str:
    """The address when it is one of our own pages, else the other one: a form must not lead people elsewhere.

    >>> own_page("/kpis?days=7", "/exceptions"), own_page("//evil.example/", "/exceptions")
    ('/kpis?days=7', '/exceptions')
    """
    parts = urlsplit(address)
    is_path = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_path and not parts.netloc and not parts.scheme else otherwise


def with_word(address: str, said: str) -> str:
    """The address with that word (see `rendering`), which the page then says in full.

    >>> with_word("/contracts/a?version=1#life", "life-active")
    '/contracts/a?version=1&said=life-active#life'
    """
    parts = urlsplit(address)
    query = f"{parts.query}&" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.path}?{query}{urlencode({'said': said})}{fragment}"


def led_to(address: str, said: str) -> Response:
    """303 to the address with that word: loading the page again sends nothing twice."""
    return RedirectResponse(with_word(address, said), 303, {"Cache-Control": "no-store"})
