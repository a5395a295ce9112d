# SPDX-License-Identifier: Apache-2.0
"""What does a person see when a page cannot be shown? What failed, and the way on; never a bare status."""

from dataclasses import dataclass

from dashboards.asking import AnswerRefused, NothingHere, Page


@dataclass(frozen=True, slots=True)
class Trouble:
    """`advice` says what to do next; `back` is a link (address, words); `reasons` are the API's own messages."""

    title: str
    advice: str
    back: tuple[str, str]
    reasons: tuple[str, ...] = ()
    request_id: str = ""


def nothing_here(nothing: NothingHere) -> Page:
    """404: names what was looked for."""
    view = Trouble(
        title=f"There is no {nothing.noun} “{nothing.name}”",
        advice="It may have been mistyped, or it belongs to another installation. The list can be searched by business key.",
        back=(nothing.back, f"All {nothing.noun}s" if nothing.noun != "KPI" else "All KPIs"),
    )
    return Page("trouble.html", "Not found", view, {}, status=404)


def refused(refused: AnswerRefused, request_id: str) -> Page:
    """403 when it is a matter of permission, 400 when the address asks for the impossible, 503 when busy, else 502."""
    code = refused.code.upper()
    if code == "FORBIDDEN":
        title, status = "Your roles do not cover this page", 403
        advice = "Ask an administrator of this installation for the permission named below, then load the page again."
    elif code in ("BUSY", "TIMEOUT"):
        title, status = "This took longer than a page may take", 503
        advice = "The installation is busy. Nothing was changed; load the page again in a moment."
    elif code in ("BAD_USER_INPUT", "TOO_COMPLEX"):
        title, status = "The address asks for something that cannot be answered", 400
        advice = "One of the filters in the address is not valid. Start again from the list."
    else:
        title, status = "The data for this page could not be read", 502
        advice = "Nothing was changed. Load the page again; if it stays, give the request id below to whoever runs this installation."
    view = Trouble(title, advice, ("/", "Is money moving?"), refused.reasons, request_id)
    return Page("trouble.html", title, view, {}, status)
