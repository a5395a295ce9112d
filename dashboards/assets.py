# SPDX-License-Identifier: Apache-2.0
"""What may a browser keep for ever? Our stylesheet, our script, our mark and plotly.js: each named after its content."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_STYLES = ("tokens.css", "layout.css", "parts.css", "pages.css")
# what only some pages need, they load beside it
_PARTS = {
    "list_style": "transactions.css",
    "story_style": "story.css",
    "map_style": "map.css",
    "contract_style": "contracts.css",
}
_SCRIPTS = ("page.js", "swap.js", "chart.js", "query.js", "keys.js")
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as it goes over the wire. Its name changes whenever its content does."""

    stem: str
    suffix: str
    media_type: str
    content: bytes

    @cached_property
    def name(self) -> str:
        return f"{self.stem}.{sha256(self.content).hexdigest()[:12]}.{self.suffix}"

    @cached_property
    def zipped(self) -> bytes:
        """Compressed once, when first wanted; plotly.js takes a fifth of a second, so callers use a thread."""
        return gzip.compress(self.content, compresslevel=9, mtime=0)


@dataclass(frozen=True, slots=True)
class Assets:
    """All of them. `address` holds what templates print, by role: style, script, mark, plotly, and what only some pages load."""

    by_name: Mapping[str, Asset]
    address: Mapping[str, str]

    async def serve(self, request: Request) -> Response:
        """One asset, compressed where the browser takes it; 404 for any name that is not current."""
        asset = self.by_name.get(request.path_params["name"])
        if asset is None:
            return PlainTextResponse(
                "There is no such file. Reload the page that asked for it.\n", status_code=404
            )
        headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(asset.content, media_type=asset.media_type, headers=headers)
        zipped = await run_in_threadpool(lambda: asset.zipped)
        return Response(zipped, media_type=asset.media_type, headers=headers | {"Content-Encoding": "gzip"})


def read() -> Assets:
    """The assets as installed. Our own few files of one kind become one: a page costs one request for each kind."""
    own = files("dashboards") / "static"
    plotly = files("plotly") / "package_data" / "plotly.min.js"
    assets = {
        "style": Asset("throughline", "css", "text/css", b"\n".join((own / n).read_bytes() for n in _STYLES)),
        "script": Asset(
            "throughline", "js", "text/javascript", b"\n".join((own / n).read_bytes() for n in _SCRIPTS)
        ),
        **{role: Asset(role, "css", "text/css", (own / name).read_bytes()) for role, name in _PARTS.items()},
        "mark": Asset("mark", "svg", "image/svg+xml", (own / "mark.svg").read_bytes()),
        "plotly": Asset("plotly", "js", "text/javascript", plotly.read_bytes()),
    }
    return Assets(
        by_name={asset.name: asset for asset in assets.values()},
        address={role: f"/static/{asset.name}" for role, asset in assets.items()},
    )
