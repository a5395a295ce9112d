# SPDX-License-Identifier: Apache-2.0
"""A YAML document -> an extraction rule, or what is wrong with it, each problem at its line."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

import orjson

from collectors.decoding.otlp_words import KINDS
from collectors.extraction.object_file import ObjectWords, attribute
from collectors.extraction.rule import (
    TIME_FORMATS,
    Amount,
    Example,
    ExtractionRule,
    Planned,
    Reading,
    Time,
    Value,
    When,
)
from terms.problem import Problem, did_you_mean
from terms.yaml_lines import Document

_RULE = ("kind", "id", "version", "title", "description", "strict", "spans", "readings", "examples")
_SPANS = ("service", "scope")
_READING = (
    "id", "when", "event", "event_id", "source", "each", "objects", "time", "amount", "system", "legal_entity", "region",
    "contract", "message", "must_name", "keep", "annotate", "planned",
)  # fmt: skip
_WHEN = ("name", "has", "equals", "kind", "status")
_EXAMPLE = ("name", "span", "cloudevent", "gives", "rejects")
_AMOUNT = ("minor", "major", "exponent", "currency")
_STATUSES: Final[Mapping[str, int]] = {"unset": 0, "ok": 1, "error": 2}
GIVES = (
    "event", "objects", "related", "allocated", "planned", "at", "source", "id", "system", "amount", "legal_entity", "region",
    "contract", "message", "data",
)  # fmt: skip


def read_extraction(document: Document, problems: list[Problem]) -> ExtractionRule | None:
    """The rule a document describes, or None with its problems added to `problems`. The head's (id, version, title) are the caller's."""
    file = _File(document, problems)
    rule = file.rule()
    whole = not document.missing_keys("", document.data, ("id", "version", "title"))
    return rule if whole and not file.found else None


class _File(ObjectWords):
    """One rule file."""

    def rule(self) -> ExtractionRule:
        data = self.document.data
        self.keys("", data, _RULE, ("readings", "examples"))
        spans = self.mapping("/spans", data.get("spans", {}), _SPANS)
        readings = tuple(self.reading(*one) for one in self.items("/readings", data.get("readings", [])))
        self._once("/readings", [one.id for one in readings])
        examples = tuple(self.example(*one) for one in self.items("/examples", data.get("examples", [])))
        decides = {key: value for key, value in data.items() if key in ("spans", "readings", "strict")}
        return ExtractionRule(
            id=str(data.get("id", "")),
            version=data["version"] if type(data.get("version")) is int else 0,
            title=str(data.get("title", "")),
            description=str(data.get("description", "")).strip(),
            is_strict=self.flag("", data, "strict"),
            service=self.pattern("/spans/service", spans.get("service")),
            scope=self.pattern("/spans/scope", spans.get("scope")),
            readings=readings,
            examples=examples,
            digest=blake2b(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest(),
            path=self.document.path,
        )

    def reading(self, pointer: str, given: Any) -> Reading:
        data = self.mapping(pointer, given, _READING, ("id",))
        event = self.optional(pointer, data, "event")
        if event is None and not data.get("objects"):
            self.tell("a reading makes an event, or names objects", pointer, "add 'event:' or 'objects:'")
        if event is None:
            for key in (
                "time",
                "amount",
                "each",
                "event_id",
                "source",
                "keep",
                "annotate",
                "planned",
                "contract",
            ):
                if key in data:
                    self.tell(f"'{key}' belongs to an event, and this reading makes none", f"{pointer}/{key}")
        texts = {
            name: value
            for name in ("system", "legal_entity", "region", "message")
            if (value := self.optional(pointer, data, name)) is not None
        }
        contract = self.mapping(f"{pointer}/contract", data.get("contract", {}), ("subject", "version"))
        for key in contract:
            texts[f"contract_{key}"] = self.value(f"{pointer}/contract/{key}", contract[key])
        amount = self.amount(f"{pointer}/amount", data["amount"], texts) if "amount" in data else None
        annotate = self.mapping(f"{pointer}/annotate", data.get("annotate", {}), None)
        objects = tuple(
            self.object(*one) for one in self.items(f"{pointer}/objects", data.get("objects", []))
        )
        for index, word in enumerate(objects):
            if event is None and word.is_related:
                self.tell(
                    "what objects are to others is said by an event, and this reading makes none",
                    f"{pointer}/objects/{index}",
                )
        return Reading(
            id=str(data.get("id", "")),
            when=self.when(f"{pointer}/when", data.get("when", {})),
            event=event,
            event_id=self.optional(pointer, data, "event_id"),
            source=self.optional(pointer, data, "source"),
            each=self.optional(pointer, data, "each"),
            objects=objects,
            time=self.time(f"{pointer}/time", data.get("time", "start")),
            amount=amount,
            texts=texts,
            must_name=self.flag(pointer, data, "must_name"),
            keep=self.texts(f"{pointer}/keep", data.get("keep")),
            annotate={key: self.value(f"{pointer}/annotate/{key}", one) for key, one in annotate.items()},
            planned=self.planned(f"{pointer}/planned", data.get("planned", {})),
            where=self.document.where(pointer),
        )

    def when(self, pointer: str, given: Any) -> When:
        data = self.mapping(pointer, given, _WHEN)
        equals = self.mapping(f"{pointer}/equals", data.get("equals", {}), None)
        return When(
            name=self.pattern(f"{pointer}/name", data.get("name")),
            has=frozenset(self.texts(f"{pointer}/has", data.get("has"))),
            equals={
                name: frozenset(self.texts(f"{pointer}/equals/{name}", allowed))
                for name, allowed in equals.items()
            },
            kinds=self.words(f"{pointer}/kind", data.get("kind"), KINDS),
            statuses=self.words(f"{pointer}/status", data.get("status"), _STATUSES),
        )

    def time(self, pointer: str, given: Any) -> Time:
        if given in ("start", "end"):
            return Time(None, "rfc3339", given == "end")
        if not isinstance(given, dict):
            self.tell(
                f"'{given}' is not a time",
                pointer,
                "write time: start, time: end or time: {from: <attribute>}",
            )
            return Time(None, "rfc3339", at_end=False)
        form, otherwise = given.get("format", "rfc3339"), given.get("otherwise", "start")
        for key, value, known in (
            ("format", form, TIME_FORMATS),
            ("otherwise", otherwise, ("start", "end")),
        ):
            if value not in known:
                self.tell(f"'{value}' is not a {key}", f"{pointer}/{key}", did_you_mean(str(value), known))
        place = {key: value for key, value in given.items() if key not in ("format", "otherwise")}
        return Time(self.value(pointer, place), str(form), otherwise == "end")

    def amount(self, pointer: str, given: Any, texts: dict[str, Value]) -> Amount | None:
        data = self.mapping(pointer, given, _AMOUNT, ("currency",))
        if "currency" in data:
            texts["currency"] = self.value(f"{pointer}/currency", data["currency"])
        return self.units(pointer, data)

    def planned(self, pointer: str, given: Any) -> dict[str, Planned]:
        """By object type how many, and for how much."""
        found = {}
        for kind, one in self.mapping(pointer, given, None).items():
            where = f"{pointer}/{kind}"
            self.object_type(where, kind)
            data = self.mapping(where, one, ("count", "minor", "major", "exponent"))
            if not data:
                self.tell("it is not said how many are planned", where, "write count: {from: <attribute>}")
            is_amount = "minor" in data or "major" in data
            found[kind] = Planned(
                self.value(f"{where}/count", attribute(data["count"])) if "count" in data else None,
                self.units(where, data) if is_amount else None,
            )
        return found

    def example(self, pointer: str, given: Any) -> Example:
        data = self.mapping(pointer, given, _EXAMPLE, ("name", "gives"))
        kinds = [kind for kind in ("span", "cloudevent") if isinstance(data.get(kind), dict)]
        if len(kinds) != 1:
            self.tell("an example gives a span or a CloudEvent", pointer, "add 'span:' or 'cloudevent:'")
        gives = data.get("gives", [])
        listed = gives if isinstance(gives, list) else [] if gives in ("nothing", None) else [gives]
        for index, one in enumerate(listed):
            where = f"{pointer}/gives/{index}" if isinstance(gives, list) else f"{pointer}/gives"
            self.mapping(where, one, GIVES, ("objects",))
        return Example(
            name=str(data.get("name", pointer)),
            given=data[kinds[0]] if kinds else {},
            is_cloudevent=kinds == ["cloudevent"],
            gives=tuple(one for one in listed if isinstance(one, dict)),
            rejects=self.texts(f"{pointer}/rejects", data.get("rejects")),
            where=self.document.where(pointer),
        )

    def _once(self, pointer: str, names: list[str]) -> None:
        for index, name in enumerate(names):
            if name in names[:index]:
                self.tell(f"'{name}' stands twice", f"{pointer}/{index}/id", "give each reading its own id")
