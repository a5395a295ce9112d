# SPDX-License-Identifier: Apache-2.0
"""Which questions do people keep? Views over the list of transactions: saved under a name, opened by a link, deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import RedirectResponse, Response

from dashboards import queries, query_bar
from dashboards.asking import NothingHere, Visit

ROOT = "/transactions/views"
_LARGEST_FORM = 8_192
_SAID = {"ViewSaved": "view-saved", "ViewNameTaken": "view-taken", "ViewRefused": "view-refused"}


@dataclass(frozen=True, slots=True)
class ViewLink:
    """One view. `link` is what to hand to others: it follows the view when its owner changes it."""

    name: str
    address: str
    link: str
    is_shown: bool
    delete_address: str


@dataclass(frozen=True, slots=True)
class SavedViews:
    """The reader's views, and what the form to save the present one carries. `key` makes pressing it twice one view."""

    links: tuple[ViewLink, ...]
    query: str
    sort: str
    key: str

    @property
    def shown(self) -> ViewLink | None:
        """The view that the list shows at present."""
        return next((one for one in self.links if one.is_shown), None)


def saved_views(nodes: Sequence[Mapping[str, Any]], query: str, sort: str, now: str) -> SavedViews:
    """The reader's views beside the list of this query and order."""
    links = tuple(
        ViewLink(
            name=node["name"],
            address=_address(node),
            link=f"{ROOT}/{node['id']}",
            is_shown=(node["query"], sort_word(node["sort"])) == (query, sort),
            delete_address=f"{ROOT}/{node['id']}/delete",
        )
        for node in nodes
    )
    return SavedViews(links, query, sort, f"page:{now}:{query_bar.address(query, sort)}"[:120])


async def open_view(visit: Visit) -> Response:
    """Leads to the list of the view of that id, whoever saved it."""
    identity = visit.request.path_params["id"]
    found = (await visit.answer(queries.SAVED_VIEW, id=identity))["savedView"]
    if found is None:
        raise NothingHere("view", identity, query_bar.PATH)
    return RedirectResponse(_address(found), 303, {"Cache-Control": "no-store"})


async def save(visit: Visit) -> Response:
    """Saves what the form carries and leads back to the list. The guard has checked the CSRF token before."""
    form = await _form(visit)
    name, query, sort = form.get("name", ""), form.get("q", ""), form.get("sort", "")
    word = sort or "-started"
    order = {"field": word.removeprefix("-").upper(), "descending": word.startswith("-")}
    # The name is part of the key: another name in the same form is another wish.
    key = f"{form.get('key', '')}:{name}"[:200]
    given = {"name": name, "query": query, "sort": order, "idempotencyKey": key, "replace": "replace" in form}
    outcome = (await visit.answer(queries.SAVE_VIEW, input=given))["saveView"]
    return _back(query_bar.address(query, sort, said=_SAID[outcome["__typename"]]))


async def remove(visit: Visit) -> Response:
    """Deletes the reader's view of that id and leads back to the list it showed."""
    form = await _form(visit)
    identity = visit.request.path_params["id"]
    await visit.answer(queries.DELETE_VIEW, input={"id": identity, "idempotencyKey": f"page:{identity}"})
    return _back(query_bar.address(form.get("q", ""), form.get("sort", ""), said="view-deleted"))


def sort_word(order: Mapping[str, Any]) -> str:
    """How an address writes an order; the usual one is not written."""
    word = f"{'-' if order['descending'] else ''}{order['field'].lower()}"
    return "" if word == "-started" else word


def _address(view: Mapping[str, Any]) -> str:
    return query_bar.address(view["query"], sort_word(view["sort"]))


async def _form(visit: Visit) -> dict[str, str]:
    body = (await visit.request.body())[:_LARGEST_FORM].decode("utf-8", "replace")
    return {name: values[-1].strip() for name, values in parse_qs(body).items()}


def _back(address: str) -> Response:
    return RedirectResponse(address, 303, {"Cache-Control": "no-store"})
