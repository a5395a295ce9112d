# SPDX-License-Identifier: Apache-2.0
"""A page that needs nothing else from the server: for those who are not signed in yet, and for what went wrong."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse

STYLE = """
:root { color-scheme: light dark; --ink: #16202a; --quiet: #55616d; --paper: #f6f7f8; --card: #fff; --line: #d5dade; --mark: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebef; --quiet: #a3aeb8; --paper: #11171c; --card: #1a2228; --line: #35414b; --mark: #7cb7f2; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: min(30rem, calc(100vw - 2rem)); padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.25; }
p { margin: .5rem 0; } .quiet { color: var(--quiet); font-size: .9rem; }
label { display: block; margin-top: 1.25rem; font-weight: 600; }
input { width: 100%; margin-top: .35rem; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--quiet); border-radius: 6px; }
button { margin-top: 1rem; padding: .55rem 1.1rem; font: inherit; font-weight: 600; color: var(--card); background: var(--mark); border: 0; border-radius: 6px; cursor: pointer; }
a { color: var(--mark); } :focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
code { overflow-wrap: anywhere; }
"""

_STYLE_HASH = b64encode(sha256(STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


def plain_page(title: str, *paragraphs: str, form: str = "", status: int = 200) -> HTMLResponse:
    """A page of a heading and paragraphs, all escaped. `form` is markup of our own."""
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs if paragraph)
    return HTMLResponse(
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<link rel=icon href=data:,><title>{escape(title)} · Throughline</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{text}{form}</main></body></html>",
        status_code=status,
        headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"},
    )
