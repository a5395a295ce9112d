# SPDX-License-Identifier: Apache-2.0
"""How does a page get its data? It asks the public GraphQL API, with the credential of the person who looks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

Ask = Callable[[str, dict[str, Any], Request], Awaitable[dict[str, Any]]]


class SignInRequired(Exception):  # noqa: N818 - it says what to do, which is the point of the name
    """Raised by `Ask` when the request bears no credential, or one that has run out."""


class AnswerRefused(Exception):  # noqa: N818 - the same
    """The API answered with errors. `reasons` are its own messages, `code` its first machine-readable code or ``."""

    def __init__(self, reasons: tuple[str, ...], code: str = "") -> None:
        self.reasons = reasons
        self.code = code
        super().__init__("; ".join(reasons))


class NothingHere(Exception):  # noqa: N818 - the same
    """What the address names does not exist. `noun` and `name` say what was looked for, `back` where its list is."""

    def __init__(self, noun: str, name: str, back: str) -> None:
        self.noun = noun
        self.name = name
        self.back = back
        super().__init__(f"{noun} {name}")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of one person, and the way to ask on their behalf."""

    request: Request
    ask: Ask

    async def answer(self, document: str, /, **variables: Any) -> dict[str, Any]:
        """The `data` of the answer. Raises AnswerRefused when there are errors, SignInRequired without a credential."""
        answer = await self.ask(document, variables, self.request)
        if answer.get("errors"):
            errors: list[Mapping[str, Any]] = answer["errors"]
            code = str((errors[0].get("extensions") or {}).get("code", ""))
            if code == "UNAUTHENTICATED":
                raise SignInRequired
            raise AnswerRefused(tuple(str(error["message"]) for error in errors), code)
        data: dict[str, Any] = answer["data"]
        return data

    def asked(self, name: str) -> str:
        """A filter of the address, trimmed; `` when it is not there."""
        return self.request.query_params.get(name, "").strip()

    def asked_among(self, name: str, known: tuple[str, ...], otherwise: str) -> str:
        """A filter that must be one of the known words; anything else counts as the default."""
        word = self.asked(name)
        return word if word in known else otherwise


@dataclass(frozen=True, slots=True)
class Page:
    """What a page module hands back: a template and the values it prints. `data` is the answer that carries the frame."""

    template: str
    title: str
    view: Any
    data: Mapping[str, Any]
    status: int = 200
