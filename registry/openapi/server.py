# SPDX-License-Identifier: Apache-2.0
"""Did the addresses of an API change? Told, never breaking: which address a client calls is set where it runs."""

from registry.api.comparison import Comparison
from registry.api.element import Element
from registry.change import ABSENT


def compare(both: Comparison, a: Element, b: Element) -> None:
    """Records servers that are named on one side only."""
    olds, news = ({each.text("url"): each for each in side.listed("servers")} for side in (a, b))
    for url, x in olds.items():
        if url not in news:
            both.say("server-removed", x, f"{b.pointer}/servers", url)
    for url, y in news.items():
        if url not in olds:
            both.say("server-added", f"{a.pointer}/servers", y, ABSENT, url)
