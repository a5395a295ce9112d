# SPDX-License-Identifier: Apache-2.0
"""How does a page become HTML? Values in, one template, the frame around it, and the headers every page bears."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboards import format as write
from dashboards import status
from dashboards.asking import Page

# plotly.js adds one empty <style> and fills it through the CSSOM: the hash is that of the empty string, nothing else.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; "
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FRAGMENT = "X-Fragment"
_THEMES = ("light", "dark")
_SAID = {
    "replay-started": ("good", "The replay has started. What was already applied is not sent again."),
    "replay-already": ("good", "This replay was already asked for; it has not been started twice."),
    "replay-not-open": ("warn", "Nothing was replayed: the exception is not open any more."),
    "view-saved": ("good", "The view is saved. Its link can be handed to others."),
    "view-taken": (
        "warn",
        "You have a view of that name already; nothing was saved. Tick the box to write over it.",
    ),
    "view-refused": ("bad", "The view was not saved: its name, or its query, cannot be kept as it is."),
    "view-deleted": ("good", "The view is deleted."),
    "replay-not-found": ("bad", "Nothing was replayed: there is no such exception."),
    "decision-taken": ("good", "Decided. What it touches was stitched anew; it holds whatever events say."),
    "decision-already": ("good", "This was decided before and holds; nothing has changed."),
    "decision-revoked": ("good", "Taken back. The rules hold again for these two."),
    "decision-refused": ("warn", "Nothing was decided: no process joins objects of these types like this."),
    "decision-contradicts": (
        "warn",
        "Nothing was decided: another decision says otherwise. Take that one back first.",
    ),
    "source-added": ("good", "The source is set up. It is pulled within a second."),
    "source-changed": ("good", "The source is changed. It goes on where it stood."),
    "source-as-it-was": ("good", "Nothing in the form was changed; the source is as it was."),
    "source-paused": ("good", "The source is paused. What it has told stays; it still counts as behind."),
    "source-resumed": ("good", "The source goes on where it stood."),
    "source-pulled": ("good", "The source is asked now."),
    "source-removed": ("good", "The source is forgotten, with its credentials. Its spans stay."),
    "source-not-found": ("bad", "Nothing was done: no such source was set up."),
    "decision-not-found": ("bad", "Nothing was taken back: there is no such decision."),
    "life-draft": ("good", "It is a draft: nobody builds on it yet."),
    "life-active": ("good", "It is active: others may build on it."),
    "life-deprecated": ("good", "It is deprecated. Whoever reads it is told so, in headers too."),
    "life-sunset": ("good", "Its last day is set, and told to whoever reads it."),
    "life-retired": ("good", "It is retired. Its number and its document are kept."),
    "life-as-it-was": ("good", "It was so already; nothing was changed."),
    "version-deleted": ("good", "The version is deleted. It can be restored on the page of its contract."),
    "version-restored": ("good", "The version is back, in the state it had."),
    "finding-approved": ("good", "The finding is accepted: it fails no check until its last day."),
    "approval-withdrawn": ("good", "The approval is taken back: the finding fails checks again."),
    "approval-gone": ("warn", "There was no such approval any more; nothing was changed."),
    "contract-registered": ("good", "Registered."),
    "contract-there": ("good", "This content was registered already; nothing was stored."),
}
_NAVIGATION = (
    ("/", "Now", "n"),
    ("/kpis", "KPIs", "k"),
    ("/transactions", "Transactions", "t"),
    ("/exceptions", "Exceptions", "e"),
    ("/contracts", "Contracts", "c"),
    ("/policies", "Policies", "p"),
    ("/map", "Map", "m"),
    ("/admin", "Sources", "s"),
)


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the roof may decide about pages. `live_url` None turns the stream of hints off."""

    live_url: str | None = "/live"
    sign_in_url: str = "/sign-in"
    sign_out_url: str | None = "/sign-out"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page. Without an answer (an error page) the person and the instance are unknown."""

    title: str
    path: str
    here: str
    theme: str
    csrf: str
    said: tuple[str, str] | None
    person: str
    version: str
    clock: str
    now: str
    demo: "Demo | None"


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo banner names."""

    legal_entities: str
    systems: str
    sandbox_url: str


class Renderer:
    """Turns a Page into a response. One per application; it holds the compiled templates and no state of a request."""

    def __init__(self, settings: PageSettings, assets: Mapping[str, str]) -> None:
        self.settings = settings
        self.templates = Environment(
            loader=PackageLoader("dashboards"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.globals |= {
            "assets": assets,
            "settings": settings,
            "navigation": _NAVIGATION,
            "json_island": json_island,
            "write": write,
        }

    def response(self, page: Page, request: Request) -> Response:
        """The whole page, or with the fragment header only its title and main part; never cached by anybody else."""
        fragment = request.headers.get(FRAGMENT) == "main"
        text = self.templates.get_template(page.template).render(
            layout="fragment.html" if fragment else "layout.html", frame=_frame(page, request), view=page.view
        )
        headers = {
            "Cache-Control": "no-store",
            "Vary": f"Cookie, {FRAGMENT}",
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        }
        return HTMLResponse(text, page.status, headers)


def _frame(page: Page, request: Request) -> Frame:
    instance = page.data.get("instance")
    theme = request.cookies.get("theme", "")
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "said"]
    demo = None
    if instance and instance["demo"]:
        demo = Demo(
            legal_entities=write.sentence_list(instance["legalEntities"]),
            systems=write.sentence_list([_vendor(system) for system in instance["systems"]]),
            sandbox_url=instance["sandboxUrl"] or "",
        )
    return Frame(
        title=page.title,
        path=request.url.path,
        here=request.url.path + (f"?{urlencode(query)}" if query else ""),
        theme=theme if theme in _THEMES else "",
        csrf=getattr(request.state, "csrf", ""),
        said=_SAID.get(request.query_params.get("said", "")),
        person=page.data["me"]["name"] if page.data.get("me") else "",
        version=instance["version"] if instance else "",
        clock=write.clock(instance["now"]) if instance else "",
        now=instance["now"] if instance else "",
        demo=demo,
    )


def _vendor(system: Mapping[str, str]) -> str:
    from_role = {"crm": "CRM", "erp": "ERP"}.get(system["role"], system["role"])
    return f"{status.system(system['name']).word} ({from_role})"


def json_island(value: Any) -> Markup:
    """JSON that may stand inside <script type="application/json">: no `<`, `>` or `&` survives to end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    escaped = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    # every character that could leave the element is escaped above
    return Markup(escaped.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704
