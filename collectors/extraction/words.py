# SPDX-License-Identifier: Apache-2.0
"""The words that stand everywhere in a rule file: values, texts, steps, forms of keys. What is wrong is told at its line."""

from collections.abc import Mapping
from typing import Any

from collectors.extraction.key_form import KeyForm
from collectors.extraction.normaliser import Normaliser, expression, normaliser
from collectors.extraction.rule import SPAN_WORDS, Pattern, Value
from terms.problem import Problem, ProblemError, did_you_mean
from terms.yaml_lines import Document

FORM_KEYS = ("normalise", "least", "dates", "nulls", "matches", "classified")
QUALIFIER = expression(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""What a namespace or a scope may be: neither holds what divides the parts of a key text."""
TYPE = expression(r"[A-Za-z0-9][A-Za-z0-9_. -]{0,63}")
"""What an object type may be."""
VALUE_KEYS = ("from", "resource", "span", "span_event", "item", "pointer", "normalise")


class Words:
    """One document on its way to a rule. What is wrong is noted and reading goes on, so that all of it is told at once."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.document = document
        self.problems = problems
        self.found = 0

    def tell(self, what: str, pointer: str = "", do: str = "") -> None:
        self.found += 1
        self.problems.append(self.document.problem(what, pointer, do))

    def keys(
        self, pointer: str, data: dict[str, Any], known: tuple[str, ...], needed: tuple[str, ...]
    ) -> None:
        told = self.document.unknown_keys(pointer, data, known)
        told += self.document.missing_keys(pointer, data, needed)
        self.found += len(told)
        self.problems += told

    def mapping(
        self, pointer: str, given: Any, known: tuple[str, ...] | None, needed: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        if not isinstance(given, dict):
            self.tell("is not a mapping", pointer, "write keys and values below it")
            return {}
        if known is not None:
            self.keys(pointer, given, known, needed)
        return {str(key): value for key, value in given.items()}

    def items(self, pointer: str, given: Any) -> list[tuple[str, Any]]:
        """Each item of a list with its pointer."""
        if not isinstance(given, list):
            self.tell("is not a list", pointer, "write entries that begin with '- '")
            return []
        return [(f"{pointer}/{index}", one) for index, one in enumerate(given)]

    def texts(self, pointer: str, given: Any) -> tuple[str, ...]:
        """One text or a list of them."""
        listed = given if isinstance(given, list) else [] if given is None else [given]
        for index, one in enumerate(listed):
            if isinstance(one, dict | list) or one is None or one == "":
                self.tell("is not a text", f"{pointer}/{index}" if isinstance(given, list) else pointer)
        return tuple("true" if one is True else "false" if one is False else str(one) for one in listed)

    def words(self, pointer: str, given: Any, known: Mapping[str, int]) -> frozenset[int]:
        texts = self.texts(pointer, given)
        for text in texts:
            if text not in known:
                self.tell(f"unknown word '{text}'", pointer, did_you_mean(text, tuple(known)))
        return frozenset(known[text] for text in texts if text in known)

    def pattern(self, pointer: str, given: Any) -> Pattern:
        texts = self.texts(pointer, given)
        return Pattern(
            frozenset(text for text in texts if not text.endswith("*")),
            tuple(text[:-1] for text in texts if text.endswith("*")),
        )

    def flag(self, pointer: str, data: Mapping[str, Any], key: str, otherwise: bool = False) -> bool:
        """True or false; `otherwise` where nothing is said."""
        if type(data.get(key, otherwise)) is not bool:
            self.tell(f"'{key}' is neither true nor false", f"{pointer}/{key}")
        return data.get(key, otherwise) is True

    def optional(self, pointer: str, data: Mapping[str, Any], key: str) -> Value | None:
        return self.value(f"{pointer}/{key}", data[key]) if key in data else None

    def value(self, pointer: str, given: Any, around: Mapping[str, Any] | None = None) -> Value:
        """A value: a text is that text; a mapping says where it stands. `around` holds the keys beside an object's value."""
        if not isinstance(given, dict):
            if given is None or isinstance(given, list):
                self.tell("is not a value", pointer, "write a text, or {from: <attribute>}")
            return Value("text", (str(given),))
        self.keys(pointer, given, VALUE_KEYS if around is None else tuple(around), ())
        places = [key for key in ("from", "resource", "span", "item") if key in given]
        if len(places) != 1:
            self.tell(
                "a value stands in one place",
                pointer,
                "write one of from (an attribute), resource, span, item",
            )
            return Value("text", ("",))
        place, where = places[0], f"{pointer}/{places[0]}"
        names = self.texts(where, given[place])
        for name in names:
            if place == "span" and name not in SPAN_WORDS:
                self.tell(f"a span has no '{name}'", where, did_you_mean(name, SPAN_WORDS))
        event = str(given.get("span_event", ""))
        if event and place != "from":
            self.tell("'span_event' goes with 'from'", f"{pointer}/span_event")
        steps = self.normalise(f"{pointer}/normalise", given.get("normalise")) if around is None else ()
        if place == "item":
            return Value("item", (), self.json_pointer(where, given["item"]), steps)
        return Value(
            "span_event" if event else "attribute" if place == "from" else place,  # type: ignore[arg-type]
            names,
            self.json_pointer(f"{pointer}/pointer", given.get("pointer", "")),
            steps,
            event,
        )

    def json_pointer(self, pointer: str, given: Any) -> tuple[str, ...]:
        text = str(given)
        if text and not text.startswith("/"):
            self.tell(f"'{text}' is not a JSON pointer", pointer, "begin it with /")
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])

    def normalise(self, pointer: str, given: Any) -> tuple[Normaliser, ...]:
        steps = []
        for index, step in enumerate(given if isinstance(given, list) else [] if given is None else [given]):
            name, argument = next(iter(step.items())) if isinstance(step, dict) and step else (step, "")
            try:
                steps.append(normaliser(str(name), str(argument)))
            except ProblemError as error:
                where = f"{pointer}/{index}" if isinstance(given, list) else pointer
                self.tell(error.problems[0].what, where, error.problems[0].do)
        return tuple(steps)

    def form(self, pointer: str, data: Mapping[str, Any]) -> KeyForm:
        least, matches = data.get("least", 1), data.get("matches", "")
        if type(least) is not int or least < 1:
            self.tell("'least' is not a whole number from 1", f"{pointer}/least", "write least: 4")
            least = 1
        self._expression(f"{pointer}/matches", str(matches))
        return KeyForm(
            normalise=self.normalise(f"{pointer}/normalise", data.get("normalise")),
            least=least,
            dates=self.flag(pointer, data, "dates", otherwise=True),
            nulls=frozenset(
                text.strip().casefold() for text in self.texts(f"{pointer}/nulls", data.get("nulls"))
            ),
            matches=str(matches),
            classified=self.flag(pointer, data, "classified"),
        )

    def object_type(self, pointer: str, kind: str) -> None:
        if kind and not TYPE.fullmatch(kind):
            self.tell(f"'{kind[:80]}' is not an object type", pointer, "use letters, digits and hyphens")

    def _expression(self, pointer: str, text: str) -> None:
        try:
            expression(text)
        except ProblemError as error:
            self.tell(error.problems[0].what, pointer, error.problems[0].do)
