# SPDX-License-Identifier: Apache-2.0
"""A reading, made ready for spans whose attributes have the same names: what is not there is not looked for again."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import orjson

from collectors.extraction import relating
from collectors.extraction import value as values
from collectors.extraction.key_form import MAX_KEY, Clean, KeyForm, cleaner, judged
from collectors.extraction.relating import Other, Related, Words
from collectors.extraction.rule import ExtractionRule, ObjectWord, Reading, Value
from collectors.extraction.value import Getter, UnreadableError
from collectors.extraction.words import QUALIFIER, TYPE
from collectors.keys.finding import Rejection
from collectors.span import BusinessEvent, Span

MAX_OBJECTS = 1_000  # one event; a run that names more is split by its sender

_FIELDS = BusinessEvent._fields
_WIDTH = len(_FIELDS)
_SOURCE, _ID, _KIND, _AT, _SYSTEM, _OBJECTS, _AMOUNT, _CURRENCY = range(8)
_TRACE, _SPAN, _DATA, _RULE = (_FIELDS.index(name) for name in ("trace_id", "span_id", "data", "rule"))


class Refused(NamedTuple):
    """A value that stood where a key should: the object type, why it is none, and its text."""

    type: str
    reason: Rejection
    text: str
    is_classified: bool


class Key(NamedTuple):
    """Where the keys of one object type stand: in the attribute `name`, or (empty) where `get` finds them.

    `head` is `order:`, or None where namespace or scope are read from the span.
    """

    type: str
    name: str
    get: Getter
    head: str | None
    clean: Clean
    form: KeyForm
    word: ObjectWord


class Compiled:
    """A reading of a rule as functions, whatever the attributes of a span are called."""

    def __init__(self, rule: ExtractionRule, reading: Reading) -> None:
        self.rule = rule
        self.reading = reading
        self.time = values.instant(reading.time)
        self.amount = values.minor_units(reading.amount) if reading.amount else None
        self.each = values.raw(reading.each) if reading.each else None
        self.annotate = {name: values.text(value) for name, value in reading.annotate.items()}
        given = {_FIELDS.index(name): value for name, value in reading.texts.items()}
        given |= {
            place: value
            for place, value in ((_SOURCE, reading.source), (_ID, reading.event_id), (_KIND, reading.event))
            if value is not None
        }
        self.texts = tuple((place, *_found_by(value)) for place, value in sorted(given.items()))
        self.keys = tuple(_own_key(word) for word in reading.objects if word.value and not word.is_related)
        self.related = tuple(_related(word) for word in reading.objects if word.is_related)
        self.planned = {kind: relating.compiled_plan(plan) for kind, plan in reading.planned.items()}
        currency = reading.texts.get("currency")
        self.currency = values.text(currency) if currency else None
        self.prefixes = tuple(word for word in reading.objects if not word.value)


class Plan:
    """A reading for spans with these attributes. `holds` tells whether it is for a span of them; None: for every one."""

    def __init__(self, compiled: Compiled, names: Collection[str]) -> None:
        self.compiled = compiled
        self.rule = compiled.rule
        self.name = compiled.reading.when.name
        self.holds = _condition(compiled.reading)
        there = frozenset(names)
        self._plain = tuple((place, name) for place, name, _ in compiled.texts if name and name in there)
        self._read = tuple((place, get) for place, name, get in compiled.texts if not name)
        self._keep = tuple(name for name in compiled.reading.keep if name in there)
        self._flaw: tuple[str, str] | None = None
        keys = compiled.keys
        try:
            keys = (*keys, *_keys_of_prefixes(compiled, names))
        except UnreadableError as error:
            self._flaw = error.reason, str(error)
        self._plain_keys = tuple(
            (key.name, key.head, key.clean, key) for key in keys if key.name in there and key.head
        )
        self._other_keys = tuple(key for key in keys if not key.name or (key.name in there and not key.head))
        self._tells = _KIND in (place for place, _ in (*self._plain, *self._read))
        self._each = compiled.each
        self._must_name = compiled.reading.must_name
        self._related = compiled.related
        self.may_say = bool(self._tells or self._plain_keys or self._other_keys or self._flaw)

    def read(
        self, span: Span, refused: list[Refused]
    ) -> tuple[tuple[str, ...], BusinessEvent | None, Sequence[BusinessEvent]]:
        """The key texts the span names, sorted, each once, the event it carries, and further ones if it carries several.

        What stood in a key's place and is none is added to `refused`. Raises UnreadableError.
        """
        if self._flaw is not None:
            raise UnreadableError(*self._flaw)
        if self._each is None:
            named, words = self._said(span, refused)
            tells = self._tells and (named or not self._must_name)
            return named, self._event(span, named, "", words) if tells else None, ()
        items = self._each(span)
        events: list[BusinessEvent] = []
        every: set[str] = set()
        for number, item in enumerate(items if isinstance(items, list) else []):
            one = span._replace(attributes={**span.attributes, values.ITEM: item})
            named, words = self._said(one, refused)
            every.update(named)
            if (named or not self._must_name) and (
                event := self._event(one, named, f"#{number}", words)
            ) is not None:
                events.append(event)
        return tuple(sorted(every)), events[0] if events else None, events[1:]

    def _said(self, span: Span, refused: list[Refused]) -> tuple[tuple[str, ...], Words]:
        """The keys the span names, and what it says of them beside."""
        named = self._named(span, refused)
        return self._related_names(span, named, refused) if self._related else (named, relating.NOTHING)

    def _related_names(
        self, span: Span, named: tuple[str, ...], refused: list[Refused]
    ) -> tuple[tuple[str, ...], Words]:
        def keys_at(key: Key, at: Span) -> list[str]:
            found: list[str] = []
            self._keys_at(key, at, found, refused)
            return found

        currency = self.compiled.currency(span) if self.compiled.currency else None
        return relating.relate(span, self._related, named, keys_at, currency)

    def _named(self, span: Span, refused: list[Refused]) -> tuple[str, ...]:
        found: list[str] = []
        attributes = span.attributes
        for name, head, clean, key in self._plain_keys:
            value = attributes[name]
            if type(value) is str and (text := clean(value)) is not None:
                found.append(head + text)
            elif value is not None:
                self._several(key, head, value, found, refused)
        for key in self._other_keys:
            self._keys_at(key, span, found, refused)
        if len(found) < 2:
            return tuple(found)
        if len(found) > MAX_OBJECTS:
            raise UnreadableError(
                "too_many_objects", f"it names {len(found)} objects; {MAX_OBJECTS} are allowed"
            )
        return tuple(sorted(set(found)))

    def _keys_at(self, key: Key, span: Span, found: list[str], refused: list[Refused]) -> None:
        """Adds the keys that stand at one place."""
        value = key.get(span)
        beginning = key.head or self._head(key, span, refused) if value is not None else None
        if beginning is not None:
            self._several(key, beginning, value, found, refused)

    def _several(self, key: Key, head: str, value: Any, found: list[str], refused: list[Refused]) -> None:
        """The keys of one value or of a list of them."""
        for one in value if type(value) is list else (value,):
            text = key.clean(one)
            if text is not None:
                found.append(head + text)
            else:
                self._refuse(key, one, refused)

    def _event(self, span: Span, named: tuple[str, ...], suffix: str, words: Words) -> BusinessEvent | None:
        """The event of the span; None where nothing says its type. Without an id of its own it is known by its span."""
        attributes = span.attributes
        made: list[Any] = [None] * _WIDTH
        for place, name in self._plain:
            value = attributes[name]
            plain = type(value) is str and value and "\0" not in value
            made[place] = value if plain else values.plain_text(value)
        for place, get in self._read:
            made[place] = get(span)
        if not made[_KIND]:
            return None
        source = made[_SOURCE] = made[_SOURCE] or span.origin.service or "unknown"
        made[_ID] = (made[_ID] or f"span:{span.trace_id.hex()}/{span.span_id.hex()}") + suffix
        if len(source) > MAX_KEY or len(made[_ID]) > MAX_KEY:
            raise UnreadableError("bad_event_id", f"its source or id is longer than {MAX_KEY}")
        made[_AT] = self.compiled.time(span)
        made[_SYSTEM] = made[_SYSTEM] or source
        made[_OBJECTS] = named
        self._money(span, made)
        made[_TRACE], made[_SPAN] = span.trace_id or None, span.span_id or None
        if self.compiled.planned:
            words = {**words, **relating.planned(span, self.compiled.planned, made[_CURRENCY])}
        made[_DATA] = self._data(span, words)
        made[_RULE] = self.rule.name
        return BusinessEvent._make(made)

    def _money(self, span: Span, made: list[Any]) -> None:
        if self.compiled.amount is None:
            return
        made[_AMOUNT] = self.compiled.amount(span, made[_CURRENCY])
        if made[_AMOUNT] is not None and not made[_CURRENCY]:
            raise UnreadableError("amount_without_currency", "its amount has no currency beside it")

    def _data(self, span: Span, words: Words) -> str | None:
        attributes = span.attributes
        kept = {name: attributes[name] for name in self._keep}
        for name, get in self.compiled.annotate.items():
            if (text := get(span)) is not None:
                kept[name] = text
        kept.update(words)
        return orjson.dumps(kept).decode() if kept else None

    def _refuse(self, key: Key, value: Any, refused: list[Refused]) -> None:
        text, reason = judged(key.form, value)
        if self.rule.is_strict and reason in ("not-a-key", "too-long"):
            raise UnreadableError(
                "bad_object_key",
                f"the key of {key.type!r} is neither text nor a whole number, or longer than {MAX_KEY}",
            )
        if reason is not None:
            refused.append(Refused(key.type, reason, text, key.form.classified))

    def _head(self, key: Key, span: Span, refused: list[Refused]) -> str | None:
        """The beginning of a key text whose namespace or scope the span says; None where that cannot be one."""
        parts = []
        for value in (key.word.namespace, key.word.scope):
            part = values.text(value)(span) if value is not None else ""
            if part is None or (part and not QUALIFIER.fullmatch(part)):
                refused.append(Refused(key.type, "pattern", f"in {part!r}", key.form.classified))
                return None
            parts.append(part)
        return _head_text(key.type, *parts)


def _found_by(value: Value) -> tuple[str, Getter]:
    """(attribute, how to read it): a plain attribute has its name first, anything else has none."""
    return (value.names[0] if _is_plain(value) else "", values.text(value))


def _is_plain(value: Value) -> bool:
    """Whether it stands in one attribute as it is."""
    return value.place == "attribute" and len(value.names) == 1 and not value.pointer and not value.normalise


def _own_key(word: ObjectWord) -> Key:
    return _key(word, word.type, word.form)


def _related(word: ObjectWord) -> Related:
    """An entry that says more of its objects than their keys."""
    others = tuple(
        Other(one.role, one.others, None)
        if isinstance(one.others, str)
        else Other(one.role, one.others.type, _own_key(one.others))
        for one in word.relations
    )
    return Related(
        _own_key(word),
        values.raw(word.each) if word.each else None,
        others,
        values.minor_units(word.allocated) if word.allocated else None,
        word.is_beside,
    )


def _key(word: ObjectWord, kind: str, form: KeyForm, name: str = "") -> Key:
    value = word.value or Value("attribute", (name,))
    fixed = all(part is None or part.place == "text" for part in (word.namespace, word.scope))
    parts = [part.names[0] if part else "" for part in (word.namespace, word.scope)]
    plain = value.names[0] if _is_plain(value) else ""
    head = _head_text(kind, *parts) if fixed else None
    return Key(kind, plain, values.raw(value), head, cleaner(form), form, word)


def _head_text(kind: str, namespace: str, scope: str) -> str:
    head = f"{namespace}/{kind}" if namespace else kind
    return f"{head}@{scope}:" if scope else f"{head}:"


def _keys_of_prefixes(compiled: Compiled, names: Collection[str]) -> list[Key]:
    """The keys that stand in attributes named after their object type. Raises UnreadableError for what is no type."""
    found = []
    for word in compiled.prefixes:
        for name in names:
            if name.startswith(word.prefix):
                kind = name[len(word.prefix) :]
                if not TYPE.fullmatch(kind):
                    raise UnreadableError("bad_object_type", f"{kind[:80]!r} is not an object type")
                found.append(_key(word, kind, word.forms.get(kind, word.form), name))
    return found


def _condition(reading: Reading) -> Callable[[Span], bool] | None:
    """What a span's values must be; the names of its attributes and its own name are looked at before."""
    when = reading.when
    if not (when.equals or when.kinds or when.statuses):
        return None
    equals = tuple(when.equals.items())
    kinds, statuses = when.kinds, when.statuses

    def holds(span: Span) -> bool:
        if (kinds and span.kind not in kinds) or (statuses and span.status not in statuses):
            return False
        attributes = span.attributes
        return all(values.plain_text(attributes.get(name)) in allowed for name, allowed in equals)

    return holds
