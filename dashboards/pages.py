# SPDX-License-Identifier: Apache-2.0
"""Which addresses do people open? The routes of this room, and what happens where a page cannot be shown."""

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import quote

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboards import (
    assets,
    contract_address,
    contract_parts,
    contract_register,
    contracts,
    decision,
    exceptions,
    home,
    key_quality,
    kpis,
    policies,
    replay,
    saved_views,
    source_form,
    sources,
    supports,
    system_map,
    trace,
    traces,
    transaction,
    transactions,
    trouble,
    what_if,
)
from dashboards.asking import AnswerRefused, Ask, NothingHere, Page, SignInRequired, Visit
from dashboards.rendering import FRAGMENT, PageSettings, Renderer

__all__ = ["Ask", "PageSettings", "SignInRequired", "routes"]

_Show = Callable[[Visit], Awaitable[Page | Response]]

_PAGES: tuple[tuple[str, _Show], ...] = (
    ("/", home.show),
    ("/kpis", kpis.show),
    ("/kpis/{kpi}.json", kpis.figure),
    ("/transactions", transactions.show),
    ("/transactions/completion", transactions.complete),
    (f"{saved_views.ROOT}/{{id}}", saved_views.open_view),
    ("/transactions/{id}.json", transaction.raw),
    ("/transactions/{id}/why", supports.show),
    ("/transactions/{id}", transaction.show),
    ("/map", system_map.show),
    ("/traces", traces.show),
    ("/traces/{id}", trace.show),
    ("/contracts", contracts.show),
    ("/contracts/{subject:path}", contract_parts.show),
    ("/admin/keys", key_quality.show),
    ("/policies", policies.show),
    ("/exceptions", exceptions.show),
    (source_form.ADDRESS, sources.show),
)

_FORMS: tuple[tuple[str, _Show], ...] = (
    ("/exceptions/{id}/replay", replay.start),
    ("/transactions/{id}/decisions", decision.take),
    (what_if.ADDRESS, what_if.ask),
    (sources.FORMS, sources.set_up),
    (f"{sources.FORMS}/change", sources.change),
    (f"{sources.FORMS}/{{verb}}", sources.run),
    (saved_views.ROOT, saved_views.save),
    (f"{saved_views.ROOT}/{{id}}/delete", saved_views.remove),
    (contract_address.register(), contract_register.take),
    ("/contracts/{subject:path}", contract_parts.take),
)


def routes(ask: Ask, settings: PageSettings) -> list[BaseRoute]:
    """Every page, its figures, its forms and its static files. Pages hold no state: two lists are independent."""
    own = assets.read()
    renderer = Renderer(settings, own.address)
    smaller = [Middleware(GZipMiddleware, minimum_size=700)]
    pages = [
        Route(path, partial(_door, show, ask, renderer), methods=["GET"], middleware=smaller)
        for path, show in _PAGES
    ]
    forms = [
        Route(path, partial(_door, take, ask, renderer), methods=["POST"], middleware=smaller)
        for path, take in _FORMS
    ]
    return [*pages, *forms, Route("/static/{name}", own.serve, methods=["GET"])]


async def _door(show: _Show, ask: Ask, renderer: Renderer, request: Request) -> Response:
    """Shows the page, or the page that says why not: sign in first, not there, or the API refused."""
    try:
        page = await show(Visit(request, ask))
    except SignInRequired:
        return _to_sign_in(request, renderer.settings.sign_in_url)
    except NothingHere as nothing:
        page = trouble.nothing_here(nothing)
    except AnswerRefused as refused:
        page = trouble.refused(refused, getattr(request.state, "request_id", ""))
    return page if isinstance(page, Response) else renderer.response(page, request)


def _to_sign_in(request: Request, sign_in_url: str) -> Response:
    """A page leads to the sign-in and back; a fragment only says so, and the script then loads the whole page."""
    if FRAGMENT.lower() in request.headers:
        return PlainTextResponse("Sign in first.\n", 401, {"Vary": f"Cookie, {FRAGMENT}"})
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET":
        back = "/"
    return RedirectResponse(f"{sign_in_url}?next={quote(back, safe='')}", 303, {"Cache-Control": "no-store"})
