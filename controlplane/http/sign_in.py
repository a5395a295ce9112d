# SPDX-License-Identifier: Apache-2.0
"""How a person comes in: by the one-time link that the server printed, or by pasting a token. Both open a session."""

from html import escape
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from controlplane.http.plain_page import plain_page
from controlplane.http.refusal import media_type, refusal
from controlplane.security.caller import COOKIE, Credentials
from controlplane.security.forgery import FORM_TYPE, form_fields, is_same_origin
from controlplane.security.store import SESSION_LIFE, LinkRefusal, Opened
from terms.instant import SECOND
from terms.problem import Problem

_LINK_REFUSED: dict[LinkRefusal, str] = {
    "used": "This sign-in link was used already; each one works once.",
    "expired": "This sign-in link is older than a day.",
    "unknown": "This sign-in link is not one of this server.",
}


def sign_in_url(base_url: str, secret: str, next_page: str = "/") -> str:
    """The link to print: it opens one session and then shows the page."""
    after = "" if next_page == "/" else f"&next={quote(next_page, safe='')}"
    return f"{base_url.rstrip('/')}/sign-in?link={secret}{after}"


def sign_in_routes(credentials: Credentials) -> list[Route]:
    """`/sign-in` (a page, the link's target and the form's) and `/sign-out`."""

    async def show(request: Request) -> Response:
        secret = request.query_params.get("link", "")
        if not secret:
            return _page(request)
        # Looking ahead must not use the link up: HEAD probes and prefetching browsers do just that.
        if request.method == "HEAD" or "prefetch" in request.headers.get("sec-purpose", ""):
            return Response(status_code=204)
        opened = await credentials.sign_in_with_link(secret)
        if isinstance(opened, Opened):
            return _let_in(opened, request.query_params.get("next", ""))
        if await credentials.caller(request) is not None:
            # The same link pressed again in a browser that is signed in: what the person wants is the page.
            return RedirectResponse(own_page(request.query_params.get("next", "")), 303)
        return _page(request, _LINK_REFUSED[opened], 410 if opened != "unknown" else 404)

    async def take(request: Request) -> Response:
        if media_type(request) != FORM_TYPE:
            return refusal(
                request, 415, Problem("the sign-in form is sent as a form", "Content-Type", FORM_TYPE)
            )
        if not is_same_origin(request):
            return refusal(
                request, 403, Problem("the form comes from another site", "Origin", "open /sign-in here")
            )
        try:
            form = form_fields(await request.body())
        except ValueError:
            return refusal(request, 400, Problem("the form cannot be read"))
        opened = await credentials.sign_in_with_token(form.get("token", ""))
        if opened is None:
            return _page(
                request, "This token is not valid here, or it does not open pages.", 403, form.get("next", "")
            )
        return _let_in(opened, form.get("next", ""))

    async def leave(request: Request) -> Response:
        await credentials.sign_out(request)
        response = RedirectResponse("/sign-in", 303)
        response.set_cookie(COOKIE, "", max_age=0, path="/", secure=True, httponly=True, samesite="lax")
        return response

    return [
        Route("/sign-in", show, methods=["GET"]),
        Route("/sign-in", take, methods=["POST"]),
        Route("/sign-out", leave, methods=["POST"]),
    ]


def own_page(address: str) -> str:
    """The address when it is a path of ours, else the first screen: a sign-in must not lead to another site."""
    if not address.startswith("/") or address[1:2] in ("/", "\\") or not address.isprintable():
        return "/"
    parts = urlsplit(address)
    is_own = not parts.netloc and not parts.scheme and parts.path not in ("/sign-in", "/sign-out")
    return address if is_own else "/"


def _let_in(opened: Opened, next_page: str) -> Response:
    response = RedirectResponse(own_page(next_page), 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE,
        opened.secret,
        max_age=SESSION_LIFE // SECOND,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


def _page(request: Request, said: str = "", status: int = 200, next_page: str | None = None) -> Response:
    target = request.query_params.get("next", "") if next_page is None else next_page
    form = (
        "<form method=post action='/sign-in'>"
        f"<input type=hidden name=next value='{escape(own_page(target), quote=True)}'>"
        # Password managers file a token under a name.
        "<input name=username autocomplete=username value=throughline hidden>"
        "<label for=token>Token</label>"
        "<input id=token name=token type=password autocomplete=current-password required placeholder='tl_…'>"
        "<button>Sign in</button></form>"
        "<p class=quiet>Every start of the server on this machine prints a link that signs you in once. "
        "A token comes from whoever runs this installation.</p>"
    )
    first = said or "Open the link that the server printed when it started, or paste a token."
    return plain_page("Sign in to Throughline", first, form=form, status=status)
