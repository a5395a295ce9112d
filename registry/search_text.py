# SPDX-License-Identifier: Apache-2.0
"""By which words can a contract be found? Its names, its people, what it describes, and every field it names, as one text."""

from collections.abc import Iterator
from typing import Any

from registry.contract import Contract

MOST = 100_000  # characters; what stands first is kept
_NAMED = ("properties", "patternProperties", "paths", "channels", "operations", "messages", "headers")
_SAID = ("title", "description", "summary", "operationId", "name")


def search_text(contract: Contract) -> str:
    """Every word without capitals, once: those of the subject and title first, then people, then fields and what is said of them.

    A search asks for words, not for sentences, so their order tells nothing, and the text that is read for each search is short.
    """
    said = [
        contract.subject,
        contract.title,
        contract.owner,
        contract.domain,
        contract.steward,
        contract.audience,
        contract.event_type,
        contract.description,
        *(f"{name}={value}" for name, value in contract.labels.items()),
        *_words(contract.document.data),
    ]
    return " ".join(dict.fromkeys(word for each in said for word in each.casefold().split()))[:MOST]


def _words(value: Any) -> Iterator[str]:
    """Names of fields, paths and operations, and what is said about them, in the order of the document."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += reversed(here)
        elif isinstance(here, dict):
            for name in _NAMED:
                if isinstance(here.get(name), dict):
                    yield from (str(key) for key in here[name])
            yield from (here[name] for name in _SAID if isinstance(here.get(name), str))
            waiting += [inner for inner in reversed(here.values()) if isinstance(inner, dict | list)]
